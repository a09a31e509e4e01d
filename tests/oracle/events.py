"""The table of life-cycle.md 3.4, one function for each event. `e.t` is the time that counts for it (R2).

A function changes the case or raises Refused. The order of the functions is the order of the table.
"""
import promise
from case import Party, Refused, need
from times import HOUR, MINUTE

HANDLERS = {}
HOLDERS_CLOCKS = ("K_ARRIVE", "K_CONTACT", "K_RESOLVE", "K_PLAN", "K_PROMISE", "K_UPDATE", "K_PAUSE_MAX", "K_HANDOVER", "K_DELIVERY")


def on(name):
    def keep(function):
        HANDLERS[name] = function
        return function
    return keep


def is_in(case, *states):
    need(case.state in states, f"not in {case.state}")


# ---- dispatch and receipt -------------------------------------------------------------------------


def route(case, when):
    return case.world.city.route(case.place, when, case.klass, case.category, case.source)


def dispatch(case, when, holder, cause):
    """The case goes to a holder; K_HANDOVER starts when it is delivered. Nobody reachable at all is our fault (corner 18)."""
    case.holder, case.dispatched, case.held, case.person = holder, when, None, ""
    case.deemed = False
    name_second(case)
    if case.world.nobody_reachable():
        case.undelivered_since = when
        case.start("K_DELIVERY", when)
    else:
        case.start("K_HANDOVER", when)
    case.to("DISPATCHED", when, cause)


def name_second(case):
    """A complaint about the holder or the dispatcher: the community stands beside as second holder (corner 29)."""
    accused = case.about.split(":")[-1]
    case.second_holder = ""
    if accused and case.place and accused in (case.holder, case.place.community):
        case.second_holder = case.place.street if case.holder == case.place.community else case.place.community


def classed(case, when, cause):
    """With class and place it is routed in the same step."""
    if case.klass and (case.place or case.positioned):
        case.stop("K_TRIAGE", when)
        dispatch(case, when, route(case, when), cause)
        assisting = case.world.city.assists(case.place, case.category, when)
        if assisting:
            case.units[assisting] = "ASKED"
            case.start("K_ASSIST", when, unit=assisting)


def begin_holder(case, when):
    """The promise begins with the receipt (S1): 5 minutes, 40 minutes, 3 hours, 2 days, 1 day."""
    case.held = when
    if case.somewhere():
        if not case.clock("K_APPOINTMENT") and not case.arrived:
            case.start("K_ARRIVE", when)
    else:
        case.start("K_CONTACT", when)
    for name in ("K_RESOLVE", "K_PLAN", "K_UPDATE"):
        case.start(name, when)


@on("REPORTED")
def reported(case, e):
    case.klass = e.data.get("class", "")
    case.start("K_CITIZEN", e.occ)
    case.start("K_TRIAGE", e.t)
    if case.klass:
        case.start("K_STATUTE", e.t)
    if e.data.get("safety"):
        case.flags.add("SAFETY")
    case.to("RECEIVED", e.t, "REPORTED")
    classed(case, e.t, "REPORTED")


@on("PARTY_ADDED")
def party_added(case, e):
    need(case.open(), "ended")
    case.parties.append(Party(e.data["party"]))
    if e.occ < case.t0:
        case.t0 = e.occ
        citizen = case.clock("K_CITIZEN")
        citizen.start = e.occ
        case.move(citizen)
    if len(case.parties) >= 3:
        case.flags.add("MASS")


@on("CLASS_SET")
def class_set(case, e):
    klass = e.data["class"]
    need(klass in promise.CLASSES, "no such class")
    need(not case.stranger(e), "not your case")
    if case.state == "RECEIVED":
        case.klass = klass
        restart_statute(case, e.t)
        return classed(case, e.t, "CLASS_SET")
    if case.state == "DISPATCHED":
        return reclass(case, klass, e.t)
    is_in(case, *promise.HOLDING)
    proposed = case.asked.get("class")
    stake = case.by_holder(e)
    if proposed and proposed[0] == klass:
        need(e.person and e.person != proposed[1] and e.role != "holder", "same person")
        return reclass(case, klass, e.t)
    if not stake:
        need(not proposed or e.person != proposed[1], "same person")
        return reclass(case, klass, e.t)
    need(not proposed, "another class is asked for")
    propose_class(case, klass, e)


def propose_class(case, klass, e):
    """What lengthens waits for a second person; until then the old deadline holds."""
    if longer(case, klass):
        case.asked["class"] = (klass, e.person)
    else:
        case.own_choice = True
        reclass(case, klass, e.t)


def longer(case, klass):
    """Does any deadline of the holder become later by this class?"""
    order = (promise.EMERGENCY, promise.SMALL, promise.SERIOUS, promise.COMPLEX, promise.SPECIAL)
    return order.index(klass) > order.index(case.klass or promise.UNKNOWN_CLASS)


def reclass(case, klass, when):
    """The same start, the new budget (corner 1); what is past gets a quarter of the new budget from now (corner 3)."""
    case.asked.pop("class", None)
    if klass == case.klass:
        return
    case.klass = klass
    restart_statute(case, case.reported, now=when)
    if case.state == "DISPATCHED":
        return
    for name in ("K_RESOLVE", "K_PLAN", "K_UPDATE"):
        clock = case.clock(name)
        budget, kind = case.world.policy.budget(name, klass)
        if name != "K_UPDATE" and case.cycle > 1 and budget:
            budget = case.world.policy.later(name, klass, budget)
        if name == "K_PLAN" and case.plan_delivered is not None:
            continue
        if clock and budget is None:
            case.drop(name)
        elif clock:
            again(case, clock, budget, case.world.policy.calendar(kind), when)
        elif budget is not None:
            begin_anew(case, name, when)
    if klass != promise.SPECIAL and case.clock("K_PROMISE"):
        case.drop("K_PROMISE")


