#!/usr/bin/env python3
"""Every sentence that the doctor says in daemon/store has its Chinese in daemon/cli/operate/doctor_texts.c, with the same parts."""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[3] / "daemon"
LITERALS = re.compile(r'(?:"(?:\\.|[^"\\])*"|PRI[a-z]+\d+|\s)+')
CALL = re.compile(r"\bdoctor_found\(")
CONVERSION = re.compile(r"%(?:\d+\$)?[-+ 0#]*\d*(?:\.\d+)?(?:hh|h|ll|l|z|j)?[a-zA-Z]")


def arguments(source, at):
    """Texts of the arguments of a call whose bracket has just been opened."""
    depth, begin, quoted, out = 0, at, False, []
    while depth >= 0:
        c = source[at]
        if c == '"' and source[at - 1] != "\\":
            quoted = not quoted
        elif not quoted:
            depth += (c in "({[") - (c in ")}]")
            if depth < 0 or (c == "," and depth == 0):
                out.append(source[begin:at].strip())
                begin = at + 1
        at += 1
    return out


def joined(literal):
    parts = re.findall(r'"((?:\\.|[^"\\])*)"|(PRI[a-z]+\d+)', literal)
    return "".join(text or (macro and "d") for text, macro in parts)


def said():
    for path in sorted((ROOT / "store").rglob("*.c")):
        source = path.read_text(encoding="utf-8")
        for m in CALL.finditer(source):
            text = arguments(source, m.end())[2]
            if LITERALS.fullmatch(text):
                pattern = CONVERSION.sub("*", joined(text))
                pattern = re.sub(r"\*\*+", "*", pattern)
                if pattern != "*":
                    yield path.name, pattern


def known():
    source = (ROOT / "cli/operate/doctor_texts.c").read_text(encoding="utf-8")
    table = source[source.index("list[] = {"):source.index("};", source.index("list[] = {"))]
    return dict(re.findall(r'\{"((?:\\.|[^"\\])*)",\s*"((?:\\.|[^"\\])*)"\}', table))


def fits(pattern, text):
    """`a * b` stands for the sentence itself and for narrower ones."""
    return re.fullmatch(".*".join(map(re.escape, pattern.split("*"))), text) is not None


def main():
    table, patterns = known(), list(said())
    faults = [f"{name}: no Chinese for \"{text}\"" for name, text in patterns if not any(fits(text, en) for en in table)]
    spoken = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "store").rglob("*.c"))
    faults += [f"nobody says \"{en}\"" for en in table if en not in spoken and not any(fits(text, en) for _, text in patterns)]
    for en, zh in table.items():
        parts = [str(i + 1) for i in range(en.count("*"))]
        if sorted(re.findall(r"\{(\d)\}", zh)) not in (parts, []):
            faults.append(f"other parts in \"{zh}\"")
    print("\n".join(faults) or f"{len(table)} findings in both languages")
    return 1 if faults or len(patterns) < 30 else 0


if __name__ == "__main__":
    sys.exit(main())
