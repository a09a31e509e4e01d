#!/usr/bin/env python3
"""Who may send what, and what it must bring: the whole matrix, made from the life cycle's file.

    senders.py --config DIR SIMULATOR…

sends each event once for every role that may not send it, and once without each field that it needs, to a case that could
take it. Every one must be refused by name, BAD_ROLE or MISSING_FIELD, and leave no other fact. Ends with 1 and a list otherwise.
"""
import argparse
import json
import pathlib
import subprocess
import sys

import yaml

LATER = "2026-10-13T12:00:00.000+08:00"
FIELDS = {"class": "SERIOUS", "holder": "P-11", "reason": "DUTY", "date": LATER, "unit": "U-31", "into": "B", "clock": "K_RESOLVE", "level": "L0",
          "until": LATER, "deadline": LATER, "why": "because", "receipt": "R-1", "dispute": "DS-1", "party": "R-2", "cases": ["C"],
          "to": "community:C-03", "error": "NO_ANSWER"}
SENDERS = {"reporter": "reporter", "dispatcher": "dispatcher:C-03/wu", "holder": "holder:P-07/li", "manager": "manager:P-07/zhao",
           "community": "community:C-03/ma", "grid": "grid:G-041/hu", "street": "street:S-02/wang", "city": "city/he",
           "callback": "callback/chen", "operator": "operator/gu", "unit": "unit:U-31/zhou", "system": "system"}
BEGIN = [{"event": "REPORTED", "case": "A", "by": "reporter", "data": {"class": "SMALL", "place": "B-0417"}},
         {"event": "REPORTED", "case": "B", "by": "reporter", "data": {"class": "SMALL", "place": "B-0417"}},
         {"event": "HELD", "case": "A", "by": "holder:P-07/li"}]


def complete(event):
    """What the event needs, and a place to go to where that is asked."""
    return {need: FIELDS[need] for need in event.get("needs", [])}


def attempts(life):
    """Each event that must be refused, and how."""
    for event in life["events"]:
        if event.get("internal"):
            continue
        about = {} if event.get("about") == "city" else {"case": "A"}
        for role in SENDERS.keys() - set(event.get("by") or SENDERS):
            yield {"event": event["name"], **about, "by": SENDERS[role], "data": complete(event)}, "BAD_ROLE"
        for need in event.get("needs", []):
            data = {key: value for key, value in complete(event).items() if key != need}
            by = SENDERS[event["by"][0]] if event.get("by") else "street:S-02/wang"
            yield {"event": event["name"], **about, "by": by, "data": data}, "MISSING_FIELD"


def scenario(tries):
    """All of them in the first seconds of a case, in which nothing falls due."""
    lines = [{"rcv": "2026-10-12T19:00:00.000+08:00", "id": f"begin-{i}", **line} for i, line in enumerate(BEGIN)]
    lines += [{"rcv": "2026-10-12T19:00:01.000+08:00", "id": str(i), **line} for i, (line, _) in enumerate(tries)]
    lines += [{"end": "2026-10-12T19:00:05.000+08:00"}]
    return "".join(json.dumps(line) + "\n" for line in lines)


def faults(tries, facts):
    answers = {fact["id"]: fact for fact in facts if fact["fact"] == "REPLY"}
    for i, (line, code) in enumerate(tries):
        answer = answers.get(str(i), {})
        if answer.get("code") != code or answer.get("result") not in ("NOT_ALLOWED", "INVALID"):
            yield f"{line['event']} by {line['by']} with {line['data']}: {answer.get('result')} {answer.get('code')} instead of {code}"
    for fact in facts:
        if fact["fact"] != "REPLY" and fact["t"] > "2026-10-12T19:00:00.000+08:00":
            yield f"a refused event left a fact: {json.dumps(fact, ensure_ascii=False)}"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--config", required=True)
    parser.add_argument("command", nargs="+", help="the simulator and its first arguments")
    options = parser.parse_args()
    text = (pathlib.Path(options.config) / "life-cycles/complaint.yaml").read_text(encoding="utf-8")
    tries = sorted(attempts(yaml.load(text, yaml.BaseLoader)), key=json.dumps)  # BaseLoader keeps the key `on` a word
    done = subprocess.run([*options.command, "--config", options.config], input=scenario(tries), capture_output=True, check=False,
                          timeout=600, text=True)
    found = [json.loads(line) for line in done.stdout.splitlines()]
    wrong = [done.stderr] if done.returncode else list(faults(tries, found))
    for fault in wrong:
        print(fault)
    print(f"{len(tries)} attempts, {len(wrong)} faults")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
