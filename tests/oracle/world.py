"""The time of all cases: what is read when, what falls due when, and what was told (R4, R8, R9, R13; corners 7, 8, 14 to 18)."""
import datetime
import json
import typing

import city
import drills
import events
import policy as policies
import promise
import times
from calendars import Holidays
from case import Case, Party, Refused

FAR = 1 << 62
MOST = 20_000  # nothing falls due so often


def post_and_person(by):
    """`city/desk/sun` is sun, at one of the city's posts: one human is one, at whatever post. Elsewhere the part before is the post."""
    who, _, person = by.partition("/")
    if who == "city" and person.split("/")[0] in promise.CITY_POSTS:
        post, _, person = person.partition("/")
        return who, post, person
    return who, "", person


class Event:
    """One message with its four times. `t` is the time that counts for it (R2)."""

    def __init__(self, line, number):
        self.name, self.label, self.data = line["event"], line.get("case", ""), line.get("data", {})
        self.ref = self.label    # under what its source knows the case, which may not be there yet (corner 7)
        self.rcv = times.parse(line["rcv"])
        self.occ = times.parse(line["occ"]) if "occ" in line else self.rcv
        self.src = times.parse(line["src"]) if "src" in line else self.rcv
        self.source, self.id, self.seq = line.get("source", "sim"), str(line.get("id", number)), line.get("seq", 0)
        self.proof, self.by = line.get("proof", "CLAIM"), line.get("by", "")
        who, self.post, self.person = post_and_person(self.by)
        self.role, colon, self.area = who.partition(":")
        self.nobody = bool(colon) and not self.area  # whom nobody could answer
        self.digest = json.dumps({k: v for k, v in line.items() if k != "rcv"} | {"occ": self.occ, "src": self.src, "id": self.id}, sort_keys=True)
        self.t = self.rcv

    def answers_for(self, told):
        """May this person answer for what was told? Whoever is of the post to which it was sent, or of the one that was told in its place."""
        return self.speaks_for(told.to) or told.stand_in is not None and self.speaks_for(told.stand_in)

    def speaks_for(self, to):
        """May this person answer for what was sent there? Of the city: for the own post; who names none, for each."""
        who, post, person = post_and_person("city/callback" if to == "callback" and self.role == "city" else to)
        if who != "city" or self.role != "city":
            return bool(self.by) and self.by.partition("/")[0] == who
        return self.post in ("", post) or not post and person == self.person

    def judge(self, received):
        """The effective time of R2."""
        trusted = self.proof in promise.TRUSTED.get(self.name, ())
        self.t = self.occ if trusted and self.occ <= received + promise.AHEAD else received

    def of_history(self, h, when):
        """An event of an imported case."""
        e = Event({"event": h["type"], "rcv": "1970-01-01T00:00:00Z", "by": h.get("by", ""), "data": h.get("data", h)}, 0)
        e.t = e.occ = e.rcv = when
        return e

    def date(self, key):
        value = self.data.get(key)
        return times.parse(value) if isinstance(value, str) and value else value or None


class Told(typing.NamedTuple):
    """Who was told: the receiver, and the post whose people answered for it at that moment. It stays true when the rota changes."""
    to: str
    stand_in: str | None

    def __str__(self):
        return f"{self.to} by {self.stand_in}" if self.stand_in else self.to


class Acknowledgement:
    def __init__(self, until, since, by, told):
        self.until, self.since, self.by, self.told = until, since, by, told


