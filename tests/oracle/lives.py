#!/usr/bin/env python3
"""Lives of any kind, and what the rules say of them: events by anybody, in any state and order, at the edges of the rules.

    lives.py --config DIR [--count N] [--seed S] [--modes any,clocks,…] [--seconds S] [--keep FOLDER] --simulator COMMAND…

The lives of tests/property are sensible ones, in which messages are late, lost and doubled. These are not: whatever anybody may
send comes at some time, mostly a millisecond before, at, or after the end of something. Each is judged as judge.py judges a scenario;
one that differs is made small and printed as input for `hongxin simulate`. One seed always makes the same lives. With --seconds new seeds
are taken, from --seed on, until that time is over. Ends with 1 when a life differs.
"""
import argparse
import concurrent.futures
import datetime
import json
import os
import pathlib
import random
import sys
import tempfile
import time

sys.dont_write_bytecode = True
import judge  # noqa: E402
import moves  # noqa: E402
from times import DAY, HOUR, MINUTE, SECOND  # noqa: E402

BEGIN = datetime.datetime(2026, 10, 12, tzinfo=datetime.timezone(datetime.timedelta(hours=8)))
LONGEST = 9 * DAY
# The ends of what the tables name, each with the milliseconds beside it, shortest first.
ENDS = [30 * SECOND, MINUTE, 2 * MINUTE, 5 * MINUTE, 10 * MINUTE, 15 * MINUTE, 20 * MINUTE, 24 * MINUTE, 30 * MINUTE, 40 * MINUTE, HOUR, 90 * MINUTE,
        2 * HOUR, 3 * HOUR, 6 * HOUR, 12 * HOUR, 24 * HOUR, 36 * HOUR, 48 * HOUR]
GAPS = [0, 1, SECOND, 5 * SECOND, 20 * SECOND, *(end + by for end in ENDS for by in (-1, 0, 1))]
SHORT = [gap for gap in GAPS if gap <= 40 * MINUTE + 1]
# Of the tries by which a notice goes, and the receipts that are awaited.
TRIES = [end + by for end in (5 * SECOND, 10 * SECOND, 15 * SECOND, 20 * SECOND, 30 * SECOND, 45 * SECOND, MINUTE) for by in (-1, 0, 1)]

CLASSES = ["EMERGENCY", "SMALL", "SERIOUS", "COMPLEX", "SPECIAL"]
PROOFS = ["DEVICE_SIGNED", "CALL_RECORD", "ONSITE_CODE", "SYSTEM", "CLAIM"]
PROVEN = {"ARRIVED", "RESOLVED", "HELD", "PROGRESS", "WORK_STARTED", "CALLBACK_OK", "CALLBACK_BAD", "PLAN_DELIVERED"}
CLOCKS = ["K_ARRIVE", "K_RESOLVE", "K_RESOLVE", "K_PLAN", "K_PROMISE", "K_UPDATE", "K_STATUTE", "K_SUPERVISE"]
HOLDERS = ["U-3", "P-11", "P-07", "C-03"]
PEOPLE = {
    "company": ["holder:P-07/li", "holder:P-07/zhao", "manager:P-07/wei"],
    "unit": ["holder:U-3/k"],
    "dispatcher": ["dispatcher:C-03/zhou", "dispatcher:C-03/wu"],
    "community": ["community:C-03/wu", "community:C-03/qi"],
    "street": ["street:S-02/han", "street:S-02/lu"],
    "city": ["city/desk/sun", "city/property/sun", "city/desk/tan", "city/tan"],
    "operator": ["operator/o", "operator/p"],
    "callback": ["callback/ma", "callback/pu"],
    "reporter": ["reporter"],
    "bridge": ["system/voice", "system/wechat"],
}
RECEIVERS = ["holder:P-07", "holder:P-07/jiangping", "manager:P-07", "community:C-03", "grid:G-041", "street:S-02", "city/property", "city/leadership",
             "city/desk", "dispatcher:C-03", "unit:U-3", "holder:P-11"]
