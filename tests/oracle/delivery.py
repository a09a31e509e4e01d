"""What becomes of a notice once it is sent (docs/life-cycle.md, "On its way"): each try by each road, who stands in, who is told above.

The notices themselves are taken from what hongxin says: when a level is told is judged elsewhere. Each of them is followed here from its
first try to its end, over the endpoints and receipts of the scenario, and what must have been said of it is compared.
"""
import pathlib
import re

import promise
import roads
from times import MINUTE
from world import Event

ALARMS = ("REMINDER", "WARNING", "BREACH")
ENDS = ("ALL_CLEAR", "CORRECTION")
OURS, DOWN = "our outage", "no connection"
INSTEAD = "could not be delivered"  # why it is told in another's place
MOST = 16  # notices of a case that are on their way at once
COUNTED = 255  # tries on one road


def asked(fact):
    """The post whose people are told: its own, or the one that stands in."""
    return fact.get("stand_in") or fact["to"]


class Sending:
    """A notice that has not arrived yet."""

    def __init__(self, fact, now, chain, nth):
        self.kind, self.clock, self.level = fact["kind"], fact.get("clock", ""), fact.get("level", "")
        self.cycle, self.to, self.notice = fact["cycle"], fact["to"], fact["lsn"]
        self.stand_in = fact.get("stand_in", "")
        self.asked = asked(fact)
        self.person = roads.post(self.to)[2] or fact.get("person", "")
        self.missed, self.above, self.expects = fact.get("missed", ""), fact.get("above", 0), fact.get("expects", "")
        self.last = bool(fact.get("again"))  # the first one arrived
        self.chain, self.nth, self.attempt = chain, nth, 1
        self.since = self.tried = self.told = now
        self.error, self.ours, self.awaits, self.next = "", False, False, None
        if self.kind == "CASE":
            self.level = ""

    def road(self):
        return self.chain[self.nth]

    def later(self, now):
        """The next time of the road's plan."""
        return next((t for t in (self.since + r for r in self.road().retries) if t > self.tried and t >= now), None)


class Chain:
    """All sendings of one case."""

    def __init__(self, judge, case, label):
        self.judge, self.case, self.label, self.list = judge, case, label, []
        self.dispatch = 0    # the entry that told the holder
        self.entries = {}    # its entries so far, and whom each told
        self.told = set()    # who heard an alarm so far, and who stood in

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
        road = chain[nth]
        reach = self.judge.reach(road, to)
        error = {"UP": "", "SLOW": "", "DOWN": DOWN, "OURS": OURS}[reach]
        self.judge.sent_by(fact, road.name, error)
        if reach == "OURS" and fact.get("expects") == "HELD":
            return  # the dispatch itself waits, and is told again
        if error or road.receipt:
            self.watch(Sending(fact, now, chain, nth), error)

    def watch(self, x, error):
        if len(self.list) == MOST:
            self.expired(self.list[0], "too many")
        self.list.append(x)
        x.error, x.ours = error, error == OURS
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

    def wait(self, x):
        """Until nobody's fault but ours is over it is tried as often as a road's plan is long."""
        first = next(iter(self.judge.known.values()))
        return x.road().retries[-1] or first.retries[-1] or MINUTE

    # ---- further tries ---------------------------------------------------------------------------

    def attempt(self, x):
        reach = self.judge.reach(x.road(), x.asked)
        x.attempt = min(x.attempt + 1, COUNTED)
        x.tried, x.ours = self.judge.now, reach == "OURS"
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
        x.ours = reach == "OURS"
        if reach == "UP":
            return self.arrived(x)
        return self.failed(x, {"OURS": OURS, "DOWN": DOWN, "SLOW": "not fetched"}.get(reach, "no receipt"))

    def due(self):
        return min((x.next for x in self.list), default=None)

    def fire(self, due):
        self.judge.batch = []
        for x in [x for x in self.list if x.next <= due]:
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
        for x in [x for x in self.list if x.notice == self.dispatch and x.kind == "CASE" and roads.connection(x.to) == holder][:1]:
            if reach == "UP":
                self.arrived(x)
            else:
                x.last = True
                self.road_ends(x)

    def our_fault(self, holder):
        self.judge.say(self.label, "FAILED", to="holder:" + holder, kind="CASE", notice=self.dispatch, error=OURS, fault="OURS")


SAID = ("to", "person", "road", "attempt", "error", "fault", "kind", "clock", "level", "notice", "next", "by", "receipt")
NOTHING = {"attempt": 0, "notice": 0, "next": 0}


def said(t, case, result, fact):
    return ("DELIVERY", t, case, result, *(f"{key}={fact[key]}" for key in SAID if fact.get(key, NOTHING.get(key, "")) not in ("", 0, None)))


