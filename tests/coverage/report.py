#!/usr/bin/env python3
"""What the tests have seen of the engine and the store, from lcov's file.

    report.py COVERED.info           lines and branches of each file, and what is wrong
    report.py --keep COVERED.info    writes unseen.txt and floor.txt anew, from what is seen now

Every line that no test has seen is either explained by reasons.txt or stands in unseen.txt, the list of what is still owed: a test, or a
reason. Ends with 1 when a line that was not seen is in neither, when less is seen than floor.txt says, or less than the aim: 95 % of the
lines and 90 % of the branches, and --keep keeps nothing below it.

A reason is a line `FILE: TEXT: reason`: FILE as a pattern (daemon/store/*.c), TEXT a part of the line that was not seen. unseen.txt has
`FILE: TEXT` with the whole line, so that it stays right when lines above it move.

    report.py --branches FILE COVERED.info   the lines of FILE (a pattern) with a branch that was not taken, and how many

Branches are gcov's: both ways of each condition, and each part of one.
"""
import collections
import fnmatch
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
AIM = 95.0, 90.0
BEARABLE = 0.3  # crashes and lost letters of the simulation come at other moments when something draws one number more


class File:
    def __init__(self, name):
        self.name, self.lines, self.branches = name, {}, collections.defaultdict(list)

    def rate(self):
        taken = [t for all_of in self.branches.values() for t in all_of]
        return sum(n > 0 for n in self.lines.values()), len(self.lines), sum(taken), len(taken)


def read(path):
    files, now = [], None
    for line in pathlib.Path(path).read_text(encoding="utf-8").splitlines():
        key, _, value = line.partition(":")
        if key == "SF":
            now = File(str(pathlib.Path(value).resolve().relative_to(ROOT)))
            files.append(now)
        elif key == "DA":
            number, count = value.split(",")[:2]
            now.lines[int(number)] = int(count)
        elif key == "BRDA":
            number, _, _, taken = value.split(",")
            now.branches[int(number)].append(taken not in ("-", "0"))
    return sorted(files, key=lambda f: f.name)


def reasons():
    for text in (HERE / "reasons.txt").read_text(encoding="utf-8").splitlines():
        if text.strip() and not text.startswith("#"):
            pattern, part, why = (p.strip() for p in text.split(": ", 2))
            yield pattern, part, why


def unexplained(file, known):
    """Its lines that were not seen and have no reason, with their number."""
    source = (ROOT / file.name).read_text(encoding="utf-8").splitlines()
    for number, count in sorted(file.lines.items()):
        text = source[number - 1].strip() if number <= len(source) else ""
        if not count and not any(fnmatch.fnmatch(file.name, p) and part in text for p, part, _ in known):
            yield number, f"{file.name}: {text}"


def owed():
    path = HERE / "unseen.txt"
    return set(path.read_text(encoding="utf-8").splitlines()) if path.exists() else set()


def floor():
    return tuple(float(word) for word in (HERE / "floor.txt").read_text(encoding="utf-8").split()[:2])


def percent(part, whole):
    return 100.0 * part / whole if whole else 100.0


def show_branches(pattern, path):
    for file in read(path):
        if fnmatch.fnmatch(file.name, pattern):
            source = (ROOT / file.name).read_text(encoding="utf-8").splitlines()
            for number, taken in sorted(file.branches.items()):
                if not all(taken):
                    print(f"{file.name}:{number}: {taken.count(False)} of {len(taken)}: {source[number - 1].strip()}")
    return 0


def main():
    if sys.argv[1] == "--branches":
        return show_branches(sys.argv[2], sys.argv[3])
    keep, path = sys.argv[1] == "--keep", sys.argv[-1]
    files, known, listed = read(path), list(reasons()), owed()
    whole = [0, 0, 0, 0]
    for file in files:
        seen, lines, taken, branches = file.rate()
        whole = [a + b for a, b in zip(whole, (seen, lines, taken, branches))]
        print(f"{file.name:40} {percent(seen, lines):6.1f} % of {lines:4} lines  {percent(taken, branches):6.1f} % of {branches:4} branches")
    now = percent(whole[0], whole[1]), percent(whole[2], whole[3])
    left = [(file.name, number, text) for file in files for number, text in unexplained(file, known)]
    short = [what for what, n, aim in zip(("lines", "branches"), now, AIM) if n < aim]
    if keep and not short:
        (HERE / "unseen.txt").write_text("".join(text + "\n" for text in sorted({text for _, _, text in left})), encoding="utf-8")
        (HERE / "floor.txt").write_text(f"{now[0] - 0.05:.1f} {now[1] - 0.05:.1f}\n", encoding="utf-8")
        listed = owed()
    new = [one for one in left if one[2] not in listed]
    for name, number, text in new:
        print(f"not seen, and not listed: {name}:{number}: {text.partition(': ')[2]}")
    least = floor()
    fallen = [what for what, n, f in zip(("lines", "branches"), now, least) if n + BEARABLE < f]
    print(f"{now[0]:.1f} % of {whole[1]} lines (before: {least[0]}, aim: {AIM[0]:.0f}), {now[1]:.1f} % of {whole[3]} branches (before: {least[1]}, "
          f"aim: {AIM[1]:.0f}); {len(left)} lines owe a test, {len(new)} of them are new{'; fallen: ' + ', '.join(fallen) if fallen else ''}"
          f"{'; below the aim: ' + ', '.join(short) if short else ''}")
    return 1 if new or fallen or short else 0


if __name__ == "__main__":
    sys.exit(main())
