"""Clocks that count anew from the same start: another class, another holder, a merge (corners 1 to 3)."""

import promise


def again(case, clock, budget, calendar, now):
    """The clock counts from the same start with another budget."""
    before = clock.deadline()
    if clock.budget == budget and clock.calendar.kind == calendar.kind:
        return  # the new class gives it what it has
    case.judge_missed(clock)
    clock.budget, clock.calendar = budget, case.world.policy.kept(clock.calendar, calendar)
    clock.floor = clock.date = None  # also one that two persons had moved
    set_floor(clock, now, now)
    if clock.deadline() != before:
        tell_anew(clock, now, case.world.now)
    case.move(clock)


def tell_anew(clock, now, read):
    """What lies ahead again may be told again, of a clock that stands still what lies behind its stop; what lies behind was told, and its
    correction names the new deadline."""
    now = clock.paused_at if clock.paused_at is not None else now
    clock.tell_again({level for due, level, _ in clock.ladder() if due > now}, read)


def set_floor(clock, now, counted_from, known=float("inf")):
    """New due = max(raw, now + a quarter of the budget, or what is known already); a clock that stands still is taken as of when it stopped."""
    now = clock.paused_at if clock.paused_at is not None else now
    quarter = min(now + clock.budget // 4, known)
    if clock.deadline() < quarter:
        clock.floor, clock.floor_from = quarter, quarter - clock.budget // 4


def rest_of_pause(case, had):
    """It stood still when it was taken back, and the pause is over by now."""
    end = case.last("K_PAUSE_MAX")
    over = had.paused_at is not None and end is not None and end.ended is not None and end.start <= had.paused_at
    return max(0, end.ended - had.paused_at) if over else 0


def begin_anew(case, name, now):
    """A clock that the new class asks for begins at the receipt, but leaves a quarter of its budget. Where a class before had it already, what
    was counted for it counts on."""
    had = case.last(name)
    if had is not None and had.void and had.cycle == case.cycle and max(had.start, had.over) >= case.held and name in promise.PROMISES:
        clock = case.start(name, had.start, hidden=True)
        if had.again:
            clock.again, clock.budget = True, case.world.policy.later(name, case.klass, clock.budget)
        case.world.clock_changed(case, clock, "START")
        clock.paused = had.paused + rest_of_pause(case, had)
        set_floor(clock, now, now)
        return case.move(clock)
    if name == "K_PLAN" and case.objections:  # one new plan, and it is asked for now
        clock = case.start(name, now, hidden=True)
        clock.again, clock.budget = True, case.world.policy.later(name, case.klass, clock.budget)
        return case.world.clock_changed(case, clock, "START")
    clock = case.start(name, max(case.held, case.news or 0) if name == "K_UPDATE" else case.held)
    before = clock.deadline()
    set_floor(clock, now, now)
    if name != "K_UPDATE" or clock.deadline() != before:
        case.move(clock)


def restart_statute(case, when, now=None):
    clock = case.clock("K_STATUTE")
    if clock is None:
        case.start("K_STATUTE", case.reported)
    else:
        budget, kind = case.world.policy.pinned(clock).budget("K_STATUTE", case.klass)
        before = clock.deadline()
        same = clock.budget == budget
        policy = case.world.policy
        if not same:
            case.judge_missed(clock)
        clock.budget, clock.calendar = budget, policy.kept(clock.calendar, policy.calendar(kind))
        if now is not None and not same:
            clock.floor = clock.date = None
            set_floor(clock, now, now)
        if clock.deadline() != before:
            tell_anew(clock, case.world.now if now is None else now, case.world.now)
            case.move(clock)
