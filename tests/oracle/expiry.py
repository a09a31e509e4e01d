"""The ends of clocks that act by themselves."""
import promise
from anew import restart_statute
from pauses import resume
from receipt import deem_held, dispatch, end_outage, route, wait_for_us
from returns import arbitrate


def triage_over(case, now):
    case.klass = case.klass or promise.UNKNOWN_CLASS
    restart_statute(case, case.reported)
    dispatch(case, now, route(case, now), "K_TRIAGE")


def handover_over(case, now):
    if case.state == "DISPATCHED":
        deem_held(case, now)


def delivery_over(case, now):
    """Tried again until somebody can be reached; K_HANDOVER starts then (corner 18)."""
    if case.world.nobody_reachable():
        wait_for_us(case, now)
        return
    end_outage(case, now)
    case.dispatched = now
    case.start("K_HANDOVER", now)
    case.turn(now)


def return_over(case, now):
    case.flags.discard("RETURN_ASKED")
    arbitrate(case, now)


def callback_over(case, now):
    state = "CLOSED" if any(p.answer == "OK" for p in case.parties) else "CLOSED_UNCONFIRMED"
    case.close(state, now, "K_CALLBACK")
    case.start("K_REOPEN_WINDOW", now)


def pause_over(case, now):
    resume(case, now)
    case.to("IN_WORK", now, "K_PAUSE_MAX")


def nothing(_case, _now):
    """Only the clock has ended."""


EXPIRIES = {"K_TRIAGE": triage_over, "K_HANDOVER": handover_over, "K_DELIVERY": delivery_over, "K_RETURN": return_over,
            "K_CALLBACK": callback_over, "K_PAUSE_MAX": pause_over, "K_REOPEN_WINDOW": nothing, "K_WITHDRAW": nothing}