ENDPOINTS = ["P-07", "P-07", "S-02", "S-02", "C-03", "G-041", "city", "U-3", "*", "road:voice", "road:voice", "road:wechat"]
PAUSES = {"PARTS": {"order": "o"}, "WEATHER": {"warning": "w"}, "UTILITY": {}, "FUND": {"procedure": "p"}, "LEGAL": {"act": "a"},
          "NO_ENTRY": {"calls": ["1", "2"], "onsite_code": "c"}, "CITIZEN_REQUEST": {}}
EVIDENCE = [["photo"], ["photo", "code"], ["photo", "signature"], ["signature", "code"]]
RETURNS = ["PLACE", "DUTY", "OWNER_UNCLEAR", "NOT_ADMITTED", "DUPLICATE", "INCOMPLETE"]


def instant(ms):
    return (BEGIN + datetime.timedelta(milliseconds=ms)).isoformat(timespec="milliseconds")


# ---- what an event brings: each takes the life and gives its data ----

def nothing(_life):
    return {}


def a_class(life):
    return {"class": life.one(CLASSES), "why": "x"}


def a_holder(life):
    return {"holder": life.one(HOLDERS)}


def a_clock(life):
    return {"clock": life.one(CLOCKS), "why": "x"}


def a_notice(life):
    return {"clock": life.one(CLOCKS), "level": life.one(["L0", "L1", "L2", "L3", "L4"])}


def a_silence(life):
    return {**a_notice(life), "until": life.date(), "why": "x"}


def an_answer(life):
    data = {"rating": life.random.randint(1, 6)} if life.often(.5) else {}  # six are none
    if life.often(.3):
        data["party"] = life.one(["reporter", "A", "B", "p2", "p3"])
    if life.often(.05):
        data["holder"] = "P-11"
    return data


def a_plan(life):
    plan = {"steps": ["a"], "person": "li", "date": life.date()}
    if life.often(.1):
        del plan["date"]
    return plan


def a_pause(life):
    reason = life.one(list(PAUSES))
    data = {"reason": reason, **PAUSES[reason]}
    if reason == "UTILITY":
        data["date"] = life.date()
    if life.often(.8):
        data["until"] = instant(life.t + life.one([MINUTE, 5 * MINUTE, 10 * MINUTE, 20 * MINUTE, HOUR, 6 * HOUR, DAY]))
    return data


def a_return(life):
    data = {"reason": life.one(RETURNS)}
    if life.often(.4):
        data["onsite_code"] = "c"
    return data


def an_order(life):
    return {"order": "o", "date": life.date()} if life.often(.7) else {"order": "o"}


def a_unit(life):
    return {"unit": "U-3", "date": life.date()} if life.often(.5) else {"unit": "U-3"}


def a_device(life):
    return {"device": life.one(["P-07/tab", "phone"])} if life.often(.4) else {}


def evidence(life):
    return {"evidence": life.one(EVIDENCE)}


def date(life):
    return {"date": life.date()}


def fixed(**data):
    return lambda _life: dict(data)


def a_receipt(life):
    data = {"to": life.one(RECEIVERS)}
    for key, values, share in (("road", ["voice", "voice", "wechat", "feed"], .5), ("clock", CLOCKS, .2), ("level", ["L0", "L1", "L2", "L3"], .1),
                               ("receipt", ["r1"], .2)):
        if life.often(share):
            data[key] = life.one(values)
    return data


def a_failure(life):
    return {**a_receipt(life), "error": life.one(["BUSY", "NO_ANSWER"])}


