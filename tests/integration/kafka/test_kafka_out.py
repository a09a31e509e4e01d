"""The journal in topics: each entry once and in order for whoever reads what is committed, whoever dies meanwhile."""
import json
import os
import signal
import subprocess

from clock import MINUTE, Clock
from confluent_kafka.admin import AdminClient, ConfigResource
from daemon import Daemon, write_config
from hongxin.v1 import journal_pb2, wire_pb2
from kafka import PATIENCE, Worker
from kafka_out import Out, Traffic, all_there, both_there, broker, cases_of, here, journal, live, out  # noqa: F401 (fixtures)
from wire import facts, wait_until

TAKEN_OVER = 3
DAY = 1440 * MINUTE
NOON = 1_792_987_200_000  # 2026-10-26 12:00 in China


# ---- what a record is


def test_an_entry_is_a_cloud_event_with_its_bytes(out):
    worker = out.start(attributes=["subject", "time", "dataschema", "cause", "facts"])
    with out.daemon.client() as c:
        number = live(c)
        out.written(worker, journal(c))
    with out.daemon.client("feed") as c:
        newest = c.hello(**{"from": wire_pb2.Hello.OLDEST}).newest_lsn
        entries = [e for e in c.entries(newest) if e.case_number]
    records = out.records()
    assert [r["key"] for r in records] == ["CL-1"] * len(entries)
    for r, e in zip(records, entries):
        h = r["headers"]
        assert (h["ce_id"], int(h["ce_sequence"]), h["ce_cause"]) == (str(e.lsn), e.lsn, e.cause)
        assert (h["ce_specversion"], h["ce_subject"], h["content-type"]) == ("1.0", "CL-1", "application/protobuf")
        assert h["ce_source"].startswith("/hongxin/") and len(h["ce_sequence"]) == 20
        assert r["tstype"] == "logappend", "retention counts by the broker's clock, whatever the worker's says"
    assert [v for _, v in out.values()] == [e.SerializeToString(deterministic=True) for e in entries]
    assert number == 1


def test_a_company_has_its_own_topic_with_its_notices_alone(out):
    worker = out.start(routes=[{"topic": out.name + ".notices.{to}", "facts": ["NOTICE"], "content": "facts"}])
    with out.daemon.client() as c:
        c.publish(c.event("REPORTED", by="reporter", data={"class": "SMALL", "place": "B-0417", "text": "water everywhere"}))
        out.written(worker, journal(c))
    values = out.values("notices.P-07")
    assert values and b"water everywhere" not in b"".join(v for _, v in values)
    for _, v in values:
        e = journal_pb2.Entry.FromString(v)
        assert not e.event and facts(e, "notice") and all("P-07" in n.to for n in facts(e, "notice"))
        assert [f.WhichOneof("fact") for f in e.facts] == ["notice"] * len(e.facts)


def test_json_for_tools(out):
    worker = out.start(routes=[{"topic": out.topic("json"), "format": "json", "about": "case"}])
    with out.daemon.client() as c:
        c.publish(c.event("REPORTED", by="reporter", data={"class": "SMALL", "place": "B-0417", "text": "漏水"}))
        out.written(worker, journal(c))
    (record, *_) = out.records("json")
    entry = json.loads(record["payload"])
    assert entry["event"]["data"]["text"] == "漏水" and entry["state"] == "NOTIFIED" or entry["cause"] == "REPORTED"
    assert record["headers"]["content-type"] == "application/json"


def test_the_present_of_every_open_case(out):
    """The newest record of a key: what the daemon says of the case; of one that is closed none."""
    worker = out.start(states=out.topic("states"))
    with out.daemon.client() as c:
        closed, opened = live(c), c.report(cls="COMPLEX").case_number
        c.publish(c.event("HELD", by="holder:P-07/li", case_number=opened))
        wait_until(lambda: worker.figure("kafka_out_states_waiting") == 0 and worker.figure("kafka_out_lag_entries") == 0)

        def newest():
            return dict(out.values("states"))

        wait_until(lambda: (newest().get(b"CL-2") or b"") and journal_pb2.CaseView.FromString(newest()[b"CL-2"]).state == "HELD")
        view = journal_pb2.CaseView.FromString(newest()[b"CL-2"])
        said = c.case(opened).view
        assert (view.case_version, view.holder, view.next_deadline) == (said.case_version, said.holder, said.next_deadline)
        assert newest().get(b"CL-1") is None and closed == 1