def again(case, clock, budget, calendar, now):
    """The clock counts from the same start with another budget."""
    before = clock.deadline()
    if clock.budget == budget and clock.calendar.kind == calendar.kind:
        return  # the new class gives it what it has
    clock.budget, clock.calendar, clock.floor = budget, calendar, None
    set_floor(clock, now, now)
    if clock.deadline() != before:
        clock.told, clock.passed = {}, set()
    case.move(clock)


def set_floor(clock, now, counted_from):
    """New due = max(raw, now + a quarter of the budget)."""
    quarter = now + clock.budget // 4
    if clock.deadline() < quarter:
        clock.floor, clock.floor_from = quarter, now


def begin_anew(case, name, now):
    """A clock that the new class asks for begins at the receipt, but leaves a quarter of its budget."""
    clock = case.start(name, max(case.held, case.news or 0) if name == "K_UPDATE" else case.held)
    if name != "K_UPDATE":
        set_floor(clock, now, now)
        case.move(clock)


def restart_statute(case, when, now=None):
    clock = case.clock("K_STATUTE")
    budget, kind = case.world.policy.budget("K_STATUTE", case.klass)
    if clock is None:
        case.start("K_STATUTE", case.reported)
    else:
        before = clock.deadline()
        same = clock.budget == budget
        clock.budget, clock.calendar = budget, case.world.policy.calendar(kind)
        if now is not None and not same:
            clock.floor = None
            set_floor(clock, now, now)
        if clock.deadline() != before:
            clock.told, clock.passed = {}, set()
            case.move(clock)


@on("ROUTED")
def routed(case, e):
    holder = e.data["holder"]
    if case.state == "DISPATCHED":
        need(holder == case.holder, "another holder")
        return
    is_in(case, "RECEIVED")
    need(case.world.city.holder_known(holder, e.t), "no such holder")
    case.klass = case.klass or promise.UNKNOWN_CLASS
    restart_statute(case, case.reported)
    case.stop("K_TRIAGE", e.t)
    if not case.world.city.admits(holder, case.category, e.t) and case.place:
        holder = case.place.street
    dispatch(case, e.t, holder, "ROUTED")


@on("REJECTED")
def rejected(case, e):
    is_in(case, "RECEIVED")
    case.stop("K_TRIAGE", e.t)
    case.close("REJECTED", e.t, "REJECTED")


@on("HELD")
def held(case, e):
    need(case.by_holder(e), "not the holder")
    need(e.person, "a person is needed")
    if case.state in promise.HOLDING and case.deemed:
        case.person, case.deemed = e.person, False
        return quiet_handover(case)
    is_in(case, "DISPATCHED")
    when = max(e.t, case.dispatched)
    if case.undelivered_since is not None:
        end_outage(case, when)
    case.stop("K_HANDOVER", when)
    case.stop("K_DELIVERY", when)
    quiet_handover(case)
    case.person = e.person
    begin_holder(case, when)
    case.to("HELD", when, "HELD")


def quiet_handover(case):
    """Somebody is there: the manager need not be told that nobody is."""
    for c in case.clocks:
        if c.name == "K_HANDOVER":
            c.marks_on = False


def end_outage(case, when):
    """It could be delivered at last: until then the seconds are the system's."""
    case.undelivered_since = None


def deem_held(case, when):
    """K_HANDOVER is over: the receipt counts as given (S1)."""
    case.deemed = True
    begin_holder(case, when)
    case.to("HELD", when, "K_HANDOVER")


# ---- arrival and work -------------------------------------------------------------------------------


@on("ARRIVED")
def arrived(case, e):
    if e.t < case.cycle_began:  # of an earlier cycle
        return judge_once_more(case, e, ("K_ARRIVE", "K_CONTACT"))
    if case.by_holder(e) and case.state == "HELD":
        need(e.t >= case.reported, "before the report")
        for name in ("K_ARRIVE", "K_APPOINTMENT", "K_CONTACT"):
            case.stop(name, e.t)
        case.arrived, case.arrival_proven = e.t, True
        case.contacts.append(e.t)
        quiet_handover(case)
        return case.to("ONSITE", e.t, "ARRIVED")
    if case.by_holder(e) and case.state in ("ONSITE", "IN_WORK", "PLANNED", "RESOLVED", *promise.ENDED_OK) \
            and e.t >= case.reported and (case.arrived is None or e.t < case.arrived + (not case.arrival_proven)):
        for name in ("K_ARRIVE", "K_APPOINTMENT", "K_CONTACT"):
            late_arrival(case, name, e.t)
        case.arrived, case.arrival_proven = e.t, True
        return None
    return judge_once_more(case, e, ("K_ARRIVE", "K_CONTACT"))


def late_arrival(case, name, when):
    """Read late, but earlier than what ended the clock."""
    c = case.clock(name)
    if c:
        return case.end(c, when)
    c = next((c for c in reversed(case.clocks) if c.name == name and c.cycle == case.cycle and not c.void), None)
    if c and c.ended is not None and when < c.ended and when >= c.start:
        rejudge(case, c, when)
    return None


