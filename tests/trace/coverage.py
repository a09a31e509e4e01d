#!/usr/bin/env python3
"""Nothing of the life cycle is without its scenario.

    coverage.py --config DIR SIMULATOR…

runs every scenario once and reads the life cycle's file. Ends with 1 and a list of what no scenario shows:

  * a row of the table that is never taken, a guard that never says no
  * a clock that never starts or never stops, a level of a ladder at which nobody is told
  * an event that is never accepted (senders.py tries those that must not be)
  * a reason for a pause or a return that is never accepted; a pause whose proof is never found missing
  * a rule, clock, pause, return, corner, event of the table or column of the levels without a scenario named after it
"""
import argparse
import collections
import concurrent.futures
import json
import pathlib
import re
import subprocess
import sys
import tempfile

import yaml

sys.dont_write_bytecode = True
import inputs  # noqa: E402
import variants  # noqa: E402

HERE = pathlib.Path(__file__).resolve().parent
SCENARIOS = HERE / "scenarios"
RULES_FILE = "life-cycles/complaint.yaml"
RULES = range(1, 15)
# The columns of the table of levels, each with its scenario: every row of it is told there.
LEVELS = ("arrival", "small", "serious", "complex", "plan")
# Full disks and erased identities are the store's (30, 31): torture.full and integration.identity show them, no scenario can.
CORNERS = sorted(set(range(1, 35)) - {30, 31})
# Named after what they show in the table, not after themselves.
STANDS_FOR = {"REPORTED": "main", "CLASSED": "main", "HELD": "s1", "ARRIVED": "s2", "RESOLVED": "s3", "PLAN_PROPOSED": "s6",
              "PLAN_DELIVERED": "s6", "CLASS_SET": "transition-class-set", "COMMENT": "r5", "PAUSED": "pause", "RESUMED": "pause",
              "NOTICE_ACKED": "k-ack", "APPOINTED": "k-appointment", "FORUM_HELD": "k-forum", "ASSIST_ASKED": "k-assist",
              "ASSIST_ANSWERED": "k-assist", "ASSIST_DONE": "k-assist", "SUPERVISE_ANSWERED": "k-supervise", "ARBITRATED": "k-arbitrate",
              "RETURN_REQUESTED": "return", "RETURN_ACCEPTED": "return-accepted", "RETURN_REFUSED": "return-refused",
              "CALLBACK_OK": "k-callback", "CALLBACK_BAD": "corner-09", "CALLBACK_NO_ANSWER": "k-callback", "REOPENED": "k-reopen",
              "PARTY_ADDED": "k-citizen", "WITHDRAW_ASKED": "corner-10", "WITHDRAW_CONFIRMED": "corner-10", "WITHDRAW_DENIED": "corner-10",
              "MERGED_INTO": "corner-11", "MERGE_APPROVED": "corner-11", "UNMERGED": "corner-11", "ABSORBED": "corner-11",
              "RELEASED": "corner-11", "LEFT_BY_ALL": "corner-11", "EXCLUDED": "transition-excluded", "APPEALED": "transition-excluded",
              "APPEAL_REFUSED": "transition-appeal-refused", "DEADLINE_MOVED": "transition-deadline-moved",
              "PROGRESS": "k-update"}
CLOCK_STANDS_FOR = {"K_RESOLVE": "level-small", "K_ARRIVE": "level-arrival", "K_PLAN": "level-plan", "K_WITHDRAW": "corner-10",
                    "K_DELIVERY": "s1-our-door-down", "K_PAUSE_MAX": "pause", "K_REOPEN_WINDOW": "k-reopen"}


class Seen:
    """What all scenarios together have shown."""

    def __init__(self):
        self.rows = collections.Counter()
        self.refused = collections.Counter()
        self.clocks = collections.defaultdict(set)
        self.levels = collections.defaultdict(set)
        self.codes = collections.defaultdict(set)
        self.accepted = collections.defaultdict(set)
        self.reasons = collections.defaultdict(set)

    def add_rows(self, text):
        for line in map(json.loads, text.splitlines()):
            self.rows[line["line"]] += line["taken"]
            self.refused.update(line["refused"])

    def add_facts(self, events, text):
        for fact in map(json.loads, text.splitlines()):
            if fact["fact"] == "CLOCK":
                self.clocks[fact["clock"]].add(fact["change"])
            if fact["fact"] == "NOTICE" and "level" in fact:
                for clock in [fact.get("clock"), *fact.get("also", [])]:
                    self.levels[clock].add(fact["level"])
            event = events.get(fact.get("id")) if fact["fact"] == "REPLY" else None
            if event:
                self.add_reply(event, fact)

    def add_reply(self, event, reply):
        name, reason = event["event"], event.get("data", {}).get("reason")
        if reply["result"] in ("ACCEPTED", "REJECTED"):
            self.accepted[name].add(event.get("by", ""))
            self.reasons[name].add(reason)
        self.codes[name].add(reply.get("code"))
        self.codes[name, reason].add(reply.get("code"))


