"""Orders, help, acknowledgements, appeals and what two persons may correct."""
import promise
from case import need
from table import is_in, on
from times import DAY


@on("SUPERVISED")
def supervised(case, e):
    need(case.open() and e.role in promise.LEVEL3 and case.of_place(e), "level 3 or higher, of this place")
    date = e.date("date") if e.data.get("date") else None
    need(date is None or date > e.t, "in the past")
    case.drop("K_SUPERVISE")
    case.flags.add("SUPERVISED")
    case.ordered_by = e.by
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


def answering(case, e):
    """Whose answer it is: a unit speaks for itself; of others it is the one that is named, their own, or the only one that was asked."""
    named = e.area if e.role == "unit" else e.data.get("unit") or (e.area if e.area in case.units else "")
    unit = named or (next(iter(case.units)) if len(case.units) == 1 else "")
    need(case.open() and unit in case.units, "not asked")
    need(e.role not in ("holder", "manager", "unit") or case.by_holder(e) or e.area in case.units, "neither the unit nor who asked for it")
    return unit


@on("ASSIST_ANSWERED")
def assist_answered(case, e):
    unit = answering(case, e)
    date = e.date("date") if e.data.get("date") else None
    need(date is None or date > e.t, "in the past")
    case.units[unit] = "ANSWERED"
    if date is not None:  # without a date of its own the act is due by that of the request
        case.stop("K_ASSIST", e.t, unit)
        case.start("K_ASSIST", e.t, date=date, unit=unit)
    case.turn(e.t)


@on("ASSIST_DONE")
def assist_done(case, e):
    unit = answering(case, e)
    case.stop("K_ASSIST", e.t, unit)
    del case.units[unit]
    case.turn(e.t)


@on("NOTICE_ACKED")
def notice_acked(case, e):
    """Stops repeats of that notice, not the ladder."""
    need(case.open(), "ended")
    level = e.data["level"]
    clocks = [c for c in case.clocks if c.name == e.data["clock"] and level in c.open and c.running()]  # several units may have been asked to assist
    told = [c for c in clocks if any(e.answers_for(told) for told in case.world.heard_by(case, c, level))]
    need(told, "not told, or not to you")
    for clock in told:
        case.world.acknowledged(case, clock, level, e)


@on("SILENCED")
def silenced(case, e):
    need(case.open(), "ended")
    need(any(c.name == e.data["clock"] and e.data["level"] in c.open and c.running() for c in case.clocks), "not told, or over")
    need(e.t < e.date("until") <= e.t + 7 * DAY and case.of_place(e), "in the past, too long, or not yours")
    case.silences[e.data["clock"], e.data["level"], case.cycle] = e.date("until")


@on("SILENCE_ENDED")
def silence_ended(case, e):
    need(case.open() and case.of_place(e), "ended, or not yours")
    need(case.silences.pop((e.data["clock"], e.data["level"], case.cycle), 0) > e.t, "no silence")


def standing(case, e):
    """What can be appealed against or excluded, from the oldest to the newest: the holder may be named where several were late."""
    out = [(c, b) for c in case.clocks if c.name == e.data["clock"] for b in c.breaches
           if not b.marks and e.data.get("holder") in (None, "", b.holder)]
    need(out, "no breach")
    return sorted(out, key=lambda x: x[1].noticed)


def to_decide(case, e):
    """A first person's wish goes before an appeal, an appeal before what nobody has spoken about; of each the newest."""
    about = standing(case, e)
    asked, appealed = [x for x in about if x[1].asker], [x for x in about if x[1].appealed]
    return (asked or appealed or about)[-1]


@on("APPEALED")
def appealed(case, e):
    is_in(case, *promise.OPEN, *promise.ENDED_OK)
    about = [breach for _, breach in standing(case, e)]
    breach = ([b for b in about if e.area and b.holder == e.area] or about)[-1]  # whoever appeals means what accuses him
    need(e.role not in ("holder", "manager") or e.area in (case.holder, breach.holder), "not your case")  # whoever assists is accused of nothing
    limit = case.world.policy.calendar("workdays").after_days(breach.noticed, 5)
    need(e.t <= limit, "five working days are over")
    breach.appealed = True
    case.show_appeals()


@on("EXCLUDED")
def excluded(case, e):
    is_in(case, *promise.OPEN, *promise.ENDED_OK)
    clock, breach = to_decide(case, e)
    need(e.person and not case.by_holder(e), "two persons, not the holder")
    need(breach.asker != e.person, "same person")
    if not breach.asker:
        breach.asker = e.person
        return case.show_appeals()
    breach.asker, breach.appealed = "", False
    case.show_appeals()
    case.mark(clock, breach, "EXCLUDED")


@on("APPEAL_REFUSED")
def appeal_refused(case, e):
    is_in(case, *promise.OPEN, *promise.ENDED_OK)
    about = [breach for _, breach in standing(case, e)]
    waits = [b for b in about if b.appealed] or [b for b in about if b.asker]  # rather an appeal than a wish to exclude
    need(waits, "no appeal")
    breach = waits[-1]
    breach.asker, breach.appealed = "", False
    case.show_appeals()


@on("DEADLINE_MOVED")
@on("CLOCK_CORRECTED")
def deadline_moved(case, e):
    need(case.open() and e.person, "ended")
    need(e.role in promise.LEVEL3 or not case.by_holder(e), "by the holder")
    clock = case.clock(e.data["clock"])
    need(clock is not None and clock.deadline() is not None, "no such deadline")
    date, first = e.date("deadline"), case.asked.get(("move", clock.name))
    if first is None or (first[1] == e.person and first[0] != date):  # a person may ask for another instant instead
        case.asked["move", clock.name] = (date, e.person)
        return
    need(first[0] == date and first[1] != e.person, "same person, or another instant")
    del case.asked["move", clock.name]
    case.judge_missed(clock)
    before, now = clock.deadline(), min(e.t, case.world.now, clock.paused_at or e.t)
    was_over = clock.judged == before if clock.name in promise.PROMISES else before <= now
    missed = before != date and date <= now and not was_over  # told anew as what it is by now
    clock.date, clock.floor = date - clock.paused, None
    if was_over and date <= now:  # broken either way, and once
        clock.judged, clock.broken = date, None
    ahead = {level for due, level, _ in clock.ladder() if due > now}
    clock.tell_again(promise.LEVELS if missed else ahead, case.world.now, ahead, amended=was_over and date <= now)  # what lies behind was told
    case.move(clock)


@on("TRANSFERRED")
def transferred(case, e):
    need(case.open() and e.data.get("receipt"), "without receipt it stays ours")
    case.close("TRANSFERRED", e.t, e.name)


@on("CONVERTED")
def converted(case, e):
    need(case.open() and e.data.get("dispute"), "no dispute")