def rejudge(case, c, when):
    c.ended = when
    met = when <= c.deadline()
    if met and not c.met:
        c.met = met
        case.world.clock_changed(case, c, "STOP")
    case.rebut(c, when)


def judge_once_more(case, e, names):
    """A proof of an earlier cycle or an earlier holder, read late: its own promise is judged once more by it."""
    for name in names:
        for c in reversed(case.clocks):
            if c.name == name and c.holder == e.area and c.ended is not None and c.start <= e.t < c.ended:
                return rejudge(case, c, e.t)
    raise Refused("nothing to be judged")


@on("APPOINTED")
def appointed(case, e):
    is_in(case, "RECEIVED", "DISPATCHED", "HELD")
    date = e.date("date")
    need(case.somewhere() and date is not None and date > e.t, "needs a place and a later minute")
    case.drop("K_ARRIVE")
    case.drop("K_APPOINTMENT")
    case.start("K_APPOINTMENT", e.t, date=date)


@on("WORK_STARTED")
def work_started(case, e):
    return work(case, e, restart=case.state in ("HELD", "ONSITE"))


@on("PROGRESS")
def progress(case, e):
    return work(case, e, restart=True)


def work(case, e, restart):
    if not case.by_holder(e) or case.state not in promise.HOLDING or e.t < case.cycle_began:
        return judge_once_more(case, e, ("K_CONTACT",))
    contact = case.clock("K_CONTACT") or case.last("K_CONTACT")
    case.stop("K_CONTACT", e.t)
    if contact and contact.ended is not None and e.t < contact.ended:
        rejudge(case, contact, e.t)
    quiet_handover(case)
    case.contacts.append(e.t)
    update = case.clock("K_UPDATE")
    case.news = max(case.news or 0, e.t)
    if restart and update and e.t > update.start:  # the newest news count
        case.stop("K_UPDATE", e.t)
        case.start("K_UPDATE", e.t)
    if case.state in ("HELD", "ONSITE"):
        case.to("IN_WORK", e.t, e.name)
    return None


@on("CLASS_PROPOSED")
def class_proposed(case, e):
    is_in(case, "ONSITE")
    need(e.data["class"] in promise.CLASSES and case.by_holder(e), "not the holder")
    need(e.t <= case.arrived + 15 * MINUTE, "15 minutes after the arrival are over")
    propose_class(case, e.data["class"], e)


@on("CLASS_REFUSED")
def class_refused(case, e):
    is_in(case, *promise.HOLDING)
    need("class" in case.asked and not case.stranger(e), "nothing was asked")
    del case.asked["class"]


# ---- plan -------------------------------------------------------------------------------------------


@on("PLAN_PROPOSED")
def plan_proposed(case, e):
    is_in(case, "HELD", "ONSITE", "IN_WORK")
    need(case.by_holder(e) or e.role in promise.LEVEL3, "not the holder")
    need(case.klass == promise.SPECIAL, "not special")
    date = e.date("date")
    need(date is not None and e.data.get("steps") and e.data.get("person"), "PLAN_NO_DATE")
    need(date > e.t, "in the past")
    limit = case.world.policy.calendar("workdays").after_days(e.t, 15)
    need(date <= limit or e.role in promise.LEVEL3, "more than 15 working days")
    case.plan = date


@on("PLAN_DELIVERED")
def plan_delivered(case, e):
    is_in(case, "HELD", "ONSITE", "IN_WORK")
    need(case.plan is not None and not case.stranger(e), "no plan")
    case.stop("K_PLAN", e.t)
    case.plan_delivered = e.t
    case.start("K_PROMISE", e.t, date=case.plan)
    case.plan = None
    case.to("PLANNED", e.t, "PLAN_DELIVERED")


@on("PLAN_OBJECTED")
def plan_objected(case, e):
    is_in(case, "PLANNED")
    need(e.t <= case.plan_delivered + 48 * HOUR, "48 hours are over")
    case.objections += 1
    case.drop("K_PROMISE")
    if "PAUSED" in case.flags:
        resume(case, e.t)
        case.drop("K_PAUSE_MAX")
    if case.objections == 1:
        new_plan(case, e.t)
    else:
        case.flags.add("FORUM")
        case.start("K_FORUM", e.t)
    case.to("IN_WORK", e.t, "PLAN_OBJECTED")


def new_plan(case, when):
    """One new plan within twelve hours."""
    case.plan_delivered = None
    budget = case.world.policy.later("K_PLAN", promise.SPECIAL, 12 * HOUR)
    clock = case.start("K_PLAN", when, hidden=True)
    clock.budget = budget
    case.world.clock_changed(case, clock, "START")


@on("FORUM_HELD")
def forum_held(case, e):
    need("FORUM" in case.flags, "no meeting")
    case.stop("K_FORUM", e.t)
    case.flags.discard("FORUM")
    if case.state == "RESOLVED":
        case.start("K_CALLBACK", e.t)
    elif case.state == "IN_WORK":
        new_plan(case, e.t)


# ---- pauses ----------------------------------------------------------------------------------------


