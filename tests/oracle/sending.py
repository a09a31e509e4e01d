"""A notice on its way, from its first try to its end: each try by each road, who stands in, who is told above."""
import promise
import roads
import times
from times import MINUTE

ALARMS = ("REMINDER", "WARNING", "BREACH")
ENDS = ("ALL_CLEAR", "CORRECTION")
OURS, DOWN, MANY = "our outage", "no connection", "too many"
INSTEAD = "could not be delivered"  # why it is told in another's place
MOST = 16  # notices of a case that are on their way at once
COUNTED = 255  # tries on one road


def asked(fact):
    """The post whose people are told: its own, or the one that stands in."""
    return fact.get("stand_in") or fact["to"]


class Sending:
    """A notice that has not arrived yet."""

    def __init__(self, fact, now, chain, nth, last):
        self.kind, self.clock, self.level = fact["kind"], fact.get("clock", ""), fact.get("level", "")
        self.cycle, self.to, self.notice = fact["cycle"], fact["to"], fact["lsn"]
        self.stand_in = fact.get("stand_in", "")
        self.asked = asked(fact)
        self.person = roads.post(self.to)[2] or fact.get("person", "")
        self.missed, self.above, self.expects = fact.get("missed", ""), fact.get("above", 0), fact.get("expects", "")
        self.last = last  # the first one arrived, or the dispatch did: it is carried to nobody else
        self.chain, self.nth, self.attempt = chain, nth, 1
        self.since = self.tried = self.told = now
        self.error, self.ours, self.awaits, self.next = "", False, False, None
        self.ours_since = None  # the first of the tries that failed by our fault
        if self.kind == "CASE":
            self.level = ""

    def road(self):
        return self.chain[self.nth]

    def fault(self, ours, now):
        self.ours, self.ours_since = ours, (self.ours_since if self.ours_since is not None else now) if ours else None

    def later(self, now):
        """The next time of the road's plan."""
        return next((t for t in (self.since + r for r in self.road().retries) if t > self.tried and t >= now), None)


