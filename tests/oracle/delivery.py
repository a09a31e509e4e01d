"""What becomes of a notice once it is sent (docs/life-cycle.md, "On its way"): a run followed entry by entry.

The notices themselves are taken from what hongxin says: when a level is told is judged elsewhere. Each of them is followed from its first
try to its end (sending.py), over the endpoints and receipts of the scenario, and what must have been said of it is compared.
"""
import pathlib
import re

import labels
import promise
import roads
import times
from sending import ALARMS, INSTEAD, MANY, Chain, asked
from world import Event

SAID = ("to", "person", "road", "attempt", "error", "fault", "kind", "clock", "level", "notice", "next", "by", "receipt")
NOTHING = {"attempt": 0, "notice": 0, "next": 0}
OF_A_MERGE = ("speaks for the reporters of", "no longer speaks for the reporters of")


def said(t, case, result, fact):
    return ("DELIVERY", t, case, result, *(f"{key}={fact[key]}" for key in SAID if fact.get(key, NOTHING.get(key, "")) not in ("", 0, None)))


class Judge:
    """Follows the entries of a run in their order."""

    def __init__(self, run, facts):
        self.run, self.world, self.entries = run, run.world, grouped(facts)
        self.labels = labels.Labels(run.world, facts)
        self.known, self.facts, self.batch, self.now = roads.known(run.world.policy), [], [], 0
        self.roads, self.rotas = roads.Roads(run.world.folder), []
        self.rota(0, None)
        self.swaps = {}      # number -> as it stands
        self.chains, self.down, self.slow, self.back = {}, set(), set(), 0
        self.outages, self.endpoints, self.events, self.end = [], [], {}, None
        self.starts = {}     # when we were there again: the number of its line
        self.jumps = []      # forward: (from, the end of the doubt, when it was found wrong)
        self.read_at = None  # when the last line was read
        self.doubt_gone = False  # just now: what waited for that goes before what is read, though time stands still (R13)
        self.read()

    def read(self):
        """Endpoints, outages and events of the scenario."""
        since, offset, now = None, 0, 0
        for real, number, line in self.run.lines():
            at = real + offset  # as the wall clock shows it
            now = max(now, at)  # R13
            if "step_ms" in line:
                offset += line["step_ms"]
                if since is None:
                    self.jump(at, line["step_ms"])
                    if self.outages and at < self.outages[-1][2]:  # the seconds in which all is read are real ones
                        self.outages[-1] = (*self.outages[-1][:2], self.outages[-1][2] + line["step_ms"])
            elif "down" in line:
                since = at
            elif "up" in line:
                self.outages.append((since, at, at + promise.DRAIN))
                self.starts[at], since = number, None
            elif "apply" in line and pathlib.Path(line["apply"]).stem == "duty":
                self.rota(at, next(p for p in (self.run.path.parent / line["apply"], pathlib.Path(self.world.folder) / line["apply"]) if p.exists()))
            elif "endpoint" in line:
                self.endpoints.append((now, number, line))
            elif "event" in line:
                self.events.setdefault(str(line.get("id", number)), (number, line))  # what comes under it again changes nothing
            elif "end" in line:
                self.end = at
        if since is not None:  # we were never there again: nothing was tried any more
            self.end = since

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

    def nobody(self):
        return "*" in self.down

    def somebody_since(self):
        """Since when; what was due while we were away is looked at when we are back."""
        return next((f for f, _, read in self.joined() if f <= self.back <= read), self.back)

    def roads_of(self, to, person):
        return self.roads.of(to, person, self.known)

    def in_outage(self, due):
        return any(f <= due <= u for f, u, _ in self.joined())

    def joined(self):
        """Down again while what came before is still read: one outage."""
        out = []
        for f, u, read in self.outages:
            if out and f < out[-1][2]:
                out[-1] = (out[-1][0], u, read)
            else:
                out.append((f, u, read))
        return [o for o in out if o[0] <= self.now]

    def acts(self, due):
        """When that comes up: not while we are away, nor before all is read that was sent meanwhile."""
        acts = due
        for f, _, read in self.outages:
            if f <= acts <= read:
                acts = read
        for begin, end, refuted in self.jumps:
            if due == begin:  # looked at after the jump, but not in doubt
                acts = max(acts, end - promise.DOUBT)
            if begin < due <= (end if refuted is None else refuted):
                acts = max(acts, end if refuted is None else refuted)
        return acts

    def holder(self, case):
        return self.latest(case.holders)

    def latest(self, of):
        return next((who for t, who in reversed(of) if t <= self.now), "")

    def named(self, case, role, unit=""):
        if role == "orderer":
            return self.latest(case.orders)
        return case.receiver_named(role, unit, self.holder(case))

    def clock(self, case, x):
        """Of several units that help each has one: the notice is about those that were late at its instant, as long as one of them is."""
        stays = x.clock in promise.STAY
        found = [c for c in reversed(case.clocks) if c.name == x.clock and (stays or c.cycle == x.cycle) and c.born <= x.told
                 and (not x.to.startswith("unit:") or c.unit == roads.connection(x.to))]
        late = [c for c in found if c.unit and (x.told, x.level) in c.said] or [c for c in found if c.unit and x.level in c.told]
        return next((c for c in late if c.over is None or c.over > self.now), next(iter(late or found), None))

    def needed(self, case, x):
        """What the alarm asks for has not come, and is awaited in this case."""
        c = self.clock(case, x)
        if c is None or c.over is not None and c.over < self.now + (not self.doubt_gone) or self.latest(case.rests):
            return False
        return not any(t <= self.now and level == x.level and (x.told < t or (x.told, level) in c.said[:before])
                       for t, level, before in c.taken_back if x.told <= t)  # it is told anew when it is due

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
        there = self.on_duty((role, area))
        who = roads.post(x.to)[2] or x.person
        if x.missed and roads.same_post(x.asked, x.missed) or not there or who not in there[:-1]:
            return None
        person = there[there.index(who) + 1]
        return person if any(not road.shared for road in self.roads_of(x.asked, person)) else None

    def on_duty(self, key):
        """By the rota in force, and the swaps that lie over it (S32); None where it does not know the post."""
        there = next(rota for at, rota in reversed(self.rotas) if at <= self.now).at(key, self.now)
        for swap in self.swaps.values():
            if there is None or swap["state"] != "IN_FORCE" or roads.post(swap["post"])[:2] != key:
                continue
            for one, other, begin, end in ((swap["person"], swap["taker"], "from", "to"), (swap["taker"], swap["person"], "back_from", "back_to")):
                if swap.get(begin) and times.parse(swap[begin]) <= self.now < times.parse(swap[end]):
                    there = [other if p == one else p for p in there]
        return there

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
        after = None
        for group, read_next in self.with_what_comes():
            self.group = group
            t, line = group[0]["t"], self.line_of(group)
            after = self.after(group, line, after)
            self.endpoints_until(t, after or read_next)
            own = line is None and any(is_try(f) for f in group) and not any(f["fact"] == "CLOCK" for f in group)
            self.run_to(t, group[0].get("case") if own else None)
            self.now = max(self.now, t)
            self.entry(group, line)
        self.group = []
        last = self.end if self.end is not None else self.now
        self.endpoints_until(last + 1, None)
        self.run_to(last + 1)
        return self.facts

    def after(self, group, line, before):
        """What was read, in the order of the lines: the entry's own event, the one that has merged its case, is written down beside it or
        has brought what was due before; our start. None: it fell due."""
        if line is None and any(f.get("code") == "OUTAGE" for f in group if f["fact"] == "ALARM"):
            return (self.starts[group[0]["t"]],) if group[0]["t"] in self.starts else None
        t = group[0]["t"]
        beside = any(f["fact"] == "AUDIT" or f.get("why", "").startswith(OF_A_MERGE) for f in group)
        brought = before and self.read_at == t and any(f.get("t_due", t) < t for f in group)
        if line is None and (beside or brought):
            return before
        self.read_at = t
        return line

    def with_what_comes(self):
        """Each entry with what is read after it in its millisecond: what fell due before that, and could not come up before, goes first."""
        out, t, line = [], None, None
        for group in reversed(list(self.entries)):
            if group[0]["t"] != t:
                t, line = group[0]["t"], None
            out.append((group, line))
            line = self.line_of(group) or line
        return reversed(out)

    def line_of(self, group):
        replies = [f for f in group if f["fact"] == "REPLY"]
        return self.events.get(replies[0]["id"]) if replies else None

    def endpoints_until(self, t, line):
        while self.endpoints and (self.endpoints[0][0] < t or self.endpoints[0][0] == t and (line is None or line[0] > self.endpoints[0][1])):
            at, _, what = self.endpoints.pop(0)
            self.run_to(at)
            name = what["endpoint"] if what["endpoint"].startswith("road:") else what["endpoint"].rpartition(":")[2]
            if name == "*" and what["state"] != "down" and name in self.down:
                self.back = at
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
        self.doubt_gone = any(due < refuted == at for _, _, refuted in self.jumps if refuted is not None)
        chain.fire(due)
        self.doubt_gone = False

    def entry(self, group, line):
        self.swaps.update({f["number"]: f for f in group if f["fact"] == "SWAP"})
        label = group[0].get("case")
        case = self.labels.case(label, self.now, group[0]["lsn"])
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
        chain.calling = False

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
    """That one gives way is none: it belongs to the new notice, which is told first."""
    return f["fact"] == "DELIVERY" and f.get("error") != MANY or f["fact"] == "NOTICE" and f.get("why", "").startswith(INSTEAD)


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
    return Judge(run, facts).play()


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
