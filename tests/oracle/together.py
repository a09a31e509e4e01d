"""Withdrawal, merge, split (corners 10 and 11)."""
import classes
import promise
from anew import set_floor, tell_anew
from callback import parties_named
from case import need
from table import is_in, on
from times import MINUTE


@on("WITHDRAW_ASKED")
def withdraw_asked(case, e):
    need(e.role == "reporter" and e.source == case.source, "not by the reporter's own channel")
    named = case.there(parties_named(case, e))
    merged = case.state == "MERGED"
    whom = "party" in e.data or merged  # who names nobody speaks for all of his own case
    case = case.counts_in()
    need(case.open(), "ended")
    if "SAFETY" in case.flags:
        for p in named if whom else [first_who_waits(case)]:
            p.answer = "LEFT"
        return check_ends(case)
    pressed = any(e.t - 10 * MINUTE <= t <= e.t for t in case.contacts) or e.data.get("device", "").startswith(case.holder or "-")
    others = whom and any(p.answer != "LEFT" for p in case.parties if p not in named)
    need(not others or case.state != "RESOLVED", "he is asked with the others")
    asked = "WITHDRAW_ASKED" in case.flags
    if others and not pressed:  # their case goes on
        for p in named:
            p.answer = "LEFT"
        if asked:  # it was still theirs until now
            case.withdraw_asked = e.t
        return check_ends(case)
    if not asked and not pressed:
        for p in named if merged else []:  # the merge may be taken back
            p.answer = "LEFT"
        return case.close("WITHDRAWN", e.t, e.name)
    need(not asked or any(not p.leaves and p.answer != "LEFT" for p in named), "asked already")
    for p in case.parties:  # whoever asks while another one is asked is asked with him
        p.leaves = p.answer != "LEFT" and (p in named or (asked and p.leaves))
    case.withdraw_asked = e.t
    if not asked:
        case.flags.add("WITHDRAW_ASKED")
        case.start("K_WITHDRAW", e.t)
    return None


def check_ends(case):
    """Nobody is asked who has left already; without anybody to ask there is no check."""
    left = any(p.leaves and p.answer == "LEFT" for p in case.parties)
    for p in case.parties:
        p.leaves = p.leaves and p.answer != "LEFT"
    if "WITHDRAW_ASKED" in case.flags and left and not any(p.leaves for p in case.parties):
        case.flags.discard("WITHDRAW_ASKED")
        case.drop("K_WITHDRAW")


def first_who_waits(case):
    return next((p for p in case.parties if p.answer == "OPEN"), case.parties[0])


def asked_there(case, e):
    """Under the number of a merged case the street answers for those whom it was to ask in the one that counts."""
    need(case.state != "MERGED" or any(p.leaves for p in case.there(parties_named(case, e))), "nobody of this one was to be asked")
    return case.counts_in()


@on("WITHDRAW_CONFIRMED")
def withdraw_confirmed(case, e):
    case = asked_there(case, e)
    need(case.open() and "WITHDRAW_ASKED" in case.flags, "not asked")
    case.stop("K_WITHDRAW", e.t)
    if any(not p.leaves and p.answer != "LEFT" for p in case.parties):  # they have not asked
        case.flags.discard("WITHDRAW_ASKED")
        for p in case.parties:
            p.answer, p.leaves = "LEFT" if p.leaves else p.answer, False
        return
    for c in case.clocks:
        for b in c.breaches:
            if b.deadline >= case.withdraw_asked and not b.marks:
                case.mark(c, b, "REBUTTED")
    for p in case.parties:  # also from his own case, should the merge be taken back
        p.answer, p.leaves = "LEFT" if p.leaves else p.answer, False
    case.close("WITHDRAWN", case.withdraw_asked, e.name, as_it_was=True)


@on("WITHDRAW_DENIED")
def withdraw_denied(case, e):
    case = asked_there(case, e)
    need(case.open() and "WITHDRAW_ASKED" in case.flags, "not asked")
    case.stop("K_WITHDRAW", e.t)
    case.flags.discard("WITHDRAW_ASKED")
    for p in case.parties:
        p.leaves = False


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
        case.asked["merge"] = (e.data["into"], e.person, whose_merge(case, e))
        return
    merge(case, other, e, whose_merge(case, e))


def whose_merge(case, e):
    """To whom the time belongs if it is taken back (corner 11)."""
    if e.area and e.area == case.holder:
        return "holder"
    return "arbiter" if e.role in promise.LEVEL3 else "dispatcher"


