#!/usr/bin/env python3
"""Applies deliberate bugs (mutants.yaml) one by one and shows which test catches each.

    mutate.py --check                     every mutant still finds its place in the code; nothing is built
    mutate.py --work DIR [--only TEXT,…]  builds each in a copy of the sources under DIR, runs its tests there, says which failed

Ends with 1 when a mutant has lost its place, does not compile, or is caught by no test; and when one of these tests fails without any
bug, for then it would catch nothing. `cmake --build BUILD --target mutations` runs them all.
"""
import argparse
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time

import yaml

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
LEFT_OUT = ("build", ".git", "__pycache__")
# What has to be built for a test, by the beginning of its name; a unit test is its own program.
NEEDS = {"trace.": ["hongxin_command"], "oracle.": ["hongxin_command"], "property.lives": ["property.lives"],
         "faulted.": ["hx_faulted"],
         "integration.": ["hongxind", "hongxin_command", "integration_schema", "hx_test_clock"],
         "torture.": ["hongxind", "hongxin_command", "integration_schema", "hx_hammer", "hx_faults", "hx_disk", "hx_doorkeeper"]}


def read():
    mutants = yaml.safe_load((HERE / "mutants.yaml").read_text(encoding="utf-8"))
    names = [m["name"] for m in mutants]
    assert len(set(names)) == len(names), "a name stands twice"
    return mutants


def mutated(mutant, root):
    """The file with the bug in it, or a complaint."""
    path = root / mutant["file"]
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    found = text.count(mutant["from"])
    if found != 1:
        raise LookupError(f"{mutant['name']}: its place in {mutant['file']} is there {found} times; look at the code and mend mutants.yaml")
    return path, text, text.replace(mutant["from"], mutant["to"])


def check(mutants):
    faults = 0
    for mutant in mutants:
        try:
            _, before, after = mutated(mutant, ROOT)
            assert before != after, f"{mutant['name']} changes nothing"
        except (LookupError, AssertionError) as error:
            faults += 1
            print(error)
    print(f"{len(mutants)} mutants, {faults} without their place")
    return faults


class Workshop:
    """A copy of the sources with a build of its own."""

    def __init__(self, folder, jobs):
        self.source, self.build, self.jobs = folder / "source", folder / "build", str(jobs)

    def open(self):
        shutil.rmtree(self.source, ignore_errors=True)
        shutil.copytree(ROOT, self.source, ignore=shutil.ignore_patterns(*LEFT_OUT), symlinks=True)
        self.run(["cmake", "-S", str(self.source), "-B", str(self.build), "-G", "Ninja", "-DCMAKE_BUILD_TYPE=Release", "-DBUILD_TESTING=ON",
                  "-DHX_WERROR=OFF", "-DHX_WEB=OFF"])

    def run(self, command, timeout=1800):
        return subprocess.run(command, capture_output=True, text=True, check=True, timeout=timeout).stdout

    def tests(self, pattern):
        out = self.run(["ctest", "--test-dir", str(self.build), "-N", "-R", pattern])
        return re.findall(r"Test +#\d+: (\S+)", out)

    def compile(self, tests):
        """Only what these tests need."""
        targets = set()
        for test in tests:
            targets.update(next((t for begin, t in NEEDS.items() if test.startswith(begin)), [test]))
        self.run(["ninja", "-C", str(self.build), "-j", self.jobs, *sorted(targets)])

    def failed(self, tests):
        """The tests that do not pass, in the order in which they were tried; the first one is enough."""
        return next(([test] for test in tests if not self.passes(test)), [])

    def passes(self, test):
        with tempfile.TemporaryDirectory(prefix="hx-") as left_behind:  # by whoever dies of the bug
            done = subprocess.run(["ctest", "--test-dir", str(self.build), "-R", f"^{re.escape(test)}$", "--timeout", "300"],
                                  capture_output=True, text=True, check=False, timeout=600, env={**os.environ, "TMPDIR": left_behind})
        return done.returncode == 0


def control(shop, mutants):
    """The tests that fail without any bug: what they would catch proves nothing."""
    tests = sorted({test for mutant in mutants for test in shop.tests(mutant["tests"])})
    shop.compile(tests)
    failed = [test for test in tests if not shop.passes(test)]
    print(f"{len(tests)} tests without a bug: {'all pass' if not failed else 'FAILED ' + ' '.join(failed)}", flush=True)
    return failed


def judge(shop, mutant):
    """'' when a test catches it; otherwise what is wrong."""
    path, before, after = mutated(mutant, shop.source)
    tests = shop.tests(mutant["tests"])
    if not tests:
        return "no such test: " + mutant["tests"]
    path.write_text(after, encoding="utf-8")
    try:
        shop.compile(tests)
        caught = shop.failed(tests)
    except subprocess.CalledProcessError as error:
        return "does not compile:\n" + (error.stdout or "")[-2000:]
    finally:
        path.write_text(before, encoding="utf-8")
    print(f"{mutant['name']:40} {'caught by ' + caught[0] if caught else 'NOT CAUGHT by ' + ' '.join(tests)}", flush=True)
    return "" if caught else "not caught"


def run(mutants, options):
    shop = Workshop(pathlib.Path(options.work).resolve(), options.jobs)
    shop.open()
    if control(shop, mutants):
        return 1
    faults, began = [], time.monotonic()
    for mutant in mutants:
        problem = judge(shop, mutant)
        if problem:
            faults.append(mutant["name"])
            if problem != "not caught":
                print(f"{mutant['name']:40} {problem}", flush=True)
    print(f"{len(mutants) - len(faults)} of {len(mutants)} caught in {time.monotonic() - began:.0f} s" +
          (f"; not: {', '.join(faults)}" if faults else ""))
    return len(faults)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--work")
    parser.add_argument("--only", default="")
    parser.add_argument("--jobs", type=int, default=2)
    options = parser.parse_args()
    mutants = [m for m in read() if any(text in m["name"] for text in options.only.split(","))]
    if not options.check and not options.work:
        parser.error("--check or --work DIR")
    return 1 if (check(mutants) if options.check else run(mutants, options)) else 0


if __name__ == "__main__":
    sys.exit(main())