def test_a_record_that_is_too_large_is_cut_and_says_so(out):
    worker = out.start(topics={"max_record": 16384})
    with out.daemon.client() as c:
        c.report()
        big = c.event("REPORTED", by="reporter", data={"class": "SMALL", "place": "B-0417", "text": "x" * 14000})
        number = c.publish(big)[0].number
        c.report()
        out.written(worker, journal(c))
    all_there(out, worker)
    cut = [r for r in out.records() if r["headers"].get("ce_cut") == "OVERSIZE"]
    assert [r["key"] for r in cut] == [number] and worker.figure("kafka_out_cut_total") == 1


# ---- nobody's death loses or doubles anything


def resize(out, what, most):
    """The largest record that a topic takes: below the worker's it is not fit, and nothing can be written into it."""
    key, topic = "max.message.bytes", out.topic(what)
    admin = AdminClient(out.broker.client())
    for done in admin.alter_configs([ConfigResource("topic", topic, set_config={key: str(most)})]).values():
        done.result(PATIENCE)

    def says():
        (found,) = admin.describe_configs([ConfigResource("topic", topic)]).values()
        return found.result(PATIENCE)[key].value

    wait_until(lambda: says() == str(most), timeout=PATIENCE)


def test_a_worker_that_is_killed_again_and_again(out):
    with Traffic(out.daemon) as traffic:
        for _ in range(5):
            worker = out.start(routes=out.both())
            traffic.more()
            worker.kill()
        worker = out.start(routes=out.both())
    both_there(out, worker)
    assert worker.stop() == 0


def test_a_row_that_gets_another_pace_loses_and_doubles_nothing(out):
    """Refused while its writer is behind the other one; after an orderly end both stand at the same entry."""
    calm = {"slow": "1min", "timeout": "10s"}
    worker = out.start(routes=out.both("fast"))
    with out.daemon.client() as c:
        c.report()
        out.written(worker, journal(c))
        assert worker.stop() == 0
        resize(out, "notices.P-07", 2000)
        worker = out.start(well=False, routes=out.both())
        c.report()
        wait_until(lambda: worker.said(f"code=TOPIC_UNFIT topic={out.topic('notices.P-07')}"), timeout=PATIENCE)
        newest = cases_of(out.daemon)[-1]
        wait_until(lambda: newest in out.sequences(), timeout=PATIENCE)
        assert newest not in out.sequences("notices.P-07")
        worker.kill()
        worker = out.start(well=False, routes=out.both("fast"))
        assert worker.wait() == 1 and worker.said("PACE_CHANGED: "), worker.log
        resize(out, "notices.P-07", 1000000)
        worker = out.start(routes=out.both(), transaction=calm)
        out.written(worker, newest)
        c.report()
        wait_until(lambda: cases_of(out.daemon)[-1] in out.sequences(), timeout=PATIENCE)
        assert worker.stop() == 0  # commits what the slow one has gathered
        worker = out.start(routes=out.both("fast"))
        c.report()
    both_there(out, worker)


def test_a_row_that_becomes_slow_waits_until_the_fast_writer_has_said_so(out):
    """The first writer cannot commit; whoever starts after the other one's end, killed or in order, believes that it wrote these rows until now."""
    worker = out.start(routes=out.both("fast"))
    with out.daemon.client() as c:
        c.report()
        out.written(worker, journal(c))
        assert worker.stop() == 0
        there, before = cases_of(out.daemon), out.sequences("notices.P-07")
        out.broker.make_topic(out.topic("states"), partitions=1, cleanup_policy="compact", max_message_bytes=2000)
        for end in (Worker.kill, Worker.stop):
            worker = out.start(well=False, routes=out.both(), states=out.topic("states"), transaction={"slow": "1ms", "timeout": "10s"})
            wait_until(lambda: worker.said(f"code=TOPIC_UNFIT topic={out.topic('states')}"), timeout=PATIENCE)
            c.report()
            news = len(cases_of(out.daemon)) - len(there)
            wait_until(lambda: worker.figure("kafka_out_entries_total") >= news, timeout=PATIENCE)
            end(worker)
            assert out.sequences("notices.P-07") == before
    both_there(out, out.start(routes=out.both()))


def test_a_daemon_that_is_killed(out):
    worker = out.start()
    with Traffic(out.daemon) as traffic:
        for _ in range(3):
            traffic.more()
            out.daemon.kill()
            out.daemon.start()
        traffic.more()
    all_there(out, worker)


def test_the_older_of_two_is_fenced_and_says_so(out):
    first = out.start()
    with Traffic(out.daemon) as traffic:
        traffic.more()
        second = out.start()
        assert first.wait() == TAKEN_OVER
        assert first.said("FENCED: another process")
        traffic.more()
    all_there(out, second)