# Who sends it ("holder": whoever has the case), and what it brings.
EVENTS = {
    "HELD": ("holder", nothing), "ARRIVED": ("holder", nothing), "WORK_STARTED": ("holder", nothing), "PROGRESS": ("holder", fixed(text="x")),
    "RESOLVED": ("holder", evidence), "COMMENT": ("holder", fixed(text="x")),
    "CALLBACK_OK": ("callback", an_answer), "CALLBACK_BAD": ("callback", an_answer), "CALLBACK_NO_ANSWER": ("callback", an_answer),
    "REOPENED": ("reporter dispatcher", nothing), "PLAN_OBJECTED": ("reporter", fixed(why="x")), "FORUM_HELD": ("street community", nothing),
    "CLASS_SET": ("city community dispatcher company", a_class), "CLASS_PROPOSED": ("holder", a_class), "CLASS_REFUSED": ("community", fixed(why="x")),
    "PLAN_PROPOSED": ("holder holder holder street", a_plan), "PLAN_DELIVERED": ("holder", nothing),
    "PAUSED": ("holder holder street community operator", a_pause), "RESUMED": ("holder", nothing),
    "RETURN_REQUESTED": ("holder", a_return), "RETURN_ACCEPTED": ("dispatcher street", a_holder), "RETURN_REFUSED": ("dispatcher", fixed(why="x")),
    "ARBITRATED": ("street", a_holder), "HOLDER_CHANGED": ("dispatcher street", a_holder), "ROUTED": ("dispatcher street", a_holder),
    "WITHDRAW_ASKED": ("reporter", a_device), "WITHDRAW_CONFIRMED": ("street", nothing), "WITHDRAW_DENIED": ("street", nothing),
    "MERGED_INTO": ("dispatcher community", nothing), "MERGE_APPROVED": ("dispatcher community city", nothing), "UNMERGED": ("dispatcher", nothing),
    "PARTY_ADDED": ("dispatcher", lambda life: {"party": life.one(["p2", "p3", "p4"])}), "SPLIT": ("dispatcher", nothing),
    "SUPERVISED": ("street city", an_order), "SUPERVISE_ANSWERED": ("holder", nothing),
    "ASSIST_ASKED": ("holder", a_unit), "ASSIST_ANSWERED": ("unit", a_unit), "ASSIST_DONE": ("unit", fixed(unit="U-3")),
    "NOTICE_ACKED": ("company community street city", a_notice), "SILENCED": ("street", a_silence), "SILENCE_ENDED": ("street", a_notice),
    "APPEALED": ("holder", a_clock), "EXCLUDED": ("street city dispatcher", a_clock), "APPEAL_REFUSED": ("street city", a_clock),
    "DEADLINE_MOVED": ("operator street", a_clock), "CLOCK_CORRECTED": ("operator street", a_clock),
    "TRANSFERRED": ("city", fixed(receipt="r")), "CONVERTED": ("city", fixed(dispute="d")), "APPOINTED": ("reporter dispatcher", date),
    "REPORTED": ("reporter", fixed(**{"class": "SMALL", "place": "B-0417"})),
}
# What becomes of notices.
RECEIPTS = {"NOTICE_DELIVERED": ("bridge bridge street company community", a_receipt), "NOTICE_FAILED": ("bridge bridge street company", a_failure)}
MAIN = ["HELD", "ARRIVED", "WORK_STARTED", "PROGRESS", "RESOLVED", "CALLBACK_OK"]
OFTEN = ["RESOLVED", "CALLBACK_BAD", "REOPENED", "CLASS_SET", "PLAN_PROPOSED", "PLAN_DELIVERED", "PAUSED", "PAUSED", "RETURN_REQUESTED", "EXCLUDED",
         "DEADLINE_MOVED"]
