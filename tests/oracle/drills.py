"""Drills (演练): the report alone decides whether a case is one, and nothing real is mixed with it."""
from case import need


def says(e):
    return bool(e.data.get("drill"))


def may_begin(e):
    return e.role in ("street", "city", "operator") and bool(e.person)


def fits(case, e):
    """A real case never becomes a drill; a real reporter is not lost in one."""
    need(case.drill or not says(e), "NOT_A_DRILL")
    need(not case.drill or says(e) or e.name not in ("REPORTED", "PARTY_ADDED"), "IS_A_DRILL")


def kept_apart(case, other):
    need(case.drill == other.drill, "DRILL_MIX")