def test_a_zombie_writes_nothing(out):
    """Stopped for longer than its transaction may last, while another takes over; then it goes on."""
    zombie = out.start(routes=out.both())
    with Traffic(out.daemon) as traffic:
        traffic.more()
        # both of its writers: one that was only about to begin would take their place when it goes on, and rightly
        wait_until(lambda: sum("event=kafka_out_begins" in line for line in list(zombie.log)) == 2, timeout=PATIENCE)
        zombie.process.send_signal(signal.SIGSTOP)
        traffic.more()
        second = out.start(routes=out.both())
        traffic.more()
        zombie.process.send_signal(signal.SIGCONT)
        assert zombie.wait() == TAKEN_OVER
        assert zombie.said("FENCED: another process")
        traffic.more()
        assert second.process.poll() is None
    both_there(out, second)


# ---- other journals, other topics

def reset_and_behind(out, n):
    """The record of a reset and the n behind it."""
    def found():
        records = out.records()
        at = next((i for i, r in enumerate(records) if r["headers"]["ce_type"] == "cn.hongxin.reset.v1"), len(records))
        return len(records) > at + n and records[at:at + n + 1]

    return wait_until(found, timeout=PATIENCE)


def test_another_journal_is_a_reset(out, tmp_path):
    worker = out.start(states=out.topic("states"))
    with out.daemon.client() as c:
        for _ in range(5):
            c.report()
        out.written(worker, journal(c))
        wait_until(lambda: worker.figure("kafka_out_states_waiting") == 0)
    before = out.records()
    out.daemon.stop()
    fresh = Daemon(tmp_path, config=out.daemon.config, data=tmp_path / "another")
    out.daemon = fresh
    try:
        fresh.start()
        with fresh.client() as c:
            c.report()
            c.report()
        wait_until(lambda: worker.figure("kafka_out_resets_total") == 1, timeout=PATIENCE)
        wanted = cases_of(fresh)
        out.written(worker, wanted[-1])
        after = reset_and_behind(out, len(wanted))
        assert [int(r["headers"]["ce_sequence"]) for r in after[1:]] == wanted
        source = {r["headers"]["ce_source"] for r in after}
        assert len(source) == 1 and source != {r["headers"]["ce_source"] for r in before}
        wait_until(lambda: {k for k, v in dict(out.values("states")).items() if v} == {b"CL-1", b"CL-2"}, timeout=PATIENCE)
    finally:
        fresh.end()


def test_a_copy_of_the_store_that_was_restored_is_a_reset(out, tmp_path):
    """The same journal, but entries that stand in the topics are gone: their numbers come again."""
    worker = out.start()
    with out.daemon.client() as c:
        c.report()
        out.written(worker, journal(c))
    out.daemon.stop()
    subprocess.run(["cp", "-r", out.daemon.data, tmp_path / "copy"], check=True)
    out.daemon.start()
    with out.daemon.client() as c:
        for _ in range(5):
            c.report()
        out.written(worker, journal(c))
    out.daemon.stop()
    restored = Daemon(tmp_path, config=out.daemon.config, data=tmp_path / "copy")
    out.daemon = restored
    try:
        restored.start()
        wait_until(lambda: worker.figure("kafka_out_resets_total") == 1, timeout=PATIENCE)
        with restored.client() as c:
            c.report()
        wanted = cases_of(restored)
        after = reset_and_behind(out, len(wanted))
        assert [int(r["headers"]["ce_sequence"]) for r in after[1:]] == wanted
        assert after[1]["headers"]["ce_source"].endswith("/1")
    finally:
        restored.end()


def test_a_topic_that_is_deleted_is_made_again(out):
    worker = out.start()
    with out.daemon.client() as c:
        c.report()
        out.written(worker, journal(c))
        out.broker.delete_topic(out.topic())
        c.report()
        out.written(worker, journal(c))
    found, wanted = out.sequences(), cases_of(out.daemon)
    assert found and found == [n for n in wanted if found[0] <= n <= found[-1]]


