#!/usr/bin/env python3
"""Judges scenarios: what `hongxin simulate` says became true, and what the rules say (life-cycle.md), must be the same.

    judge.py --config DIR [--only TEXT] [--lives PROGRAM [--count N] [--seed S]] --simulator COMMAND… -- SCENARIO.jsonl | FOLDER …

Compared are, for each case: every answer, state, clock with its deadline, verdict and version of the city, breach and its marks, level
with its time and those who are told, or stand in, what comes back after an acknowledgement and its words, and the parts of the time by owner. What must be true
of every run (tests/trace/invariants.py) is proven of each. With --lives random ones of tests/property are judged too. Ends
with 1 and every difference: `-` only the oracle says so, `+` only hongxin does.
"""
import argparse
import collections
import concurrent.futures
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import traceback

sys.dont_write_bytecode = True
HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "trace"))
import delivery  # noqa: E402
import drills  # noqa: E402
import inputs  # noqa: E402
import invariants  # noqa: E402
import scenario as scenarios  # noqa: E402
import times  # noqa: E402
import variants  # noqa: E402
import wording  # noqa: E402

REFUSED = ("NOT_ALLOWED", "INVALID")
OWNERS = ("citizen", "dispatcher", "holder", "assisting", "arbiter", "force", "system")
ALARMS = ("REMINDER", "WARNING", "BREACH")


def instant(value):
    """The simulator writes RFC 3339, a journal milliseconds."""
    return times.parse(value) if isinstance(value, str) else value


def in_milliseconds(fact):
    return fact | {key: instant(fact[key]) for key in ("t", "t_due", "next") if fact.get(key)}


def theirs(facts):
    """Facts of the simulator in the form in which they are compared."""
    levels, told = collections.OrderedDict(), {}
    for f in facts:
        t, case, kind = instant(f["t"]), f.get("case"), f["fact"]
        if kind == "NOTICE" and f.get("level") and f["kind"] in ALARMS and first_word(f):
            before = told.setdefault((case, f.get("cycle"), f["clock"], f["level"], f["t_due"]), t)
            if before < t and f.get("why", "").startswith("nobody on duty"):
                continue  # nobody is there any more when it comes back: those above hear of it (R12)
        if kind == "REPLY":
            yield ("REPLY", t, f["id"], "REFUSED" if f["result"] in REFUSED else f["result"])
            if f["result"] in REFUSED and f.get("code") in drills.CODES:
                yield ("CODE", t, f["id"], f["code"])
        elif kind == "STATE":
            yield ("STATE", t, case, f.get("from"), f["to"], f["cause"])
        elif kind == "CLOCK":
            due = instant(f["deadline"]) if f.get("deadline") else None
            yield ("CLOCK", t, case, f["clock"], f["change"], due, f.get("met") if f["change"] == "STOP" else None,
                   f.get("city"))
        elif kind == "BREACH":
            yield ("BREACH", t, case, f["clock"], instant(f["deadline"]), f.get("holder", ""))
        elif kind == "BREACH_MARK":
            yield ("BREACH_MARK", t, case, f["clock"], f["mark"], instant(f["deadline"]))
        elif kind == "OWNER":
            yield ("OWNER", t, case, f["total_ms"], *(f"{o}={f[o]}" for o in OWNERS if f.get(o)))
        elif kind == "NOTICE" and f.get("why", "").startswith("acknowledged") and f["kind"] in ALARMS:
            yield ("BACK", t, case, f["clock"], f["level"], whom(f), f["why"])
        elif kind == "NOTICE" and f.get("level") and f["kind"] in ALARMS and first_word(f):
            for clock in [f["clock"], *f.get("also", [])]:
                levels["LEVEL", t, case, clock, f["level"]] = None
            levels["DUE", t, case, f["clock"], f["level"], instant(f["t_due"]), tuple(sorted(f.get("passed", [])))] = None
            if not f.get("why", "").startswith("nobody on duty"):  # the rota decides how far it climbs (R12)
                for clock in [f["clock"], *f.get("also", [])]:
                    levels.setdefault(("TO", t, case, clock, f["level"]), []).append(whom(f))
    yield from ((*fact, tuple(sorted(to))) if to else fact for fact, to in levels.items())


