"""The real daemon, at sixty times the speed, makes the same facts of a scenario as `hongxin simulate`.

The test turns the daemon's clock from one instant of the scenario to the next: to each event, and to each instant at which
the simulator says that something falls due. Nothing depends on how fast this machine is. Facts are compared whole: instants
to the millisecond, numbers of entries and cases, receivers, texts."""
import datetime
import json
import os
import pathlib
import subprocess

import pytest
from clock import Clock
from google.protobuf.descriptor import FieldDescriptor
from hongxin.v1 import event_pb2, wire_pb2
from wire import RESULT, wait_until

BIN, SOURCE = os.environ["HX_BIN"], os.environ["HX_SOURCE"]
SCENARIOS = pathlib.Path(SOURCE) / "tests/trace/scenarios"
SCALE = 60
CHINA = datetime.timezone(datetime.timedelta(hours=8))

# Of every kind: whole lives, promises broken, late and doubled input, gaps, parked events, cycles, classes, plans, nights, returns,
# withdrawals, appeals, many reporters, ties.
CHOSEN = ["main-whole-life", "main-without-a-place", "main-two-cases", "s1-deemed-held", "s3-nobody-solves", "s6-own-promise-broken",
          "s7-not-the-same-person", "corner-02-reclassed-after-breach", "corner-03-under-classed", "corner-04-late-with-proof",
          "corner-06-gap", "corner-06-out-of-order", "corner-07-parked", "corner-08-conflict", "corner-09-reopened",
          "k-callback-three-tries", "level-quiet-hours", "level-complex", "not-allowed-lists-what-is", "reclass-while-paused",
          "order-arrival-of-an-earlier-cycle", "withdrawn-after-breach", "corner-05-appeal-granted", "corner-10-held-and-confirmed",
          "corner-12-return-accepted", "corner-13-third-request-is-arbitrated", "corner-24-make-up-day", "corner-27-twelve-reporters",
          "bad-deadline-moved-by-one",
          # an event and a deadline in the same millisecond
          "corner-19-tie", "corner-19-one-millisecond", "r3-inclusive", "s1-handover-inclusive", "k-pause-max-inclusive"]


def instant(text):
    return round(datetime.datetime.fromisoformat(text).timestamp() * 1000)


def text_of(ms):
    return datetime.datetime.fromtimestamp(ms / 1000, CHINA).isoformat(timespec="milliseconds")


class Scenario:
    def __init__(self, name):
        path = SCENARIOS / f"{name}.jsonl"
        lines = [json.loads(line) if line.strip() else None for line in path.read_text(encoding="utf-8").splitlines()]
        self.events = [(instant(e["rcv"]), n, e) for n, e in enumerate(lines, 1) if e and "event" in e]
        self.events.sort(key=lambda e: e[:2])
        self.end = max([instant(e["end"]) for e in lines if e and "end" in e], default=0)
        others = [e for e in lines if e and "event" not in e and "end" not in e]
        assert not others, f"{name}: the daemon is not told {others}"
        first = min(self.events)[2]["rcv"]
        no_bridge = json.dumps({"at": first, "endpoint": "road:voice", "state": "down"})  # nor has the daemon one here
        run = subprocess.run([os.path.join(BIN, "hongxin"), "simulate", "--config", f"{SOURCE}/config"],
                             input=path.read_text(encoding="utf-8").rstrip("\n") + "\n" + no_bridge + "\n", capture_output=True, text=True, check=True)
        self.facts = [json.loads(line) for line in run.stdout.splitlines()]

    def instants(self):
        stops = {t for t, _, _ in self.events} | {instant(f["t"]) for f in self.facts} | ({self.end} if self.end else set())
        return sorted(stops)


def data_of(fields):
    data = event_pb2.Data()
    for key, value in fields.items():
        field = event_pb2.Data.DESCRIPTOR.fields_by_name[key]
        if field.type == FieldDescriptor.TYPE_SFIXED64:
            value = [instant(v) for v in value] if isinstance(value, list) else instant(value)
        if isinstance(value, list):
            getattr(data, key).extend(value)
        else:
            setattr(data, key, value)
    return data


