"""Whose second it is (R10): the time of a case as a row of spans, each with one owner. The parts always add up to the whole."""

OWNERS = ("citizen", "dispatcher", "holder", "assisting", "arbiter", "force", "system")


class Account:
    def __init__(self, begin, owner):
        self.turns = [(begin, owner)]

    def owner(self):
        return self.turns[-1][1]

    def turn(self, when, owner):
        """From `when` on the time is this owner's. Time that already changed hands is not given away again."""
        last, before = self.turns[-1]
        if owner == before:
            return
        self.turns.append((max(when, last), owner))

    def taken(self, when):
        """Somebody has it from then on: what he proves later has not happened before."""
        last, owner = self.turns[-1]
        self.turns.append((max(when, last), owner))

    def give(self, begin, end, old, new):
        """What `old` had between two instants is `new`'s."""
        turns = []
        for (start, owner), stop in zip(self.turns, [t for t, _ in self.turns[1:]] + [None]):
            if owner != old or start >= end or stop is not None and stop <= begin:
                turns.append((start, owner))
                continue
            if start < begin:
                turns.append((start, owner))
            turns.append((max(start, begin), new))
            if stop is None or stop > end:
                turns.append((end, owner))
        self.turns = turns

    def sums(self, end):
        """Milliseconds of each owner until the end."""
        out = dict.fromkeys(OWNERS, 0)
        for (start, owner), stop in zip(self.turns, [t for t, _ in self.turns[1:]] + [end]):
            out[owner] += max(0, min(stop, end) - min(start, end))
        return out
