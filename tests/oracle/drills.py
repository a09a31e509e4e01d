"""Drills (演练): the report alone decides whether a case is one, nothing real is mixed with it, and whatever is said of it says so."""
import labels
from case import Refused, need

CODES = ("NO_DRILL_RIGHT", "NOT_A_DRILL", "IS_A_DRILL", "DRILL_MIX")


def says(e):
    return bool(e.data.get("drill"))


def may_begin(e):
    return e.role in ("street", "city", "operator") and bool(e.person)


def fits(case, e):
    """A real case never becomes a drill; a real reporter is not lost in one; neither is merged into the other."""
    need(e.name != "MERGED_INTO" or e.data["into"] in case.world.cases, "no such case")
    need(case.drill or not says(e), "NOT_A_DRILL")
    need(not case.drill or says(e) or e.name not in ("REPORTED", "PARTY_ADDED"), "IS_A_DRILL")
    if e.name == "MERGED_INTO" and (other := case.world.cases.get(e.data["into"])):
        need(other.drill == case.drill, "DRILL_MIX")


def refusal(case, e):
    """Why a report about a case that is there already is no part of it; "" when that has nothing to do with drills."""
    try:
        fits(case, e)
    except Refused as refused:
        return str(refused)
    return ""


# ---- what is said of it ----

class Marks:
    """Which cases are drills: by the reports that the rules have taken."""

    def __init__(self, world, facts):
        self.labels = labels.Labels(world, facts)
        self.numbers, self.notices = {}, {}

    def drill(self, f):
        case = self.labels.case(f.get("case"), f["t"], f["lsn"])
        return case and case.drill

    def note(self, f, drill):
        if f["fact"] == "REPLY" and f.get("number"):
            self.numbers[f["number"]] = drill
        if f["fact"] == "NOTICE":
            self.notices.setdefault(f["lsn"], set()).add(drill)


def faults(world, facts):
    """From its first entry to its last each fact of a drill is marked, none of a real case is; no digest and no list of likely doubles has both."""
    marks = Marks(world, facts)
    for f in facts:
        is_one = marks.drill(f)
        if is_one is not None and (f["fact"] != "REPLY" or f["result"] == "ACCEPTED"):
            marks.note(f, is_one)
            if bool(f.get("drill")) != is_one:
                yield f"{f['fact']} of {'a drill is not marked' if is_one else 'a real case is marked as a drill'}: {f['case']}, entry {f['lsn']}"
        if f["fact"] == "NOTICE" and f["kind"] == "DIGEST":
            listed = set().union(*(marks.notices.get(line["lsn"], set()) for line in f.get("lines", [])))
            if listed - {bool(f.get("drill"))}:
                yield f"a digest to {f['to']} mixes drills with what is real: entry {f['lsn']}"
        if f["fact"] == "REPLY" and is_one is not None and any(marks.numbers.get(n, is_one) != is_one for n in f.get("candidates", [])):
            yield f"the answer about {f['case']} offers {f['candidates']} across drill and real"