@on("MERGE_APPROVED")
def merge_approved(case, e):
    need(case.open() and "merge" in case.asked, "no merge was asked")
    other = merge_target(case, e)
    _, person, owner = case.asked["merge"]
    need(e.person and e.person != person and not case.stranger(e), "same person")
    merge(case, other, e, owner)


def lengthens(case, other):
    """Does A get a later deadline by B's?"""
    policy, klass = case.world.policy, other.klass or promise.UNKNOWN_CLASS
    for name in ("K_ARRIVE", "K_CONTACT", "K_RESOLVE", "K_PLAN"):
        mine, theirs = case.clock(name), other.clock(name)
        if mine is None:
            continue
        own = mine.deadline() + (case.world.now - mine.paused_at if mine.paused_at is not None else 0)  # with the pause so far
        budget, calendar = policy.budget(name, klass)
        if theirs is not None:
            raw = due_from(theirs, mine.start)
            least = case.world.now + theirs.budget // 4 if mine.judged != mine.deadline() else 0  # who is late already gains nothing by a floor
            least = min(least, known(case, mine, other, case.world.now))
            later = theirs.paused_at is not None or min(theirs.deadline(), max(raw, least)) > own
        elif other.state in ("RECEIVED", "DISPATCHED") and budget:  # it begins when somebody takes it, now at the soonest
            budget = policy.later(name, klass, budget) if other.cycle > 1 else budget
            later = policy.calendar(calendar).due(case.world.now, budget) > own
        else:
            later = not budget and classes.longer(case, klass)
        if later:
            return True
    return False


def due_from(clock, start):
    """Its deadline by an earlier start: a floor stays where it is."""
    own, clock.start = clock.start, min(clock.start, start)
    due, clock.start = clock.deadline(), own
    return due


def known(case, mine, other, now):
    """Whoever has both cases knew when the merged one is due: no floor gives longer than that."""
    if case.holder != other.holder or mine is None or not mine.running() or mine.judged == mine.deadline():
        return float("inf")
    return mine.deadline() + (now - mine.paused_at if mine.paused_at is not None else 0)


def merge(case, other, e, owner):
    """B's start becomes the earliest; A rests until it is taken back (corner 11)."""
    case.judge_all_missed()
    case.asked.pop("merge", None)
    case.before_merge, case.merged_into, case.merged_by, case.merged_at = case.state, other, owner, e.t
    for c in case.clocks:
        c.frozen = True
        if c.running():
            case.world.clock_changed(case, c, "PAUSE", rests=True)
    case.state = "MERGED"
    case.rests.append((case.world.now, True))
    case.world.state_changed(case, case.before_merge, e.name)
    case.world.closed(case, case.account.sums(e.t), e.t - case.account.turns[0][0])
    case.account.turns.append((e.t, "citizen"))
    for name in ("K_CITIZEN", "K_STATUTE", "K_ARRIVE", "K_RESOLVE", "K_PLAN"):
        mine, theirs = case.last(name), other.clock(name)
        if mine and theirs and start_for_others(case, mine) < theirs.start:
            own, before, theirs.start = (theirs.start, theirs.floor, theirs.floor_from), theirs.deadline(), start_for_others(case, mine)
            if theirs.budget and theirs.deadline() < before:
                set_floor(theirs, e.t, e.t, known(case, mine, other, e.t))
            if theirs.budget and theirs.deadline() >= before:  # no earlier by it: nothing has changed
                theirs.start, theirs.floor, theirs.floor_from = own
                continue
            theirs.own_start = getattr(theirs, "own_start", own[0])
            tell_anew(theirs, e.t, case.world.now)
            other.move(theirs)
    other.flags |= case.flags & {"SAFETY"}
    if "SAFETY" in other.flags:  # it goes on without those who have asked to withdraw, and nobody is asked any more
        for p in other.parties:
            p.answer = "LEFT" if p.leaves else p.answer
        check_ends(other)
    case.answers = [(p, p.answer, p.tries) for p in case.parties]  # its own: what they say of the whole is said there
    case.to_be_asked = [p for p in case.parties if p.leaves]  # its own check rests: there he has asked nothing
    for p in case.parties:
        p.leaves = False
        twin = next((q for q in other.parties if q.who is p.who), None)
        if twin is not None:  # a part that goes back: nobody is counted as two
            come_back(twin, p, case)
            continue
        p.ref = p.ref or case.label
        p.came = case
        other.parties.append(p)
    if len(other.parties) >= 3:
        other.flags.add("MASS")