class Judge:
    """Follows the entries of a run in their order."""

    def __init__(self, run, entries):
        self.run, self.world, self.entries = run, run.world, entries
        self.known, self.facts, self.batch, self.now = roads.known(run.world.policy), [], [], 0
        self.roads, self.rotas = roads.Roads(run.world.folder), []
        self.rota(0, None)
        self.chains, self.down, self.slow = {}, set(), set()
        self.outages, self.endpoints, self.events, self.end = [], [], {}, None
        self.jumps = []      # forward: (from, the end of the doubt, when it was found wrong)
        self.read()

    def read(self):
        """Endpoints, outages and events of the scenario."""
        since, offset = None, 0
        for real, number, line in self.run.lines():
            at = real + offset  # as the wall clock shows it
            if "step_ms" in line:
                offset += line["step_ms"]
                if since is None:
                    self.jump(at, line["step_ms"])
            elif "down" in line:
                since = at
            elif "up" in line:
                self.outages.append((since, at))
                since = None
            elif "apply" in line and pathlib.Path(line["apply"]).stem == "duty":
                self.rota(at, next(p for p in (self.run.path.parent / line["apply"], pathlib.Path(self.world.folder) / line["apply"]) if p.exists()))
            elif "endpoint" in line:
                self.endpoints.append((at, number, line))
            elif "event" in line:
                self.events[str(line.get("id", number))] = (number, line)
            elif "end" in line:
                self.end = at

    def rota(self, at, path):
        """Who is on duty from then on."""
        self.rotas.append((at, roads.Rota(self.world.folder, self.world.policy.calendar("workdays"), path)))

    def jump(self, at, by):
        """What lies behind the begin of a jump forward waits a minute, unless a jump back says that it was wrong."""
        if by > 0:
            self.jumps.append([at, at + by + promise.DOUBT, None])
        elif self.jumps and at <= self.jumps[-1][1]:
            self.jumps[-1][2] = at

    # ---- the world around --------------------------------------------------------------------------

    def reach(self, road, to):
        name = roads.connection(to) if road.shared else "road:" + road.name
        if "*" in self.down:
            return "OURS"
        if name in self.down:
            return "DOWN"
        return "SLOW" if {name, "*"} & self.slow else "UP"

    def roads_of(self, to, person):
        return self.roads.of(to, person, self.known)

    def in_outage(self, due):
        return any(f <= due <= u for f, u in self.joined())

    def joined(self):
        """Down again while what came before is still read: one outage."""
        out = []
        for f, u in self.outages:
            if out and f < out[-1][1] + promise.DRAIN:
                out[-1] = (out[-1][0], u)
            else:
                out.append((f, u))
        return [o for o in out if o[0] <= self.now]

    def acts(self, due):
        """When that comes up: not while we are away, nor before all is read that was sent meanwhile."""
        for f, u in self.outages:
            if f <= due <= u + promise.DRAIN:
                due = u + promise.DRAIN
        for begin, end, refuted in self.jumps:
            if begin < due <= (end if refuted is None else refuted):
                due = end if refuted is None else max(due, refuted)
        return due

    def holder(self, case):
        return self.latest(case.holders)

    def latest(self, of):
        return next((who for t, who in reversed(of) if t <= self.now), "")

    def named(self, case, role, unit=""):
        if role == "orderer":
            return self.latest(case.orders)
        return case.receiver_named(role, unit, self.holder(case))

    def clock(self, case, x):
        stays = x.clock in promise.STAY
        return next((c for c in reversed(case.clocks) if c.name == x.clock and (stays or c.cycle == x.cycle) and c.born <= x.told
                     and (not x.to.startswith("unit:") or c.unit == roads.connection(x.to))), None)

    def needed(self, case, x):
        """What the alarm asks for has not come."""
        c = self.clock(case, x)
        if c is None or c.over is not None and c.over <= self.now:
            return False
        return not any(x.told < t <= self.now and level == x.level for t, level in c.taken_back)  # it is told anew when it is due

    def ladder(self, case, x):
        c = self.clock(case, x)
        marks = [(level, to) for level, _, _, to in promise.LADDERS.get(x.clock, ())]
        marks += [(level, to) for level, _, to in promise.FIXED_MARKS.get(x.clock, ())]
        ladder = dict(marks)
        if x.clock == "K_SUPERVISE":
            ladder["L2"] = [*ladder["L2"], "orderer"]
        return ladder if c else {}

    def unshifted(self, case, x):
        """The level of the ladder whose mark it was: a later cycle tells the level above."""
        c = self.clock(case, x)
        return promise.LEVELS[promise.LEVELS.index(x.level) - (c.higher if c else 0)]

    def substitute(self, x):
        """The next person on duty at that post, when there is a road of its own; None = there is none, and whoever stands in already has none."""
        role, area, _ = roads.post(x.asked)
        there = next(rota for at, rota in reversed(self.rotas) if at <= self.now).at((role, area), self.now)
        who = roads.post(x.to)[2] or x.person
        if x.missed and roads.same_post(x.asked, x.missed) or not there or who not in there[:-1]:
            return None
        person = there[there.index(who) + 1]
        return person if any(not road.shared for road in self.roads_of(x.asked, person)) else None

    # ---- what is compared ----------------------------------------------------------------------------

    def say(self, label, result, **fact):
        self.facts.append(said(self.now, label, result, fact))

    def sent_by(self, fact, road, error):
        self.facts.append(("ROAD", self.now, fact["case"], fact["to"], fact["kind"], fact.get("clock", ""), fact.get("level", ""), road, error))

    def alarm(self, label, to):
        self.facts.append(("UNDELIVERED", self.now, label, to))

    def carried(self, chain, x, to, instead_of=""):
        """Told in another's place; whether somebody is there to hear it by a road that is open."""
        because = (x.to, x.person, x.road().name, x.error) if x.kind == "CASE" else x.level  # about the case, the same words are said once
        if not instead_of and any(b[:3] == (to, x.kind, because) for b in self.batch):  # two could not be reached: one notice
            return next(b[3] for b in self.batch if b[:3] == (to, x.kind, because))
        clock = x.clock if instead_of or x.kind in ALARMS else ""  # above it is about the case
        self.facts.append(("CARRIED", self.now, chain.label, to, x.kind, clock, x.level, f"missed={x.asked}", f"instead_of={instead_of}"))
        told = next((f for f in self.group if f["fact"] == "NOTICE" and f["to"] == to and f.get("missed") == x.asked and f["kind"] == x.kind), {"to": to})
        closed = roads.connection(asked(told)) == roads.connection(x.asked)
        there = told.get("undelivered") != "nobody on duty" and chain.open(self.roads_of(asked(told), told.get("person", "")), 0, closed) is not None
        self.batch.append((to, x.kind, because, there))
        return there

    # ---- the run -------------------------------------------------------------------------------------

    def play(self):
        for group in self.entries:
            self.group = group
            t, line = group[0]["t"], self.line_of(group)
            self.endpoints_until(t, line)
            own = line is None and any(is_try(f) for f in group) and not any(f["fact"] == "CLOCK" for f in group)
            self.run_to(t, group[0].get("case") if own else None)
            self.now = max(self.now, t)
            self.entry(group, line)
        self.group = []
        last = self.end if self.end is not None else self.now
        self.endpoints_until(last + 1, None)
        self.run_to(last + 1)
        return self.facts

    def line_of(self, group):
        replies = [f for f in group if f["fact"] == "REPLY"]
        return self.events.get(replies[0]["id"]) if replies else None

    def endpoints_until(self, t, line):
        while self.endpoints and (self.endpoints[0][0] < t or self.endpoints[0][0] == t and (line is None or line[0] > self.endpoints[0][1])):
            at, _, what = self.endpoints.pop(0)
            self.run_to(at)
            name = what["endpoint"] if what["endpoint"].startswith("road:") else what["endpoint"].rpartition(":")[2]
            for state, those in (("down", self.down), ("slow", self.slow)):
                (those.add if what["state"] == state else those.discard)(name)

    def run_to(self, t, label=None):
        """Everything that came up before t; and of the case whose sendings come up at t itself what is due first."""
        while (first := self.first(self.chains.values())) and first[0] < t:
            self.up(*first)
        own = self.first(chain for chain in self.chains.values() if chain.label == label)
        if own and own[0] <= t:
            self.up(*own)

    def first(self, chains):
        waiting = [(self.acts(chain.due()), chain.due(), chain) for chain in chains if chain.list]
        return min(waiting, key=lambda x: x[:2], default=None)

    def up(self, at, due, chain):
        self.now = max(self.now, at)
        chain.fire(due)

    def entry(self, group, line):
        label = group[0].get("case")
        case = next((case for t, case in reversed(self.world.begun) if case.label == label and t <= self.now and case.state), None)
        if case is None or case.positioned:  # which building is near is not known here
            return
        chain = self.chains.setdefault(case, Chain(self, case, label))
        clocks = [(f["clock"], f["change"]) for f in group if f["fact"] == "CLOCK"]
        begun = ("K_HANDOVER", "START") in clocks or ("K_DELIVERY", "START") in clocks and ("K_DELIVERY", "STOP") not in clocks
        if line is not None:
            self.event(chain, group, Event(line[1], line[0]))
        elif any(f["fact"] == "CLOCK" and f["clock"] == "K_HANDOVER" and f["change"] == "STOP" and not f.get("met") for f in group) and not begun:
            chain.deemed(self.holder(case))
        elif begun and (("K_DELIVERY", "STOP") in clocks or ("K_HANDOVER", "STOP") in clocks):
            chain.our_fault(self.holder(case))
        if begun:
            chain.dispatch = group[0]["lsn"]
        chain.entries[group[0]["lsn"]] = {(f["to"], f.get("stand_in")) for f in group if f["fact"] == "NOTICE"}
        for fact in group:
            if fact["fact"] == "NOTICE" and fact.get("case") == label:
                chain.told |= {(fact["to"], fact.get("stand_in"))} if fact["kind"] in ALARMS and fact.get("clock") else set()
                chain.begin(fact)

    def event(self, chain, group, e):
        reply = next(f for f in group if f["fact"] == "REPLY")
        if e.name in ("NOTICE_DELIVERED", "NOTICE_FAILED") and reply["result"] in ("ACCEPTED", "NOT_ALLOWED", "INVALID"):
            self.facts.append(("REPLY", self.now, e.id, "ACCEPTED" if self.allowed(chain, e) else "REFUSED"))
        if reply["result"] != "ACCEPTED":
            return
        if e.name == "NOTICE_DELIVERED":
            chain.receipt(e)
        elif e.name == "NOTICE_FAILED":
            chain.not_delivered(e)
        elif e.name == "NOTICE_ACKED" and not any(f["fact"] == "NOTICE" and f.get("why", "").startswith("helper") for f in group):
            chain.heard(e)
        elif e.name == "HELD" and any(f["fact"] == "STATE" for f in group):
            chain.taken(e, self.holder(chain.case))

    @staticmethod
    def allowed(chain, e):
        """A bridge says it, or somebody of that post, about something that went there."""
        to = e.data.get("to")
        if not to or e.name == "NOTICE_FAILED" and not re.fullmatch("[A-Z][A-Z0-9_]*", e.data.get("error", "")):
            return False
        entry, sent = int(e.data.get("notice", 0)), list(chain.named(e.data))
        told = {(x.to, x.stand_in) for x in sent} | (chain.entries.get(entry, set()) if entry else chain.told)
        stood_in = any(who == to and other and e.speaks_for(other) for who, other in told)
        if e.role not in ("system", "operator") and not e.speaks_for(to) and not stood_in:
            return False
        if sent:
            return True
        return e.name == "NOTICE_DELIVERED" and (entry in chain.entries if entry else any(who == to for who, _ in told))


