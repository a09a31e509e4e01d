"""Pauses (3.4): a reason, its proof, its cap."""
import promise
from case import need
from table import is_in, on


@on("PAUSED")
def paused(case, e):
    is_in(case, "IN_WORK", "PLANNED")
    reason = e.data.get("reason")
    need("PAUSED" not in case.flags and reason in promise.PAUSES, "no such pause")
    cap, calendar, proof, owner = promise.PAUSES[reason]
    need(e.role == "reporter" if reason == "CITIZEN_REQUEST" else case.for_holder(e) or e.role in (*promise.SETTLERS, "operator"),
         "not you")
    need(all(e.data.get(p) for p in proof), "PAUSE_NO_PROOF")
    need(reason != "NO_ENTRY" or len(set(e.data["calls"]) - {""}) >= 2, "PAUSE_NO_PROOF")
    need(reason != "NO_ENTRY" or case.pauses.count(reason) < promise.NO_ENTRY_MOST, "three times")
    promised = [c for c in case.clocks if c.counting() and c.name in ("K_RESOLVE", "K_PROMISE") and reason in promise.PAUSED_BY[c.name]]
    need(promised, "stops no promise")
    end = pause_end(case, e, promised[0], cap, calendar)
    case.pause = (reason, e.t, owner)
    case.pause_end = end
    case.pauses.append(reason)
    case.flags.add("PAUSED")
    for c in case.clocks:
        if c.counting() and reason in promise.PAUSED_BY.get(c.name, ()):
            case.judge_missed(c)
            c.paused_at = e.t
            case.world.clock_changed(case, c, "PAUSE")
    case.start("K_PAUSE_MAX", e.t, date=end)
    case.turn(e.t)


def pause_end(case, e, clock, cap, calendar):
    """Every pause has an end: the one that is named, within the cap of its reason and, all together, the budget (L3 may go on)."""
    named = min((e.date(key) for key in ("until", "date") if e.data.get(key)), default=None)  # never beyond the utility's own date
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
    """Due = old due + counted pause. It ended when it was to end, also when nobody was there to say so."""
    _, since, _ = case.pause
    when = max(min(when, case.pause_end), since)
    case.paused_sum += when - since
    for c in case.clocks:
        if c.paused_at is not None and c.running():
            before = c.deadline()
            c.paused += when - c.paused_at
            if c.floor is not None:
                c.floor, c.floor_from = c.floor + when - c.paused_at, c.floor_from + when - c.paused_at
            if c.judged == before:  # what was broken is broken once, at the deadline of then
                c.broken = c.broken or before
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
