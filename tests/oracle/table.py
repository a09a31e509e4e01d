"""What the functions of the table (life-cycle.md 3.4) have in common: each takes a case and an event, and changes the case or refuses.

`e.t` is the time that counts for the event (R2).
"""
from case import need

HANDLERS = {}


def on(name):
    def keep(function):
        HANDLERS[name] = function
        return function
    return keep


def is_in(case, *states):
    need(case.state in states, f"not in {case.state}")