@on("PAUSED")
def paused(case, e):
    is_in(case, "IN_WORK", "PLANNED")
    reason = e.data["reason"]
    need("PAUSED" not in case.flags and reason in promise.PAUSES, "no such pause")
    cap, calendar, proof, owner = promise.PAUSES[reason]
    need(e.role == "reporter" if reason == "CITIZEN_REQUEST" else case.by_holder(e) or e.role in ("dispatcher", *promise.LEVEL3, "community"),
         "not you")
    need(all(e.data.get(p) for p in proof) and (reason != "NO_ENTRY" or len(e.data["calls"]) >= 2), "PAUSE_NO_PROOF")
    need(reason != "NO_ENTRY" or case.pauses.count(reason) < promise.NO_ENTRY_MOST, "three times")
    promised = [c for c in case.clocks if c.counting() and c.name in ("K_RESOLVE", "K_PROMISE") and reason in promise.PAUSED_BY[c.name]]
    need(promised, "stops no promise")
    end = pause_end(case, e, promised[0], cap, calendar)
    case.pause = (reason, e.t, owner)
    case.pauses.append(reason)
    case.flags.add("PAUSED")
    for c in case.clocks:
        if c.counting() and reason in promise.PAUSED_BY.get(c.name, ()):
            c.paused_at = e.t
            case.world.clock_changed(case, c, "PAUSE")
    case.start("K_PAUSE_MAX", e.t, date=end)
    case.turn(e.t)


def pause_end(case, e, clock, cap, calendar):
    """Every pause has an end: the one that is named, within the cap of its reason and, all together, the budget (L3 may go on)."""
    named = e.date("until") if e.data.get("until") else e.date("date") if e.data.get("date") else None
    limit = case.world.policy.calendar(calendar).due(e.t, cap) if cap else None
    need(named is None or named > e.t, "in the past")
    need(named is None or limit is None or named <= limit, "over its cap")
    whole = clock.budget if clock.budget is not None else clock.date - clock.start
    left = e.t + whole - case.paused_sum
    if e.role in promise.LEVEL3:
        return named or limit or left
    need(named is None or named <= left, "over the budget")
    need(left > e.t, "over the budget")
    return named if named is not None else min(left, limit) if limit else left


def resume(case, when):
    """Due = old due + counted pause."""
    _, since, _ = case.pause
    when = max(when, since)
    case.paused_sum += when - since
    for c in case.clocks:
        if c.paused_at is not None and c.running():
            before = c.deadline()
            c.paused += when - c.paused_at
            if c.floor is not None:
                c.floor, c.floor_from = c.floor + when - c.paused_at, c.floor_from + when - c.paused_at
            if c.judged == before:  # what was broken is broken once
                c.judged = c.deadline()
            c.paused_at = None
            case.world.clock_changed(case, c, "RESUME")
    case.flags.discard("PAUSED")
    case.pause = None


@on("RESUMED")
def resumed(case, e):
    is_in(case, "IN_WORK", "PLANNED")
    need("PAUSED" in case.flags and not case.stranger(e), "not paused")
    case.stop("K_PAUSE_MAX", e.t)
    resume(case, e.t)
    case.to("IN_WORK", e.t, "RESUMED")


# ---- solution and call-back ---------------------------------------------------------------------------


@on("RESOLVED")
def resolved(case, e):
    is_in(case, *promise.HOLDING)
    need(case.by_holder(e), "not the holder")
    need(e.t >= case.reported and e.t >= case.cycle_began, "before the report")
    count, photo = promise.EVIDENCE[case.klass]
    evidence = e.data.get("evidence", [])
    evidence = [evidence] if isinstance(evidence, str) else evidence
    need(len(set(evidence) & {"photo", "signature", "code"}) >= count and (not photo or "photo" in evidence), "evidence")
    if "PAUSED" in case.flags:
        resume(case, e.t)
    for name in ("K_ARRIVE", "K_APPOINTMENT", "K_CONTACT", "K_PAUSE_MAX", "K_RESOLVE", "K_PLAN", "K_PROMISE", "K_UPDATE"):
        case.stop(name, e.t)
    quiet_handover(case)
    for name in ("K_RETURN", "K_ARBITRATE"):
        case.drop(name)
    case.flags -= {"RETURN_ASKED", "ARBITRATION"}
    if case.arrived is None:
        case.arrived = e.t if case.somewhere() else None
    elif e.t < case.arrived:  # what was solved was reached: an arrival claimed for later is judged by the solution
        for name in ("K_ARRIVE", "K_APPOINTMENT", "K_CONTACT"):
            late_arrival(case, name, e.t)
        case.arrived = e.t
    case.solved = e.t
    case.contacts.append(e.t)
    case.asked.pop("class", None)
    case.to("RESOLVED", e.t, "RESOLVED")
    case.start("K_CALLBACK", e.t)


def not_the_accused(case, e):
    """No call-back is made by the holder or the party complained of (3.8, 11)."""
    need(not case.by_holder(e) and not (e.area and e.area in (case.holder, case.second_holder)), "by the holder")
    accused = case.about.split(":")[-1]
    need(not accused or e.area != accused, "by the party complained of")


def parties_named(case, e):
    """The reporters that an answer is about: the one who is named, else all."""
    if "party" not in e.data:
        return list(case.parties)
    named = [p for p in case.parties if (p.ref or case.label) == e.data["party"]]
    need(named, "no such party")
    return named


def answered(case, e):
    """The case that waits for this answer, and its reporters: a merged one's are asked for the case into which it was merged."""
    if case.state != "MERGED":
        return case, parties_named(case, e)
    target = case.merged_into
    parties = [p for p in target.parties if getattr(p, "came", None) is case]
    need(target.state == "RESOLVED" or target.state in promise.ENDED_OK, "nobody waits for it")
    need(any(p.answer == "OPEN" for p in parties), "has answered")
    return target, parties


