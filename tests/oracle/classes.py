"""The class of a complaint (S7): set, proposed, refused."""
import promise
from anew import again, begin_anew, restart_statute
from case import need
from receipt import classed
from table import is_in, on
from times import MINUTE


@on("CLASS_SET")
def class_set(case, e):
    klass = e.data["class"]
    need(klass in promise.CLASSES, "no such class")
    need(not case.stranger(e), "not your case")
    if case.state == "RECEIVED":
        case.klass = klass
        restart_statute(case, e.t)
        return classed(case, e.t, "CLASS_SET")
    is_in(case, "DISPATCHED", *promise.HOLDING)
    proposed = case.asked.get("class")
    stake = case.by_holder(e)
    if proposed and proposed[0] == klass:
        need(e.person and e.person != proposed[1] and e.role != "holder", "same person")
        return reclass(case, klass, e.t)
    if not stake:
        need(not proposed or e.person and e.person != proposed[1], "same person")
        return reclass(case, klass, e.t)
    if proposed:  # what lengthens nothing needs nobody's leave; who has asked for more waits for his answer
        need(e.person and e.person != proposed[1] and not lengthens(case, klass, e.t), "another class is asked for")
    propose_class(case, klass, e)


def propose_class(case, klass, e):
    """What lengthens waits for a second person; until then the old deadline holds."""
    if lengthens(case, klass, e.t):
        case.asked["class"] = (klass, e.person)
    else:
        case.own_choice = True
        reclass(case, klass, e.t)


def lengthens(case, klass, when):
    return longer(case, klass) or any(due_later(case, case.clock(name), klass, when) for name in ("K_RESOLVE", "K_PLAN"))


def longer(case, klass):
    """Does any deadline of the holder become later by this class? An emergency is solved without a limit, which is later than any."""
    order = (promise.EMERGENCY, promise.SMALL, promise.SERIOUS, promise.COMPLEX, promise.SPECIAL)
    if klass == promise.EMERGENCY:
        return case.klass != klass
    return order.index(klass) > order.index(case.klass or promise.UNKNOWN_CLASS)


def due_later(case, clock, klass, when):
    """A shorter class leaves a quarter of its budget, which may be more than was left; and it takes back a date that two persons have set."""
    if clock is None or klass == case.klass or clock.judged == clock.deadline():
        return False
    numbers = case.world.policy.pinned(clock)
    budget, kind = numbers.budget(clock.name, klass)
    if budget and case.cycle > 1:
        budget = numbers.later(clock.name, klass, budget)
    if budget is None or budget == clock.budget:
        return False
    raw = case.world.policy.calendar(kind).due(clock.start + clock.paused, budget)
    since = clock.paused_at if clock.paused_at is not None else when
    return max(raw, since + budget // 4) > clock.deadline()


def reclass(case, klass, when):
    """The same start, the new budget (corner 1); what is past gets a quarter of the new budget from now (corner 3)."""
    case.asked.pop("class", None)
    if klass == case.klass:
        return
    case.klass = klass
    restart_statute(case, case.reported, now=when)
    for name in ("K_RETURN", "K_ARBITRATE"):  # who decides has as long as the new class gives
        if clock := case.clock(name):
            budget, kind = case.world.policy.pinned(clock).budget(name, klass)
            again(case, clock, budget, case.world.policy.calendar(kind), when)
    for name in ("K_RESOLVE", "K_PLAN", "K_UPDATE"):
        clock = case.clock(name)
        if case.state == "DISPATCHED" and clock is None:
            continue  # it begins at the receipt; one that runs was the former company's
        numbers = case.world.policy.pinned(clock) if clock else case.world.policy
        budget, kind = numbers.budget(name, klass)
        if name != "K_UPDATE" and case.cycle > 1 and budget:
            budget = numbers.later(name, klass, budget)
        if name == "K_PLAN" and case.plan_delivered is not None:
            continue
        if clock and budget is None:
            case.drop(name)
        elif clock:
            again(case, clock, budget, case.world.policy.calendar(kind), when)
        elif budget is not None:
            begin_anew(case, name, when)


@on("CLASS_PROPOSED")
def class_proposed(case, e):
    is_in(case, "ONSITE")
    need(e.data["class"] in promise.CLASSES and case.for_holder(e), "not the holder")
    need(e.t <= case.arrived + 15 * MINUTE, "15 minutes after the arrival are over")
    propose_class(case, e.data["class"], e)


@on("CLASS_REFUSED")
def class_refused(case, e):
    is_in(case, "DISPATCHED", *promise.HOLDING)
    need("class" in case.asked and not case.stranger(e), "nothing was asked")
    del case.asked["class"]
