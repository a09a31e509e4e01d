"""The numbers of the promise, typed from life-cycle.md 3.2, 3.3 and 3.4: budgets, ladders, pauses, who may say what.

Nothing here is read from the daemon's own life cycle, so a wrong number there is found. What a scenario changes by a version of
its own (`apply`, variants) is laid over it by policy.py.
"""
from times import DAY, HOUR, MINUTE, SECOND

EMERGENCY, SMALL, SERIOUS, COMPLEX, SPECIAL = "EMERGENCY", "SMALL", "SERIOUS", "COMPLEX", "SPECIAL"
CLASSES = (EMERGENCY, SMALL, SERIOUS, COMPLEX, SPECIAL)
UNKNOWN_CLASS = SERIOUS  # S7

OPEN = ("RECEIVED", "DISPATCHED", "HELD", "ONSITE", "IN_WORK", "PLANNED", "RESOLVED")
HOLDING = ("HELD", "ONSITE", "IN_WORK", "PLANNED")
ENDED_OK = ("CLOSED", "CLOSED_UNCONFIRMED")

ALL_PAUSES = ("NO_ENTRY", "PARTS", "WEATHER", "UTILITY", "FUND", "LEGAL", "CITIZEN_REQUEST")


def same(budget, calendar="always"):
    return dict.fromkeys(CLASSES, (budget, calendar))


# 3.2: clock -> class -> (budget, calendar). A clock that is not there for a class does not start.
BUDGETS = {
    "K_TRIAGE": same(2 * MINUTE),
    "K_HANDOVER": same(30 * SECOND),
    "K_ARRIVE": same(5 * MINUTE),
    "K_CONTACT": same(5 * MINUTE),
    "K_RESOLVE": {SMALL: (40 * MINUTE, "always"), SERIOUS: (3 * HOUR, "always"), COMPLEX: (48 * HOUR, "always")},
    "K_PLAN": {SPECIAL: (24 * HOUR, "always")},
    "K_UPDATE": {EMERGENCY: (HOUR, "always"), COMPLEX: (24 * HOUR, "day"), SPECIAL: (24 * HOUR, "day")},
    "K_RETURN": same(30 * MINUTE) | {EMERGENCY: (5 * MINUTE, "always")},
    "K_ARBITRATE": same(2 * HOUR, "day-count") | {SERIOUS: (2 * HOUR, "always"), EMERGENCY: (2 * HOUR, "always")},
    "K_CALLBACK": same(48 * HOUR, "day"),
    "K_REOPEN_WINDOW": same(7 * DAY),
    "K_SUPERVISE": same(24 * HOUR),
    "K_ASSIST": same(24 * HOUR),
    "K_WITHDRAW": same(24 * HOUR, "day"),
    "K_STATUTE": {EMERGENCY: (24 * HOUR, "always"), SMALL: (5 * DAY, "workdays"), SERIOUS: (5 * DAY, "workdays"),
                  COMPLEX: (15 * DAY, "workdays"), SPECIAL: (15 * DAY, "workdays")},
    "K_FORUM": same(5 * DAY, "workdays"),
    "K_DELIVERY": same(30 * SECOND),
}
# Corner 9: the budget of a second and third cycle, half of the first with a least value.
LATER_BUDGETS = {("K_RESOLVE", SMALL): 20 * MINUTE, ("K_RESOLVE", SERIOUS): 90 * MINUTE, ("K_RESOLVE", COMPLEX): 24 * HOUR,
                 ("K_PLAN", SPECIAL): 12 * HOUR}

# 3.3: level -> (share of the budget in thousandths, least time after the deadline, receivers)
PROMISE_LADDER = [("L0", 600, 0, ["duty"]), ("L1", 800, 0, ["manager"]), ("L2", 1000, 0, ["community", "grid"]),
                  ("L3", 1500, 10 * MINUTE, ["street"]), ("L4", 2000, HOUR, ["property"]), ("L5", 3000, DAY, ["leadership"])]