def close_when_all_answered(case, e):
    if any(p.answer == "OPEN" for p in case.parties):
        return
    state = "CLOSED" if any(p.answer == "OK" for p in case.parties) else "CLOSED_UNCONFIRMED"
    close_called_back(case, e.t, state, e.name)


def close_called_back(case, when, state, cause):
    case.stop("K_CALLBACK", when)
    case.close(state, when, cause)
    case.start("K_REOPEN_WINDOW", when)


@on("CALLBACK_OK")
def callback_ok(case, e):
    not_the_accused(case, e)
    case, parties = answered(case, e)
    if case.state in promise.ENDED_OK:
        need(len(parties) < len(case.parties) or "party" in e.data, "names nobody")
        need(parties[0].answer in ("OPEN", "GONE"), "has answered")
        parties[0].answer = "OK"
        return None
    is_in(case, "RESOLVED")
    need("FORUM" not in case.flags, "a meeting comes first")
    whole = "party" not in e.data and len(parties) == len(case.parties)
    for p in parties[:1] if whole else parties:  # who names nobody speaks for the case; the others may still be asked
        p.answer = "OK"
    if whole:
        return close_called_back(case, e.t, "CLOSED", e.name)
    return close_when_all_answered(case, e)


@on("CALLBACK_BAD")
def callback_bad(case, e):
    not_the_accused(case, e)
    case, parties = answered(case, e)
    if case.state in promise.ENDED_OK:
        window = case.clock("K_REOPEN_WINDOW")
        need(window and e.t <= window.deadline() and case.cycle < promise.CYCLES, "the window is over")
        case.stop("K_REOPEN_WINDOW", e.t)
        return next_cycle(case, e, again_open=True)
    is_in(case, "RESOLVED")
    if case.cycle >= promise.CYCLES:
        need("FORUM" not in case.flags, "a meeting is called")
        case.stop("K_CALLBACK", e.t)
        case.flags.add("FORUM")
        case.start("K_FORUM", e.t)
        return None
    case.stop("K_CALLBACK", e.t)
    return next_cycle(case, e)


def next_cycle(case, e, again_open=False):
    """Solved badly: a new cycle with the same holder unless L1 names another; half the budget, one level higher (corner 9)."""
    if again_open:
        case.account.turn(case.closed, "citizen")
    case.cycle += 1
    case.cycle_began = e.t
    case.arrived, case.arrival_proven, case.solved = None, False, None
    case.pauses, case.paused_sum, case.plan_delivered = [], 0, None
    for p in case.parties:
        p.answer, p.tries = "OPEN", 0
    holder = case.next_holder or case.holder
    named = e.data.get("holder")
    if named and case.world.city.holder_known(named, e.t):
        holder = named
    if again_open:
        case.start("K_CITIZEN", e.t)
        case.start("K_STATUTE", e.t)
        case.closed = None
    dispatch(case, e.t, holder, e.name)


@on("CALLBACK_NO_ANSWER")
def callback_no_answer(case, e):
    not_the_accused(case, e)
    case, parties = answered(case, e)
    if case.state in promise.ENDED_OK:
        need("party" in e.data and parties[0].answer == "OPEN", "has answered")
        return None
    is_in(case, "RESOLVED")
    need("FORUM" not in case.flags, "a meeting comes first")
    for c in case.clocks:
        if c.name == "K_CALLBACK" and c.running():
            c.passed.add("L0")  # a first try was made
    for p in parties:
        if p.answer == "OPEN":
            p.tries += 1
            if p.tries >= 3:
                p.answer = "GONE"
    return close_when_all_answered(case, e)


@on("REOPENED")
def reopened(case, e):
    if case.state == "REJECTED":
        need(e.role == "reporter" or e.role in ("dispatcher", "callback"), "not the reporter")
        need("OBJECTED" not in case.flags, "once")
        case.flags.add("OBJECTED")
        case.closed = None
        case.account.turns.append((e.t, "dispatcher"))
        case.start("K_CITIZEN", e.t)
        case.start("K_TRIAGE", e.t)
        case.start("K_STATUTE", e.t)
        return case.to("RECEIVED", e.t, "REOPENED")
    need(case.cycle < promise.CYCLES, "three cycles")
    if case.state == "RESOLVED":
        need("FORUM" not in case.flags, "a meeting comes first")
        case.stop("K_CALLBACK", e.t)
        return next_cycle(case, e)
    is_in(case, *promise.ENDED_OK)
    window = case.clock("K_REOPEN_WINDOW")
    need(window and e.t <= window.deadline(), "the window is over")
    case.stop("K_REOPEN_WINDOW", e.t)
    return next_cycle(case, e, again_open=True)


@on("COMMENT")
def comment(case, e):
    """Moves no clock (R5)."""
    is_in(case, *promise.OPEN, *promise.ENDED_OK)


# ---- return and arbitration ---------------------------------------------------------------------------


@on("RETURN_REQUESTED")
def return_requested(case, e):
    is_in(case, "DISPATCHED", "HELD", "ONSITE")
    need(case.by_holder(e), "not the holder")
    reason = e.data["reason"]
    need(reason in promise.RETURNS, "no such reason")
    need(not case.flags & {"RETURN_ASKED", "ARBITRATION", "FINAL"}, "asked already, or decided for good")
    if case.state == "ONSITE":
        need(reason == "OWNER_UNCLEAR" and e.data.get("onsite_code"), "only OWNER_UNCLEAR with the on-site code")
    if len(case.returns) >= 2:
        return arbitrate(case, e.t)
    since = max(t for t in (case.held, case.return_deadline_base, case.dispatched) if t is not None)
    if case.state == "HELD":
        since = max(t for t in (case.held, case.return_deadline_base) if t is not None)
    need(case.state == "ONSITE" or e.t <= since + 10 * MINUTE, "ten minutes are over")
    need(reason not in case.returns, "the same reason again")
    case.returns.append(reason)
    case.flags.add("RETURN_ASKED")
    case.start("K_RETURN", e.t)
    return None


