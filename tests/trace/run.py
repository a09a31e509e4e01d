#!/usr/bin/env python3
"""Runs one scenario and compares what became true with what must become true.

    run.py [--once] --config DIR SIMULATOR… NAME.jsonl

runs `SIMULATOR… --config DIR NAME.jsonl` twice, the second time with --prove: both outputs must be the same bytes, the
journal must make the same again (invariant 6) and answer for each moment of the past, every line of NAME.expected must hold
(facts.py), and so must what holds for every run (invariants.py). Ends with 0, or with 1 and every difference. With --once
there is only the run with --prove.

NAME.variants, when there is one, makes files out of those of DIR before the run (variants.py).
"""
import argparse
import json
import pathlib
import subprocess
import sys

sys.dont_write_bytecode = True
import facts as expectation  # noqa: E402
import inputs  # noqa: E402
import invariants  # noqa: E402
import variants  # noqa: E402


def simulate(command, config, scenario, *more):
    """Standard output of one run; the command must end with 0."""
    done = subprocess.run([*command, "--config", config, *more, scenario], capture_output=True, check=False, timeout=600)
    if done.returncode != 0:
        raise RuntimeError(f"ended with {done.returncode}: {done.stderr.decode(errors='replace').strip()}")
    return done.stdout


def read_facts(output):
    return [json.loads(line) for line in output.decode("utf-8").splitlines()]


def judge(command, config, scenario, once=False):
    """Every fault of one scenario, as texts."""
    with variants.made(config, scenario) as (folder, path):
        first = simulate(command, folder, path, "--prove")
        if not once and simulate(command, folder, path) != first:
            return ["two runs of the same scenario differ"]
    found = read_facts(first)
    expected = expectation.read_expectations(pathlib.Path(scenario).with_suffix(".expected"))
    if not any(e.kind == "fact" for e in expected):
        return ["the scenario expects nothing"]
    return expectation.unmet(expected, found) + invariants.faults(found, inputs.read_events(pathlib.Path(scenario)))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--once", action="store_true")
    parser.add_argument("--config", required=True)
    parser.add_argument("command", nargs="+", help="the simulator and its first arguments")
    parser.add_argument("scenario")
    options = parser.parse_args()
    try:
        faults = judge(options.command, options.config, options.scenario, options.once)
    except (RuntimeError, ValueError, OSError, subprocess.TimeoutExpired) as error:
        faults = [str(error)]
    for fault in faults:
        print(f"{options.scenario}: {fault}")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