LADDERS = {
    **dict.fromkeys(("K_ARRIVE", "K_CONTACT", "K_APPOINTMENT", "K_RESOLVE", "K_PLAN", "K_PROMISE"), PROMISE_LADDER),
    "K_SUPERVISE": PROMISE_LADDER[:5],
    "K_UPDATE": [("L0", 800, 0, ["duty"]), ("L1", 1000, 0, ["manager"]), ("L2", 1500, 0, ["community"])],
    "K_RETURN": [("L0", 800, 0, ["dispatcher"])],
    "K_ARBITRATE": [("L3", 800, 0, ["street"]), ("L4", 1000, 0, ["property"])],
    "K_WITHDRAW": [("L3", 800, 0, ["street"]), ("L4", 1000, 0, ["property"])],
    "K_FORUM": [("L3", 800, 0, ["street"]), ("L4", 1000, 0, ["property"])],
    "K_ASSIST": [("L0", 800, 0, ["unit"]), ("L2", 1000, 0, ["unit", "community"])],
    "K_STATUTE": [("L0", 800, 0, ["community"]), ("L2", 1000, 0, ["community", "street"]), ("L4", 1500, 0, ["property"])],
}
# Levels at a fixed time after the start: the manager two minutes after a dispatch (S1), the first call within 24 h.
FIXED_MARKS = {"K_HANDOVER": [("L1", 2 * MINUTE, ["manager"])], "K_CALLBACK": [("L0", 24 * HOUR, ["callback"])]}
LEVELS = ("L0", "L1", "L2", "L3", "L4", "L5")
QUIET_FROM, QUIET_TO = 22 * 60, 7 * 60  # L4 and L5 wait for the morning unless urgent

# How long an acknowledgement of a level's notices holds (K_ACK); of L5 until the next 09:00. Without the fact the notice then comes back.
ACKS = {"L0": 2 * MINUTE, "L1": 5 * MINUTE, "L2": 10 * MINUTE, "L3": 30 * MINUTE, "L4": 60 * MINUTE}
ACK_UNTIL = 9 * 60
# By which roads a notice travels ("On its way"): behind the organisation's connection?, how long a receipt is awaited, and when it is tried.
TRIES = (0, 5 * SECOND, 15 * SECOND, 30 * SECOND, 60 * SECOND)
# What waits for our own outage to end is tried by this share of how long it waits already (thousandths), notices and dispatches at most so far apart.
OURS = (125, 15 * MINUTE, 5 * MINUTE)
ROADS = {"feed": (True, 0, TRIES), "wechat": (False, 20 * SECOND, TRIES), "sms": (False, 30 * SECOND, (0, 60 * SECOND)), "voice": (False, 45 * SECOND, (0,))}
# The fact that ends each clock, as people are told it.
AWAITED = {"K_HANDOVER": "HELD", "K_ARRIVE": "ARRIVED", "K_APPOINTMENT": "ARRIVED", "K_CONTACT": "PROGRESS", "K_RESOLVE": "RESOLVED",
           "K_PLAN": "PLAN_PROPOSED", "K_PROMISE": "RESOLVED", "K_CALLBACK": "CALLBACK_OK", "K_UPDATE": "PROGRESS", "K_RETURN": "RETURN_ACCEPTED",
           "K_ARBITRATE": "ARBITRATED", "K_SUPERVISE": "SUPERVISE_ANSWERED", "K_ASSIST": "ASSIST_DONE", "K_WITHDRAW": "WITHDRAW_CONFIRMED",
           "K_STATUTE": "CALLBACK_OK", "K_FORUM": "FORUM_HELD"}

# Clocks that are a promise: past their deadline stands a breach (R7).
PROMISES = ("K_ARRIVE", "K_CONTACT", "K_APPOINTMENT", "K_RESOLVE", "K_PLAN", "K_PROMISE", "K_SUPERVISE", "K_STATUTE")
# They stay when the holder changes: not his clocks.
STAY = ("K_CITIZEN", "K_STATUTE", "K_SUPERVISE", "K_WITHDRAW", "K_APPOINTMENT")

# 3.4: reason -> (cap, calendar of the cap, proof, whose time). No cap: its own end.
PAUSES = {
    "NO_ENTRY": (24 * HOUR, "always", ("calls", "onsite_code"), "citizen"),
    "PARTS": (72 * HOUR, "always", ("order",), "holder"),
    "WEATHER": (None, "always", ("warning",), "force"),
    "UTILITY": (None, "always", ("date",), "force"),
    "FUND": (15 * DAY, "workdays", ("procedure",), "force"),
    "LEGAL": (None, "always", ("act",), "force"),
    "CITIZEN_REQUEST": (None, "always", (), "citizen"),
}
PAUSED_BY = {"K_RESOLVE": ALL_PAUSES, "K_UPDATE": ALL_PAUSES, "K_PROMISE": ("WEATHER", "UTILITY", "LEGAL")}
NO_ENTRY_MOST = 3

