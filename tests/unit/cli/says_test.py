#!/usr/bin/env python3
"""The sentences that the command says have their Chinese in daemon/cli/show/says.c, with the same conversions in the same order."""
import pathlib
import re
import sys

YOUNG = 5  # so many may be said in English alone, so that a new sentence does not wait for its Chinese
CLI = pathlib.Path(__file__).resolve().parents[3] / "daemon" / "cli"
TEXT = re.compile(r'\s*(?:"((?:\\.|[^"\\])*)"|(PRI[a-z]+\d+))')
CALLS = re.compile(r"\b(?:cli_fail\(\s*[^,;]+,\s*[^,;]+,|cli_say\(\s*[^,;]+,\s*[^,;]+,|says\(\s*[^,;]+,|link_fail\(\s*[^,;]+,\s*[^,;]+,\s*[^,;]+,)\s*")
CONVERSION = re.compile(r"%(?:\d+\$)?[-+ 0#]*[\d*]*(?:\.[\d*]+)?(?:hh|h|ll|l|z|j|PRI)?[a-zA-Z%]")


def text_at(source, at):
    """The literal that begins here, pieces and PRI macros joined; None when there is none. And where it ends."""
    parts = []
    while (m := TEXT.match(source, at)):
        parts.append(m[1] if m[1] is not None else f"PRI{m[2][3]}")
        at = m.end()
    return ("".join(parts) if parts else None), at


def texts_of(source, at):
    """The literal here, or both of `what ? "one" : "other"`."""
    text, end = text_at(source, at)
    if text is not None:
        return [text]
    m = re.compile(r'[^;,()"]*\?\s*').match(source, at)
    if not m:
        return []
    one, end = text_at(source, m.end())
    colon = re.compile(r"\s*:\s*").match(source, end)
    other = text_at(source, colon.end())[0] if colon else None
    return [t for t in (one, other) if t is not None]


def said():
    for path in sorted(CLI.rglob("*.c")):
        source = path.read_text(encoding="utf-8")
        for m in CALLS.finditer(source):
            for text in texts_of(source, m.end()):
                if re.search(r"[A-Za-z]{2}", CONVERSION.sub("", text)):
                    yield path.name, text


def known():
    source = (CLI / "show/says.c").read_text(encoding="utf-8")
    for m in re.finditer(r"^    \{(?=\")", source, re.M):
        en, end = text_at(source, m.end())
        zh, _ = text_at(source, end + 1)
        yield en, zh


def main():
    table = dict(known())
    missing = [f"{name}: no Chinese yet for \"{text}\"" for name, text in said() if text not in table]
    print("\n".join(missing))
    faults = missing if len(missing) > YOUNG else []
    faults += [f"says.c: other conversions in \"{zh}\"" for en, zh in table.items() if CONVERSION.findall(en) != CONVERSION.findall(zh)]
    faults += [f"says.c: no Chinese letter in \"{zh}\"" for en, zh in table.items()
               if re.search(r"[A-Za-z]{2}", CONVERSION.sub("", en)) and not re.search(r"[\u3000-\u9fff\uff00-\uffef]", zh)]
    print("\n".join(faults) or f"{len(table)} sentences in both languages")
    return 1 if faults or len(table) < 100 else 0


if __name__ == "__main__":
    sys.exit(main())
