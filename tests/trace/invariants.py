"""What must be true of every run, whatever its scenario: proven from the output, and from who sent what.

Each check is a function that yields texts of faults. The numbers are those of "Invariants" in docs/life-cycle.md.
"""
from datetime import datetime

CLOSED = {"CLOSED", "CLOSED_UNCONFIRMED", "WITHDRAWN", "MERGED", "REJECTED", "TRANSFERRED"}
ALARMS = {"REMINDER", "WARNING", "BREACH"}
# What ends the waiting for call-backs: an answer, the third try in vain, or their time.
CLOSING = {"CALLBACK_OK", "CALLBACK_NO_ANSWER", "K_CALLBACK"}
OWNERS = ("citizen", "dispatcher", "holder", "assisting", "arbiter", "force", "system")


def ms(text):
    t = datetime.fromisoformat(text)
    return int(t.timestamp()) * 1000 + t.microsecond // 1000


def of(facts, kind):
    return [f for f in facts if f["fact"] == kind]


# These belong to the case, whatever holder or cycle it has by now.
STAY = {"K_CITIZEN", "K_STATUTE", "K_SUPERVISE", "K_WITHDRAW", "K_APPOINTMENT"}


def clock_key(f, clock=None):
    clock = clock or f.get("clock")
    return (f.get("case"), 0 if clock in STAY else f.get("cycle"), clock)


def time_never_runs_backwards(facts):
    last = None
    for f in facts:
        if last and ms(f["t"]) < ms(last["t"]):
            yield f"{f['t']} is written after {last['t']}"
        last = f


def numbers_grow(facts):
    """LSNs grow by one; only the first answer given again repeats an old one."""
    last = 0
    for f in facts:
        if f["fact"] == "REPLY" and f.get("result") in ("DUPLICATE", "INVALID", "RETRY_AFTER"):
            continue
        if f["lsn"] not in (last, last + 1):
            yield f"LSN {f['lsn']} follows {last}"
        last = f["lsn"]


def open_case_has_a_deadline(facts):
    """1: an open case has a running clock with a deadline."""
    state, running = {}, {}
    for i, f in enumerate(facts):
        case = f.get("case")
        if f["fact"] == "STATE":
            state[case] = f["to"]
        elif f["fact"] == "CLOCK" and f.get("deadline"):
            held = running.setdefault(case, set())
            key = f["cycle"], f["clock"]
            held.discard(key) if f["change"] in ("STOP", "VOID") else held.add(key)
        end = i + 1 == len(facts) or facts[i + 1]["lsn"] != f["lsn"]
        if end and case in state and state[case] not in CLOSED and not running.get(case):
            yield f"1: case {case} is {state[case]} at {f['t']} without a running deadline"


def owners_add_up(facts):
    """2: every millisecond has one owner."""
    for f in of(facts, "OWNER"):
        if sum(f.get(o, 0) for o in OWNERS) != f["total_ms"]:
            yield f"2: the parts do not add up at {f['t']}"


def nothing_fires_twice(facts):
    """3: one mark of one deadline is told once to one receiver, unless it was taken back since, and not before its time."""
    seen = set()
    for f in of(facts, "NOTICE"):
        if f["kind"] == "CORRECTION":
            seen = {key for key in seen if key[:-1] != clock_key(f) + (f["level"], f["to"])}
        if f["kind"] not in ALARMS:
            continue
        if ms(f["t"]) < ms(f["t_due"]):
            yield f"3: {f['clock']} {f['level']} is told at {f['t']}, before {f['t_due']}"
        key = clock_key(f) + (f["level"], f["to"], f["t_due"])
        if key in seen and not f.get("why"):
            yield f"3: told twice: {key}"
        seen.add(key)


def breaches_are_true(facts):
    """4: noticed when due or later, once for each deadline, and no fact in time before it."""
    seen, stopped = set(), {}
    for f in facts:
        if f["fact"] == "CLOCK" and f["change"] in ("STOP", "VOID"):
            stopped[clock_key(f)] = f
        if f["fact"] == "CLOCK" and f["change"] in ("START", "MOVE"):
            stopped.pop(clock_key(f), None)
        if f["fact"] != "BREACH":
            continue
        key = clock_key(f) + (f["deadline"],)
        if ms(f["t_noticed"]) < ms(f["t_due"]) or ms(f["t_due"]) < ms(f["deadline"]):
            yield f"4: noticed at {f['t_noticed']}, due {f['t_due']}, deadline {f['deadline']}"
        if key in seen:
            yield f"4: two breaches of {key}"
        if clock_key(f) in stopped:
            yield f"4: breach of a clock that had ended: {key}"
        seen.add(key)


def marked_breaches_exist(facts):
    """A mark belongs to a breach that was written, and is set once."""
    breaches, marks = set(), set()
    for f in facts:
        key = clock_key(f) + (f.get("deadline"),)
        if f["fact"] == "BREACH":
            breaches.add(key)
        if f["fact"] == "BREACH_MARK":
            if key not in breaches:
                yield f"a mark without its breach: {key}"
            if key + (f["mark"],) in marks:
                yield f"{f['mark']} twice: {key}"
            marks.add(key + (f["mark"],))