class Chain:
    """All sendings of one case."""

    def __init__(self, judge, case, label):
        self.judge, self.case, self.name, self.list = judge, case, label, []
        self.dispatch = 0    # the entry that told the holder
        self.calling = False # its connection has the case, and nobody took it: the next person is called
        self.entries = {}    # its entries so far, and whom each told
        self.told = set()    # who heard an alarm so far, and who stood in

    @property
    def label(self):
        return self.judge.labels.shown(self.case, self.name, self.judge.now, self.judge.group[0]["lsn"] if self.judge.group else None)

    # ---- what is said ----------------------------------------------------------------------------

    def say(self, x, result, **more):
        self.judge.say(self.label, result, to=x.to, person=x.person, road=x.road().name, attempt=x.attempt, kind=x.kind, clock=x.clock, level=x.level,
                       notice=x.notice, **more)

    def arrived(self, x, by="", receipt=""):
        self.say(x, "DELIVERED", by=by, receipt=receipt)
        self.list.remove(x)

    def expired(self, x, why):
        self.say(x, "EXPIRED", error=why)
        self.list.remove(x)

    # ---- the first try ---------------------------------------------------------------------------

    def begin(self, fact):
        """The notice is written: by which road it goes, and whether that is open."""
        if fact.get("held") or fact["kind"] == "DIGEST" or fact.get("undelivered") == "nobody on duty":
            return
        now, to = self.judge.now, asked(fact)
        chain = self.judge.roads_of(to, roads.post(fact["to"])[2] or fact.get("person", ""))
        closed = bool(fact.get("missed")) and roads.connection(to) == roads.connection(fact["missed"])
        nth = self.open(chain, 0, closed)
        if nth is None:
            return self.judge.sent_by(fact, "", DOWN)
        if fact.get("again"):
            nth = fact["again"] % len(chain)
        call = self.calling and fact["kind"] == "CASE" and fact.get("expects") == "ARRIVED"
        other = next((n for n, road in enumerate(chain) if not road.shared and self.judge.reach(road, to) in ("UP", "SLOW")), None) if call else None
        if other is not None:
            nth = other
        road = chain[nth]
        reach = self.judge.reach(road, to)
        error = {"UP": "", "SLOW": "", "DOWN": DOWN, "OURS": OURS}[reach]
        self.judge.sent_by(fact, road.name, error)
        if reach == "OURS" and fact.get("expects") == "HELD":
            return  # the dispatch itself waits, and is told again
        if error or road.receipt:
            self.watch(Sending(fact, now, chain, nth, last=other is not None or bool(fact.get("again"))), error)

    def watch(self, x, error):
        if len(self.list) == MOST:
            self.expired(self.list[0], MANY)
        self.list.append(x)
        x.error = error
        x.fault(error == OURS, x.since)
        if not error:
            x.awaits, x.next = True, x.since + x.road().receipt
        else:
            x.next = x.later(x.since)
            if x.next is None:
                x.next = x.since + self.wait(x) if x.ours else x.since

    @staticmethod
    def open(chain, nth, closed):
        """The first road from there on that is not the connection which failed."""
        return next((n for n in range(nth, len(chain)) if not (closed and chain[n].shared)), None)

    def every(self, x):
        """Until our fault is over it is tried as often as a road's plan is long …"""
        first = next(iter(self.judge.known.values()))
        return x.road().retries[-1] or first.retries[-1] or MINUTE

    def wait(self, x):
        """… and the later the longer it waits."""
        policy = self.judge.world.policy
        return policy.until_next(self.every(x), self.judge.now - x.ours_since, policy.ours[1])

    def comes(self, x):
        """When it is tried: at once when somebody can be reached at an instant in which it would have been tried if it were tried as often as ever."""
        every = self.every(x)
        if not x.ours or x.awaits or x.next - x.since <= every or self.judge.nobody():
            return x.next
        return min(x.next, times.beat(x.since, every, self.judge.somebody_since()))

    # ---- further tries ---------------------------------------------------------------------------

    def attempt(self, x):
        reach = self.judge.reach(x.road(), x.asked)
        x.attempt = min(x.attempt + 1, COUNTED)
        x.tried = self.judge.now
        x.fault(reach == "OURS", x.tried)
        if reach in ("DOWN", "OURS"):
            return self.failed(x, OURS if x.ours else DOWN)
        if x.road().shared and reach == "UP":  # whoever is there fetches at once
            return self.arrived(x)
        x.awaits, x.next = bool(x.road().receipt), x.tried + x.road().receipt
        self.say(x, "SENT", next=x.next if x.awaits else 0)
        return None if x.awaits else self.list.remove(x)

    def failed(self, x, error):
        x.error, x.awaits, x.next = error, False, x.later(self.judge.now)
        self.say(x, "FAILED", error=error, fault="OURS" if x.ours else "THEIRS", next=x.next or 0)
        if x.next is None:
            self.road_ends(x)

    def road_ends(self, x):
        """The next road, or somebody else; while nobody at all can be reached there is nobody to turn to."""
        if x.ours:
            x.since, x.next = self.judge.now, self.judge.now + self.wait(x)
            return None
        nth = self.open(x.chain, x.nth + 1, x.road().shared)
        if nth is None:
            return self.give_up(x)
        x.nth, x.attempt, x.since = nth, 0, self.judge.now
        return self.attempt(x)

    def take(self, x):
        """What was due at x.next comes up now."""
        if x.kind in ALARMS and x.clock and not self.judge.needed(self.case, x):
            return self.expired(x, "no longer needed")
        if self.judge.in_outage(x.next):
            x.attempt, x.since = 0, self.judge.now
            return self.attempt(x)
        if x.awaits:
            return self.receipt_over(x)
        if not x.ours and x.later(x.next) != x.next:  # one try was all its plan had
            return self.road_ends(x)
        return self.attempt(x)

    def receipt_over(self, x):
        reach = self.judge.reach(x.road(), x.asked) if x.road().shared else ""
        x.fault(reach == "OURS", self.judge.now)
        if reach == "UP":
            return self.arrived(x)
        return self.failed(x, {"OURS": OURS, "DOWN": DOWN, "SLOW": "not fetched"}.get(reach, "no receipt"))

    def due(self):
        return min((self.comes(x) for x in self.list), default=None)

    def fire(self, due):
        self.judge.batch = []
        for x in [x for x in self.list if self.comes(x) <= due]:
            x.next = self.comes(x)
            self.take(x)

    # ---- nobody was reached ----------------------------------------------------------------------

    def give_up(self, x):
        """The next person at the same post, then a level above; at last the city's desk. How an alarm ended is carried to nobody else."""
        if x.last or x.kind in ENDS:
            return self.expired(x, x.error)
        substitute = self.judge.substitute(x)
        if substitute is not None:
            self.list.remove(x)
            to = x.to.rpartition("/")[0] + "/" + substitute if roads.post(x.to)[2] else x.to
            return self.judge.carried(self, x, to, instead_of=x.person)
        if x.to == "reporter" or roads.same_post(x.to, "city/desk"):
            self.judge.alarm(self.label, x.to)
            return self.expired(x, x.error)
        self.list.remove(x)
        for receivers in self.above(x):
            if any([self.judge.carried(self, x, to) for to in receivers if x.kind == "CASE" or not roads.same_post(to, x.asked)]):
                return None
        return self.judge.carried(self, x, "city/desk")

    def above(self, x):
        """The receivers of each level above, lowest first: of its own ladder, or of that of the promises."""
        promises = {level: to for level, _, _, to in promise.PROMISE_LADDER}
        if x.kind not in ALARMS or not x.clock:
            stands = self.standing(x.to)
            return [self.names(x, roles) for level, roles in promises.items() if level > stands]
        own = self.judge.ladder(self.case, x)
        mark = own.get(self.judge.unshifted(self.case, x), [])
        beyond = promises if set(mark) & set(promises.get(self.judge.unshifted(self.case, x), [])) else {}
        first = promise.LEVELS.index(x.level) + x.above + 1
        return [self.names(x, own.get(level) or beyond.get(level, [])) for level in promise.LEVELS[first:]]

    def standing(self, to):
        for level, _, _, roles in promise.PROMISE_LADDER:
            if any(roads.same_post(self.judge.named(self.case, role), to) for role in roles):
                return level
        return "L5" if roads.post(to)[0] == "city" else "L1"

    def names(self, x, roles):
        return sorted({self.judge.named(self.case, role, roads.connection(x.to)) for role in roles})

    # ---- what is heard of them -------------------------------------------------------------------

    def named(self, data):
        for x in list(self.list):
            if x.to == data["to"] and all(not data.get(key) or data[key] == value for key, value in
                                          (("notice", x.notice), ("road", x.road().name), ("clock", x.clock), ("level", x.level))):
                yield x

    def receipt(self, e):
        """A bridge, or the receiver, says that it has arrived; one that nobody waits for is kept."""
        found = list(self.named(e.data))
        for x in found:
            self.arrived(x, e.by, e.data.get("receipt", ""))
        if not found:
            self.judge.say(self.label, "DELIVERED", to=e.data["to"], road=e.data.get("road", ""), clock=e.data.get("clock", ""), level=e.data.get("level", ""),
                           notice=int(e.data.get("notice", 0)), receipt=e.data.get("receipt", ""), by=e.by)

    def not_delivered(self, e):
        self.judge.batch = []
        for x in list(self.named(e.data)):
            self.failed(x, e.data["error"])

    def heard(self, e):
        for x in [x for x in self.list if e.speaks_for(x.to) or x.stand_in and e.speaks_for(x.stand_in)]:
            self.arrived(x, e.by)

    def taken(self, e, holder):
        for x in [x for x in self.list if x.kind == "CASE" and roads.connection(x.to) == holder]:
            self.arrived(x, e.by)

    def deemed(self, holder):
        """Nobody took it: by whose fault. The dispatch itself goes by the next road, and to nobody else."""
        reach = self.judge.reach(next(iter(self.judge.known.values())), "holder:" + holder)
        error = {"OURS": OURS, "UP": "fetched, not taken", "SLOW": "not fetched", "DOWN": DOWN}[reach]
        self.judge.say(self.label, "DEEMED", to="holder:" + holder, kind="CASE", notice=self.dispatch, error=error, fault="OURS" if reach == "OURS" else "THEIRS")
        self.judge.batch = []
        self.calling = reach != "DOWN"
        for x in [x for x in self.list if x.notice == self.dispatch and x.kind == "CASE" and roads.connection(x.to) == holder][:1]:
            if reach == "UP":
                self.arrived(x)
            else:
                x.last = True
                self.road_ends(x)

    def our_fault(self, holder):
        self.judge.say(self.label, "FAILED", to="holder:" + holder, kind="CASE", notice=self.dispatch, error=OURS, fault="OURS")