def test_topics_with_other_numbers_of_partitions(out, tmp_path):
    """Of entries, of states and of the position, from the start or while it writes: each entry once; a reset stands in all that there are then."""
    for what, partitions in (("cases", 2), ("states", 3)):
        out.broker.make_topic(out.topic(what), partitions=partitions, cleanup_policy="compact" if what == "states" else "delete")
    out.broker.make_topic(f"hongxin.positions.{out.name}", partitions=3, cleanup_policy="compact")
    worker = out.start(states=out.topic("states"))
    with out.daemon.client() as c:
        live(c)
        c.report()
        out.written(worker, journal(c))
        assert worker.stop() == 0
        worker = out.start(states=out.topic("states"))  # the position is found among three partitions
        c.report()
        out.written(worker, journal(c))
        out.broker.add_partitions(out.topic(), 4)
        for _ in range(5):
            c.report()
        out.written(worker, journal(c))
    wanted = cases_of(out.daemon)
    wait_until(lambda: wanted[-1] in out.sequences(), timeout=PATIENCE)
    assert sorted(n for n in out.sequences() if n <= wanted[-1]) == wanted  # behind it: clocks that have fired meanwhile
    for partition in range(4):
        own = [int(r["headers"]["ce_sequence"]) for r in out.records() if r["partition"] == partition]
        assert own == sorted(own)
    out.daemon.stop()
    fresh = out.daemon = Daemon(tmp_path, config=out.daemon.config, data=tmp_path / "another")
    try:
        fresh.start()
        wait_until(lambda: worker.figure("kafka_out_resets_total") == 1, timeout=PATIENCE)
        wait_until(lambda: {r["partition"] for r in out.records() if r["headers"]["ce_type"] == "cn.hongxin.reset.v1"} == {0, 1, 2, 3}, timeout=PATIENCE)
    finally:
        fresh.end()


def test_a_topic_that_is_not_fit_is_named_and_nothing_is_lost(out):
    out.broker.make_topic(out.topic(), partitions=1, max_message_bytes=2000)
    worker = out.start()
    with out.daemon.client() as c:
        c.report()
        c.report()
        wait_until(lambda: worker.said(f"code=TOPIC_UNFIT topic={out.topic()} max.message.bytes=2000"), timeout=PATIENCE)
        wait_until(lambda: "TOPIC_UNFIT" in worker.get("/healthz")[1], timeout=PATIENCE)
    resize(out, "cases", 1000000)
    all_there(out, worker)


def test_entries_that_are_pruned_are_a_reset(tmp_path, broker):
    """A worker that was away for longer than the journal is kept. The clock is turned."""
    clock = Clock(tmp_path, NOON)
    config = write_config(tmp_path, {"ingest": f"ipc://{tmp_path}/i", "feed": f"ipc://{tmp_path}/f", "resend_ms": 0})
    config.write_text(config.read_text().replace("store:\n", "store:\n  journal_keep_days: 31\n"))
    d = Daemon(tmp_path, config=config, env=clock.environment())
    out = Out(tmp_path, d, broker)
    try:
        d.start()
        worker = out.start(states=out.topic("states"))
        with d.client() as c:
            live(c)
            out.written(worker, journal(c))
        before = len(out.records())
        assert worker.stop() == 0 and d.stop() == 0
        for days in (10, 50):  # the window for reopening ends; then more than a month passes
            clock.pass_ns(days * DAY * 1_000_000)
            d.start()
            with d.client() as c:
                c.report(cls="COMPLEX")
                if days == 50:
                    wait_until(lambda: d.said("event=journal_pruned"))
                    worker = out.start(states=out.topic("states"))
                    wait_until(lambda: worker.figure("kafka_out_resets_total") == 1, timeout=PATIENCE)
                    out.written(worker, journal(c))
                    wait_until(lambda: worker.figure("kafka_out_states_waiting") == 0)
                    reset, *after = out.records()[before:]
                    oldest = c.stats()["oldest_lsn"]
                    assert reset["headers"]["ce_type"] == "cn.hongxin.reset.v1"
                    assert int(reset["headers"]["ce_sequence"]) == oldest - 1
                    assert [int(r["headers"]["ce_sequence"]) for r in after] == [n for n in cases_of(d) if n >= oldest]
                    assert {k for k, v in dict(out.values("states")).items() if v} == {b"CL-2", b"CL-3"}
            if days == 10:
                assert d.stop() == 0
    finally:
        out.end()
        d.end()


def test_a_wrong_configuration_is_refused_with_its_line(tmp_path, here, broker):
    for text, says in (("routes:\n  - {topic: 'a b'}", "a b is no name of a topic"), ("from: yesterday", "from is oldest or now"),
                       ("transaction: {every: 1h}", "every: from"),
                       ("routes: [{topic: 'a.{to}'}, {topic: 'a.P-07'}]", "they need the same pace"), ("id: " + 60 * "a", "must leave room for"), ("id: 'a b'", "id, positions and states"),
                       ("states: hongxin.cases", "hongxin.cases cannot be a topic of entries too"),
                       ("compression: rar", "compression is"), ("attributes: [colour]", "attributes are"), ("topics: {max_record: 1}", "max_record: from")):
        path = tmp_path / "wrong.yaml"
        path.write_text("out:\n" + "".join(f"  {line}\n" for line in text.split("\n")))
        done = subprocess.run([os.path.join(os.environ["HX_BIN"], "hongxin-kafka"), "out", "--config", str(path), "--check-config"],
                              capture_output=True, text=True)
        assert done.returncode == 1 and says in done.stderr, done.stderr
