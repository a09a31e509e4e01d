#!/usr/bin/env python3
"""The torture tests for hours: one campaign after the other, each with a store and a seed of its own, each judged to its end.

    campaign.py TEST --goal NAME=NUMBER --report FILE [--seed S] [--set NAME=VALUE]… [--program=ARGUMENTS]

TEST is a file of this folder and perhaps one test of it (test_kill.py::test_nothing_is_lost), or a program; {seed} in its arguments
is the campaign's. Campaigns are run until what they
have noted (facts.py) adds up to the goal, say kills=10000. FILE gets one line of JSON for each: seed, what was done, how long it
took (seconds by the clock, cpu_seconds of a processor), what went wrong; a run that is started again, from whatever build, goes on where
the file ends. A campaign that fails is kept, with its seed and its
folder, and the next one is begun; the whole ends with 1.

    campaign.py --table FILE…

prints what stands in such files as a table for the documents.
"""
import argparse
import collections
import datetime
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent


def commit():
    done = subprocess.run(["git", "-C", HERE, "describe", "--always", "--dirty", "--exclude=*"], capture_output=True, text=True, check=False)
    return os.environ.get("HX_COMMIT") or done.stdout.strip() or "unknown"


def read(path):
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()] if path.exists() else []


def sums(campaigns):
    total = collections.Counter()
    for one in campaigns:
        total.update(one["facts"])
    return total


def command(options, folder, seed):
    if options.program is not None:
        return [options.test, *options.program.format(seed=seed).split()]
    return [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", "--basetemp", str(folder / "run"), str(HERE / options.test)]


def facts_of(path, printed):
    """What a test has noted, or libFuzzer says in the end."""
    stats = re.findall(r"^stat::(number_of_executed_units|new_units_added): +(\d+)", printed, re.MULTILINE)
    return sums([{"facts": f} for f in read(path)] + [{"facts": {name: int(value)}} for name, value in stats])


def run(options, seed, more):
    """One campaign; its line."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="hongxin-campaign-"))
    facts = folder / "facts"
    began, cpu = time.time(), os.times()
    env = {**os.environ, **more, "HX_SEED": str(seed), "HX_FACTS": str(facts), "TMPDIR": str(folder)}
    try:
        done = subprocess.run(command(options, folder, seed), env=env, capture_output=True, text=True, errors="replace", check=False)  # an input may be quoted
    except BaseException:  # Ctrl-C: nothing is to be seen there
        shutil.rmtree(folder)
        raise
    used = os.times()
    line = {"test": pathlib.Path(options.test).name, "seed": seed, "commit": commit(), "facts": facts_of(facts, done.stderr),
            "at": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"), "seconds": round(time.time() - began, 1),
            "cpu": round(used.children_user + used.children_system - cpu.children_user - cpu.children_system, 1), "failed": ""}
    line["facts"]["seconds"] = round(line["seconds"])
    line["facts"]["cpu_seconds"] = round(line["cpu"])
    if done.returncode:
        (folder / "output").write_text(done.stdout + done.stderr, encoding="utf-8")
        line["failed"] = str(folder)
    else:
        shutil.rmtree(folder)
    return line


def play(options):
    report, (name, goal) = pathlib.Path(options.report), options.goal.split("=")
    more = dict(pair.split("=", 1) for pair in options.set)
    done = read(report)
    while sums(done)[name] < int(goal):
        line = run(options, options.seed + len(done), more)
        done.append(line)
        with report.open("a", encoding="utf-8") as out:
            out.write(json.dumps(line) + "\n")
        print(f"{sums(done)[name]} of {goal} {name}, {len(done)} campaigns, the newest {line['seconds']} s, seed {line['seed']}"
              + (f": FAILED, see {line['failed']}/output" if line["failed"] else ""), flush=True)
        if sum(1 for one in done[-3:] if one["failed"]) == 3:
            print("three failed one after the other")
            break
    return 1 if any(one["failed"] for one in done) else 0


def table(paths):
    print("| test | commit | campaigns | seeds | done | failed |\n| --- | --- | --- | --- | --- | --- |")
    for path in paths:
        done = read(pathlib.Path(path))
        seeds = [one["seed"] for one in done]
        facts = ", ".join(f"{number:,} {name.replace('_', ' ')}" for name, number in sorted(sums(done).items()))
        failed = [str(one["seed"]) for one in done if one["failed"]]
        print(f"| `{done[0]['test']}` | {', '.join(sorted({one['commit'] for one in done}))} | {len(done)} | {min(seeds)}–{max(seeds)} | {facts} | "
              f"{', '.join(failed) or 'none'} |")
    return 0


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("test", nargs="?")
    parser.add_argument("--goal", help="kills=10000")
    parser.add_argument("--report")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--program", help="it is one, with these arguments")
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE")
    parser.add_argument("--table", nargs="+", metavar="FILE")
    options = parser.parse_args()
    if options.table:
        return table(options.table)
    if not (options.test and options.goal and options.report):
        parser.error("TEST, --goal and --report, or --table")
    return play(options)


if __name__ == "__main__":
    sys.exit(main())
