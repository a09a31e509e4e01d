"""Dispatch and receipt (3.4, first rows): from the report to the person who has it."""
import promise
from anew import restart_statute
from case import Party, need
from table import is_in, on


def route(case, when):
    return case.world.city.route(case.place, when, case.klass, case.category, case.source)


def dispatch(case, when, holder, cause):
    """The case goes to a holder; K_HANDOVER starts when it is delivered. Nobody reachable at all is our fault (corner 18)."""
    case.holder, case.held, case.person = holder, None, ""
    case.deemed = False
    name_second(case)
    deliver(case, when)
    case.to("DISPATCHED", when, cause)
    until_told(case, when)


def until_told(case, when):
    """What lies between a fact and our reading of it is no holder's time, and no pause's: whoever has it next has not heard of it. It is
    ours as long as we were down, else that of whoever sent it late."""
    told = case.world.delivered(when)
    begin = max(when, case.account.turns[-1][0]) if case.waited is None or case.account.turns[-1][0] > case.waited[1] else case.waited[0]
    case.waited = (min(begin, told), told)
    case.account.give(when, told, case.account.owner(), "dispatcher")
    case.account.give(*case.world.ours(when, told), "dispatcher", "system")


def deliver(case, when):
    """The holder is told, when somebody can be reached at all. Nobody has taken it before."""
    case.dispatched = case.world.delivered(when)
    if case.world.nobody_reachable():
        case.undelivered_since = case.dispatched
        case.start("K_DELIVERY", case.dispatched)
    else:
        case.start("K_HANDOVER", case.dispatched)


def wait_for_us(case, when):
    """Nobody at all can be reached still: the dispatch is tried again, the later the longer it waits."""
    every = case.world.policy.budget("K_DELIVERY", case.klass)[0]
    wait = case.world.policy.until_next(every, when - case.undelivered_since, case.world.policy.ours[2])
    if wait == every:
        case.start("K_DELIVERY", when)
    else:
        case.start("K_DELIVERY", when, date=when + wait, every=every)


def name_second(case):
    """A complaint about the holder or the dispatcher: the community stands beside as second holder (corner 29)."""
    accused = case.about.split(":")[-1]
    case.second_holder = ""
    if accused and case.place and accused in (case.holder, case.place.community):
        itself = case.place.community in (case.holder, case.about, case.about.removeprefix("community:"))
        case.second_holder = case.place.street if itself else case.place.community


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
    case.account.taken(when)
    if case.somewhere():
        if not case.clock("K_APPOINTMENT") and not case.arrived:
            case.start("K_ARRIVE", when)
    else:
        case.start("K_CONTACT", when)
    for name in ("K_RESOLVE", "K_PLAN", "K_UPDATE"):
        if not case.clock(name):  # after a change of the holder they go on
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
    need(e.data["party"] not in ["reporter", case.label, *(p.ref or case.label for p in case.parties)], "a party already")
    case.parties.append(Party(e.data["party"]))
    if e.occ < case.t0:
        case.t0 = e.occ
        citizen = case.clock("K_CITIZEN")
        citizen.start = e.occ
        case.move(citizen)
    if len(case.parties) >= 3:
        case.flags.add("MASS")


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
    if case.state in promise.HOLDING and (case.person == "" or e.t < case.person_at):
        case.person, case.person_at = e.person, e.t
        case.stop("K_HANDOVER", e.t)
        quiet_handover(case)
        return taken_unreached(case, e.t)
    is_in(case, "DISPATCHED")
    when = max(e.t, case.dispatched)
    case.stop("K_HANDOVER", when)
    taken_unreached(case, when)
    quiet_handover(case)
    case.person, case.person_at = e.person, e.t
    begin_holder(case, when)
    case.to("HELD", when, "HELD")


def quiet_handover(case):
    """Somebody is there: the manager need not be told that nobody is."""
    for c in case.clocks:
        if c.name == "K_HANDOVER":
            c.marks_on = False


def taken_unreached(case, when):
    """Whoever takes it, or has solved it, need not be reached any more."""
    case.stop("K_DELIVERY", when)
    if case.undelivered_since is not None:
        end_outage(case, when)
        case.turn(when)


def end_outage(case, when):
    """It could be delivered at last: until then the seconds are the system's."""
    case.undelivered_since = None


def deem_held(case, when):
    """K_HANDOVER is over: the receipt counts as given (S1)."""
    case.deemed = True
    begin_holder(case, when)
    case.to("HELD", when, "K_HANDOVER")