def event_of(line, number, known):
    """In a scenario a case has one label for everybody; to the daemon a source that did not introduce it gives its number."""
    e = event_pb2.Event(id=str(line.get("id", number)), source=line.get("source", "sim"), source_seq=line.get("seq", 0),
                        type=line["event"], by=line.get("by", ""), case_ref=line.get("case", ""),
                        t_occ=instant(line.get("occ", line["rcv"])), t_src=instant(line.get("src", line["rcv"])))
    if "proof" in line:
        e.proof = event_pb2.Proof.Value(line["proof"])
    if "data" in line:
        e.data.CopyFrom(data_of(line["data"]))
    introduced = known.get(e.case_ref)
    if introduced and introduced[0] != e.source:
        e.case_ref, e.case_number = "", introduced[1]
    return e


def plain(message):
    """A message as the simulator prints it, without what is empty or zero."""
    out = {}
    for field, value in message.ListFields():
        one = lambda v: (text_of(v) if field.type == FieldDescriptor.TYPE_SFIXED64 else  # noqa: E731
                         field.enum_type.values_by_number[v].name if field.type == FieldDescriptor.TYPE_ENUM else
                         plain(v) if field.type == FieldDescriptor.TYPE_MESSAGE else v)
        out[field.name] = [one(v) for v in value] if field.label == FieldDescriptor.LABEL_REPEATED else one(value)
    return out


def full(value):
    """Without what is empty or zero, all the way down."""
    if isinstance(value, dict):
        return {k: full(v) for k, v in value.items() if v not in (0, False, "", None) and v != []}
    return [full(v) for v in value] if isinstance(value, list) else value


def facts_of(entries, labels):
    out = []
    for e in entries:
        for f in e.facts:
            kind = f.WhichOneof("fact")
            line = {**plain(getattr(f, kind)), "t": text_of(e.t_rec), "lsn": e.lsn, "fact": kind.upper()}
            if e.case_number:
                line.update(case=labels[e.case_number], cycle=e.cycle)
            out.append(full(line))
    return out


def judged(client):
    """Returns when all that is due has been judged. Questions move nothing: the daemon's own time stays at the last event."""
    wait_until(lambda: client.stats()["deadline_overdue_ms"] == 0)


def of_both(facts):
    """Receivers of a scenario are there unless it says otherwise; those of this daemon have opened no feed. Whose fault a receipt is that was
    deemed is the same, how it is said is not."""
    return [{k: v for k, v in f.items() if not (f["fact"] == "DELIVERY" and k == "error")} for f in facts]


def play(scenario, daemon, clock, client):
    """Returns the journal, the answers by line, and the labels of the cases. What is due at an instant is judged when its millisecond
    is over, after the events of that instant."""
    begin, wall = clock.now, clock.wall_ns

    def turn_to(t):
        microseconds = -(-(t - begin) * 1000 // SCALE)
        clock.pass_ns(wall + microseconds * 1000 - clock.wall_ns)

    answers, labels, known, waiting = {}, {}, {}, list(scenario.events)
    for t in scenario.instants():
        turn_to(t)
        while waiting and waiting[0][0] == t:
            _, number, line = waiting.pop(0)
            event = event_of(line, number, known)
            answers[number] = reply = client.publish(event)[0]
            if event.type == "REPORTED" and reply.case_number:
                labels[reply.case_number] = event.case_ref or reply.number
                known.setdefault(event.case_ref, (event.source, reply.case_number))
        turn_to(t + 1)
        judged(client)
    end = client.ask("pong", ping=wire_pb2.Ping()).newest_lsn
    with daemon.client("feed") as f:
        f.hello("", **{"from": wire_pb2.Hello.OLDEST})
        return f.entries(end), answers, labels


@pytest.mark.parametrize("name", CHOSEN)
def test_the_daemon_makes_the_same_facts(make_daemon, tmp_path, name):
    scenario = Scenario(name)
    clock = Clock(tmp_path, scenario.instants()[0])
    d = make_daemon(scale=SCALE, settings={"project_entries": 4}, env=clock.environment())
    with d.client() as c:
        entries, answers, labels = play(scenario, d, clock, c)
    kept, told = [], []
    for f in scenario.facts:
        unwritten = f["fact"] == "REPLY" and f["result"] in ("INVALID", "DUPLICATE")
        # Likely duplicates are offered in the answer alone; the journal does not depend on them.
        (told if unwritten else kept).append({k: v for k, v in full(f).items() if k != "candidates"})
    assert of_both(facts_of(entries, labels)) == of_both(kept)
    assert all(e.scale == SCALE for e in entries), "scaled time is marked in every record"
    by_daemon = [(RESULT.Name(r.result), r.code) for n, r in sorted(answers.items())
                 if r.result in (RESULT.INVALID, RESULT.DUPLICATE)]
    assert sorted(by_daemon) == sorted((f["result"], f.get("code", "")) for f in told)