def arbitrate(case, when):
    case.flags.add("ARBITRATION")
    case.start("K_ARBITRATE", when)
    case.turn(when)


def decide(case, e):
    need("RETURN_ASKED" in case.flags and case.of_place(e), "no return to decide")


@on("RETURN_ACCEPTED")
def return_accepted(case, e):
    is_in(case, "DISPATCHED", "HELD", "ONSITE")
    decide(case, e)
    holder = e.data["holder"]
    need(case.world.city.holder_known(holder, e.t) and holder != case.holder and holder not in case.tried, "not this holder")
    need(case.world.city.admits(holder, case.category, e.t), "NOT_ADMITTED")
    case.flags.discard("RETURN_ASKED")
    case.stop("K_RETURN", e.t)
    take_return(case, e.t, holder, e.name)


def take_return(case, when, holder, cause):
    """The old holder's clocks are void and so are their breaches; his minutes since the receipt are the dispatcher's (corner 12)."""
    case.tried.add(case.holder)
    if "PAUSED" in case.flags:
        resume(case, when)
    if case.held is not None:
        case.account.give(case.held, when, "holder", "dispatcher")
    for c in case.clocks:
        if c.name not in promise.STAY and c.cycle == case.cycle and c.holder == case.holder and c.name in promise.PROMISES:
            for b in c.breaches:
                if not b.marks:
                    case.mark(c, b, "VOID_RETURN")
    quiet_handover(case)
    for name in HOLDERS_CLOCKS:
        case.drop(name)
    case.undelivered_since = None
    case.arrived, case.arrival_proven, case.plan_delivered, case.plan = None, False, None, None
    case.return_deadline_base = None
    case.asked.pop("class", None)
    dispatch(case, when, holder, cause)


@on("RETURN_REFUSED")
def return_refused(case, e):
    is_in(case, "DISPATCHED", "HELD", "ONSITE")
    decide(case, e)
    case.flags.discard("RETURN_ASKED")
    case.return_deadline_base = e.t
    case.stop("K_RETURN", e.t)


@on("ARBITRATED")
def arbitrated(case, e):
    need(case.open() and "ARBITRATION" in case.flags and case.of_place(e), "no arbitration")
    holder = e.data["holder"]
    need(case.world.city.holder_known(holder, e.t), "no such holder")
    case.flags -= {"ARBITRATION"}
    case.flags.add("FINAL")
    case.stop("K_ARBITRATE", e.t)
    if holder != case.holder:
        return take_return(case, e.t, holder, e.name)
    return case.turn(e.t)


@on("HOLDER_CHANGED")
def holder_changed(case, e):
    is_in(case, "DISPATCHED", *promise.HOLDING)
    holder = e.data["holder"]
    need(case.world.city.holder_known(holder, e.t) and holder != case.holder, "not this holder")
    need(case.world.city.admits(holder, case.category, e.t), "NOT_ADMITTED")
    change_holder(case, holder, e.t, e.name)


def change_holder(case, holder, when, cause):
    """Another company: open clocks go to it with a quarter of each budget at least; the time before stays with the old one (corner 22)."""
    case.flags.discard("RETURN_ASKED")
    case.drop("K_RETURN")
    if case.state == "DISPATCHED":
        quiet_handover(case)
        case.drop("K_HANDOVER")
        case.drop("K_DELIVERY")
        case.undelivered_since = None
        return dispatch(case, when, holder, cause)
    case.holder, case.person, case.deemed = holder, "", True
    for c in case.clocks:
        if c.running() and c.name in ("K_ARRIVE", "K_CONTACT", "K_RESOLVE", "K_PLAN", "K_PROMISE", "K_APPOINTMENT", "K_UPDATE"):
            c.holder = holder
            before = c.deadline()
            if c.budget and c.name != "K_UPDATE":
                set_floor(c, when, when)
            if c.deadline() != before:
                c.told, c.passed = {}, set()
            case.move(c)
    name_second(case)
    return case.turn(when)


# ---- withdrawal, merge, split ---------------------------------------------------------------------------


@on("WITHDRAW_ASKED")
def withdraw_asked(case, e):
    need(case.open(), "ended")
    need(e.role == "reporter" and e.source == case.source, "not by the reporter's own channel")
    if "party" in e.data:
        need(any(p.ref == e.data["party"] for p in case.parties), "no such party")
    if "SAFETY" in case.flags:
        return None
    need("WITHDRAW_ASKED" not in case.flags, "asked already")
    pressed = any(e.t - 10 * MINUTE <= t <= e.t for t in case.contacts) or e.data.get("device", "").startswith(case.holder or "-")
    if not pressed:
        return case.close("WITHDRAWN", e.t, e.name)
    case.flags.add("WITHDRAW_ASKED")
    case.withdraw_asked = e.t
    case.start("K_WITHDRAW", e.t)
    return None


