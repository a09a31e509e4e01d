#!/usr/bin/env python3
"""Judges a journal (`hongxin export`): the same events, put through the rules, must have made the same facts at the same entries.

What the daemon decides by circumstance stands in the journal and is taken from there: when each event was read, when each deadline
was noticed, whether a receiver could be reached, when the daemon was down. Everything else is computed and compared.

    journal.py --config DIR [--slack MS] JOURNAL      PYTHONPATH holds the Python types of the schema

Ends with 1 and every difference; a deadline that was due more than MS before the journal's end and is not in it is one.
"""
import argparse
import pathlib
import struct
import sys

sys.dont_write_bytecode = True
import judge  # noqa: E402
from world import FAR, Event, World  # noqa: E402

OURS = 2  # REACH_OURS in journal.proto


def plain(message):
    """A protobuf message as a dictionary of what is set in it; times stay milliseconds."""
    out = {}
    for field, value in message.ListFields():
        if field.label == field.LABEL_REPEATED:
            out[field.name] = [plain(v) if field.message_type else v for v in value]
        elif field.enum_type:
            out[field.name] = field.enum_type.values_by_number[value].name
        else:
            out[field.name] = plain(value) if field.message_type else value
    return out


def event_of(entry, schema):
    told = plain(schema.FromString(entry.event))
    e = Event({"event": told["type"], "rcv": "1970-01-01T00:00:00Z", "by": told.get("by", ""), "data": told.get("data", {}),
               "source": told.get("source", ""), "id": told["id"], "seq": told.get("seq", 0), "proof": told.get("proof", "CLAIM")}, 0)
    e.label, e.rcv = str(entry.case_number), entry.t_rcv
    e.ref = f"{e.source} {told.get('case_ref', '')}"
    e.src = told.get("t_src") or entry.t_rcv
    e.occ = told.get("t_occ") or e.src
    return e


def facts_of(entry):
    """The facts of an entry as the simulator prints them."""
    for fact in entry.facts:
        kind = fact.WhichOneof("fact")
        message = getattr(fact, kind)
        told = plain(message)
        if kind == "clock" and message.WhichOneof("judged"):
            told["met"] = message.met
        yield {"fact": kind.upper(), "t": entry.t_rec, "case": str(entry.case_number), **told}


def nobody_could_take_it(world, case, due):
    """The hand-over that is over now ended while we were away (corner 17)."""
    clock = case.clock("K_HANDOVER")
    return bool(clock and world.outage and clock.deadline() == due and world.outage[0] <= due <= world.outage[1])


def play(entries, schema, config):
    """What became true by the rules, and by the journal."""
    world, told, draining = World(str(config)), [], False
    for entry in entries:
        world.now, world.no_road = entry.t_rec, OURS in entry.reach
        world.somebody_since = entry.t_due if entry.cause == "K_DELIVERY" and entry.t_due else FAR
        told += facts_of(entry)
        for fact in entry.facts:
            d = fact.alarm.disturbance if fact.HasField("alarm") and fact.alarm.HasField("disturbance") else None
            if d is not None:
                draining = d.draining
            if d is not None and d.outage_to:
                world.outage = (d.outage_from, d.outage_to)
        case = world.cases.get(str(entry.case_number))
        if entry.parked_lsn:
            continue  # it was applied with the report that it waited for
        if entry.event:
            if case and not draining:  # nobody is accused while what was sent during our outage is read (corner 17)
                world.advance_case(case, entry.t_rcv - 1)  # what was due before should have been judged
            world.receive(event_of(entry, schema))
        elif entry.t_due and case and nobody_could_take_it(world, case, entry.t_due):
            world.deliver_again(case, entry.t_rec)
        elif entry.t_due and case:
            world.advance_case(case, entry.t_due, entry.t_until)
    world.somebody_since = FAR
    return world, told


def entries_of(path):
    """The entries of an exported file, in order (daemon/store/FORMAT.md)."""
    from hongxin.v1 import journal_pb2  # generated: only who reads a file needs it
    with pathlib.Path(path).open("rb") as f:
        if not f.readline().startswith(b"hongxin-journal/1 "):
            raise ValueError(f"{path} is no exported journal")
        while size := struct.unpack(">I", f.read(4))[0]:
            yield journal_pb2.Entry.FromString(f.read(size))


def faults(entries, schema, config, slack_ms=0):
    """Every difference, and every deadline that was due long before the journal's end and is not in it."""
    world, told = play(entries, schema, config)
    yield from judge.differences(judge.changes(judge.ours(world.facts)), judge.changes(judge.theirs(told)))
    for case in world.cases.values():
        for act, _, what, clock in world.coming(case):
            if act + slack_ms < world.now:
                yield f"case {case.label}: {what} of {clock.name} was due at {judge.times.show(act)} and is not in the journal"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--config", required=True)
    parser.add_argument("--slack", type=int, default=0)
    parser.add_argument("journal")
    options = parser.parse_args()
    from hongxin.v1 import event_pb2
    entries = list(entries_of(options.journal))
    found = list(faults(entries, event_pb2.Event, options.config, options.slack))
    for fault in found[:100]:
        print(fault)
    print(f"{len(entries)} entries judged, {len(found)} differences")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