# What a life is made of, beside its main way.
MODES = {
    "any": [*EVENTS, *OFTEN],
    "clocks": ["HELD", "ARRIVED", "WORK_STARTED", "RESOLVED", "CALLBACK_BAD", "CLASS_SET", "CLASS_SET", "PAUSED", "RESUMED", "MERGED_INTO", "UNMERGED",
               "DEADLINE_MOVED", "HOLDER_CHANGED", "RETURN_REQUESTED", "RETURN_ACCEPTED"],
    "plans": ["HELD", "WORK_STARTED", "PLAN_PROPOSED", "PLAN_DELIVERED", "PLAN_DELIVERED", "PLAN_OBJECTED", "PLAN_OBJECTED", "FORUM_HELD", "RESOLVED", "PAUSED",
              "RETURN_REQUESTED", "RETURN_ACCEPTED", "CALLBACK_BAD", "CALLBACK_BAD", "CALLBACK_NO_ANSWER", "CALLBACK_NO_ANSWER", "REOPENED", "PARTY_ADDED",
              "CLASS_SET"],
    "rough": [*EVENTS, *OFTEN, "NOTICE_ACKED", "NOTICE_DELIVERED", "NOTICE_FAILED"], "outage": [*EVENTS, *OFTEN], "step": [*EVENTS, *OFTEN], "endpoint": [*EVENTS, *OFTEN],
    "drills": ["REPORTED", "PARTY_ADDED", "PARTY_ADDED", "MERGED_INTO", "MERGED_INTO", "MERGE_APPROVED", "UNMERGED", "SPLIT", "HELD", "RESOLVED", "CALLBACK_OK",
               "CALLBACK_BAD", "HOLDER_CHANGED", "RETURN_REQUESTED", "WITHDRAW_ASKED", "SILENCED", "CLASS_SET"],
    "roads": ["NOTICE_DELIVERED", "NOTICE_FAILED", "NOTICE_FAILED", "NOTICE_ACKED", "NOTICE_ACKED", "HELD", "ARRIVED", "PROGRESS", "RESOLVED", "CALLBACK_BAD",
              "HOLDER_CHANGED", "RETURN_REQUESTED", "RETURN_ACCEPTED", "ASSIST_ASKED", "SUPERVISED", "CLASS_SET", "PARTY_ADDED", "PAUSED"],
}


