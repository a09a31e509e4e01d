#!/usr/bin/env python3
"""Every code with which the daemon or a door refuses something has its words in proto/src/code.c."""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[3]
CALLS = re.compile(r"\b(?:\w*refuse|\w*problem|http_problem_json|fail|stream_end)\(([^;{]*)")
CODE = re.compile(r'"([A-Z][A-Z_0-9]{4,})"')
ROW = re.compile(r'\b[45]\d\d, "([A-Z][A-Z_0-9]{4,})", "')  # of a table: status, code, text
# Its message is what people need: each fault of a file with its line.
NO_WORDS = {"RULES_REFUSED"}


def said():
    for folder in ("workers", "daemon/service"):
        for path in sorted((ROOT / folder).rglob("*.c")):
            source = path.read_text(encoding="utf-8")
            for call in CALLS.finditer(source):
                for code in CODE.findall(call[1]):
                    yield path.relative_to(ROOT), code
            for row in ROW.finditer(source):
                yield path.relative_to(ROOT), row[1]


def main():
    known = set(re.findall(r'^    \{"(\w+)",', (ROOT / "proto/src/code.c").read_text(encoding="utf-8"), re.M))
    codes = list(said())
    wrong = sorted({f"{code} of {path}" for path, code in codes if code not in known | NO_WORDS})
    for line in wrong:
        print(f"no words for {line}")
    print(f"{len({code for _, code in codes})} codes, {len(wrong)} without words")
    return bool(wrong) or len({code for _, code in codes}) < 100


if __name__ == "__main__":
    sys.exit(main())
