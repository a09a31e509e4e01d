"""By which roads somebody is reached (docs/city.md, "By which road"; docs/life-cycle.md, "On its way"), and who is next on a post."""
import csv
import pathlib

import promise
import times
from city import clock, day


class Road:
    """`retries` are counted from its first try. `receipt`: so long one is awaited; 0: it ends with the sending."""

    def __init__(self, name, shared, receipt, retries):
        self.name, self.shared, self.receipt, self.retries = name, shared, receipt, retries


def post(to):
    """Role, area and the person who is named, of a receiver: the duty staff answers for a holder, the city for its call-back desk."""
    if ":" in to:
        where, _, person = to.partition("/")
        role, _, area = where.partition(":")
    else:  # of the city: `city/desk/sun`
        role, area, person = (to.split("/") + ["", ""])[:3]
    role, area = {"holder": ("duty", area), "callback": ("city", area or "callback")}.get(role, (role, area))
    return role, area, person


def same_post(a, b):
    return post(a)[:2] == post(b)[:2]


def connection(to):
    """The organisation whose connection it is: P-07 of `holder:P-07/li`."""
    return to.partition(":")[2].partition("/")[0] if ":" in to else to.partition("/")[0]


def rows_of(path):
    if not path.exists():
        return []
    with open(path, encoding="utf-8-sig", newline="") as f:
        return [row for row in csv.DictReader(line for line in f if not line.startswith("#")) if any(row.values())]


class Roads:
    def __init__(self, folder):
        self.rows = rows_of(pathlib.Path(folder) / "city" / "roads.csv")

    def of(self, to, person, known):
        """Roads of a receiver in their order; the narrowest rows that fit decide together, and whoever has none has the first road of all."""
        role, area, named = post(to)
        who = named or person
        for want in ((role, area, who), ("*", "*", who), (role, area, "*"), ("*", area, "*"), (role, "*", "*"), ("*", "*", "*")):
            if "" in want:
                continue
            found = sorted((int(r["order"]), r["road"]) for r in self.rows if (r["role"], r["area"], r["person"]) == want)
            roads = [known[name] for _, name in found if name in known]
            if roads:
                return roads
        return [next(iter(known.values()))]


class Rota:
    """Who is on a post, the lowest order first; whoever is away is replaced by the one who is named for it, or left out."""

    def __init__(self, folder, calendar, duty=None):
        city = pathlib.Path(folder) / "city"
        self.calendar, self.shifts, self.parts = calendar, {}, {}
        self.calendars = (city / "duty.ics").exists()
        for row in rows_of(city / "day-parts.csv"):
            self.parts[row["name"]] = clock(row["begin"]), clock(row["end"])
        for row in rows_of(duty or city / "duty.csv"):
            self.shifts.setdefault((row["role"], row["area"]), []).append(row)
        self.away = rows_of(city / "leave.csv")

    def at(self, key, now):
        """Persons on the post, in their order; None where the rota does not know it."""
        if key not in self.shifts or self.calendars:
            return None
        there = [row for row in sorted(self.shifts[key], key=lambda r: int(r["order"])) if self.holds(row, now)]
        return [p for p in (self.stands_in(row["person"], now) for row in there) if p]

    def holds(self, row, now):
        since, until = day(row.get("from"), 0), day(row.get("to"), 1)
        if since and now < since or until and now >= until:
            return False
        there = times.local(now, self.calendar.zone)
        begin, end = self.parts.get(row.get("part") or "", (0, 24 * 60))
        minute, date = there.hour * 60 + there.minute, there.date()
        if begin < end:
            return begin <= minute < end and self.on(row, date)
        return minute >= begin and self.on(row, date) or minute < end and self.on(row, times.local(now - times.DAY, self.calendar.zone).date())

    def on(self, row, date):
        words = (row.get("days") or "").split()
        return not words or any(self.is_a(word, date) for word in words)

    def is_a(self, word, date):
        works, weekend = self.calendar.works(date), date.weekday() >= 5
        made_up = works and weekend
        kinds = {"workday": works, "makeup": made_up, "weekend": weekend and not works, "holiday": not works and date in self.calendar.working.off}
        kinds["restday"] = kinds["weekend"] or kinds["holiday"]
        return kinds[word] if word in kinds else date.weekday() == ["mon", "tue", "wed", "thu", "fri", "sat", "sun"].index(word)

    def stands_in(self, person, now):
        for row in self.away:
            if row["person"] == person and day(row["from"], 0) <= now < day(row["to"], 1):
                return row["substitute"] or None
        return person


def known(policy):
    return {name: Road(name, *rule) for name, rule in (policy.roads or promise.ROADS).items()}
