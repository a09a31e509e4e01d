#!/usr/bin/env python3
"""Writes what the documents repeat of the sources: pictures and tables of life-cycle.md, codes of PROTOCOL.md and codes.md.

    docs/generate.py           rewrites these pages between their markers
    docs/generate.py --check   changes nothing; ends with 1 when a page is stale

What stands outside the lines `<!-- NAME -->` and `<!-- end NAME -->` is written by hand. Sources: the life cycle in
config/life-cycles, the sentences beside each guard and effect in daemon/engine, the words for alarms in
daemon/cli/show/catalogue.c, which must have one for each alarm that engine and service raise, and those for codes in
proto/src/code.c, which must have one for each code that stands beside a status of HTTP.
"""
import pathlib
import re
import sys

import yaml

ROOT = pathlib.Path(__file__).resolve().parent.parent
LIFE = ROOT / "config/life-cycles/complaint.yaml"
UNIT_MS = {"ms": 1, "s": 1000, "min": 60_000, "h": 3_600_000, "d": 86_400_000}
# Clocks that an effect starts without naming them in the file.
STARTED_BY = {"K_HANDOVER": ["every dispatch that is delivered"], "K_DELIVERY": ["a dispatch that cannot be delivered"],
              "K_PAUSE_MAX": ["PAUSED"], "K_PROMISE": ["PLAN_DELIVERED"], "K_ASSIST": ["ASSIST_ASKED"]}
LADDER_EXAMPLES = [("K_ARRIVE", None), ("K_RESOLVE", "SMALL"), ("K_RESOLVE", "SERIOUS"), ("K_RESOLVE", "COMPLEX"),
                   ("K_PLAN", "SPECIAL")]


def milliseconds(text):
    found = re.fullmatch(r"(\d+)(ms|s|min|h|d)", str(text))
    if not found:
        raise ValueError(f"not a duration: {text}")
    return int(found[1]) * UNIT_MS[found[2]]


def clock_face(ms):
    seconds = ms // 1000
    return f"{seconds // 3600}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"


def table(head, rows):
    lines = ["| " + " | ".join(head) + " |", "| " + " | ".join("---" for _ in head) + " |"]
    return lines + ["| " + " | ".join(str(cell) for cell in row) + " |" for row in rows]


def code(words):
    return ", ".join(f"`{word}`" for word in words)


def cause(row):
    return row["on"] if "on" in row else f"timer {row['at']}"


def states(life):
    return table(["state", "zh", "en", "kind", "whose time"],
                 [[f"`{s['name']}`", s["zh"], s["en"], s["kind"], s["owner"]] for s in life["states"]])


def picture(life):
    """Every change of state; what may happen in any open state is drawn from one box."""
    arrows = {}
    for row in life["transitions"]:
        for source in row["from"]:
            if row.get("to") and row["to"] != source:
                labels = arrows.setdefault(("[*]" if source == "NEW" else source, row["to"]), [])
                if cause(row) not in labels:
                    labels.append(cause(row))
    lines = ["```mermaid", "stateDiagram-v2", '  state "any open state" as OPEN']
    for (source, target), labels in arrows.items():
        lines += [f"  {source} --> {target}: {', '.join(labels)}"]
    ends = [s["name"] for s in life["states"] if s["kind"] == "terminal"]
    return lines + [f"  {name} --> [*]" for name in ends] + ["```"]


def mark_time(mark):
    if "at" in mark:
        return f"{mark['at']} after the start"
    share = f"{int(mark['share']) / 10:g} %"
    return f"{share}, at least {mark['plus']} after the deadline" if "plus" in mark else share


def ladders(life):
    return table(["ladder", "level", "when, of the budget", "kind", "told"],
                 [[f"`{ladder['name']}`", mark["level"], mark_time(mark), mark["kind"], ", ".join(mark["to"])]
                  for ladder in life["ladders"] for mark in ladder["marks"]])


def budget_of(life, clock_name, class_name):
    clock = next(c for c in life["clocks"] if c["name"] == clock_name)
    return milliseconds(next(b["ms"] for b in clock["budgets"] if b.get("class") == class_name))