def play(command, config, path):
    """A scenario with rules of its own tells nothing about the lines of ours."""
    with tempfile.NamedTemporaryFile("r", suffix=".rows") as rows, variants.made(config, path) as (folder, scenario):
        done = subprocess.run([*command, "--config", folder, "--rows", rows.name, str(scenario)], capture_output=True, check=False,
                              timeout=600, text=True)
        ours = (pathlib.Path(folder) / RULES_FILE).read_bytes() == (pathlib.Path(config) / RULES_FILE).read_bytes()
        return path, done.stdout, rows.read() if ours else ""


def play_all(command, config):
    seen = Seen()
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        for path, facts, rows in pool.map(lambda p: play(command, config, p), sorted(SCENARIOS.glob("*.jsonl"))):
            seen.add_rows(rows)
            seen.add_facts(inputs.read_events(path), facts)
    return seen


def row_lines(path):
    """The line on which each row of the table stands, in order."""
    lines = path.read_text(encoding="utf-8").splitlines()
    start = next(i for i, line in enumerate(lines) if line.startswith("transitions:"))
    return [i + 1 for i, line in enumerate(lines) if i > start and line.startswith("  - {from:")]


def words(row, key):
    return [re.match(r"\w+", str(word))[0] for word in row.get(key, [])]


def what(row):
    return f"{', '.join(row['from'])}: {row.get('on') or 'end of ' + row['at']}"


def untaken(life, lines, seen):
    for line, row in zip(lines, life["transitions"], strict=True):
        if not seen.rows[line]:
            yield f"line {line}: this row is never taken: {what(row)} if {row.get('if', [])}"


# Conditions of the machine's own events and of the ends of clocks: nobody is refused by them.
SILENT = {"our_outage", "somebody_satisfied"}


def unrefused(life, seen):
    used = {word for row in life["transitions"] for word in words(row, "if")}
    for guard in sorted(used - SILENT):
        if not seen.refused[guard]:
            yield f"guard {guard} never says no"


def clocks(life, seen):
    ladders = {ladder["name"]: ladder["marks"] for ladder in life["ladders"]}
    for clock in life["clocks"]:
        for change in {"START", "STOP"} - seen.clocks[clock["name"]]:
            yield f"{clock['name']}: no scenario shows its {change}"
        for mark in ladders.get(clock.get("ladder"), []):
            if mark["level"] not in seen.levels[clock["name"]]:
                yield f"{clock['name']}: nobody is ever told at {mark['level']}"


def events(life, seen):
    for event in life["events"]:
        if event.get("internal"):
            continue
        if not seen.accepted[event["name"]]:
            yield f"{event['name']} is never accepted"


def reasons(life, seen):
    for pause in life["pauses"]:
        if pause["name"] not in seen.reasons["PAUSED"]:
            yield f"pause {pause['name']} is never accepted"
        if pause.get("needs") and "PAUSE_NO_PROOF" not in seen.codes["PAUSED", pause["name"]]:
            yield f"pause {pause['name']} is never tried without its proof"
    for reason in life["returns"]:
        if reason not in seen.reasons["RETURN_REQUESTED"]:
            yield f"return {reason} is never accepted"


def levels():
    for column in LEVELS:
        path = SCENARIOS / f"level-{column}.expected"
        text = path.read_text(encoding="utf-8") if path.exists() else ""
        for level in range(6):
            if f'"level": "L{level}"' not in text:
                yield f"no scenario level-{column} expects L{level}"


def dashed(name):
    return name.lower().replace("_", "-")


def unnamed(life):
    names = [path.stem for path in SCENARIOS.glob("*.jsonl")]
    wanted = {f"r{n}-": f"rule R{n}" for n in RULES} | {f"corner-{n:02}-": f"corner {n}" for n in CORNERS}
    wanted |= {CLOCK_STANDS_FOR.get(c["name"], dashed(c["name"])) + "-": f"clock {c['name']}" for c in life["clocks"]}
    wanted |= {f"pause-{dashed(p['name'])}": f"pause {p['name']}" for p in life["pauses"]}
    wanted |= {f"return-{dashed(r)}": f"return {r}" for r in life["returns"]}
    for row in life["transitions"]:
        if "on" in row:
            wanted[STANDS_FOR.get(row["on"], f"transition-{dashed(row['on'])}")] = f"{row['on']} in the table"
    for prefix, of in wanted.items():
        if not any(name.startswith(prefix) or name == prefix.rstrip("-") for name in names):
            yield f"{of} has no scenario named {prefix}…"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--config", required=True)
    parser.add_argument("command", nargs="+", help="the simulator and its first arguments")
    options = parser.parse_args()
    path = pathlib.Path(options.config) / RULES_FILE
    life = yaml.load(path.read_text(encoding="utf-8"), yaml.BaseLoader)  # keeps the key `on` a word
    seen = play_all(options.command, options.config)
    faults = [*untaken(life, row_lines(path), seen), *unrefused(life, seen), *clocks(life, seen), *events(life, seen),
              *reasons(life, seen), *levels(), *unnamed(life)]
    for fault in faults:
        print(fault)
    print(f"{len(life['transitions'])} rows, {len(faults)} faults")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