RETURNS = ("PLACE", "DUTY", "OWNER_UNCLEAR", "NOT_ADMITTED", "DUPLICATE", "INCOMPLETE")
OUT_OF_SCOPE = ("crime", "fire", "medical", "court", "decided", "other_city")
# How much evidence a solution needs, and whether one of it is a photo.
EVIDENCE = {EMERGENCY: (1, False), SMALL: (1, False), SERIOUS: (2, True), COMPLEX: (2, True), SPECIAL: (2, True)}

CYCLES = 3
PARK = 24 * HOUR
DRAIN = 30 * SECOND
DOUBT = 60 * SECOND

# Whose time it is while a case is in a state (R10; corner 9 for what follows the solution).
OWNERS = {"RECEIVED": "dispatcher", "RESOLVED": "dispatcher", "MERGED": "dispatcher"}  # every other open state: the holder

# R2: proof classes that make an event's own time count.
TRUSTED = {
    "HELD": ("DEVICE_SIGNED", "SYSTEM", "CALL_RECORD"),
    **dict.fromkeys(("ARRIVED", "WORK_STARTED", "RESOLVED"), ("ONSITE_CODE", "DEVICE_SIGNED")),
    "PROGRESS": ("DEVICE_SIGNED", "CALL_RECORD"),
    "PLAN_DELIVERED": ("SYSTEM", "CALL_RECORD", "DEVICE_SIGNED"),
    **dict.fromkeys(("CALLBACK_OK", "CALLBACK_BAD", "CALLBACK_NO_ANSWER"), ("CALL_RECORD",)),
}
AHEAD = 2 * SECOND

# Who may send an event, by the role before the colon; whoever is not named here may be anybody.
CARERS = ("holder", "manager", "community")
LEVEL3 = ("street", "city")
CITY_POSTS = ("property", "leadership", "callback", "desk")  # "city/desk" is a post, "city/desk/sun" a person there
DECIDERS = ("dispatcher", *LEVEL3)
SETTLERS = ("dispatcher", "community", *LEVEL3)
SENDERS = {
    "CLASS_SET": ("dispatcher", "manager", "community", *LEVEL3),
    **dict.fromkeys(("RETURN_ACCEPTED", "RETURN_REFUSED"), DECIDERS),
    **dict.fromkeys(("ROUTED", "REJECTED"), SETTLERS),
    "TRANSFERRED": (*SETTLERS, "operator"),
    **dict.fromkeys(("HELD", "ARRIVED", "WORK_STARTED", "PROGRESS", "RESOLVED", "RETURN_REQUESTED"), CARERS),
    "CLASS_PROPOSED": CARERS,
    "CLASS_REFUSED": ("dispatcher", "manager", "community", *LEVEL3),
    "PLAN_PROPOSED": (*CARERS, *LEVEL3),
    "APPOINTED": ("reporter", "dispatcher", "callback"),
    "REOPENED": ("reporter", "dispatcher", "callback"),
    "PLAN_OBJECTED": ("reporter", "dispatcher", "callback"),
    "FORUM_HELD": ("community", *LEVEL3),
    "DESK_PRESENT": ("city",),
    "ARBITRATED": LEVEL3,
    "WITHDRAW_CONFIRMED": LEVEL3,
    "WITHDRAW_DENIED": LEVEL3,
    "SILENCED": LEVEL3, "SILENCE_ENDED": LEVEL3,
    **dict.fromkeys(("HOLDER_CHANGED", "MERGED_INTO", "UNMERGED", "SPLIT"), (*SETTLERS, "operator")),
    "MERGE_APPROVED": (*SETTLERS, "manager", "operator"),
    "SUPERVISE_ANSWERED": (*CARERS, "grid"),
    "ASSIST_ASKED": ("holder", "manager", "dispatcher", "community", "grid", *LEVEL3),
    "APPEALED": ("holder", "manager", *SETTLERS),
    **dict.fromkeys(("EXCLUDED", "APPEAL_REFUSED"), SETTLERS),
    **dict.fromkeys(("DEADLINE_MOVED", "CLOCK_CORRECTED"), (*SETTLERS, "operator")),
}
