"""One clock of a case: start, budget, pauses, floor, and what they give (R6), with the marks of its ladder (3.3)."""
import promise
from calendars import ALWAYS, COUNT, DAYS, ROLL


class Breach:
    """A fact (R7): never deleted, it may gain a mark."""

    def __init__(self, deadline, holder):
        self.deadline, self.holder, self.marks = deadline, holder, []
        self.appealed, self.asker = False, ""  # an appeal waits; who asked to exclude it

    def refuted(self):
        """Nothing is left that a proof could refute. Of one that two persons excluded there is: it is proven, too (R7)."""
        return "REBUTTED" in self.marks or "VOID_RETURN" in self.marks


class Clock:
    def __init__(self, name, start, budget, calendar, **more):
        self.name, self.start, self.budget, self.calendar = name, start, budget, calendar
        self.date = None         # an instant that was named instead of a budget
        self.every = None        # tried more seldom than so: how often it is looked at whether it must be tried
        self.floor = None        # corner 3: never earlier than this …
        self.floor_from = None   # … a quarter of the budget from here
        self.paused = 0          # counted pauses
        self.paused_at = None    # since when it stands still
        self.ended = None        # when it stopped
        self.met = None
        self.void = False
        self.cycle, self.holder, self.unit = 1, "", ""
        self.city = None         # R14: version of the city when it was started or last moved
        self.again = False       # of a new plan after an objection: the budget of a later cycle
        self.higher = 0          # corner 9: how many levels higher its ladder begins
        self.told = {}           # level -> when it was due
        self.open = set()        # of these: what no correction has ended since
        self.told_to = {}        # level -> who was told
        self.taken_back = []     # (when, level, how much was said before): told, and ahead again
        self.said = []           # (when, level): told at that instant
        self.acked = {}          # level -> an acknowledgement that holds: until when, who, what was told
        self.passed = set()      # levels passed over without an own notice
        self.breaches = []
        self.born, self.over = 0, None  # from when on, and since when not, what it asks for is missing
        self.judged = None       # the deadline that was found broken
        self.broken = None       # what it was then, before a pause that was counted since
        self.expired = False     # its deadline was judged
        self.marks_on = True     # for a clock whose ladder goes on after its end
        self.__dict__.update(more)

    def running(self):
        return self.ended is None and not self.void

    def counting(self):
        return self.running() and self.paused_at is None

    def deadline(self):
        """A function of its parts, recomputed whenever it is asked (3.8, 7). None for a clock that is only shown."""
        if self.date is not None:
            due = self.date + self.paused
        elif self.budget is None:
            return None
        elif self.calendar.kind in (ALWAYS, ROLL):
            due = self.calendar.due(self.start + self.paused, self.budget)
        else:
            due = self.calendar.due(self.start, self.budget)
        return due if self.floor is None else max(due, self.floor)

    def share(self, thousandths):
        """The instant at which this share of the budget has gone by, from the start plus counted pauses."""
        if thousandths == 1000:
            return self.deadline()
        if self.floor is not None and self.deadline() == self.floor:  # a fresh quarter: its shares count from when it was given
            return self.opening(self.floor_from + (self.floor - self.floor_from) * thousandths // 1000)
        if self.date is not None or self.calendar.kind == DAYS:
            return self.opening(self.start + self.paused + (self.deadline() - self.start - self.paused) * thousandths // 1000)
        if self.calendar.kind == COUNT:
            return self.calendar.due(self.start, self.budget * thousandths // 1000)
        return self.calendar.due(self.start + self.paused, self.budget * thousandths // 1000)

    def opening(self, instant):
        """Nobody is told of a clock of the day by night."""
        return instant if self.calendar.kind in (ALWAYS, DAYS) else self.calendar.rolled(instant)

    def ladder(self):
        """Its marks as (due time, level, receivers), in order."""
        marks = []
        for level, share, plus, to in self.ladders.get(self.name, ()):
            due = self.share(share)
            if share > 1000 and self.deadline() is not None:
                due = max(due, self.deadline() + plus)
            marks.append((due, level, to))
        if self.higher:
            marks = [(due, above, upper) for (due, _, _), (_, above, upper) in zip(marks, marks[self.higher:])]
        marks += [(self.calendar.due(self.start, after), level, to) for level, after, to in promise.FIXED_MARKS.get(self.name, ())]
        return marks

    def tell_again(self, levels, now, ahead=promise.LEVELS, amended=False):
        """These are told anew, when they are due if they lie ahead again; what was acknowledged of them has no object any more (3.3)."""
        self.taken_back += [(now, level, len(self.said)) for level in levels if level in self.told and level in ahead]
        self.told = {level: due for level, due in self.told.items() if level not in levels}
        self.open = self.open if amended else set()
        self.passed -= set(levels)
        self.acked = {level: ack for level, ack in self.acked.items() if level not in levels}

    ladders = promise.LADDERS

    def pending(self):
        """Marks that were neither told nor passed over."""
        if self.void or self.paused_at is not None or not self.marks_on:
            return []
        return [m for m in self.ladder() if m[1] not in self.told and m[1] not in self.passed]