@on("WITHDRAW_CONFIRMED")
def withdraw_confirmed(case, e):
    need(case.open() and "WITHDRAW_ASKED" in case.flags, "not asked")
    case.stop("K_WITHDRAW", e.t)
    for c in case.clocks:
        for b in c.breaches:
            if b.deadline >= case.withdraw_asked and not b.marks:
                case.mark(c, b, "REBUTTED")
    case.close("WITHDRAWN", case.withdraw_asked, e.name)


@on("WITHDRAW_DENIED")
def withdraw_denied(case, e):
    need(case.open() and "WITHDRAW_ASKED" in case.flags, "not asked")
    case.stop("K_WITHDRAW", e.t)
    case.flags.discard("WITHDRAW_ASKED")


def merge_target(case, e):
    other = case.world.cases.get(e.data.get("into", case.asked.get("merge", ("",))[0]))
    need(other is not None and other is not case and other.open(), "not into that")
    return other


@on("MERGED_INTO")
def merged_into(case, e):
    need(case.open(), "ended")
    other = merge_target(case, e)
    if lengthens(case, other):
        need("merge" not in case.asked, "asked already")
        case.asked["merge"] = (e.data["into"], e.person, e.role)
        return
    merge(case, other, e, e.role)


@on("MERGE_APPROVED")
def merge_approved(case, e):
    need(case.open() and "merge" in case.asked, "no merge was asked")
    other = merge_target(case, e)
    _, person, role = case.asked["merge"]
    need(e.person != person and not case.stranger(e), "same person")
    merge(case, other, e, role)


def lengthens(case, other):
    """Does A get a later deadline by B's?"""
    for name in ("K_ARRIVE", "K_RESOLVE", "K_PLAN"):
        mine, theirs = case.clock(name), other.clock(name)
        if mine is None:
            continue
        if theirs is None:
            return name != "K_ARRIVE" or other.state in ("RECEIVED", "DISPATCHED")
        begin = min(mine.start, theirs.start)
        if theirs.deadline() - theirs.start + begin > mine.deadline():
            return True
    return False


def merge(case, other, e, role):
    """B's start becomes the earliest; A rests until it is taken back (corner 11)."""
    case.asked.pop("merge", None)
    case.before_merge, case.merged_into, case.merged_by, case.merged_at = case.state, other, role, e.t
    for c in case.clocks:
        if c.running():
            c.frozen = True
            case.world.clock_changed(case, c, "PAUSE")
    case.state = "MERGED"
    case.world.state_changed(case, case.before_merge, e.name)
    case.world.closed(case, case.account.sums(e.t), e.t - case.account.turns[0][0])
    case.account.turns.append((e.t, "citizen"))
    for name in ("K_CITIZEN", "K_STATUTE", "K_ARRIVE", "K_RESOLVE", "K_PLAN"):
        mine, theirs = case.last(name), other.clock(name)
        if mine and theirs and mine.start < theirs.start:
            before, theirs.start = theirs.deadline(), mine.start
            if theirs.budget and theirs.deadline() < before:
                set_floor(theirs, e.t, e.t)
                if theirs.deadline() > before:
                    theirs.floor = before
            other.move(theirs)
    for p in case.parties:
        p.ref = p.ref or case.label
        p.came = case
        other.parties.append(p)
    if len(other.parties) >= 3:
        other.flags.add("MASS")


@on("UNMERGED")
def unmerged(case, e):
    is_in(case, "MERGED")
    case.state = case.before_merge
    case.world.state_changed(case, "MERGED", e.name)
    owner = "holder" if case.merged_by in promise.CARERS else "dispatcher" if case.merged_by in ("dispatcher", "operator") else "arbiter"
    case.account.turns[-1] = (case.merged_at, owner)
    case.turn(e.t)
    for c in case.clocks:
        if c.running() and getattr(c, "frozen", False):
            c.frozen = False
            if c.budget and c.name in promise.PROMISES and c.name not in ("K_STATUTE",):
                set_floor(c, e.t, e.t)
            case.world.clock_changed(case, c, "RESUME")
    case.merged_into.parties = [p for p in case.merged_into.parties if getattr(p, "came", None) is not case]
    case.merged_into = None


@on("SPLIT")
def split(case, e):
    need(case.open(), "ended")
    labels = e.data["cases"]
    need(len(set(labels)) == len(labels) and not any(label in case.world.cases for label in labels), "such a case is there already")
    for label in e.data["cases"]:
        case.world.part(case, label, e)


# ---- orders, help, corrections --------------------------------------------------------------------------


@on("SUPERVISED")
def supervised(case, e):
    need(case.open() and e.role in promise.LEVEL3, "level 3 or higher")
    date = e.date("date") if e.data.get("date") else None
    need(date is None or date > e.t, "in the past")
    case.drop("K_SUPERVISE")
    case.flags.add("SUPERVISED")
    case.start("K_SUPERVISE", e.t, date=date)


@on("SUPERVISE_ANSWERED")
def supervise_answered(case, e):
    need(case.open() and "SUPERVISED" in case.flags and not case.stranger(e), "no order")
    case.stop("K_SUPERVISE", e.t)
    case.flags.discard("SUPERVISED")


@on("ASSIST_ASKED")
def assist_asked(case, e):
    unit = e.data["unit"]
    need(case.open() and not case.stranger(e) and case.world.city.is_unit(unit, e.t), "no such unit")
    need(unit != case.holder and unit not in case.units, "holds it, or was asked")
    date = e.date("date") if e.data.get("date") else None
    need(date is None or date > e.t, "in the past")
    case.units[unit] = "ASKED"
    case.start("K_ASSIST", e.t, date=date, unit=unit)


