"""The solution, what the reporters say of it, and the next cycle (corner 9)."""
import promise
from case import need
from pauses import resume
from plans import drop_plan
from receipt import dispatch, quiet_handover, taken_unreached
from table import is_in, on
from work import accused, late_arrival, rejudge, refute


def enough(case, e):
    """Evidence as the class demands."""
    count, photo = promise.EVIDENCE[case.klass]
    evidence = e.data.get("evidence", [])
    evidence = [evidence] if isinstance(evidence, str) else evidence
    return len(set(evidence) & {"photo", "signature", "code"}) >= count and (not photo or "photo" in evidence)


def solved_in_time(case, e):
    """What was solved by a later word, or is another's by now, was solved in time all the same: whoever is accused proves it."""
    names = ("K_RESOLVE", "K_PROMISE")
    need(accused(case, e, names) and enough(case, e), "nothing to be refuted")
    for c in {c for c, _ in accused(case, e, names)}:
        if not c.void and c.ended is not None and c.start <= e.t < c.ended:
            rejudge(case, c, e.t)
    refute(case, e, names)


@on("RESOLVED")
def resolved(case, e):
    if case.state not in promise.HOLDING or not case.for_holder(e) or e.t < max(case.reported, case.cycle_began):
        return solved_in_time(case, e)
    need(enough(case, e), "evidence")
    if "PAUSED" in case.flags:
        resume(case, e.t)
    for name in ("K_ARRIVE", "K_APPOINTMENT", "K_CONTACT", "K_PAUSE_MAX", "K_RESOLVE", "K_PLAN", "K_PROMISE", "K_UPDATE", "K_HANDOVER"):
        case.stop(name, e.t)
    quiet_handover(case)
    taken_unreached(case, e.t)
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
    named = [p for p in case.parties if (p.ref or case.label) == e.data["party"]][:1]
    named = named or [p for p in case.parties[:1] if e.data["party"] in ("reporter", case.label)]
    need(named, "no such party")
    return named


def answered(case, e):
    """The case that waits for this answer, and its reporters: a merged one's are asked for the case into which it was merged."""
    if case.state != "MERGED":
        return case, parties_named(case, e)
    target, parties = case.counts_in(), case.there(parties_named(case, e))
    need(target.state == "RESOLVED" or target.state in promise.ENDED_OK, "nobody waits for it")
    need(any(p.answer == "OPEN" for p in parties), "has answered")
    return target, parties


def close_when_all_answered(case, e):
    if any(p.answer == "OPEN" for p in case.parties):
        return
    close_called_back(case, e.t, ended_as(case), e.name)


def ended_as(case):
    return "CLOSED" if any(p.answer == "OK" for p in case.parties) else "CLOSED_UNCONFIRMED"


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
        need(parties[0].answer == "OPEN", "has answered, or was tried in vain")
        parties[0].answer = "OK"
        return None
    is_in(case, "RESOLVED")
    whole = "party" not in e.data and len(parties) == len(case.parties)
    waiting = [p for p in parties if p.answer == "OPEN"] or parties
    for p in waiting[:1] if whole else parties:  # who names nobody speaks for the case, and is the first who waits; the others may still be asked
        p.answer = "OK"
    if whole:
        return close_called_back(case, e.t, "CLOSED", e.name)
    return close_when_all_answered(case, e)


@on("CALLBACK_BAD")
def callback_bad(case, e):
    not_the_accused(case, e)
    asked = case
    case, parties = answered(case, e)
    if case.state in promise.ENDED_OK:  # who has been asked can only have it opened again (REOPENED)
        need((case is not asked or "party" in e.data) and parties[0].answer == "OPEN", "has answered")
        need(in_window(case, e.t) and case.cycle < promise.CYCLES, "the window is over")
        case.stop("K_REOPEN_WINDOW", e.t)
        return next_cycle(case, e, again_open=True)
    is_in(case, "RESOLVED")
    if case.cycle >= promise.CYCLES:
        need(case.clock("K_CALLBACK"), "the appraisal is called already")
        case.stop("K_CALLBACK", e.t)
        drop_plan(case)
        case.appraisal = True
        case.flags.add("FORUM")
        case.start("K_FORUM", e.t)
        return None
    case.stop("K_CALLBACK", e.t)
    return next_cycle(case, e)


def in_window(case, when):
    window = case.clock("K_REOPEN_WINDOW")
    end = window.deadline() if window else case.window
    return end is not None and when <= end


def next_cycle(case, e, again_open=False):
    """Solved badly: a new cycle with the same holder unless L1 names another; half the budget, one level higher (corner 9)."""
    if again_open:
        case.account.turn(case.closed, "citizen")
    case.cycle += 1
    case.cycle_began = e.t
    case.arrived, case.arrival_proven, case.solved = None, False, None
    case.paused_sum, case.plan_delivered = 0, None
    drop_plan(case)
    case.asked.pop("merge", None)
    for unit in list(case.units):  # help was asked for the attempt that failed
        case.drop("K_ASSIST", unit)
        del case.units[unit]
    case.ask_again()
    holder = case.next_holder or case.holder
    named = e.data.get("holder")
    known = named and e.role != "reporter" and case.world.city.holder_known(named, e.t) and named not in case.tried
    if known and case.world.city.admits(named, case.category, e.t):
        holder = named
    if again_open:
        case.start("K_CITIZEN", e.t)
        case.start("K_STATUTE", e.t)
        case.closed = None
    dispatch(case, e.t, holder, e.name)


@on("CALLBACK_NO_ANSWER")
def callback_no_answer(case, e):
    not_the_accused(case, e)
    asked = case
    case, parties = answered(case, e)
    whole = case is asked and "party" not in e.data
    called = next((p for p in parties if p.answer == "OPEN"), parties[0])
    if case.state in promise.ENDED_OK:
        need(not whole and called.answer == "OPEN", "has answered")
        called.tries += 1
        called.answer = "GONE" if called.tries >= 3 else "OPEN"
        return None
    is_in(case, "RESOLVED")
    waits = case.clock("K_CALLBACK")
    need(waits, "a third bad answer was the result of the call-back; the appraisal comes first")
    waits.passed.add("L0")  # a first try was made
    if called.answer in ("OK", "BAD"):  # whoever has answered has answered
        return None
    called.tries += 1
    if called.tries < 3:
        return None
    called.answer = "GONE" if called.answer == "OPEN" else called.answer
    if whole:
        return close_called_back(case, e.t, ended_as(case), e.name)
    return close_when_all_answered(case, e)


@on("REOPENED")
def reopened(case, e):
    need(e.by, "not the reporter")
    case = case.counts_in()
    if case.state == "REJECTED":
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
        case.stop("K_CALLBACK", e.t)
        return next_cycle(case, e)
    is_in(case, *promise.ENDED_OK)
    need(in_window(case, e.t), "the window is over")
    case.stop("K_REOPEN_WINDOW", e.t)
    return next_cycle(case, e, again_open=True)


@on("COMMENT")
def comment(case, e):
    """Moves no clock (R5)."""
    is_in(case.counts_in(), *promise.OPEN, *promise.ENDED_OK)
