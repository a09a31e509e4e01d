#!/usr/bin/env python3
"""What the tests have seen of the engine and the store, from lcov's file.

    report.py COVERED.info

Prints lines and branches of each file, and every line that no test has seen and that no reason in reasons.txt speaks for. Ends
with 1 when there is one, or when the whole is below 95 % of the lines or 90 % of the branches.

A reason is a line `FILE: TEXT: reason`: FILE as a pattern (daemon/store/*.c), TEXT a part of the line that was not seen.
"""
import collections
import fnmatch
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
LINES, BRANCHES = 95.0, 90.0


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
    source = (ROOT / file.name).read_text(encoding="utf-8").splitlines()
    for number, count in sorted(file.lines.items()):
        text = source[number - 1].strip() if number <= len(source) else ""
        if not count and not any(fnmatch.fnmatch(file.name, p) and part in text for p, part, _ in known):
            yield f"{file.name}:{number}: {text}"


def percent(part, whole):
    return 100.0 * part / whole if whole else 100.0


def main():
    files, known = read(sys.argv[1]), list(reasons())
    whole = [0, 0, 0, 0]
    for file in files:
        seen, lines, taken, branches = file.rate()
        whole = [a + b for a, b in zip(whole, (seen, lines, taken, branches))]
        print(f"{file.name:40} {percent(seen, lines):6.1f} % of {lines:4} lines  {percent(taken, branches):6.1f} % of {branches:4} branches")
    lines, branches = percent(whole[0], whole[1]), percent(whole[2], whole[3])
    left = [text for file in files for text in unexplained(file, known)]
    for text in left:
        print(f"not seen, and no reason: {text}")
    print(f"{lines:.1f} % of {whole[1]} lines (at least {LINES:.0f}), {branches:.1f} % of {whole[3]} branches (at least {BRANCHES:.0f}), "
          f"{len(left)} lines without a reason")
    return 0 if lines >= LINES and branches >= BRANCHES and not left else 1


if __name__ == "__main__":
    sys.exit(main())
