#!/usr/bin/env python3
"""What the simulator reads: every line that is wrong is named by its number, and nothing runs; what is right runs to its end.

    input.py --config DIR SIMULATOR…
"""
import argparse
import json
import subprocess
import sys

REPORT = '{"rcv":"2026-10-12T19:00:00+08:00","event":"REPORTED","case":"A","by":"reporter","data":{"class":"SMALL","place":"B-0417"}}'
AT = '"at":"2026-10-12T19:00:00+08:00"'

# The last line of each is wrong.
WRONG = [
    (["{"], "not JSON"),
    (["[]"], "a line is one object"),
    (["{\"end\":\"2026-10-12T19:00:00+08:00\"}\0x"], "not JSON"),
    (["{}"], "nothing here"),
    ([REPORT, "", '{"rcv":"2026-10-12T19:01:00+08:00","event":"HELD","colour":1}'], "unknown key colour"),
    (['{"rcv":"2026-10-12T19:00:00+08:00","event":"HELD","data":{"klass":"SMALL"}}'], "klass: unknown key"),
    (['{"rcv":"2026-10-12T19:00:00+08:00","event":"HELD","data":[]}'], "data must be an object"),
    (['{"rcv":"2026-10-12T19:00:00+08:00","event":"HELD","event":"HELD"}'], "not JSON"),
    (['{"rcv":"2026-10-12T19:00:00","event":"HELD"}'], "rcv is not an RFC 3339 time"),
    (['{"rcv":"2026-10-12T19:00:00+08:00","occ":"yesterday","event":"HELD"}'], "occ is not an RFC 3339 time"),
    (['{"event":"HELD"}'], "an event needs rcv and event"),
    (['{"rcv":"2026-10-12T19:00:00+08:00","case":"A"}'], "an event needs rcv and event"),
    (['{"rcv":"2026-10-12T19:00:00+08:00","event":"HELD","case":7}'], "case must be text"),
    (['{"rcv":"2026-10-12T19:00:00+08:00","event":"HELD","seq":"7"}'], "seq must be a number"),
    (['{"rcv":"2026-10-12T19:00:00+08:00","event":"HELD","seq":-1}'], "seq must be a number"),
    (['{"rcv":"2026-10-12T19:00:00+08:00","event":"HELD","id":1.5}'], "id must be text or a whole number"),
    (['{"rcv":"2026-10-12T19:00:00+08:00","event":"HELD","proof":"OATH"}'], "unknown proof OATH"),
    (["{" + AT + "}"], "nothing here"),
    (["{" + AT + ',"step_ms":1.5}'], "step_ms must be a whole number"),
    (["{" + AT + ',"step_ms":5,"suspend_ms":5}'], "unknown key suspend_ms"),
    (["{" + AT + ',"apply":"duty.csv","open":true,"by":["operator/a","city/desk/a"],"why":"x"}'], "by must name two different persons"),
    (["{" + AT + ',"apply":"duty.csv","open":"yes"}'], "open must be true or false"),
    (["{" + AT + ',"step_ms":1000000000000000000}'], "the clock would show a time outside 2000 to 2199"),
    (["{" + AT + ',"step_ms":-1000000000000}'], "the clock would show a time outside 2000 to 2199"),
    (["{" + AT + ',"suspend_ms":9000000000000000000}'], "the clock would show a time outside 2000 to 2199"),
    (["{" + AT + ',"step_ms":4000000000000}', "{" + AT + ',"step_ms":4000000000000}'], "the clock would show a time outside 2000 to 2199"),
    (["{" + AT + ',"suspend_ms":-5}'], "suspend_ms must not be negative"),
    (["{" + AT + ',"endpoint":"P-07","state":"asleep"}'], "state must be up, down or slow"),
    (['{"end":"2026-10-12T19:00:00+08:00","x":1}'], "unknown key x"),
    (['{"end":"2026-10-12T19:00:00+08:00"}', '{"end":"2026-10-12T19:01:00+08:00"}'], "end stands twice"),
    (['{"onsite_key":"00ff"}'], "onsite_key must be 64 hexadecimal digits"),
    (['{"onsite_key":"' + "0g" * 32 + '"}'], "onsite_key must be 64 hexadecimal digits"),
    (['{"onsite_key":7}'], "onsite_key must be text"),
    (['{"onsite_key":"' + "0" * 64 + '","at":1}'], "unknown key at"),
    (['{"up":"2026-10-12T19:00:00+08:00"}'], "up while it is up"),
    (['{"down":"2026-10-12T19:00:00+08:00"}', '{"down":"2026-10-12T19:01:00+08:00"}'], "down while it is down"),
    (['{"down":"2026-10-12T19:01:00+08:00","up":"2026-10-12T19:00:00+08:00"}'], "up is before down"),
]


def simulate(options, lines):
    return subprocess.run([*options.command, "--config", options.config], input="".join(line + "\n" for line in lines), capture_output=True,
                          check=False, timeout=600, text=True)


def wrong_lines(options):
    for lines, says in WRONG:
        done = simulate(options, lines)
        place = f"-:{len(lines)}: "
        if done.returncode != 2 or not done.stderr.startswith(place) or says not in done.stderr or done.stdout:
            yield f"{lines[-1]}: ended with {done.returncode}, {done.stderr!r} instead of {place}…{says}"


def right_lines(options):
    """Times of other offsets are the same instants; the end is inclusive; ids are the lines' numbers; refused input names its case."""
    done = simulate(options, ["", REPORT.replace("19:00:00+08:00", "11:00:00Z"),
                              '{"rcv":"2026-10-12T19:00:30+08:00","event":"HOLD","case":"A"}', '{"end":"2026-10-12T19:00:30+08:00"}'])
    facts = [json.loads(line) for line in done.stdout.splitlines()]
    if done.returncode or not facts:
        yield f"ended with {done.returncode}: {done.stderr}"
        return
    first, invalid = facts[0], [f for f in facts if f.get("result") == "INVALID"]
    if (first["t"], first["id"], first["case"]) != ("2026-10-12T19:00:00.000+08:00", "2", "A"):
        yield f"not the first answer: {first}"
    if [(f["case"], f["code"], f["id"]) for f in invalid] != [("A", "UNKNOWN_EVENT", "3")]:
        yield f"not the refusal of the third line: {invalid}"
    if not any(f["fact"] == "STATE" and f["cause"] == "K_HANDOVER" for f in facts):
        yield "the end is not inclusive: receipt was not deemed"


def wrong_files(options):
    """A file that cannot come into force is found when its time comes: the line is named, and what became true before is told."""
    done = simulate(options, [REPORT, "{" + AT.replace("19:00:00", "19:00:10") + ',"apply":"no-such-file.yaml"}'])
    if done.returncode != 2 or not done.stderr.startswith("-:2: ") or "no-such-file.yaml" not in done.stderr or not done.stdout:
        yield f"apply: ended with {done.returncode}, {done.stderr!r}"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--config", required=True)
    parser.add_argument("command", nargs="+", help="the simulator and its first arguments")
    options = parser.parse_args()
    faults = [*wrong_lines(options), *right_lines(options), *wrong_files(options)]
    for fault in faults:
        print(fault)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
