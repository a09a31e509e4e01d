#!/usr/bin/env python3
"""Every notice of every scenario as its receiver reads it, in Chinese and English.

    texts.py --config DIR SIMULATOR… SCENARIOS

runs `SIMULATOR… --texts --config DIR` on every scenario of the folder: no text may be empty or keep a placeholder; each names
the case, its deadline and the reason when there is one, and nothing that a reporter wrote. All kinds of notices must come up, and
no reason has words twice: the first ones would hide the others.
"""
import argparse
import json
import pathlib
import re
import sys

sys.dont_write_bytecode = True
import run as trace  # noqa: E402
import variants  # noqa: E402

KINDS = {"REMINDER", "WARNING", "BREACH", "CORRECTION", "ALL_CLEAR", "CASE"}
WRITTEN = ("text", "contact", "name", "phone", "comment")  # what a reporter may have written


def written(path):
    """Words of reporters in a scenario."""
    out = set()
    for line in path.read_text(encoding="utf-8").splitlines():
        data = json.loads(line).get("data") if line.startswith("{") else None
        out |= {data[k] for k in WRITTEN if isinstance((data or {}).get(k), str) and len(data[k]) > 3}
    return out


def faults(notice, words):
    """What is wrong with the texts of one notice."""
    for language in ("zh", "en"):
        text = notice[language]
        if len(text) < 20 or not text.endswith(("。", ".")):
            yield f"{language}: no whole sentence"
        if set(text) & set("{}") or "  " in text:
            yield f"{language}: a placeholder is left"
        if "CL-" not in text and notice["kind"] != "DIGEST":  # which is about all of an outage
            yield f"{language}: does not name the case"
        due = notice.get("deadline")
        if due and due[:10] not in text:
            yield f"{language}: does not name the deadline"
        if any(w in text for w in words):
            yield f"{language}: a reporter's words"
    if notice.get("why") and notice["zh"].count("（") < 2:
        yield f"the reason is not said: {notice['why']}"


def reasons_twice(config):
    text = (pathlib.Path(config) / "texts" / "notices.yaml").read_text(encoding="utf-8")
    reasons = re.findall(r'^ *- \{why: *("[^"]*"|[^,"]*),', text, re.MULTILINE)
    return sorted({reason for reason in reasons if reasons.count(reason) > 1})


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--config", required=True)
    parser.add_argument("command", nargs="+", help="the simulator and its first arguments")
    parser.add_argument("scenarios")
    options = parser.parse_args()
    kinds, bad = set(), 0
    for scenario in sorted(pathlib.Path(options.scenarios).glob("*.jsonl")):
        words = written(scenario)
        with variants.made(options.config, str(scenario)) as (folder, path):
            found = trace.read_facts(trace.simulate(options.command, folder, path, "--texts"))
        for notice in (f for f in found if f["fact"] == "NOTICE"):
            kinds.add(notice["kind"])
            for fault in faults(notice, words):
                print(f"{scenario.name}: {notice['t']} {notice['kind']} to {notice['to']}: {fault}\n  {notice['zh']}\n  {notice['en']}")
                bad += 1
    for kind in sorted(KINDS - kinds):
        print(f"no notice of kind {kind} came up")
    twice = reasons_twice(options.config)
    for reason in twice:
        print(f"the reason {reason} has words twice")
    return 1 if bad or twice or KINDS - kinds else 0


if __name__ == "__main__":
    sys.exit(main())