def start_for_others(case, c):
    """What has ended by the start of a case that has been given back since counts from its own."""
    return c.start if speaks_for_others(case) else getattr(c, "own_start", c.start)


def speaks_for_others(case):
    return any(getattr(p, "came", None) for p in case.parties)


def come_back(twin, p, case):
    """Whoever had withdrawn reports it again as one of the part, as long as a part by which he does is here."""
    if p.answer != "LEFT" and (twin.answer == "LEFT" or twin.back):
        twin.back = {case} if twin.answer == "LEFT" else twin.back | {case}
        twin.answer = "OPEN" if twin.answer == "LEFT" else twin.answer


def leave_again(whole, case):
    for p in whole.parties:
        if case in p.back:
            p.back.discard(case)
            p.answer = p.answer if p.back else "LEFT"
    check_ends(whole)


@on("UNMERGED")
def unmerged(case, e):
    is_in(case, "MERGED")
    need(case.merged_into.state != "MERGED", "the one in the middle is taken out first")
    case.state = case.before_merge
    case.rests.append((case.world.now, False))
    case.world.state_changed(case, "MERGED", e.name)
    case.account.turns[-1] = (case.merged_at, case.merged_by)
    case.turn(e.t)
    for c in case.clocks:
        frozen, c.frozen = getattr(c, "frozen", False), False
        if c.running() and frozen:
            before = c.deadline()
            if late_by_the_merge(case, c):
                set_floor(c, e.t, e.t)
            if c.deadline() != before:
                c.tell_again(promise.LEVELS, case.world.now)
            case.world.clock_changed(case, c, "RESUME", rests=c.deadline() == before)
    for p, answer, tries in case.answers:  # who has withdrawn there has withdrawn
        left = any(q.answer == "LEFT" for q in case.merged_into.parties if q.who is p.who)
        p.answer, p.tries = "LEFT" if left else answer, tries
    asked = [p for p in case.merged_into.parties if p.leaves]
    if "WITHDRAW_ASKED" in case.merged_into.flags and asked and all(getattr(p, "came", None) is case for p in asked):  # nobody else has asked
        case.merged_into.flags.discard("WITHDRAW_ASKED")
        case.merged_into.drop("K_WITHDRAW")
    leave_again(case.merged_into, case)
    case.merged_into.parties = [p for p in case.merged_into.parties if getattr(p, "came", None) is not case]
    for p in case.parties:
        p.leaves = p in case.to_be_asked
    check_ends(case)
    give_start_back(case.merged_into, e)
    whole, case.merged_into = case.merged_into, None
    left_by_all(case, e.t, e.name)
    left_by_all(whole, e.t, "RELEASED")


def left_by_all(case, when, cause):
    """A case that nobody reports any more ends, unless there is danger."""
    if case.open() and "SAFETY" not in case.flags and all(p.answer == "LEFT" for p in case.parties):
        case.close("WITHDRAWN", when, cause)


def late_by_the_merge(case, c):
    """Nobody is: what was not over before gets its quarter. Named dates and the outer limit are as they were."""
    if not c.budget or c.date is not None:
        return False
    if c.name in promise.PROMISES:
        return c.name not in promise.STAY and c.judged != c.deadline()
    return c.deadline() >= case.merged_at


def give_start_back(case, e):
    """Once no merged case is left, what was counted from its start is counted from the own one again."""
    if speaks_for_others(case):
        return
    for c in case.clocks:
        if c.running() and hasattr(c, "own_start"):
            case.judge_missed(c)
            kept, before = (c.start, c.floor, c.floor_from), c.deadline()
            c.start, c.floor, c.floor_from = c.own_start, None, None
            del c.own_start
            if c.judged is not None and c.judged == before and c.deadline() <= e.t:  # broken either way
                c.start, c.floor, c.floor_from = kept
                continue
            if c.budget:
                set_floor(c, e.t, e.t)
            if c.deadline() != before:
                tell_anew(c, e.t, case.world.now)
            case.move(c)


@on("SPLIT")
def split(case, e):
    need(case.open(), "ended")
    labels = e.data["cases"]
    need(len(set(labels)) == len(labels) and not any(label in case.world.cases for label in labels), "such a case is there already")
    for label in e.data["cases"]:
        case.world.part(case, label, e)