def whom(notice):
    return f"{notice['to']} by {notice['stand_in']}" if notice.get("stand_in") else notice["to"]


def first_word(notice):
    """Told for the first time: neither back because nobody has acknowledged or acted, nor tried again because it did not arrive."""
    return not notice.get("missed") and not notice.get("again") and not notice.get("why", "").startswith(("acknowledged", "could not be delivered"))


def ours(facts):
    levels = collections.OrderedDict()
    for f in facts:
        t, case, kind = f["t"], f["case"], f["fact"]
        if kind == "REPLY":
            yield ("REPLY", t, f["id"], f["result"])
            if f["why"] in drills.CODES:
                yield ("CODE", t, f["id"], f["why"])
        elif kind == "STATE":
            yield ("STATE", t, case, f["before"], f["to"], f["cause"])
        elif kind == "CLOCK":
            yield ("CLOCK", t, case, f["clock"], f["change"], f["deadline"], f["met"], f["city"])
        elif kind == "BREACH":
            yield ("BREACH", t, case, f["clock"], f["deadline"], f["holder"])
        elif kind == "BREACH_MARK":
            yield ("BREACH_MARK", t, case, f["clock"], f["mark"], f["deadline"])
        elif kind == "OWNER":
            yield ("OWNER", t, case, f["total"], *(f"{o}={f[o]}" for o in OWNERS if f[o]))
        elif kind == "BACK":
            levels["BACK", t, case, f["clock"], f["level"], f["to"], f["why"]] = None
        elif kind == "LEVEL":
            levels["LEVEL", t, case, f["clock"], f["level"]] = None
            levels["DUE", t, case, f["clock"], f["level"], f["due"], f["passed"]] = None
            levels["TO", t, case, f["clock"], f["level"]] = together(levels.get(("TO", t, case, f["clock"], f["level"]), ()), f["to"])
    yield from ((*fact, to) if fact[0] == "TO" else fact for fact, to in levels.items())


def together(some, more):
    """Two units were asked to assist, and both are late: one notice to whoever hears of both. None: nobody is compared."""
    return None if some is None or more is None else tuple(sorted({*some, *more}))


def show(fact):
    return " ".join(times.show(v) if isinstance(v, int) and not isinstance(v, bool) and v > 10**11 else str(v) for v in fact)


def changes(facts):
    """Without what changes nothing: a clock that is moved to the deadline that it has, one that is stopped again with the same verdict.

    An event that was refused may be answered in the same way when it comes again, or as a duplicate: the rules leave that open.
    """
    known, ended, refused = {}, {}, set()
    for fact in facts:
        if fact[0] == "REPLY" and fact[3] in ("REFUSED", "DUPLICATE"):
            if fact[3] == "DUPLICATE" and fact[2] in refused:
                fact = (*fact[:3], "REFUSED")
            elif fact[3] == "REFUSED":
                refused.add(fact[2])
        if fact[0] == "CLOCK":
            _, _, case, clock, change, due, met, city = fact
            before = known.get((case, clock), (0, None, None))
            if change == "MOVE" and (before[0], before[2]) == (due, city) or change == "STOP" and before == (due, met, city):
                continue
            if change == "STOP" and ended.get((case, clock, due)) == (met, city):  # one of a cycle that is over
                continue
            known[case, clock] = due, met, city
            if change == "STOP":
                ended[case, clock, due] = met, city
            else:
                ended.pop((case, clock, due), None)
        yield fact