def promise_times(life):
    """The times of the promise's ladder, counted from the start of the clock."""
    ladder = next(one for one in life["ladders"] if one["name"] == "promise")
    budgets = [budget_of(life, *example) for example in LADDER_EXAMPLES]
    rows = []
    for mark in ladder["marks"]:
        least = milliseconds(mark["plus"]) if "plus" in mark else 0
        times = [max(b * int(mark["share"]) // 1000, b + least if least else 0) for b in budgets]
        rows.append([mark["level"], ", ".join(mark["to"]), *map(clock_face, times)])
    heads = [f"{clock}{' ' + of if of else ''}, {clock_face(b)}" for (clock, of), b in zip(LADDER_EXAMPLES, budgets)]
    return table(["level", "told", *heads], rows)


def budget(entry):
    text = f"{entry['class']} {entry['ms']}" if "class" in entry else str(entry["ms"])
    text += f", again {entry['later']}" if "later" in entry else ""
    return text + (f" ({entry['calendar']})" if "calendar" in entry else "")


def starts(life, clock):
    found = list(STARTED_BY.get(clock, []))
    for row in life["transitions"]:
        words = " ".join(row.get("do", []))
        if re.search(rf"\b(start|start_told|start_from_report|restart|restart_later|continue)\({clock}\)", words) and cause(row) not in found:
            found.append(cause(row))
    return ", ".join(found)


def clocks(life):
    rows = []
    for c in life["clocks"]:
        kind = "a date" if c.get("dated") else ""
        given = "; ".join(budget(b) for b in c.get("budgets", []))
        rows.append([f"`{c['name']}`", c["zh"], c["en"], starts(life, c["name"]), c["until"],
                     "; else ".join(t for t in (kind, given) if t) or "none", c.get("calendar", "always"),
                     c.get("ladder", ""), ", ".join(c.get("pauses", []))])
    return table(["clock", "zh", "en", "starts at", "asks for", "budget", "calendar", "ladder", "may pause for"], rows)


def cap(pause):
    text = pause.get("cap", "its own end")
    text += f" ({pause['calendar']})" if "calendar" in pause else ""
    return text + (f", {pause['most']} times a case" if "most" in pause else "")


def pauses(life):
    return table(["reason", "zh", "en", "whose time", "at most", "needs"],
                 [[f"`{p['name']}`", p["zh"], p["en"], p["owner"], cap(p),
                   ", ".join(p.get("needs", [])) or f"asked by the {p['by']}"] for p in life["pauses"]])


def returns(life):
    """The reasons of the life cycle, with the words that the command shows for them."""
    catalogue = (ROOT / "daemon/cli/show/catalogue.c").read_text(encoding="utf-8")
    known = {name: (zh, en) for name, en, zh in re.findall(r'\{WORDS_REASON,\s*"(\w+)",\s*"([^"]*)",\s*"([^"]*)"\}', catalogue)}
    return table(["reason", "zh", "en"], [[f"`{name}`", *known[name]] for name in life["returns"]])


def transitions(life):
    return table(["from", "what", "if", "to", "then"],
                 [[", ".join(row["from"]), cause(row), code(row.get("if", [])), row.get("to", "same"),
                   code(row.get("do", []))] for row in life["transitions"]])


def events(life):
    return table(["event", "zh", "en", "sent by", "must bring", "own time counts with", "act"],
                 [[f"`{e['name']}`", e["zh"], e["en"], ", ".join(e.get("by", [])) or "anybody",
                   ", ".join(e.get("needs", [])), ", ".join(e.get("trusted", [])),
                   "audited" if e.get("audit") else ""]
                  for e in life["events"] if not e.get("internal")])


def words(pattern):
    """Rows of the vocabulary, found in the C sources by their macro; a name that others use too stands in words.h."""
    names = dict(re.findall(r'#define (HX_WORD_\w+) ("\w+")', (ROOT / "daemon/engine/words/words.h").read_text(encoding="utf-8")))
    found = []
    for path in sorted((ROOT / "daemon/engine").rglob("*.c")):
        text = re.sub(r"\bHX_WORD_\w+", lambda m: names.get(m[0], m[0]), path.read_text(encoding="utf-8"))
        found += re.findall(pattern, text)
    return sorted(found)


def joined(literals):
    return "".join(re.findall(r'"([^"]*)"', literals))


def guards(_life):
    pattern = r'HX_(?:CASE_)?GUARD\("(\w+)",\s*\w+,\s*\w+,\s*"(\w+)",\s*\w+,\s*((?:"[^"]*"\s*)+)\)'
    return table(["`if`", "holds when", "answer when it does not"],
                 [[f"`{name}`", joined(says), f"`{answer}`"] for name, answer, says in words(pattern)])


def codes_with(result):
    """Codes of guards that refuse with this result, and all that their sentences ask for."""
    pattern = r'HX_(?:CASE_)?GUARD\("\w+",\s*\w+,\s*\w+,\s*"(\w+)",\s*(\w+),\s*((?:"[^"]*"\s*)+)\)'
    found = {}
    for answer, given, says in words(pattern):
        if given == result and joined(says) not in found.setdefault(answer, []):
            found[answer].append(joined(says))
    return table(["code", "what is required"],
                 [[f"`{answer}`", "; or ".join(says)] for answer, says in sorted(found.items()) if says])


def invalid_codes(_life):
    return codes_with("HX_INVALID_EVENT")


def refusal_codes(_life):
    return codes_with("HX_NOT_ALLOWED")


def raised_alarms():
    """Every alarm that the sources raise by its name."""
    pattern = (r'(?:hx_fact_alarm\(\w+,|hx_machine_new_alarm\([\w>-]+,|hx_machine_note\(\w+, \w+, \w+,)\s*'
               r'([^,;)]*"[A-Z_]+"[^,;)]*)')
    found = set(re.findall(r'"((?:SOURCE_(?:SILENT|BACK))|NO_CLOCK|NO_DUE_ROW)"',
                           "".join((ROOT / name).read_text(encoding="utf-8")
                                   for name in ("daemon/service/intake/silence.c", "daemon/engine/machine/machine_watch.c"))))
    for path in sorted((ROOT / "daemon").glob("[es]*/**/*.c")):
        for arguments in re.findall(pattern, path.read_text(encoding="utf-8")):
            found |= set(re.findall(r'"([A-Z_]+)"', arguments))
    return found


def alarm_codes(_life):
    catalogue = (ROOT / "daemon/cli/show/catalogue.c").read_text(encoding="utf-8")
    known = {name: (en, zh) for name, en, zh in
             re.findall(r'\{WORDS_ALARM,\s*"(\w+)",\s*"([^"]*)",\s*"([^"]*)"\}', catalogue)}
    missing = raised_alarms() - set(known)
    if missing:
        raise ValueError(f"daemon/cli/show/catalogue.c has no words for {', '.join(sorted(missing))}")
    return table(["`AlarmFact.code`", "meaning", "zh"],
                 [[f"`{name}`", en, zh] for name, (en, zh) in sorted(known.items())])


def effects(_life):
    pattern = r'HX_EFFECT\("(\w+)",\s*\w+,\s*\w+,\s*((?:"[^"]*"\s*)+)\)'
    return table(["`do`", "what it does"], [[f"`{name}`", joined(says)] for name, says in words(pattern)])


def answered():
    """Codes that a door answers by itself, beside their HTTP status."""
    found = set()
    for path in sorted((ROOT / "workers").rglob("*.c")):
        found |= set(re.findall(r'\b[45]\d\d,\s*"([A-Z][A-Z0-9_]+)"', path.read_text(encoding="utf-8")))
    return found


def answer_codes(_life):
    """Every code with its words, under the headings of their table."""
    text = (ROOT / "proto/src/code.c").read_text(encoding="utf-8")
    missing, lines = answered(), []
    for part in text[text.index("list[] = {"):].split("    /* ")[1:]:
        heading = part[:part.index(" */")]
        rows = re.findall(r'\{"(\w+)",\s*"([^"]*)",\s*"([^"]*)"\}', part)
        missing -= {name for name, _, _ in rows}
        lines += ["", f"**{heading[0].upper()}{heading[1:]}**", ""]
        lines += table(["code", "中文", "in English"], [[f"`{name}`", zh, en] for name, zh, en in rows])
    if missing:
        raise ValueError(f"proto/src/code.c has no words for {', '.join(sorted(missing))}")
    return [*lines, ""]


PARTS = {"states": states, "picture": picture, "clocks": clocks, "promise-times": promise_times, "ladders": ladders,
         "pauses": pauses, "returns": returns, "events": events, "transitions": transitions, "guards": guards, "effects": effects}
CODES = {"invalid-codes": invalid_codes, "refusal-codes": refusal_codes, "alarm-codes": alarm_codes}
PAGES = {ROOT / "docs/life-cycle.md": PARTS, ROOT / "proto/PROTOCOL.md": CODES, ROOT / "docs/codes.md": {"codes": answer_codes}}


def rewritten(path, page, life):
    for name, make in PAGES[path].items():
        marker = re.compile(rf"(<!-- {name} -->\n).*?(<!-- end {name} -->)", re.DOTALL)
        text = "\n".join(make(life)) + "\n"
        page, count = marker.subn(lambda m, text=text: m[1] + text + m[2], page)
        if count != 1:
            raise ValueError(f"{path}: the markers of {name} stand there {count} times")
    return page


def main():
    if sys.argv[1:] not in ([], ["--check"]):
        print(__doc__, file=sys.stderr)
        return 2
    # As text, like the daemon reads it: in YAML 1.1 the key `on` would be a truth value.
    life = yaml.load(LIFE.read_text(encoding="utf-8"), Loader=yaml.BaseLoader)
    stale = 0
    for path in PAGES:
        page = path.read_text(encoding="utf-8")
        fresh = rewritten(path, page, life)
        if fresh == page:
            continue
        if sys.argv[1:]:
            print(f"{path.relative_to(ROOT)} is stale: run docs/generate.py")
            stale = 1
        else:
            path.write_text(fresh, encoding="utf-8")
    return stale


if __name__ == "__main__":
    sys.exit(main())
