"""How time is counted (life-cycle.md 3.2, column "Calendar"; corners 24 and 25).

always     around the clock: a budget is elapsed time
day        08:00 to 21:00: elapsed time, and a deadline that falls outside moves to the next opening
day-count  08:00 to 21:00: only time inside counts
workdays   whole working days with make-up days: the first day is not counted, the last ends at 18:00
"""
import datetime
import pathlib

import times

ALWAYS, ROLL, COUNT, DAYS = "always", "roll", "count", "days"


class Holidays:
    """The table of public holidays and of working days that make up for them (调休)."""

    def __init__(self, off=(), work=()):
        self.off, self.work = set(off), set(work)

    @staticmethod
    def read(path):
        """Reads an iCalendar file: each VEVENT has a first day, perhaps an end, and a category HOLIDAY or MAKE-UP."""
        table, event = Holidays(), {}
        for line in pathlib.Path(path).read_text(encoding="utf-8").splitlines():
            name, _, value = line.partition(":")
            name = name.split(";")[0]
            if line == "BEGIN:VEVENT":
                event = {}
            elif line == "END:VEVENT":
                table.add(event)
            else:
                event[name] = value
        return table

    def add(self, event):
        first = datetime.datetime.strptime(event["DTSTART"], "%Y%m%d").date()
        end = datetime.datetime.strptime(event["DTEND"], "%Y%m%d").date() if "DTEND" in event else first + datetime.timedelta(1)
        into = self.off if event["CATEGORIES"] == "HOLIDAY" else self.work
        into.update(first + datetime.timedelta(n) for n in range((end - first).days))

    def works(self, day):
        return day in self.work or (day.weekday() < 5 and day not in self.off)


class Calendar:
    """One way to count. `windows` are pairs of minutes after midnight."""

    def __init__(self, kind, windows=(), zone="Asia/Shanghai", working=None):
        self.kind, self.windows, self.zone, self.working = kind, windows or ((0, 24 * 60),), zone, working

    def works(self, day):
        return self.working is None or self.working.works(day)

    def openings(self, ms):
        """The windows of this day and all days after it, as pairs of instants."""
        day = times.local(ms, self.zone).date()
        while True:
            if self.works(day):
                for begin, end in self.windows:
                    yield times.at(day, begin, self.zone), times.at(day, end, self.zone)
            day += datetime.timedelta(1)

    def rolled(self, ms):
        """This instant, or the next opening when it lies outside the windows. A window includes its end."""
        for begin, end in self.openings(ms):
            if ms <= end:
                return max(ms, begin)
        raise AssertionError("a calendar that never opens")

    def counted(self, ms, budget):
        """The instant at which so much time inside the windows has gone by."""
        for begin, end in self.openings(ms):
            begin = max(begin, ms)
            if end > begin:
                if budget <= end - begin:
                    return begin + budget
                budget -= end - begin
        raise AssertionError("a calendar that never opens")

    def after_days(self, ms, days):
        """The end of the n-th worked day after this one."""
        day = times.local(ms, self.zone).date()
        while days:
            day += datetime.timedelta(1)
            days -= self.works(day)
        return times.at(day, self.windows[-1][1], self.zone)

    def due(self, start, budget):
        """When a budget that begins at `start` is used up. For a calendar of days the budget is a number of days in milliseconds."""
        if self.kind == ALWAYS:
            return start + budget
        if self.kind == ROLL:
            return self.rolled(start + budget)
        if self.kind == COUNT:
            return self.counted(start, budget)
        return self.after_days(start, budget // times.DAY)
