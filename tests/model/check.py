#!/usr/bin/env python3
"""Checks the model of an event's road (feed.pml) in every order of its steps, and that it notices each step that is swapped.

    check.py [--only VARIANT] [--trail]

Without a variant the model must hold, in a search that was completed. With each variant spin must find what is named here.
--trail shows how the first violation comes about.
"""
import argparse
import pathlib
import subprocess
import sys
import tempfile

MODEL = pathlib.Path(__file__).resolve().parent / "feed.pml"
# What goes wrong when one step is swapped or left out.
VARIANTS = {
    "ACK_BEFORE_COMMIT": "KEPT",    # answered when it is taken in
    "ACK_BEFORE_SYNC": "KEPT",      # answered when it is written, but not yet on disk
    "SHOW_BEFORE_COMMIT": "SHOWN",  # a receiver acts upon what a crash takes back
    "SEEN_APART": "ONCE",           # the row against doubles in another transaction than the event
    "CURSOR_WITH_PUSH": "AHEAD",    # the cursor moves when an entry is sent, not when it is acknowledged
    "CURSOR_BEFORE_WORK": "AHEAD",  # the receiver acknowledges before it acts
    "RESTART_AT_THE_END": "END",    # after a start the feed goes on with the newest entry: one never comes
    "CURSOR_FORGOTTEN": "END",      # what is acknowledged is not kept
}
# How pan prints the assertions of the model.
NAMES = {"answered": "KEPT", "disk_lsn<=2": "ONCE", "disk_cursor<=done": "AHEAD", "pushed<=disk_lsn": "SHOWN", "done+1": "GAP",
         "invalid end state": "END"}


def run(command, folder):
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=300)
    return done.stdout + done.stderr


def search(variant, folder):
    """What pan found: '' when everything holds, the name of what is violated, or '?' and its output."""
    define = [f"-D{variant}"] if variant else []
    run(["spin", *define, "-a", str(MODEL)], folder)
    run(["cc", "-w", "-O1", "-DSAFETY", "-o", "pan", "pan.c"], folder)
    out = run(["./pan", "-m100000", "-w22"], folder)
    bad = next((line for line in out.splitlines() if line.startswith("pan:1:")), None)
    if bad:
        return next((name for text, name in NAMES.items() if text in bad.replace(" ", "") or text in bad), "?"), out
    whole = "errors: 0" in out and "not completed" not in out and "max search depth too small" not in out
    return ("" if whole else "?"), out


def judge(variant, trail):
    expected = VARIANTS.get(variant, "")
    with tempfile.TemporaryDirectory() as folder:
        found, out = search(variant, folder)
        states = next((line.split()[0] for line in out.splitlines() if "states, stored" in line), "?")
        right = found == expected
        print(f"{variant or 'as it is':20} {states:>8} states  {found or 'holds':6} {'ok' if right else 'WRONG: expected ' + (expected or 'holds')}")
        if not right:
            print(out)
        if trail and found:
            define = [f"-D{variant}"] if variant else []
            print(run(["spin", *define, "-t", "-p", "-g", "-k", f"{MODEL.name}.trail", str(MODEL)], folder))
    return right


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", choices=VARIANTS)
    parser.add_argument("--trail", action="store_true")
    options = parser.parse_args()
    names = [options.only] if options.only else ["", *VARIANTS]
    return 0 if all([judge(name, options.trail) for name in names]) else 1


if __name__ == "__main__":
    sys.exit(main())
