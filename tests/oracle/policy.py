"""The numbers in force: those of promise.py, and over them what a version of a scenario's own changes (R14, corner 23)."""
import copy
import re

import promise
import yaml
from calendars import ALWAYS, COUNT, DAYS, ROLL, Calendar, Holidays

UNITS = {"ms": 1, "s": 1000, "min": 60_000, "h": 3_600_000, "d": 86_400_000}


def length(text):
    """`40min`, `3h`, `2d` in milliseconds."""
    number, unit = re.fullmatch(r"(\d+)\s*(ms|s|min|h|d)?", str(text)).groups()
    return int(number) * UNITS[unit or "ms"]


def window(text):
    begin, end = text.split("-")
    return tuple(int(t[:2]) * 60 + int(t[3:]) for t in (begin, end))


class Policy:
    def __init__(self, holidays):
        self.holidays, self.budgets, self.laters, self.zone = holidays, dict(promise.BUDGETS), dict(promise.LATER_BUDGETS), "Asia/Shanghai"
        self.own = {}
        self.roads = None        # of a life cycle of a scenario's own
        self.ours = promise.OURS # share, and the most for notices and dispatches
        self.tables, self.applied = [holidays], 0  # of holidays, as they came into force; the newest that open cases were given

    def new_table(self, holidays, open_too):
        self.holidays = holidays
        self.tables.append(holidays)
        if open_too:
            self.applied = len(self.tables) - 1

    def kept(self, had, calendar):
        """A clock that is counted anew keeps the table of its start, unless open cases were given a newer one (R14, corner 23)."""
        if had.working not in self.tables or calendar.working not in self.tables:
            return calendar
        calendar = copy.copy(calendar)
        calendar.working = self.tables[max(self.tables.index(had.working), self.applied)]
        return calendar

    def pinned(self, clock):
        """The numbers in force at its start are those of a clock (R14), until newer ones are applied to open cases."""
        own = copy.copy(self)
        own.budgets, own.laters = clock.numbers
        return own

    def budget(self, clock, klass):
        return self.budgets.get(clock, {}).get(klass or promise.UNKNOWN_CLASS, (None, "always"))

    def later(self, clock, klass, budget):
        return self.laters.get((clock, klass), budget)

    def calendar(self, name):
        if name in self.own:
            return self.read_calendar(self.own[name])  # with the table that is in force now
        day, office = ((8 * 60, 21 * 60),), ((9 * 60, 18 * 60),)
        return {"always": lambda: Calendar(ALWAYS, zone=self.zone), "waking": lambda: Calendar(ROLL, ((promise.QUIET_TO, promise.QUIET_FROM),), self.zone), "day": lambda: Calendar(ROLL, day, self.zone),
                "day-count": lambda: Calendar(COUNT, day, self.zone),
                "workdays": lambda: Calendar(DAYS, office, self.zone, self.holidays)}[name]()

    def lay_over(self, path, shipped):
        """Takes from a life cycle of the scenario's own what differs from the one that is shipped."""
        self.budgets, self.laters = dict(self.budgets), dict(self.laters)  # clocks keep the ones of their start
        theirs = yaml.load(path.read_text(encoding="utf-8"), yaml.BaseLoader)
        ours = yaml.load(shipped.read_text(encoding="utf-8"), yaml.BaseLoader)
        self.zone = theirs.get("zone", self.zone)
        for name, text in {c["name"]: c for c in theirs["calendars"]}.items():
            if text not in ours["calendars"] or text["kind"] != "always":
                self.own[name] = text
        if theirs["delivery"] != ours["delivery"]:
            self.roads = {r["name"]: self.read_road(r, theirs["delivery"]) for r in theirs["delivery"]["roads"]}
            text = theirs["delivery"].get("ours", {"share": "0", "notices": "0", "dispatches": "0"})
            self.ours = (int(text["share"]), length(text["notices"]), length(text["dispatches"]))
        known = {c["name"]: c for c in ours["clocks"]}
        for text in theirs["clocks"]:
            if text != known.get(text["name"]):
                self.read_clock(text)

    def until_next(self, every, waited, most):
        """What waits for us is tried as often as ever at first, then ever more seldom: a whole number of the usual distances."""
        return max(every, min(waited * self.ours[0] // 1000, most) // every * every)

    def read_calendar(self, text):
        worked = self.holidays if "holidays" in text else Holidays() if text.get("week") == "working" else None
        return Calendar(text["kind"], tuple(window(w) for w in text.get("windows", ())), self.zone, worked)

    @staticmethod
    def read_road(text, all_of_them):
        return text.get("shared") == "true", length(text.get("receipt", "0")), tuple(length(r) for r in text.get("retries", all_of_them["retries"]))

    def read_clock(self, text):
        name, usual = text["name"], text.get("calendar", "always")
        self.budgets[name] = budgets = {}
        for row in text.get("budgets", ()):
            for klass in [row["class"]] if "class" in row else promise.CLASSES:
                if "class" in row or klass not in budgets:
                    budgets[klass] = (length(row["ms"]), row.get("calendar", usual))
                    if "later" in row:
                        self.laters[name, klass] = length(row["later"])
