"""Return, arbitration, another holder (corners 12, 13, 22)."""
import promise
from anew import set_floor, tell_anew
from case import need
from pauses import resume
from plans import drop_plan, new_plan
from receipt import deliver, dispatch, name_second, quiet_handover, until_told
from table import is_in, on
from times import MINUTE

DECIDED_IN = ("DISPATCHED", "HELD", "ONSITE", "IN_WORK", "PLANNED")  # his other clocks go on, and so may he
HOLDERS_CLOCKS = ("K_ARRIVE", "K_CONTACT", "K_RESOLVE", "K_PLAN", "K_PROMISE", "K_UPDATE", "K_PAUSE_MAX", "K_HANDOVER", "K_DELIVERY")


@on("RETURN_REQUESTED")
def return_requested(case, e):
    is_in(case, "DISPATCHED", "HELD", "ONSITE")
    need(case.for_holder(e), "not the holder")
    reason = e.data.get("reason")
    need(reason in promise.RETURNS, "no such reason")
    need(not case.flags & {"RETURN_ASKED", "ARBITRATION", "FINAL"}, "asked already, or decided for good")
    if case.state == "ONSITE":
        need(reason == "OWNER_UNCLEAR" and e.data.get("onsite_code"), "only OWNER_UNCLEAR with the on-site code")
    asked = max(e.t, case.dispatched)  # nobody gives back what he was not given yet
    if len(case.returns) >= 2:
        return arbitrate(case, asked)
    if case.state == "HELD":  # before the receipt they have not begun
        since = max(t for t in (case.held, case.return_deadline_base) if t is not None)
        need(e.t <= since + 10 * MINUTE, "ten minutes are over")
    need((case.holder, reason) not in case.returns, "the same reason again")
    case.returns.append((case.holder, reason))
    case.flags.add("RETURN_ASKED")
    case.start("K_RETURN", asked)
    return None


def arbitrate(case, when):
    case.flags.add("ARBITRATION")
    case.start("K_ARBITRATE", when)
    case.turn(when)


def decide(case, e):
    need("RETURN_ASKED" in case.flags and case.of_place(e), "no return to decide")


@on("RETURN_ACCEPTED")
def return_accepted(case, e):
    is_in(case, *DECIDED_IN)
    decide(case, e)
    holder = e.data["holder"]
    need(case.world.city.holder_known(holder, e.t) and holder != case.holder and holder not in case.tried, "not this holder")
    need(case.world.city.admits(holder, case.category, e.t), "NOT_ADMITTED")
    case.flags.discard("RETURN_ASKED")
    case.stop("K_RETURN", e.t)
    take_return(case, e.t, holder, e.name)


def take_return(case, when, holder, cause):
    """The old holder's clocks are void and so are their breaches; his minutes since the receipt are the dispatcher's (corner 12)."""
    case.judge_all_missed()
    case.tried.add(case.holder)
    if "PAUSED" in case.flags:
        resume(case, when)
    if case.held is not None:
        case.account.give(case.held, when, "holder", "dispatcher")
    for c in case.clocks:
        for b in c.breaches:
            if b.holder == case.holder and c.cycle == case.cycle and not b.marks:
                case.mark(c, b, "VOID_RETURN")
    quiet_handover(case)
    for name in HOLDERS_CLOCKS:
        case.drop(name)
    case.undelivered_since = None
    case.arrived, case.arrival_proven, case.plan_delivered = None, False, None
    drop_plan(case)
    case.return_deadline_base = None
    case.asked.pop("class", None)
    dispatch(case, when, holder, cause)


@on("RETURN_REFUSED")
def return_refused(case, e):
    is_in(case, *DECIDED_IN)
    decide(case, e)
    case.flags.discard("RETURN_ASKED")
    case.return_deadline_base = e.t
    case.stop("K_RETURN", e.t)


@on("ARBITRATED")
def arbitrated(case, e):
    need(case.open() and "ARBITRATION" in case.flags and case.of_place(e), "no arbitration")
    holder = e.data["holder"]
    need(case.world.city.holder_known(holder, e.t), "no such holder")
    need(holder == case.holder or case.world.city.admits(holder, case.category, e.t), "NOT_ADMITTED")
    case.flags -= {"ARBITRATION"}
    case.flags.add("FINAL")
    case.stop("K_ARBITRATE", e.t)
    case.settle("K_RETURN")  # the street has decided what nobody decided in time
    if holder != case.holder:
        return take_return(case, e.t, holder, e.name)
    return case.turn(e.t)


@on("HOLDER_CHANGED")
def holder_changed(case, e):
    is_in(case, "DISPATCHED", *promise.HOLDING)
    holder = e.data["holder"]
    need(case.world.city.holder_known(holder, e.t) and holder != case.holder and holder not in case.tried, "not this holder")
    need(case.world.city.admits(holder, case.category, e.t), "NOT_ADMITTED")
    change_holder(case, holder, e.t, e.name)


def change_holder(case, holder, when, cause):
    """Another company: open clocks go to it with a quarter of each budget at least; the time before stays with the old one (corner 22).

    Nobody of the new one has it or is there: it is handed over and reached anew. Work that has begun, or a plan with its date, goes on.
    """
    case.judge_all_missed()
    if "RETURN_ASKED" in case.flags:
        case.flags.discard("RETURN_ASKED")
        case.drop("K_RETURN")
    quiet_handover(case)
    case.drop("K_HANDOVER")
    case.drop("K_DELIVERY")
    case.undelivered_since = None
    meeting = "FORUM" in case.flags
    drop_plan(case)
    case.asked.pop("class", None)  # asked for by whoever had the case
    if case.state in ("HELD", "ONSITE"):
        case.drop("K_ARRIVE")
        case.drop("K_CONTACT")
        case.arrived, case.arrival_proven = None, False
    case.holder, case.person, case.deemed = holder, "", True
    pass_on(case, holder, when)
    if meeting and case.state == "IN_WORK" and case.klass == promise.SPECIAL:
        new_plan(case, when)  # one of his own
    name_second(case)
    if case.state in ("IN_WORK", "PLANNED"):
        deliver(case, when)
        case.turn(when)
        return until_told(case, when)
    return dispatch(case, when, holder, cause)


def pass_on(case, holder, when):
    """The clocks that go on are the new holder's."""
    for c in case.clocks:
        if c.running() and c.name in ("K_ARRIVE", "K_CONTACT", "K_RESOLVE", "K_PLAN", "K_PROMISE", "K_APPOINTMENT", "K_UPDATE"):
            c.holder, before = holder, c.deadline()
            if c.name in ("K_UPDATE", "K_PROMISE", "K_APPOINTMENT"):  # as it was: a word that is awaited, dates that were named
                continue
            if c.budget:
                fresh_quarter(c, when)
            if c.deadline() != before:
                tell_anew(c, when if c.paused_at is None else min(when, c.paused_at), case.world.now)
            case.move(c)


def fresh_quarter(clock, when):
    """At least a quarter of the budget, also after a date that two persons have set; where the whole budget reaches further it is a date again."""
    set_floor(clock, when, when)
    if clock.date is not None and clock.floor is not None and clock.calendar.due(clock.start + clock.paused, clock.budget) > clock.floor:
        clock.date, clock.floor, clock.floor_from = clock.floor - clock.paused, None, None