def alarms_end(facts):
    """5: whoever heard of a breach hears how it ended, or it is still open; nobody hears an end of what he never heard."""
    worried, running = {}, set()
    for f in facts:
        if f["fact"] == "CLOCK":
            (running.discard if f["change"] in ("STOP", "VOID") else running.add)(clock_key(f))
        if f["fact"] != "NOTICE":
            continue
        clocks = [f.get("clock"), *f.get("also", [])]
        for clock in clocks:
            key = clock_key(f, clock)
            heard = worried.setdefault(key, {})
            if f["kind"] in ALARMS:
                heard[f["to"]] = f["kind"]
            elif f["kind"] in ("ALL_CLEAR", "CORRECTION"):
                if f["to"] not in heard:
                    yield f"5: {f['to']} hears {f['kind']} of {key} but never heard an alarm"
                heard[f["to"]] = None
    for key, heard in worried.items():
        for to, kind in heard.items():
            if kind == "BREACH" and key not in running:
                yield f"5: {to} heard of the breach of {key} and never how it ended"


def deadlines_recompute(facts):
    """7: the arithmetic that is written gives the deadline that is written (clocks that run around the clock)."""
    for f in of(facts, "CLOCK"):
        if f.get("calendar") != "always" or not f.get("deadline"):
            continue
        if f["basis"] in ("BUDGET", "HALF_BUDGET", "FLOOR"):
            due = ms(f["start"]) + f["budget_ms"] + f["paused_ms"]
            due = max(due, ms(f["floor"])) if f.get("floor") else due
            if due != ms(f["deadline"]):
                yield f"7: {f['clock']} at {f['t']}: {f['deadline']} is not what its parts give"
        if "met" in f and f["change"] == "STOP" and f["basis"] == "NONE":
            yield f"7: {f['clock']} is judged without a deadline"


class Calls:
    """The good call-backs of each case since it was last solved; those of a merged case count where it went."""

    def __init__(self):
        self.good, self.into, self.about, self.state = {}, {}, {}, {}

    def counts_in(self, case):
        while self.state.get(case) == "MERGED" and case in self.into:
            case = self.into[case]
        return case

    def answer(self, case, event):
        data = event.get("data", {})
        if event["event"] == "REPORTED":
            self.about[case] = data.get("about", "")
        if event["event"] == "MERGED_INTO":
            self.into[case] = data["into"]
        if event["event"] == "CALLBACK_OK":
            self.good.setdefault(self.counts_in(case), set()).add(case)
        if event["event"] == "UNMERGED":  # what its reporters said goes with them
            self.good.get(self.into.get(case), set()).discard(case)

    def enter(self, case, state):
        self.state[case] = state
        if state == "RESOLVED":
            self.good[case] = set()


def called_by_the_accused(case, by, about):
    role, _, rest = by.partition(":")
    area = rest.partition("/")[0]
    named, _, of = about.rpartition(":")
    return role in ("holder", "manager") or (of and of == area and named in ("", "holder", role))


def closed_cases_were_called_back(facts, events):
    """11: a closed case has a good call-back of this cycle, an unconfirmed one has none; both have the parts of their time. Nobody who is
    complained of made one. An imported case closes by the call-back in its history."""
    calls, imported = Calls(), {f["lsn"] for f in of(facts, "FLAG") if f["flag"] == "IMPORTED"}
    for i, f in enumerate(facts):
        event = events.get(f.get("id")) if f["fact"] == "REPLY" and f["result"] in ("ACCEPTED", "REJECTED") else None
        if event:
            calls.answer(f.get("case"), event)
        if event and event["event"].startswith("CALLBACK_") and called_by_the_accused(f["case"], event.get("by", ""), calls.about.get(f["case"], "")):
            yield f"11: case {f['case']} was called back by {event['by']}"
        if f["fact"] != "STATE":
            continue
        calls.enter(f["case"], f["to"])
        if f["to"] not in ("CLOSED", "CLOSED_UNCONFIRMED"):
            continue
        good = bool(calls.good.get(f["case"])) or (f["lsn"] in imported and f["cause"] == "CALLBACK_OK")
        if f["cause"] not in CLOSING or good != (f["to"] == "CLOSED"):
            yield f"11: case {f['case']} is {f['to']} by {f['cause']} {'with' if good else 'without'} a good call-back"
        if not any(g["fact"] == "OWNER" and g["lsn"] == f["lsn"] for g in facts[i:]):
            yield f"2: case {f['case']} closed at {f['t']} without its seconds"


def refusals_change_nothing(facts):
    """An event that is not taken leaves no fact but its answer."""
    refused = {f["lsn"] for f in of(facts, "REPLY") if f["result"] in ("NOT_ALLOWED", "CONFLICT", "PARKED")}
    for f in facts:
        if f["lsn"] in refused and f["fact"] in ("STATE", "CLOCK", "CLASS", "FLAG", "NOTICE", "BREACH"):
            yield f"{f['fact']} at {f['t']} from an event that was not taken"


def open_case_is_always_in_its_state(facts):
    """States follow each other: `from` is what the last one ended with. A label may be given to a second report."""
    state = {}
    for f in of(facts, "STATE"):
        if "from" in f and f["from"] != state.get(f["case"]):
            yield f"case {f['case']} leaves {f.get('from')} but was {state.get(f['case'])}"
        state[f["case"]] = f["to"]


CHECKS = [time_never_runs_backwards, numbers_grow, open_case_has_a_deadline, owners_add_up, nothing_fires_twice,
          breaches_are_true, marked_breaches_exist, alarms_end, deadlines_recompute, refusals_change_nothing, open_case_is_always_in_its_state]


def faults(facts, events):
    """`events` by the ids of their answers."""
    return [text for check in CHECKS for text in check(facts)] + [*closed_cases_were_called_back(facts, events)]