class World:
    def __init__(self, folder, start=0):
        self.city = city.read(folder)
        self.city_version = 1        # of its files, counted
        self.folder = folder
        self.policy = policies.Policy(Holidays.read(f"{folder}/calendars/china.ics"))
        self.cases, self.facts = {}, []
        self.begun = []              # (when, case), also those whose label another one has by now
        self.now = start
        self.seen, self.numbers, self.parked = {}, set(), []
        self.down_endpoints = set()
        self.horizon = None          # up to when marks are taken together; None: up to now
        self.no_road = False         # nobody can be reached, as a journal tells
        self.past = False            # what another system has done is taken: whom it reached is not asked of ours (corner 33)
        self.somebody_since = -FAR   # somebody could be reached again
        self.silent = {}             # silences of areas: until when
        self.carried = []            # who was told in another's place, as delivery.py finds: (t, case, clock, level, to)
        self.outage = None           # (from, to): the last time the daemon was away
        self.drain_until = -FAR
        self.jump, self.doubt_until, self.not_before = None, -FAR, -FAR
        self.read_at = -FAR          # when our door read what is being applied
        self.sent = None             # the time that counts for what is being applied
        self.why = ""                # it was refused

    # ---- what is told -------------------------------------------------------------------------------

    def note(self, fact, case, **keys):
        self.facts.append({"fact": fact, "t": self.now, "case": case.label if case else None, "cycle": case.cycle if case else None, **keys})

    def state_changed(self, case, before, cause):
        self.note("STATE", case, before=before, to=case.state, cause=cause)

    def clock_changed(self, case, c, change, rests=False):
        if change in ("START", "MOVE", "PAUSE", "RESUME") and not rests:  # R14: which borders and routes were in force when it was set
            c.city = self.city_version
        self.note("CLOCK", case, clock=c.name, change=change, start=c.start, deadline=c.deadline(), city=c.city,
                  met=c.met if change == "STOP" else None, of=c.cycle)

    def breached(self, case, c, b):
        b.noticed = self.now
        self.note("BREACH", case, clock=c.name, deadline=b.deadline, holder=b.holder, noticed=self.now)

    def breach_marked(self, case, c, b, mark):
        self.note("BREACH_MARK", case, clock=c.name, mark=mark, deadline=b.deadline)

    def closed(self, case, sums, total):
        self.note("OWNER", case, total=total, **sums)

    def told(self, case, c, level, due, passed, to):
        c.told_to[level] = [self.whom(to) for to in case.receivers(c, level, to)]
        c.said.append((self.now, level))
        self.note("LEVEL", case, clock=c.name, level=level, due=due, passed=tuple(sorted(passed)),
                  to=None if case.positioned else tuple(sorted(map(str, c.told_to[level]))))  # which building is near is not known here

    def whom(self, to):
        return Told(to, self.city.stands_in(to, self.now))

    def replied(self, e, result, why=""):
        self.note("REPLY", None, id=e.id, result=result, why=why or self.why)
        self.why = ""

    def excused(self, due):
        """A deadline inside a jump of our clock that is in doubt: what is done meanwhile is in time (corner 14)."""
        return self.jump is not None and self.jump[0] < due <= self.jump[1] and self.now <= self.doubt_until

    # ---- receivers ------------------------------------------------------------------------------------

    def nobody_reachable(self):
        return not self.past and (self.no_road or "*" in self.down_endpoints)

    def look(self, c):
        """When it is found that somebody can be reached again by what is tried more seldom: as soon as if it were tried as often as ever."""
        since = self.somebody_since
        if self.outage and self.outage[0] <= since <= self.drain_until:  # the look before was missed by then
            since = self.outage[0]
        return times.beat(c.start, c.every, since)

    # ---- what falls due ---------------------------------------------------------------------------------

    def held_back(self, due):
        """No deadline is judged while old messages are still read (corner 17), nor past the begin of a jump of the clock that is in doubt (corner 14)."""
        if self.jump and self.jump[0] < due <= self.doubt_until:
            return max(self.doubt_until, self.drain_until)
        return max(due, self.drain_until)

    def quiet(self, case, level, due, c):
        """L4 and L5 wait from 22:00 to 07:00 unless the case is urgent; where a city wakes nobody on some days, by those of the clock's start (R14)."""
        c.waking = getattr(c, "waking", None) or self.policy.calendar("waking")
        if level < "L4" or case.klass == promise.EMERGENCY or case.flags & {"MASS", "SAFETY"}:
            return due
        there = times.local(due, self.policy.zone)
        minute = there.hour * 60 + there.minute + (there.second * 1000 + due % 1000) / 60_000
        told, (begin, end) = due, c.waking.windows[0]
        if not begin <= minute < end:
            morning = times.at(there.date(), begin, self.policy.zone)
            told = morning if morning >= due else morning + times.DAY
        while not c.waking.works(times.local(told, self.policy.zone).date()):
            told = times.at(times.local(told, self.policy.zone).date(), begin, self.policy.zone) + times.DAY
        return told

    def coming(self, case):
        """Everything of one case that will fall due, as (when it acts, when it was due, what, clock): what comes after a mark in doubt waits with it."""
        found = list(self.falling_due(case))
        waits = min((due for act, due, _, _ in found if act == self.doubt_until > due), default=None)
        if waits is None:
            return found
        return [(max(act, self.doubt_until) if due >= waits else act, due, what, c) for act, due, what, c in found]

    def falling_due(self, case):
        for c in case.clocks:
            if getattr(c, "frozen", False):
                continue
            due = c.deadline() if c.counting() else None
            if due is not None and c.every and not self.nobody_reachable():
                due = min(due, self.look(c))
            if due is not None and (c.name in events.EXPIRIES or c.name in promise.PROMISES and c.judged != due):
                yield self.held_back(due), due, "deadline", c
            for level, ack in c.acked.items():
                if c.running():  # nothing pauses K_ACK (3.2)
                    silent = case.silences.get((c.name, level, case.cycle), 0)  # a silence moves it to its own end; once ended it comes at once
                    yield self.held_back(max(ack.until, silent)), max(ack.until, silent), "back " + level, c
            for when, level, _ in c.pending():
                yield self.held_back(self.quiet(case, level, when, c)), when, level, c

    def next(self):
        return min(((act, due, what != "deadline", what, n, case, c) for case in self.cases.values()
                    for n, (act, due, what, c) in enumerate(self.coming(case))), key=lambda x: x[:3], default=None)

    def advance(self, to, inclusive=False, before_event=False):
        """Everything that was due before `to` happens; what was received at the same instant comes first (R4).

        What was held back until all is read, or a doubt is over, waits no longer in the instant in which that ends: an event of then was
        not sent to us before.
        """
        for _ in range(MOST):
            first = self.next()
            held = before_event and first and first[0] == to in (self.drain_until, self.doubt_until) and first[1] < to
            if first is None or first[0] > to or first[0] == to and not (inclusive or held):
                self.now = max(self.now, to)
                return
            self.now = max(self.now, first[0])
            _, due, _, what, _, case, c = first
            self.fire(what, due, case, c)
        raise RuntimeError(f"something falls due again and again: {first[3]} of {first[6].name}")

    def advance_case(self, case, until, horizon=None):
        """Everything of one case that acts until then; marks of one clock are told together up to the horizon."""
        self.horizon = max(until, horizon or 0)
        for _ in range(MOST):
            first = min(((act, due, what != "deadline", n, what, c) for n, (act, due, what, c) in enumerate(self.coming(case))),
                        key=lambda x: x[:4], default=None)
            if first is None or first[0] > until:
                self.horizon = None
                return
            self.fire(first[4], first[1], case, first[5])
        raise RuntimeError(f"something falls due again and again in case {case.label}")

    def fire(self, what, due, case, c):
        self.read_at = -FAR
        if what.startswith("back "):
            return self.come_back(case, c, what[5:])
        if what != "deadline":
            return self.tell(case, c)
        if c.name in promise.PROMISES:
            return case.breach(c)
        if c.every and due < c.deadline():
            c.date = due
            self.clock_changed(case, c, "MOVE")
        c.ended, c.met = self.now, False
        self.clock_changed(case, c, "STOP")
        inside = self.outage and self.outage[0] <= c.deadline() <= self.outage[1]
        return events.EXPIRIES[c.name](case, self.now if inside else c.deadline())  # our outage counts against nobody

    def tell(self, case, c):
        """The level that is right now; those passed over are named with it (R9). Nobody hears of a breach that is not written."""
        broken = c.name in promise.PROMISES and c.counting() and c.judged != c.deadline()
        if broken and self.held_back(c.deadline()) <= (self.horizon or self.now):
            case.breach(c)
        due = [(when, level, to) for when, level, to in c.pending() if self.held_back(self.quiet(case, level, when, c)) <= (self.horizon or self.now)]
        when, level, to = due[-1]
        passed = [lower for _, lower, _ in due[:-1]]
        c.passed.update(passed)
        c.told[level] = when
        c.open.add(level)
        self.told(case, c, level, when, passed, to)

    def acknowledged(self, case, c, level, e):
        """It holds for a while; who comes second helps (K_ACK, corner 21)."""
        told = [to for to in self.heard_by(case, c, level) if e.answers_for(to)]
        if level in c.acked or not told:
            return
        until = e.t + promise.ACKS[level] if level in promise.ACKS else self.morning(e.t, promise.ACK_UNTIL)
        c.acked[level] = Acknowledgement(until, e.t, e.by, told)

    def heard_by(self, case, c, level):
        """Whoever was told, also in another's place."""
        instead = [self.whom(to) for t, label, name, of, to in self.carried if t <= self.now and (label, name, of) == (case.label, c.name, level) and t >= c.born]
        return list(dict.fromkeys([*c.told_to.get(level, ()), *instead]))

    def morning(self, t, minutes):
        """The next time that it is so late in the day."""
        day = times.local(t, self.policy.zone).date()
        then = times.at(day, minutes, self.policy.zone)
        return then if then > t else times.at(day + datetime.timedelta(days=1), minutes, self.policy.zone)

    def come_back(self, case, c, level):
        """Somebody has acknowledged it, and nothing came of it."""
        ack = c.acked.pop(level)
        since = times.local(ack.since, self.policy.zone).strftime("%H:%M")
        for to in sorted({self.whom(told.to) for told in ack.told}, key=str):  # to whoever answers for it by now
            c.told_to[level] += [to] if to not in c.told_to[level] else []
            self.note("BACK", case, clock=c.name, level=level, to=None if self.silent or case.positioned else str(to), why=f"acknowledged {since} by {ack.by}, no {promise.AWAITED[c.name]} since")

    def delivered(self, when):
        """When a holder hears of a dispatch: not before we have read what sends the case to it."""
        return max(when, self.read_at)

    def ours(self, begin, end):
        """What of it lies in our outage, until all of that is read (corner 17)."""
        if not self.outage:
            return begin, begin
        return max(begin, self.outage[0]), end if end < self.drain_until else min(end, self.outage[1])

    def deliver_again(self, case, now):
        """Nobody could take it while we were away: not deemed held, but delivered now; until then the seconds are ours (corner 17)."""
        c = case.clock("K_HANDOVER")
        if c and not getattr(c, "frozen", False) and self.outage[0] <= c.deadline() <= now:
            c.ended, c.met, c.marks_on = now, False, False
            self.clock_changed(case, c, "STOP")
            case.account.give(c.start, now, "holder", "system")
            case.dispatched = now
            case.start("K_HANDOVER", now)

    # ---- what is read ---------------------------------------------------------------------------------

    def receive(self, e):
        """One event, read by our door at `e.rcv` of the wall clock."""
        received = max(e.rcv, self.not_before)
        self.read_at = received
        if self.outage and self.outage[0] <= e.src <= self.outage[1]:
            self.read_at = max(received, self.outage[1])
            received = min(e.src, self.read_at)  # our outage counts against nobody: by the clock of whoever sent it
        key = (e.source, e.id)
        if key in self.seen:
            return self.replied(e, "DUPLICATE" if self.seen[key] == e.digest else "CONFLICT")
        e.judge(received)
        if e.name not in events.HANDLERS and e.name != "DESK_PRESENT":
            return self.replied(e, "OTHER")  # nothing that the table knows
        if not self.complete(e):
            return self.replied(e, "REFUSED")
        if e.seq and (e.source, e.seq) in self.numbers:  # invariant 8
            return self.replied(e, "CONFLICT")
        self.numbers.add((e.source, e.seq))
        self.seen[key] = e.digest
        if e.name == "REPORTED":
            return self.report(e)
        if e.name == "DESK_PRESENT":  # about the city, not a case
            return self.replied(e, "ACCEPTED" if e.role == "city" and not e.label else "REFUSED")
        if not e.label and e.name in ("SILENCED", "SILENCE_ENDED") and (e.data.get("place") or e.data.get("holder")):
            return self.replied(e, "ACCEPTED" if self.silence_area(e) else "REFUSED")
        case = self.cases.get(e.label)
        if case is None:
            self.parked.append((self.now, e))
            return self.replied(e, "PARKED")
        return self.replied(e, self.apply(case, e))

    NEEDS = {"CLASS_SET": ["class"], "ROUTED": ["holder"], "REJECTED": ["reason"], "APPOINTED": ["date"], "CLASS_PROPOSED": ["class"],
             "PARTY_ADDED": ["party"], "RETURN_ACCEPTED": ["holder"],
             "ARBITRATED": ["holder"], "HOLDER_CHANGED": ["holder"], "MERGED_INTO": ["into"], "SPLIT": ["cases"],
             "SILENCED": ["clock", "level", "until", "why"], "SILENCE_ENDED": ["clock", "level"], "ASSIST_ASKED": ["unit"], "NOTICE_ACKED": ["clock", "level"],
             "APPEALED": ["clock", "why"], "EXCLUDED": ["clock"], "APPEAL_REFUSED": ["clock"],
             "DEADLINE_MOVED": ["clock", "deadline", "why"], "CLOCK_CORRECTED": ["clock", "deadline", "why"]}

    def silence_area(self, e):
        """Repeats in every case of an area: by the street in which it lies, or the city, for seven days at most, from when it is read. First
        notices stay."""
        read = self.read_at
        place, holder = e.data.get("place"), e.data.get("holder")
        what = (e.data["clock"], e.data["level"], place, holder)
        whose = e.area if e.role == "street" else None  # a street's is of its own cases: it disposes of no other's
        if e.role not in promise.LEVEL3 or place and holder or e.data["clock"] not in promise.LADDERS:
            return False
        lies = place and self.city.place(place, e.t)
        if place and (lies is None or e.role == "street" and lies.street != e.area) or holder and not self.city.holder_known(holder, e.t):
            return False
        if e.name == "SILENCE_ENDED":
            mine = [key for key in self.silent if key[0] == what and (e.role == "city" or key[1] == whose)]  # the city ends any
            return max([self.silent.pop(key) for key in mine], default=-FAR) > read
        if not read < e.date("until") <= read + 7 * times.DAY:
            return False
        self.silent[what, whose] = e.date("until")
        return True

    def complete(self, e):
        return not e.nobody and (e.data.get("rating") or 0) <= 5 and all(e.data.get(key) for key in self.NEEDS.get(e.name, ()))

    def apply(self, case, e):
        senders = promise.SENDERS.get(e.name)
        try:
            if senders and e.by and e.role not in senders:  # of one that names nobody the rows decide
                raise Refused("not for you to say")
            drills.fits(case, e)
            if case.cycle > 1 and e.t < case.cycle_began and e.name not in events.LOOK_BACK:
                raise Refused("before this cycle began")
            self.sent = e.t
            events.HANDLERS[e.name](case, e)
        except Refused as refused:
            self.why = str(refused)
            return "REFUSED"
        finally:
            self.sent = None
        return "REJECTED" if e.name == "REJECTED" else "ACCEPTED"

    def invalid(self, e, why=""):
        """What nobody understands is not kept: its id is free."""
        del self.seen[e.source, e.id]
        self.numbers.discard((e.source, e.seq))
        return self.replied(e, "REFUSED", why)

    def report(self, e):
        place = self.city.place(e.data["place"], e.t) if e.data.get("place") else None
        if e.data.get("class") and e.data["class"] not in promise.CLASSES or e.data.get("place") and place is None:
            return self.invalid(e)
        position = e.data.get("position")
        if position and not (abs(position[0]) <= 180 and abs(position[1]) <= 90):
            return self.invalid(e)
        again = e.data.get("repeat_of")
        if again and (self.named(again) is None or self.named(again).open()):
            return self.invalid(e)
        if position and place is None:
            place = self.city.place_at(position, e.t)
        if again and self.named(again).drill != drills.says(e):
            return self.invalid(e, "DRILL_MIX")
        known = self.cases.get(e.label)
        window = known and known.clock("K_REOPEN_WINDOW")
        if known and (known.open() or window and e.rcv <= window.deadline()):  # until then it is reopened
            return self.replied(e, "REFUSED", drills.refusal(known, e))
        if drills.says(e) and not drills.may_begin(e):
            return self.replied(e, "REFUSED", "NO_DRILL_RIGHT")
        case = Case(self, e.label, e)
        case.place, case.positioned = place, bool(position)
        if "history" in e.data or "state" in e.data:
            if self.imported(case, e):
                return self.replied(e, "ACCEPTED")
            self.begun.pop()
            return self.invalid(e)
        if e.data.get("category") in promise.OUT_OF_SCOPE:
            self.cases[e.label] = case
            case.klass = e.data.get("class", "")
            case.close("REJECTED", e.t, "REPORTED")
            return self.replied(e, "REJECTED")
        self.cases[e.label] = case
        events.HANDLERS["REPORTED"](case, e)
        self.replied(e, "ACCEPTED")
        return self.unpark(e)

    def imported(self, case, e):
        """A case from another system: its events are taken in order, each at its own time; a state without its events is refused (33)."""
        before, past, self.read_at, self.past = len(self.facts), e.data.get("history", []), -FAR, True
        times_of = [times.parse(h["t_occ"]) for h in past]
        try:
            if not past or times_of != sorted(times_of) or times_of[-1] > e.rcv or times_of[0] < e.occ:
                raise Refused("no events, or not in their order")
            e.t = case.reported = e.occ
            case.account.turns = [(e.occ, "dispatcher")]
            case.cycle_began = e.occ
            events.HANDLERS["REPORTED"](case, e)
            for when, h in zip(times_of, past):
                self.run_out(case, when)
                if h["type"] == "HOLDER_CHANGED" and h["data"]["holder"] == case.holder:
                    continue  # the former system names the company of each case
                events.HANDLERS[h["type"]](case, e.of_history(h, when))
            self.run_out(case, e.rcv)
            if e.data.get("state", case.state) not in (case.state, *case.flags):
                raise Refused("these events do not lead to that state")
        except (Refused, KeyError):
            del self.facts[before:]
            return False
        finally:
            self.past = False
        self.cases[e.label] = case
        if not case.open():
            window = case.clock("K_REOPEN_WINDOW")
            case.window = window and window.deadline()
            case.drop("K_REOPEN_WINDOW")
        return True

    def run_out(self, case, until):
        """What ran out in the past acts at its own time; nobody is told of it."""
        for _ in range(MOST):
            over = min(((c.deadline(), n, c) for n, c in enumerate(case.clocks) if c.counting() and c.deadline() is not None
                        and (c.name in events.EXPIRIES or c.name in promise.PROMISES and c.judged != c.deadline())), default=None)
            if over is None or over[0] >= until:
                return
            c = over[2]
            if c.name in promise.PROMISES:
                case.breach(c)
                continue
            c.ended, c.met = over[0], False
            self.clock_changed(case, c, "STOP")
            events.EXPIRIES[c.name](case, over[0])

    def named(self, key):
        """A case by its label or by its printed number: they are counted from 1."""
        return self.cases.get(key) or next((c for n, c in enumerate(self.cases.values(), 1) if f"CL-{n}" == key), None)

    def unpark(self, report):
        """What had come too early, in the order of its source (corner 7)."""
        label, ref = report.label, report.ref
        waiting = [e for _, e in self.parked if e.ref == ref]
        self.parked = [(t, e) for t, e in self.parked if e.ref != ref]
        for e in sorted(waiting, key=lambda e: (e.seq, e.rcv)):
            if self.now - e.rcv <= promise.PARK:
                e.t, self.read_at = max(e.t, self.cases[label].reported), self.now
                self.replied(e, self.apply(self.cases[label], e))

    def part(self, whole, label, e):
        """A part of a split: place, class, reporters and report time of the whole; it waits to be routed (simulate.md, SPLIT)."""
        case = Case(self, label, e)
        case.place, case.klass, case.reported, case.t0, case.source = whole.place, whole.klass, whole.reported, whole.t0, whole.source
        case.drill = whole.drill
        case.account.turns = [*whole.account.turns, (e.t, "dispatcher")]
        case.flags |= whole.flags & {"SAFETY"}
        self.cases[label] = case
        case.parties = [Party(p.ref or whole.label) for p in whole.parties]
        for own, p in zip(case.parties, whole.parties):
            own.who = p.who
            own.answer = "LEFT" if p.answer == "LEFT" else "OPEN"
        case.state = None
        case.start("K_CITIZEN", whole.t0)
        case.start("K_TRIAGE", e.t)
        if case.klass:
            case.start("K_STATUTE", whole.reported)
        case.to("RECEIVED", e.t, "PARTED")