def is_try(f):
    return f["fact"] == "DELIVERY" or f["fact"] == "NOTICE" and f.get("why", "").startswith(INSTEAD)


def grouped(facts):
    out = []
    for f in facts:
        if out and out[-1][0]["lsn"] == f["lsn"] and f["lsn"]:
            out[-1].append(f)
        else:
            out.append([f])
    return out


def follow(run, facts):
    """What must have been said of the notices that hongxin tells."""
    return Judge(run, grouped(facts)).play()


def carried(said_of_them):
    return [(f[1], f[2], f[5], f[6], f[3]) for f in said_of_them if f[0] == "CARRIED" and f[6]]


def theirs(run, facts):
    """What hongxin says of them, in the form in which it is compared."""
    receipts = {str(line.get("id", number)) for _, number, line in run.lines() if line.get("event") in ("NOTICE_DELIVERED", "NOTICE_FAILED")}
    for f in facts:
        t, case = f["t"], f.get("case")
        if case in run.world.cases and run.world.cases[case].positioned:
            continue
        if f["fact"] == "DELIVERY":
            yield said(t, case, f["result"], f)
        elif f["fact"] == "ALARM" and f["code"] == "NOTICE_UNDELIVERED":
            yield ("UNDELIVERED", t, case, f["about"])
        elif f["fact"] == "REPLY" and f["id"] in receipts and f["result"] in ("ACCEPTED", "NOT_ALLOWED", "INVALID"):
            yield ("REPLY", t, f["id"], "ACCEPTED" if f["result"] == "ACCEPTED" else "REFUSED")
        elif f["fact"] == "NOTICE" and case and f["kind"] != "DIGEST":
            if not f.get("held") and f.get("undelivered") != "nobody on duty":
                yield ("ROAD", t, case, f["to"], f["kind"], f.get("clock", ""), f.get("level", ""), f.get("road", ""), f.get("undelivered", ""))
            if f.get("why", "").startswith(INSTEAD):
                yield ("CARRIED", t, case, f["to"], f["kind"], f.get("clock", ""), f.get("level", ""), f"missed={f.get('missed', '')}",
                       f"instead_of={f.get('instead_of', '') if roads.same_post(asked(f), f['missed']) else ''}")