def differences(mine, simulated):
    """Facts that only one of both knows, in order of time."""
    mine = list(mine)
    other = {fact[2] for fact in mine if fact[0] == "REPLY" and fact[3] == "OTHER"}
    a, b = (collections.Counter(f for f in facts if f[0] != "REPLY" or f[2] not in other) for facts in (mine, simulated))
    for fact in [f for f in a if f[0] in ("DUE", "TO") and f not in b and not any(g[:5] == f[:5] for g in b)]:  # one notice names two clocks that break together, and the time of one
        del a[fact]
    unknown = {fact[:5] for fact in a if fact[0] == "TO" and fact[5] is None}
    silent = {fact[2] for fact in a if fact[0] == "BACK" and fact[5] is None}  # a whole area is: which notices that hides is not known here
    a, b = (collections.Counter({f: n for f, n in facts.items() if f[:5] not in unknown and not (f[0] == "BACK" and f[2] in silent)}) for facts in (a, b))
    only = [(fact[1], "-", fact) for fact in (a - b).elements()] + [(fact[1], "+", fact) for fact in (b - a).elements()]
    return [f"{sign} {show(fact)}" for _, sign, fact in sorted(only, key=lambda x: (x[0], x[2][0], x[1]))]


def judge(command, config, path):
    with variants.made(config, path) as (folder, made):
        done = subprocess.run([*command, "--texts", "--config", folder, made], capture_output=True, check=False, timeout=600, text=True)
        if done.returncode:
            return [f"ended with {done.returncode}: {done.stderr.strip()}"]
        told = [json.loads(line) for line in done.stdout.splitlines()]
        facts = [in_milliseconds(fact) for fact in told]
        run = scenarios.run(folder, made, config)
        sent = delivery.follow(run, facts)
        carried = delivery.carried(sent)
        if carried and any(line.get("event") == "NOTICE_ACKED" for _, _, line in run.lines()):  # they may acknowledge it, too
            run = scenarios.run(folder, made, config, carried)
            sent = delivery.follow(run, facts)
        found = differences(changes(ours(run.world.facts)), changes(theirs(facts))) + differences(sent, delivery.theirs(run, facts))
        found += drills.faults(run.world, facts)
        found += wording.faults(run, facts, folder)
        return found + [f"invariant {fault}" for fault in invariants.faults(told, inputs.read_events(pathlib.Path(made)))]


# What the oracle does not know, by the beginning of the scenario's name.
NOT_KNOWN = (
    # whether the code that a building shows is the right one: a keyed digest, not a rule
    "evidence-onsite-code", "evidence-pause-with-a-wrong-code",
    # an estate's new company that is known only later (docs/city.md)
    "corner-22-known-only-later",
)


def guarded(job):
    try:
        return job[2], judge(*job)
    except Exception as error:  # a fault of the oracle is a fault of this test, with the scenario's name
        return job[2], [f"the oracle failed: {error!r}", *traceback.format_exc().splitlines()[-3:]]


def scenarios_of(paths):
    for path in map(pathlib.Path, paths):
        yield from (p for p in (sorted(path.glob("*.jsonl")) if path.is_dir() else [path]) if not p.name.startswith(NOT_KNOWN))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--config", required=True)
    parser.add_argument("--jobs", type=int, default=min(2, os.cpu_count() or 1))
    parser.add_argument("--simulator", required=True, nargs="+")
    parser.add_argument("--only", default="")
    parser.add_argument("--lives", help="the program that writes random lives (tests/property)")
    parser.add_argument("--count", default="100")
    parser.add_argument("--seed", default="54321")
    parser.add_argument("paths", nargs="*")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        if options.lives:
            subprocess.run([options.lives, "--lives", options.count, "--seed", options.seed, "--write", folder], check=True)
            options.paths.append(folder)
        return judge_all(options)


def judge_all(options):
    jobs = [(options.simulator, options.config, p) for p in scenarios_of(options.paths) if options.only in p.name]
    bad = 0
    with concurrent.futures.ProcessPoolExecutor(options.jobs) as pool:
        for path, faults in pool.map(guarded, jobs, chunksize=8):
            bad += bool(faults)
            for fault in faults:
                print(f"{path.stem}: {fault}")
    print(f"{len(jobs)} scenarios judged, {bad} differ")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
