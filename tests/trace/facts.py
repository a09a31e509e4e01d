"""Facts of a run and what a scenario expects of them.

NAME.expected is read line by line:

    {"t": "…T19:05:20.000+08:00", "fact": "BREACH", "clock": "K_ARRIVE"}   this fact appears, after those above
    ! {"fact": "BREACH", "clock": "K_RESOLVE"}                             no such fact appears
    = 2 {"fact": "NOTICE", "kind": "ALL_CLEAR"}                            exactly so many such facts appear
    # …                                                                    a remark; empty lines separate

A fact fits when every key of the line has the line's value; `null` means that the fact does not have the key. Lines are
matched in order of their journal entries; inside one entry the order does not matter. One fact serves one line only.
"""
import json
import re


class Expectation:
    def __init__(self, line, kind, count, keys):
        self.line, self.kind, self.count, self.keys = line, kind, count, keys

    def __str__(self):
        sign = {"fact": "", "never": "! ", "count": f"= {self.count} "}[self.kind]
        return f"line {self.line}: {sign}{json.dumps(self.keys, ensure_ascii=False)}"


def fits(keys, fact):
    return all(fact.get(k) == v for k, v in keys.items())


def read_expectations(path):
    out = []
    with open(path, encoding="utf-8") as f:
        for number, text in enumerate(f, 1):
            text = text.strip()
            if not text or text.startswith("#"):
                continue
            m = re.match(r"(?:(!)|=\s*(\d+))?\s*(\{.*\})$", text)
            if not m:
                raise ValueError(f"{path}:{number}: not an expectation: {text}")
            kind = "never" if m[1] else "count" if m[2] else "fact"
            out.append(Expectation(number, kind, int(m[2] or 0), json.loads(m[3])))
    return out


def entries(facts):
    """The position of each fact's entry: facts that follow each other with one LSN are one entry."""
    position, last, out = -1, None, []
    for f in facts:
        if f["lsn"] != last or f["fact"] == "REPLY":
            position, last = position + 1, f["lsn"]
        out.append(position)
    return out


def unmet(expectations, facts):
    """Expectations that the facts do not meet, as texts."""
    where, used, reached, problems = entries(facts), set(), 0, []
    for e in expectations:
        if e.kind == "fact":
            hit = next((i for i, f in enumerate(facts)
                        if i not in used and where[i] >= reached and fits(e.keys, f)), None)
            if hit is None:
                problems.append(f"{e}: did not happen here" + near(e.keys, facts))
            else:
                used.add(hit)
                reached = where[hit]
            continue
        found = [f for f in facts if fits(e.keys, f)]
        if e.kind == "never" and found:
            problems.append(f"{e}: happened: {json.dumps(found[0], ensure_ascii=False)}")
        if e.kind == "count" and len(found) != e.count:
            problems.append(f"{e}: happened {len(found)} times")
    return problems


def near(keys, facts):
    """The most similar facts, to see what is different."""
    ranked = sorted(facts, key=lambda f: -sum(f.get(k) == v for k, v in keys.items()))
    same_kind = [f for f in ranked if f["fact"] == keys.get("fact")][:2]
    return "".join("\n    near: " + json.dumps(f, ensure_ascii=False) for f in same_kind)