class Life:
    """One scenario in the making: its lines so far, and the time of the next one."""

    def __init__(self, rng, mode):
        self.random, self.mode = rng, mode
        self.t = 19 * HOUR if self.often(.7) else 9 * HOUR
        self.lines, self.down, self.lost, self.applied = [], False, False, set()
        self.labels = ["A", "B", "C"] if mode == "drills" else ["A"] if self.often(.6) else ["A", "B"]
        self.holder = dict.fromkeys(self.labels, "P-07")

    def now(self):
        return instant(self.t)

    @staticmethod
    def instant(ms):
        return instant(ms)

    def often(self, share):
        return self.random.random() < share

    def one(self, of):
        return self.random.choice(of)

    def date(self):
        return instant(self.t + self.one([MINUTE, 10 * MINUTE, 30 * MINUTE, HOUR, 6 * HOUR, DAY, 3 * DAY, 10 * DAY]))

    def make(self):
        for label in self.labels:
            self.begin(label)
        for number in range(self.random.randint(4, 18) * (2 if self.mode == "roads" else 1)):
            self.t += self.one(self.gaps())
            if self.t > LONGEST:
                break
            if not self.disturbance():
                self.event(number)
        if self.lost:  # nobody at all can be reached: each minute is tried
            self.lines.append({"at": instant(self.t), "endpoint": "*", "state": "up"})
        if self.down:
            self.t += MINUTE
            self.lines.append({"up": instant(self.t)})
        self.lines.append({"end": instant(self.t + self.one([MINUTE, HOUR] if self.mode == "roads" else [MINUTE, HOUR, 30 * HOUR, 8 * DAY]))})
        return self.lines

    def begin(self, label):
        data = self.report()
        if self.mode == "drills" and self.often(.6):
            data["drill"] = True
        if self.mode == "rough" and self.often(.3):
            begun, history = moves.past(self)
            self.lines.append({"rcv": self.now(), "id": f"m{len(self.lines)}", "occ": instant(begun), "event": "REPORTED", "by": "reporter", "case": label, "data": data | history})
            return
        self.send("REPORTED", self.one(PEOPLE["street"] * 2 + ["city/desk/sun", "operator/o", "reporter", "street:S-02"]) if data.get("drill") else "reporter", label, data)

    def gaps(self):
        if self.mode == "roads":
            return TRIES if self.often(.6) else SHORT
        return GAPS if self.often(.25) and not self.lost else SHORT

    def report(self):
        data = {"class": "SPECIAL" if self.mode == "plans" else self.one(CLASSES), "place": "B-0417"}
        for key in ("place", "class"):
            if self.often(.08):
                del data[key]
        for key, value, share in (("safety", True, .08), ("confidential", True, .05), ("about", self.one(["P-07", "dispatcher:C-03"]), .05)):
            if self.often(share):
                data[key] = value
        return data

    def disturbance(self):
        """What the mode is named after, now and then; whether the turn is taken by it."""
        if self.mode == "rough" and not self.down and self.often(.3):
            kind = self.one([moves.apply, moves.again, moves.again, moves.overtaken, moves.silence, moves.silence])
            kind(self)
            return True
        if self.down and self.often(.3):
            self.down = False
            self.lines.append({"up": instant(self.t)})
        elif self.mode in ("roads", "rough") and self.often(.35 if self.mode == "roads" else .1):
            name = self.one(ENDPOINTS)
            self.lines.append({"at": instant(self.t), "endpoint": name, "state": self.one(["up", "up", "down"] if name == "*" else ["up", "down", "down", "slow"])})
        elif self.mode in ("outage", "roads", "rough") and not self.down and self.often(.08 if self.mode == "outage" else .04):
            self.down = True
            self.lines.append({"down": instant(self.t)})
        elif self.mode in ("step", "rough") and self.often(.06):
            self.lines.append({"at": instant(self.t), "step_ms": self.one([60000, 180000, -120000, 300000, -60000])})
        elif self.mode == "endpoint" and self.often(.1):
            self.lines.append({"at": instant(self.t), "endpoint": self.one(["P-07", "*", "S-02", "C-03"]), "state": self.one(["up", "down", "up"])})
        else:
            return False
        if self.lines[-1].get("endpoint") == "*":
            self.lost = self.lines[-1]["state"] == "down"
        return True

    def event(self, number):
        label = self.one(self.labels)
        name = self.one(MODES[self.mode])
        if self.often(.4):  # the main way, more or less in its order
            name = MAIN[min(len(MAIN) - 1, max(0, number // len(self.labels) + self.one([-1, 0, 0, 0, 1])))]
        who, brings = (EVENTS | RECEIPTS)[name]
        data = brings(self)
        if self.mode == "drills" and self.often(.25):
            data["drill"] = True
        if name == "MERGED_INTO":
            data["into"] = self.one([other for other in ["A", "B", "C"] if other != label][:max(1, len(self.labels) - 1)])
        elif name == "SPLIT":
            data["cases"] = [label + "1"]
        elif name in ("DEADLINE_MOVED", "CLOCK_CORRECTED"):
            return self.two_persons(name, label, data)
        elif "holder" in data and self.often(.6):
            self.holder[label] = data["holder"]
        by = self.one([person for role in who.split() for person in self.people(role, label)])
        if self.often(.05):  # who it was is not said
            by = ""
        return self.send(name, "reporter" if data.get("reason") == "CITIZEN_REQUEST" else by, label, data)

    def people(self, role, label):
        if role != "holder":
            return PEOPLE[role]
        if self.often(.04):
            return PEOPLE["unit"] + PEOPLE["company"]
        holder = self.holder[label]
        return PEOPLE["company"] if holder == "P-07" else [f"holder:{holder}/k", f"holder:{holder}/m"]

    def two_persons(self, name, label, data):
        data["deadline"] = self.date()
        first, second = self.random.sample(PEOPLE["operator"] + PEOPLE["street"] + PEOPLE["dispatcher"], 2)
        self.send(name, first, label, data)
        self.t += self.one([0, 1, SECOND, MINUTE])
        self.send(name, second, label, data)

    def send(self, name, by, label, data):
        line = {"rcv": instant(self.t), "id": f"m{len(self.lines)}", "event": name, "by": by, "case": label}
        if not by:
            del line["by"]
        if data:
            line["data"] = data
        if name in PROVEN and self.often(.12):  # read late
            line |= {"occ": instant(max(0, self.t - self.one(SHORT))), "proof": self.one(PROOFS)}
        elif self.often(.04):  # by a clock that is ahead of ours
            line |= {"occ": instant(self.t + self.one([SECOND, 2 * SECOND, 2 * SECOND + 1, 5 * SECOND])), "proof": "DEVICE_SIGNED"}
        self.lines.append(line)


# ---- judging ----

def write(path, lines):
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    if recipe := moves.recipe(lines):
        path.with_suffix(".variants").write_text(recipe, encoding="utf-8")


def differences(options, path):
    try:
        return judge.judge(options.simulator, options.config, path)
    except Exception as error:  # a fault of the oracle is a difference, too
        return [f"the oracle failed: {error!r}"]


def kind(difference):
    """What differs, whenever it happens."""
    words = difference.split()
    return " ".join(w for w in words if not w[0].isdigit())


def smaller(options, path, lines, faults):
    """The fewest of its lines that still differ in the same way."""
    wanted = kind(faults[0])
    lines = [{"id": str(n)} | line if "event" in line else line for n, line in enumerate(lines)]  # an id is a line's number otherwise
    for at in range(len(lines) - 2, -1, -1):
        fewer = lines[:at] + lines[at + 1:]
        write(path, fewer)
        found = differences(options, path)
        if any(kind(f) == wanted for f in found):
            lines, faults = fewer, found
    return lines, faults


def try_one(job):
    """One life, by its mode, seed and number. Returns its name, its lines made small, and what differs."""
    options, mode, seed, number = job
    lines = Life(random.Random(f"{mode} {seed} {number}"), mode).make()
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "life.jsonl"
        write(path, lines)
        faults = differences(options, path)
        if faults:
            lines, faults = smaller(options, path, lines, faults)
    return f"{mode}-{seed}-{number}", lines, faults


def try_all(options, seed, pool):
    jobs = [(options, mode, seed, number) for mode in options.modes.split(",") for number in range(options.count)]
    bad = 0
    for name, lines, faults in pool.map(try_one, jobs, chunksize=4):
        if not faults:
            continue
        bad += 1
        print(f"== {name}", *(json.dumps(line) for line in lines), *faults[:8], sep="\n", flush=True)
        if options.keep:
            pathlib.Path(options.keep).mkdir(parents=True, exist_ok=True)
            write(pathlib.Path(options.keep) / f"{name}.jsonl", lines)
    print(f"{len(jobs)} lives of seed {seed} judged, {bad} differ", flush=True)
    return bad


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--config", required=True)
    parser.add_argument("--count", type=int, default=20, help="of each mode")
    parser.add_argument("--seed", type=int, default=54321, help="0: another each time")
    parser.add_argument("--modes", default=",".join(MODES))
    parser.add_argument("--seconds", type=int, default=0)
    parser.add_argument("--keep", default="", help="a folder for those that differ")
    parser.add_argument("--jobs", type=int, default=min(2, os.cpu_count() or 1))
    parser.add_argument("--simulator", required=True, nargs="+")
    options = parser.parse_args()
    options.seed = options.seed or int(time.time())
    end, bad, seed = time.monotonic() + options.seconds, 0, options.seed
    with concurrent.futures.ProcessPoolExecutor(options.jobs) as pool:
        while seed == options.seed or time.monotonic() < end:
            bad += try_all(options, seed, pool)
            seed += 1
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