@on("ASSIST_ANSWERED")
def assist_answered(case, e):
    need(case.open() and case.units.get(e.area), "not asked")
    date = e.date("date") if e.data.get("date") else None
    need(date is None or date > e.t, "in the past")
    case.units[e.area] = "ANSWERED"
    if date is not None:  # without a date of its own the act is due by that of the request
        case.stop("K_ASSIST", e.t, e.area)
        case.start("K_ASSIST", e.t, date=date, unit=e.area)
    case.turn(e.t)


@on("ASSIST_DONE")
def assist_done(case, e):
    need(case.open() and case.units.get(e.area), "not asked")
    case.stop("K_ASSIST", e.t, e.area)
    del case.units[e.area]
    case.turn(e.t)


@on("NOTICE_ACKED")
def notice_acked(case, e):
    """Stops repeats of that notice, not the ladder."""
    need(case.open(), "ended")
    level = e.data["level"]
    clock = next((c for c in case.clocks if c.name == e.data["clock"] and level in c.told and c.running()), None)
    need(clock, "not told")
    receivers = next(to for _, mark, to in clock.ladder() if mark == level)
    need(any(e.role == role and e.area in (area or "", "") for role, area in map(case.receiver, receivers)), "not told to you")


@on("SILENCED")
def silenced(case, e):
    need(case.open(), "ended")
    need(any(c.name == e.data["clock"] and e.data["level"] in c.told for c in case.clocks) and e.date("until") > e.t, "not told")


def breach_of(case, name):
    clock = next((c for c in reversed(case.clocks) if c.name == name and c.breaches), None)
    need(clock, "no breach")
    return clock


@on("APPEALED")
def appealed(case, e):
    is_in(case, *promise.OPEN, *promise.ENDED_OK)
    clock = breach_of(case, e.data["clock"])
    need(not case.stranger(e) or e.area == clock.breaches[-1].holder, "not your case")
    limit = case.world.policy.calendar("workdays").after_days(clock.breaches[-1].noticed, 5)
    need(e.t <= limit, "five working days are over")
    case.flags.add("APPEALED")


@on("EXCLUDED")
def excluded(case, e):
    is_in(case, *promise.OPEN, *promise.ENDED_OK)
    clock = breach_of(case, e.data["clock"])
    need(e.person and not case.by_holder(e), "two persons, not the holder")
    first = case.asked.get("exclude")
    if first is None:
        case.asked["exclude"] = (clock, e.person)
        return
    need(first[0] is clock and first[1] != e.person, "same person")
    del case.asked["exclude"]
    case.mark(clock, clock.breaches[-1], "EXCLUDED")


@on("APPEAL_REFUSED")
def appeal_refused(case, e):
    is_in(case, *promise.OPEN, *promise.ENDED_OK)
    need("APPEALED" in case.flags, "no appeal")
    case.flags.discard("APPEALED")
    case.asked.pop("exclude", None)


@on("DEADLINE_MOVED")
@on("CLOCK_CORRECTED")
def deadline_moved(case, e):
    need(case.open() and e.person, "ended")
    clock = case.clock(e.data["clock"])
    need(clock is not None and clock.deadline() is not None, "no such deadline")
    date, first = e.date("deadline"), case.asked.get("move")
    if first is None:
        case.asked["move"] = (clock.name, date, e.person)
        return
    need(first[:2] == (clock.name, date) and first[2] != e.person, "same person")
    del case.asked["move"]
    clock.date, clock.floor = date - clock.paused, None
    clock.told, clock.passed = {}, set()
    case.move(clock)


@on("TRANSFERRED")
def transferred(case, e):
    need(case.open() and e.data.get("receipt"), "without receipt it stays ours")
    case.close("TRANSFERRED", e.t, e.name)


@on("CONVERTED")
def converted(case, e):
    need(case.open() and e.data.get("dispute"), "no dispute")


# ---- the ends of clocks that act ------------------------------------------------------------------------


def triage_over(case, now):
    case.klass = case.klass or promise.UNKNOWN_CLASS
    restart_statute(case, case.reported)
    dispatch(case, now, route(case, now), "K_TRIAGE")


def handover_over(case, now):
    deem_held(case, now)


def delivery_over(case, now):
    """Tried again every 30 seconds until somebody can be reached; K_HANDOVER starts then (corner 18)."""
    if case.world.nobody_reachable():
        case.start("K_DELIVERY", now)
        return
    end_outage(case, now)
    case.dispatched = now
    case.start("K_HANDOVER", now)
    case.turn(now)


def return_over(case, now):
    case.flags.discard("RETURN_ASKED")
    arbitrate(case, now)


def callback_over(case, now):
    state = "CLOSED" if any(p.answer == "OK" for p in case.parties) else "CLOSED_UNCONFIRMED"
    case.close(state, now, "K_CALLBACK")
    case.start("K_REOPEN_WINDOW", now)


def pause_over(case, now):
    resume(case, now)
    case.to("IN_WORK", now, "K_PAUSE_MAX")


def nothing(_case, _now):
    """Only the clock has ended."""


EXPIRIES = {"K_TRIAGE": triage_over, "K_HANDOVER": handover_over, "K_DELIVERY": delivery_over, "K_RETURN": return_over,
            "K_CALLBACK": callback_over, "K_PAUSE_MAX": pause_over, "K_REOPEN_WINDOW": nothing, "K_WITHDRAW": nothing}
