"""Arrival and work (3.4): who was there when, and what a proof that is read late changes (corners 4 and 6)."""
import promise
from case import Refused, need
from receipt import quiet_handover
from table import is_in, on


ARRIVAL = ("K_ARRIVE", "K_APPOINTMENT", "K_CONTACT")  # what an arrival answers


@on("ARRIVED")
def arrived(case, e):
    if e.t < case.cycle_began:  # of an earlier cycle
        return judge_once_more(case, e, ARRIVAL)
    if case.for_holder(e) and case.state == "HELD":
        need(e.t >= case.reported, "before the report")
        for name in ARRIVAL:
            case.stop(name, e.t)
        case.arrived, case.arrival_proven = e.t, True
        case.contacts.append(e.t)
        quiet_handover(case)
        return case.to("ONSITE", e.t, "ARRIVED")
    if case.for_holder(e) and case.state in ("ONSITE", "IN_WORK", "PLANNED", "RESOLVED", *promise.ENDED_OK) \
            and e.t >= case.reported and (case.arrived is None or e.t < case.arrived + (not case.arrival_proven)):
        for name in ARRIVAL:
            late_arrival(case, name, e.t)
        case.arrived, case.arrival_proven = e.t, True
        case.contacts.append(e.t)
        return None
    return judge_once_more(case, e, ARRIVAL)


def late_arrival(case, name, when):
    """Read late, but earlier than what ended the clock: perhaps even before it began, as one that is read while it runs may be."""
    c = case.clock(name)
    if c:
        return case.end(c, when)
    c = next((c for c in reversed(case.clocks) if c.name == name and c.cycle == case.cycle and not c.void), None)
    if c and c.ended is not None and when < c.ended:
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
    """A proof of an earlier cycle or an earlier holder, read late: its own promise is judged once more by it.

    Of a case that has ended without a solution, or rests in another, nothing is left but what was written against somebody (R7).
    """
    for c in reversed(case.clocks) if case.open() or case.state in promise.ENDED_OK else ():
        if c.name in names and c.holder == e.area and c.ended is not None and c.start <= e.t < c.ended:
            return rejudge(case, c, e.t)
    if refute(case, e, names):
        return None
    raise Refused("nothing to be judged")


def accused(case, e, names):
    """What stands against whoever brings this proof, and is proven wrong by it."""
    return [(c, b) for c in case.clocks for b in c.breaches if c.name in names and b.holder == e.area and not b.refuted()
            and c.start <= e.t <= b.deadline]


def refute(case, e, names):
    """It is taken back, though the case is another's by now, or has ended otherwise."""
    found = accused(case, e, names)
    for c, b in found:
        case.mark(c, b, "REBUTTED")
    return found


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
    if not case.for_holder(e) or case.state not in promise.HOLDING or e.t < case.cycle_began:
        return judge_once_more(case, e, ("K_CONTACT",))
    need(e.t >= case.reported, "before the report")
    contact = case.clock("K_CONTACT") or case.last("K_CONTACT")
    case.stop("K_CONTACT", e.t)
    if contact and contact.ended is not None and e.t < contact.ended:
        rejudge(case, contact, e.t)
    quiet_handover(case)
    if restart:  # of work that goes on nobody need have come
        case.contacts.append(e.t)
    update = case.clock("K_UPDATE")
    if restart:
        case.news = max(case.news or 0, e.t)
    if restart and update and e.t > update.start:  # the newest news count
        case.stop("K_UPDATE", e.t)
        case.start("K_UPDATE", e.t)
    if case.state in ("HELD", "ONSITE"):
        case.to("IN_WORK", e.t, e.name)
    return None
