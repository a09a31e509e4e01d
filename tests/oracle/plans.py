"""The plan of a special problem (S6) and its objections."""
import promise
from case import need
from pauses import resume
from table import is_in, on
from times import HOUR


@on("PLAN_PROPOSED")
def plan_proposed(case, e):
    is_in(case, "HELD", "ONSITE", "IN_WORK")
    need(case.for_holder(e) or e.role in promise.LEVEL3, "not the holder")
    need(case.klass == promise.SPECIAL, "not special")
    need(case.clock("K_PROMISE") is None, "a plan stands with its date")
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
    need(case.klass == promise.SPECIAL, "no longer special")
    need(e.t >= case.cycle_began, "of an earlier cycle")
    case.stop("K_PLAN", e.t)
    case.plan_delivered = e.t
    case.start("K_PROMISE", e.t, date=case.plan)
    case.plan = None
    case.to("PLANNED", e.t, "PLAN_DELIVERED")


@on("PLAN_OBJECTED")
def plan_objected(case, e):
    need(e.by, "not the reporter")
    case = case.counts_in()
    is_in(case, "PLANNED", "IN_WORK")
    need(case.clock("K_PROMISE") is not None, "no plan stands")
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
        if not case.clock("K_FORUM"):  # one meeting, however often they object before it
            case.start("K_FORUM", e.t)
    case.to("IN_WORK", e.t, "PLAN_OBJECTED")


def new_plan(case, when):
    """One new plan within twelve hours; a class that asks for none has its own deadline."""
    case.plan_delivered = None
    budget = case.world.policy.later("K_PLAN", promise.SPECIAL, 12 * HOUR)
    clock = case.start("K_PLAN", when, hidden=True)
    if clock is None:
        return
    clock.budget, clock.again = budget, True
    case.world.clock_changed(case, clock, "START")


def drop_plan(case):
    """With the attempt, or the holder, goes what was planned and the meeting about it."""
    case.plan = None
    case.flags.discard("FORUM")
    case.drop("K_FORUM")


@on("FORUM_HELD")
def forum_held(case, e):
    need(case.open() and "FORUM" in case.flags, "no meeting")
    case.stop("K_FORUM", e.t)
    case.flags.discard("FORUM")
    if case.appraisal:  # all are asked once more; a meeting about a plan leaves the call-back as it is
        case.appraisal = False
        case.ask_again()
        case.start("K_CALLBACK", e.t)
    elif case.state == "IN_WORK":
        new_plan(case, e.t)
