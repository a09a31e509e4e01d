"""A complaint as the rules see it: its state, clocks, breaches, parties and the owner of each second."""
import promise
from account import Account
from clock import Breach, Clock


class Refused(Exception):
    """The event is not possible now: it is kept, and changes nothing."""


def need(condition, why):
    if not condition:
        raise Refused(why)


class Party:
    """A reporter with an own call-back."""

    def __init__(self, ref):
        self.ref, self.answer, self.tries = ref, "OPEN", 0
        self.who = self      # the same person in the part of a split is another party
        self.leaves = False  # has asked to withdraw, and the street asks him first
        self.back = set()    # had withdrawn: the merged cases by which he is a reporter again


def task(category):
    """A task is its number: 003 is 3 (S34)."""
    return str(int(category)) if category.isdigit() else category


class Case:
    def __init__(self, world, label, event):
        self.world, self.label = world, label
        world.begun.append((world.now, self))
        self.holders, self.orders = [], []  # (since when, who has it), (since when, whose order stands)
        self.state, self.cycle, self.klass, self.holder = None, 1, "", ""
        self.place, self.positioned, self.flags = None, False, set()
        self.reported, self.t0 = event.t, event.occ
        self.drill = bool(event.data.get("drill"))
        self.source, self.category, self.about = event.source, task(event.data.get("category", "")), event.data.get("about", "")
        self.clocks, self.parties = [], [Party("")]
        self.account = Account(event.t, "dispatcher")
        self.cycle_began = event.t
        self.dispatched = self.held = self.arrived = self.solved = None
        self.arrival_proven = False
        self.pause = None            # (reason, since, owner)
        self.pauses = []             # reasons of all pauses
        self.paused_sum = 0
        self.asked = {}              # what one person has asked for and a second one must agree to
        self.news = None             # when the reporter heard something last
        self.plan, self.plan_delivered, self.objections = None, None, 0
        self.appraisal = False       # the meeting that is called is about the third failure, not about a plan
        self.returns, self.tried, self.return_deadline_base = [], set(), None
        self.units = {}
        self.contacts = []           # when the holder was in touch with the reporter
        self.withdraw_asked = None
        self.merged_into, self.before_merge, self.merged_by = None, None, ""
        self.rests = []              # (since when, whether it rests in another case from then on)
        self.undelivered_since = None
        self.waited = None       # from the fact that sent it to its holder until he was told
        self.second_holder, self.next_holder = "", None
        self.closed = None
        self.window = None           # of an imported case that had ended: until when it may be reopened, though no clock runs
        self.silences = {}           # (clock, level, cycle) -> until when its repeats are hidden
        self.ordered_by = ""         # who hears when the order is missed

    @property
    def holder(self):
        return self.holders[-1][1]

    @holder.setter
    def holder(self, who):
        self.holders.append((self.world.now, who))

    @property
    def ordered_by(self):
        return self.orders[-1][1]

    @ordered_by.setter
    def ordered_by(self, who):
        self.orders.append((self.world.now, who))

    # ---- clocks ---------------------------------------------------------------------------------

    def clock(self, name, unit=""):
        """The running clock of this name, or None."""
        return next((c for c in reversed(self.clocks) if c.name == name and c.running() and c.unit == unit), None)

    def last(self, name):
        return next((c for c in reversed(self.clocks) if c.name == name), None)

    def start(self, name, when, date=None, hidden=False, **more):
        """Starts a clock with the budget of the case's class; one without a budget for it does not start."""
        budget, kind = self.world.policy.budget(name, self.klass)
        if budget is None and date is None and name != "K_CITIZEN":
            return None
        later = name in ("K_RESOLVE", "K_PLAN") and self.cycle > 1
        if later:
            budget = self.world.policy.later(name, self.klass, budget)
        c = Clock(name, when, budget, self.world.policy.calendar(kind), date=date, cycle=self.cycle, holder=self.holder, **more)
        if self.cycle > 1 and name in ("K_ARRIVE", "K_CONTACT", "K_RESOLVE", "K_PLAN", "K_PROMISE"):
            c.higher = self.cycle - 1
        c.born, c.numbers = self.world.now, (self.world.policy.budgets, self.world.policy.laters)
        self.clocks.append(c)
        if not hidden:
            self.world.clock_changed(self, c, "START")
        if self.pause and self.pause[0] in promise.PAUSED_BY.get(name, ()):  # it stands still with the others
            c.paused_at = max(when, self.pause[1])
            self.world.clock_changed(self, c, "PAUSE")
        return c

    def stop(self, name, when, unit=""):
        self.settle(name, unit)
        c = self.clock(name, unit)
        if c:
            self.end(c, when)

    def settle(self, name, unit=""):
        """Also of one that has ended by itself nothing is missing any more."""
        for c in self.clocks:
            if c.name == name and c.unit == unit and not c.running() and c.over is None:
                c.over = self.world.now

    def end(self, c, when):
        """The fact has come. Met when not later than the deadline, to the millisecond (R3)."""
        if c.paused_at is not None:
            stood = max(0, when - c.paused_at)
            c.paused, c.paused_at = c.paused + stood, None
            if c.floor is not None:
                c.floor, c.floor_from = c.floor + stood, c.floor_from + stood
        c.ended = when
        c.over = self.world.now
        self.asked.pop(("move", c.name), None)
        c.marks_on = c.name == "K_HANDOVER"
        due = c.deadline()
        if due is not None:
            c.met = when <= (c.broken or due if c.judged == due else due) or self.world.excused(due)
            if c.name in promise.PROMISES:
                if not c.met and c.judged != due:
                    self.breach(c)
                if c.met:
                    self.rebut(c, when)
        self.world.clock_changed(self, c, "STOP")

    def rebut(self, c, when):
        """A fact that came late, but was in time, refutes what was written against the holder (corner 4)."""
        for b in c.breaches:
            if when <= b.deadline and not b.refuted():
                self.mark(c, b, "REBUTTED")

    def show_appeals(self):
        """Whether anything waits at all."""
        waits = any(b.appealed or b.asker for c in self.clocks for b in c.breaches)
        (self.flags.add if waits else self.flags.discard)("APPEALED")

    def mark(self, c, b, mark):
        b.marks.append(mark)
        if mark != "EXCLUDED":  # there is nothing left to appeal against
            b.asker, b.appealed = "", False
            self.show_appeals()
        self.world.breach_marked(self, c, b, mark)

    def breach(self, c):
        b = Breach(c.deadline(), self.holder if c.name in promise.STAY else c.holder)
        c.breaches.append(b)
        c.judged, c.broken = b.deadline, None
        self.world.breached(self, c, b)

    def judge_missed(self, c):
        """What changes a clock was sent while we were down, after its deadline: it was missed before, as if we had been there (corner 17)."""
        due, sent = c.deadline(), self.world.sent
        if sent is not None and c.counting() and c.name in promise.PROMISES and due < sent and c.judged != due and not self.world.excused(due):
            self.breach(c)

    def judge_all_missed(self):
        for c in self.clocks:
            self.judge_missed(c)

    def drop(self, name, unit=""):
        self.settle(name, unit)
        c = self.clock(name, unit)
        if c:
            self.judge_missed(c)
            c.void = True
            c.over = self.world.now
            self.asked.pop(("move", name), None)
            self.world.clock_changed(self, c, "VOID")

    def move(self, c):
        """The deadline is another one: levels begin anew from what is right now (R9)."""
        self.world.clock_changed(self, c, "MOVE")

    # ---- state and time ----------------------------------------------------------------------------

    def open(self):
        return self.state in promise.OPEN

    def to(self, state, when, cause):
        before, self.state = self.state, state
        if state != before:
            self.world.state_changed(self, before, cause)
        self.turn(when)

    def whose(self):
        """The owner of the present second."""
        if self.undelivered_since is not None:
            return "system"
        if "PAUSED" in self.flags:
            return self.pause[2]
        if "ARBITRATION" in self.flags:
            return "arbiter"
        owner = promise.OWNERS.get(self.state, "holder")
        if owner == "holder" and any(u == "ANSWERED" for u in self.units.values()):
            return "assisting"
        return owner

    def turn(self, when):
        if self.open():
            self.account.turn(when, self.whose())

    def counted(self):
        """What has been counted stays, and the case ends no earlier; but for the wait of a holder who was not told yet."""
        begin, told = self.waited or (None, None)
        return begin if self.account.turns[-1][0] == told else self.account.turns[-1][0]

    def close(self, state, when, cause, as_it_was=False):
        """A state that ends the case: the parts of its time are written and add up. Confirmed, a withdrawal finds it as it was."""
        self.world.sent = self.world.sent and min(self.world.sent, when)  # a withdrawal counts from when it was asked
        for c in self.clocks:
            if c.running():
                self.end(c, when) if c.name in ("K_CITIZEN", "K_STATUTE") and state in promise.ENDED_OK else self.drop(c.name, c.unit)
            c.marks_on = False
            c.over = self.world.now if c.over is None else c.over
        self.asked.pop("merge", None)
        self.flags -= {"FORUM", "WITHDRAW_ASKED", "SUPERVISED"}
        self.appraisal = False
        end = max(when, self.solved or when) if state in promise.ENDED_OK else when  # by a device that was ahead of us (R2)
        end = end if as_it_was else max(end, self.counted())
        self.closed = end
        self.to(state, when, cause)
        self.world.closed(self, self.account.sums(end), end - self.account.turns[0][0])

    def somewhere(self):
        """Is there a place to come to? A whole community is none."""
        return self.place is not None and (self.place.building or self.place.estate or self.place.grid) is not None

    def receiver(self, role, holder=None):
        """A receiver of a ladder as the role and area of whoever may answer for it (3.3; S38 where no company is)."""
        p = self.place
        holder = self.holder if holder is None else holder
        area = {"duty": holder, "manager": holder, "community": p and p.community, "grid": p and p.grid, "street": p and p.street,
                "dispatcher": p and p.community}.get(role)
        return {"duty": "holder", "property": "city", "leadership": "city"}.get(role, role), area

    def receivers(self, c, level, roles):
        """Who is told, as notices name them: nobody twice, the city's desk where the place has nobody of that role (R12), and of an order
        that is missed whoever has given it."""
        out = {self.receiver_named(role, c.unit) for role in roles}
        if c.name == "K_SUPERVISE" and level == "L2":
            out.add(self.ordered_by)
        return tuple(sorted(out))

    def receiver_named(self, role, unit, holder=None):
        kind, area = self.receiver(role, holder)
        if kind == "city":
            return "city/" + role
        if kind == "callback":
            return kind
        area = unit if kind == "unit" else area
        return f"{kind}:{area}" if area else "city/desk"

    def ask_again(self):
        """Every reporter is called back anew, but who has left."""
        for p in self.parties:
            p.answer, p.tries = "LEFT" if p.answer == "LEFT" else "OPEN", 0

    # ---- who -------------------------------------------------------------------------------------

    def counts_in(self):
        """The case that speaks for this one in the end (corner 11)."""
        return self.merged_into.counts_in() if self.state == "MERGED" else self

    def there(self, parties):
        """These reporters of a merged case as parties of the one that counts."""
        return [q for p in parties for q in self.counts_in().parties if q.who is p.who]

    def by_holder(self, e):
        """Whoever speaks for the organisation that holds it, at whatever post: a community's dispatcher, too."""
        return bool(e.area) and (e.area == self.holder or e.role in ("community", "street") and e.area == self.second_holder)

    def for_holder(self, e):
        """What the holder does: it says so, or nobody is named, for no rule asks who it was."""
        return not e.by or self.by_holder(e)

    def stranger(self, e):
        """A company that has nothing to do with this case."""
        return e.role in ("holder", "manager") and e.area != self.holder

    def of_place(self, e):
        """The dispatcher and the street of its place decide; a matter without a place is nobody's alone."""
        own = self.place and {"dispatcher": self.place.community, "street": self.place.street}.get(e.role)
        return not own or not e.area or e.area == own
