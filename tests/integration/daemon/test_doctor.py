"""The doctor: whatever must hold is proven; each damage is named by invariant, case, clock and LSN; what follows from the journal
is put right, and then equals a rebuild. The numbers are those of the invariants on the life cycle page."""
import contextlib
import json
import os
import shutil
import struct
import subprocess

import pytest
from daemon import BIN, SOURCE, Daemon
from hongxin.v1 import event_pb2, journal_pb2
from store_copy import ABOUT, CLOCKS, DUE_ROW, OWNER_SINCE, TOLD, Store, be64, change_case, change_entry, entries, fact_of, inside
from wire import RESULT, wait_until
from wire_format import fields, pack

NAME = "Zhang Xiaoming"
LIFE = [("HELD", {}), ("ARRIVED", {"proof": event_pb2.ONSITE_CODE}), ("RESOLVED", {"data": {"evidence": ["photo"]}})]


@pytest.fixture(scope="module")
def left_behind(tmp_path_factory):
    """Lives of all kinds, made once: closed, broken and cleared, open, parked, with a gap, with an identity."""
    folder = tmp_path_factory.mktemp("doctor")
    d = Daemon(folder, scale=600).start()
    with d.client() as c:
        def step(number, type, by="holder:P-07/li", **fields):
            reply = c.publish(c.event(type, by=by, case_number=number, **fields))[0]
            assert reply.result == RESULT.ACCEPTED, reply
        # reported, held and there in one message: five minutes of this daemon are half a second
        report = c.event("REPORTED", by="reporter", case_ref="GD-1", data={"class": "SMALL", "place": "B-0417"})
        at_once = [report, *(c.event(type, by="holder:P-07/li", case_ref="GD-1", **fields) for type, fields in LIFE[:2])]
        replies = c.publish(*at_once)
        assert {r.result for r in replies} == {RESULT.ACCEPTED}, replies
        closed = replies[0].case_number
        step(closed, LIFE[2][0], **LIFE[2][1])
        step(closed, "CALLBACK_OK", by="callback/zhao")
        late = c.report().case_number
        wait_until(lambda: c.case(late).view.breaches)
        step(late, "ARRIVED", proof=event_pb2.ONSITE_CODE)
        reporter = event_pb2.Reporter(name=NAME, phone="13800138000")
        e = c.event("REPORTED", by="reporter", data={"class": "SERIOUS", "place": "B-0417"})
        known = c.publish(e, reporters=[reporter])[0].case_number
        c.publish(c.event("HELD", case_ref="unknown", source="other", source_seq=1),
                  c.event("COMMENT", case_number=known, source="other", source_seq=3, data={"text": "x"}))
    assert d.stop() == 0
    return d, {"closed": closed, "late": late, "known": known}


@pytest.fixture
def store(left_behind, tmp_path):
    d, _ = left_behind
    copy = tmp_path / "copy"
    shutil.copytree(d.data, copy)
    return Store(copy, d.folder / "identity.key")


@pytest.fixture
def cases(left_behind):
    return left_behind[1]


def assert_named(found, invariant, **having):
    assert any(f["invariant"] == invariant and all(f[k] == v for k, v in having.items()) for f in found), found


def assert_repaired(store, n=None):
    """A dry run says what would be done and does nothing; the repair does it; what is then there equals a rebuild."""
    before = store.findings()
    assert before and all(f["repairable"] for f in before), before
    said, code = store.doctor("--repair", "--dry-run")
    assert code == 1 and said[-1]["would_repair"] >= (n or 1)
    assert store.findings() == before, "a dry run changes nothing"
    done, _ = store.doctor("--repair", code=0)
    assert done[-1]["repaired"] == said[-1]["would_repair"]
    assert store.doctor(code=0)[0][-1]["findings"] == 0


def test_nothing_is_wrong_with_what_a_daemon_leaves(store):
    counts = store.doctor("--key", store.key, code=0)[0][-1]
    assert counts["entries"] == counts["replayed"] > 10
    assert counts["cases"] == 3 and counts["unproven"] == 0 and counts["persons"] == 1


def test_beside_the_running_daemon(make_daemon):
    d = make_daemon(scale=600)
    with d.client() as c:
        for _ in range(20):
            c.report()
        counts = Store(d.data, None).doctor(code=0)[0][-1]
        assert counts["cases"] == 20
        assert c.report().result == RESULT.ACCEPTED
        over_feed = subprocess.run([os.path.join(BIN, "hongxin"), "doctor", "--feed-endpoint", d.doors.get("feed") or d.doors["intake"],
                                    "--config", f"{SOURCE}/config", "--json"], capture_output=True, text=True)
        assert over_feed.returncode == 0, over_feed.stdout + over_feed.stderr
        counts = json.loads(over_feed.stdout.splitlines()[-1])
        assert counts["cases"] == 21 and counts["entries"] == counts["replayed"] >= 21


# ---- 1 ----
def test_1_a_lost_due_row(store, cases):
    with store.edit() as r:
        key = next(k for k, _ in r.all("due") if k[8:] == be64(cases["known"]))
        r.delete("due", key)
    assert_named(store.findings(), 1, case=f"CL-{cases['known']}", table="due")
    assert_repaired(store)


def test_1_a_due_row_of_no_case(store):
    with store.edit() as r:
        r.put("due", be64(1_790_000_000_000) + be64(4711), b"")
    assert_named(store.findings(), 1, case="CL-4711", table="due")
    assert_repaired(store)


def test_1_a_due_row_that_is_too_late(store, cases):
    """The case would be looked at only a day after its deadline."""
    with store.edit() as r:
        key = next(k for k, _ in r.all("due") if k[8:] == be64(cases["known"]))
        late = struct.unpack(">Q", key[:8])[0] + 86_400_000
        r.delete("due", key)
        r.put("due", be64(late) + key[8:], b"")

    def later(no, v):
        return v if no != DUE_ROW else struct.pack("<q", late) if isinstance(v, bytes) else late
    change_case(store, cases["known"], later)
    found = store.findings()
    assert_named(found, 1, case=f"CL-{cases['known']}", table="due")
    assert any("next needs the engine at" in f["finding"] for f in found), found
    assert_repaired(store)


def test_1_no_clock_runs(store, cases):
    change_case(store, cases["known"], inside(CLOCKS, 2, 3))
    assert_named(store.findings(), 1, case=f"CL-{cases['known']}", table="case")
    store.doctor("--repair", code=0)
    store.doctor(code=0)


# ---- 2 ----
def test_2_seconds_do_not_add_up(store, cases):
    owner = fact_of("owner")

    def change(e):
        owner(e).total_ms += 1
    lsn = change_entry(store, owner, change)
    assert_named(store.findings(), 2, case=f"CL-{cases['closed']}", lsn=lsn)


def test_2_seconds_of_a_case_do_not_add_up(store, cases):
    def later(no, v):
        return v if no != OWNER_SINCE else struct.pack("<q", struct.unpack("<q", v)[0] - 1) if isinstance(v, bytes) else v + 1
    change_case(store, cases["known"], later)
    assert_named(store.findings(), 2, case=f"CL-{cases['known']}")


# ---- 3, 4, 5 ----
def test_3_a_mark_fired_before_its_time(store, cases):
    def change(e):
        e.t_due = e.t_rec + 1000
    lsn = change_entry(store, lambda e: e.t_due and e.case_number == cases["late"], change)
    assert_named(store.findings(), 3, case=f"CL-{cases['late']}", lsn=lsn)


def test_3_a_mark_fired_twice(store, cases):
    notice = fact_of("notice", kind="WARNING", clock="K_ARRIVE")

    def change(e):
        e.facts.add().notice.CopyFrom(notice(e))
    lsn = change_entry(store, lambda e: e.case_number == cases["late"] and notice(e), change)
    assert_named(store.findings(), 3, case=f"CL-{cases['late']}", clock="K_ARRIVE", lsn=lsn)


def test_3_what_was_taken_back_may_be_told_again(store, cases):
    notice = fact_of("notice", kind="WARNING", clock="K_ARRIVE")

    def change(e):
        told = notice(e)
        for kind in ("CORRECTION", told.kind):
            e.facts.add().notice.CopyFrom(told)
            e.facts[-1].notice.kind = kind
    change_entry(store, lambda e: e.case_number == cases["late"] and notice(e), change)
    assert not [f for f in store.findings() if f["invariant"] == 3]


def test_3_a_notice_was_told_before_it_was_due(store, cases):
    notice = fact_of("notice", kind="WARNING", clock="K_ARRIVE")

    def change(e):
        notice(e).t_due = e.t_rec + 1000
    lsn = change_entry(store, lambda e: e.case_number == cases["late"] and notice(e), change)
    found = store.findings()
    assert_named(found, 3, case=f"CL-{cases['late']}", clock="K_ARRIVE", lsn=lsn)
    assert any("told before it was due" in f["finding"] for f in found)


def test_3_a_breach_that_was_written_twice(store, cases):
    breach = fact_of("breach", clock="K_ARRIVE")

    def change(e):
        e.facts.add().breach.CopyFrom(breach(e))
    lsn = change_entry(store, lambda e: e.case_number == cases["late"] and breach(e), change)
    found = store.findings()
    assert_named(found, 3, case=f"CL-{cases['late']}", clock="K_ARRIVE", lsn=lsn)
    assert any("a breach was written twice" in f["finding"] for f in found)


def test_4_a_breach_noticed_before_it_was_due(store, cases):
    breach = fact_of("breach")

    def change(e):
        breach(e).t_noticed = breach(e).t_due - 1
    lsn = change_entry(store, breach, change)
    assert_named(store.findings(), 4, case=f"CL-{cases['late']}", clock="K_ARRIVE", lsn=lsn)


def test_4_a_breach_after_the_fact_that_met_it(store, cases):
    stop = fact_of("clock", clock="K_ARRIVE", change="STOP")
    with store.edit() as r:
        met = next(stop(e) for e in entries(r) if e.case_number == cases["closed"] and stop(e))

    def change(e):
        e.facts.add().breach.CopyFrom(journal_pb2.BreachFact(clock="K_ARRIVE", holder="P-07", deadline=met.deadline, t_due=met.deadline,
                                                             t_noticed=met.deadline))
    lsn = change_entry(store, lambda e: e.case_number == cases["closed"] and e.cause == "RESOLVED", change)
    assert_named(store.findings(), 4, case=f"CL-{cases['closed']}", clock="K_ARRIVE", lsn=lsn)


def test_5_an_alarm_without_its_end(store, cases):
    change_case(store, cases["late"], inside(TOLD, 10, 0))
    assert_named(store.findings(), 5, case=f"CL-{cases['late']}", clock="K_ARRIVE")


# ---- 6 ----
def test_6_an_entry_that_the_journal_does_not_bear_out(store, cases):
    def change(e):
        e.holder = "P-11"
    lsn = change_entry(store, lambda e: e.state == "ONSITE", change)
    found = store.findings()
    assert_named(found, 6, case=f"CL-{cases['closed']}", lsn=lsn)
    assert "holder" in next(f for f in found if f["lsn"] == lsn)["finding"]
    _, code = store.doctor("--repair")
    assert code == 1, "nothing is derived from a damaged journal"
    assert store.findings() == found


def test_6_a_case_that_cannot_be_read(store, cases):
    with store.edit() as r:
        r.put("case", be64(cases["known"]), b"\xff\xff\xff")
    assert_named(store.findings(), 6, case=f"CL-{cases['known']}", table="case")
    assert_repaired(store)


@pytest.mark.parametrize("table, invariant", [("seen", 8), ("ref", 6)])
def test_6_and_8_a_row_that_names_what_does_not_exist(store, table, invariant):
    with store.edit() as r:
        key, value = r.all(table)[0]
        r.put(table, key, value[:24] + be64(4711) + value[32:] if table == "seen" else be64(4711) + value[8:])
    found = store.findings()
    assert any("which does not exist" in f["finding"] for f in found), found
    assert_named(found, invariant, table=table, repairable=True)
    store.doctor("--repair", code=0)
    assert store.doctor(code=0)[0][-1]["findings"] == 0


# Keys that no row of ours has: too short, too long, as long as LMDB takes. The last of `due` would be followed by another one.
ODD_KEYS = [b"\0\0\1", be64(4711) + b"\0", b"\xff" * 20, b"\1" * 511]


@pytest.mark.parametrize("table", ["case", "due", "seen", "ref", "source", "watch"])
@pytest.mark.parametrize("key", ODD_KEYS, ids=["short", "long", "last", "longest"])
def test_6_a_row_under_a_key_that_none_has(store, cases, table, key):
    """It is found, taken away, and hides no other row that is wrong."""
    with store.edit() as r:
        like = r.all(table)[0]
        r.put(table, key, like[1])
        due = next(k for k, _ in r.all("due") if k[8:] == be64(cases["known"]))
        r.delete("due", due)
    found = store.findings()
    assert_named(found, 1, case=f"CL-{cases['known']}", table="due")
    assert any(f["table"] == table and f["case"] != f"CL-{cases['known']}" for f in found), found
    store.doctor("--repair", code=0)
    assert store.doctor(code=0)[0][-1]["findings"] == 0
    with store.edit() as r:
        assert key not in [k for k, _ in r.all(table)]


@pytest.mark.parametrize("row", [b"short", b"\1" * 120, b"\1" * 9000], ids=["short", "noise", "too large"])
def test_an_identity_that_cannot_be_read(store, cases, row):
    """It is named, and what comes behind it is examined all the same."""
    with store.edit() as r:
        (key, whole), = r.all("person")
        r.put("person", key, row)
        r.put("person", be64(cases["known"]), b"no party")
        r.put("person", be64(cases["known"] + 1) + key[8:], whole)
    found = store.findings("--key", store.key)
    assert [(f["table"], f["case"]) for f in found] == [("person", f"CL-{cases['known']}"), ("person", f"CL-{cases['known'] + 1}")], found
    assert all("cannot be decrypted" in f["finding"] for f in found)


def test_6_a_lost_entry(store):
    with store.edit() as r:
        r.delete("journal", be64(5))
    assert_named(store.findings(), 6, lsn=6)


@pytest.mark.parametrize("table, invariant", [("case", 6), ("seen", 8), ("ref", 6), ("source", 6), ("parked", 6), ("watch", 6)])
def test_6_and_8_a_lost_row(store, table, invariant):
    with store.edit() as r:
        found = r.all(table)
        assert found, f"nothing stands in {table}"
        r.delete(table, found[-1][0])
    assert_named(store.findings(), invariant, table=table, repairable=True)
    assert_repaired(store)


@pytest.mark.parametrize("table", ["case", "seen", "ref", "source"])
def test_6_and_8_a_changed_row(store, table, cases):
    if table == "case":
        change_case(store, cases["known"], lambda no, v: v.replace(b"S-02", b"S-03") if no == 9 else v)
    else:
        with store.edit() as r:
            key, value = r.all(table)[0]
            r.put(table, key, bytes([value[0] ^ 1]) + value[1:] if table == "seen" else value[:7] + bytes([value[7] ^ 1]) + value[8:])
    assert_named(store.findings(), 8 if table == "seen" else 6, table=table)
    store.doctor("--repair", code=0)
    assert store.doctor(code=0)[0][-1]["findings"] == 0


@pytest.mark.parametrize("table", ["feed", "open", "tally"])
def test_6_a_projection_that_is_not_a_rebuild(store, table):
    with store.edit() as r:
        r.delete(table, r.all(table)[0][0])
    assert_named(store.findings(), 6, table=table, repairable=True)
    assert_repaired(store)


def test_12_counts_that_do_not_add_up(store):
    with store.edit() as r:
        r.delete("tally", next(k for k, _ in r.all("tally") if b"\0community\0" in k and k.endswith(b"reported")))
    assert_named(store.findings(), 12, table="tally", repairable=True)
    assert_repaired(store)


# ---- 7, 10, 11 ----
def test_7_a_deadline_that_is_not_what_its_parts_give(store, cases):
    clock = fact_of("clock", clock="K_ARRIVE", change="START")

    def change(e):
        clock(e).deadline += 60_000
    lsn = change_entry(store, clock, change)
    assert_named(store.findings(), 7, case=f"CL-{cases['closed']}", clock="K_ARRIVE", lsn=lsn)


def test_7_a_deadline_of_a_case_that_is_not_what_its_parts_give(store, cases):
    change_case(store, cases["known"], inside(CLOCKS, 9, 1))  # a budget of a millisecond
    assert_named(store.findings(), 7, case=f"CL-{cases['known']}", table="case")
    store.doctor("--repair", code=0)
    store.doctor(code=0)


def test_10_a_name_in_the_journal(store, cases):
    def change(e):
        e.category = f"from {NAME}"
    lsn = change_entry(store, lambda e: e.case_number == cases["known"], change)
    found = store.findings("--key", store.key)
    assert_named(found, 10, case=f"CL-{cases['known']}", lsn=lsn)
    assert NAME not in json.dumps(found), "the doctor does not say it again"


def test_11_closed_without_a_call_back(store, cases):
    state = fact_of("state", to="CLOSED")

    def change(e):
        state(e).cause = "RESOLVED"
    lsn = change_entry(store, state, change)
    assert_named(store.findings(), 11, case=f"CL-{cases['closed']}", lsn=lsn)


def test_11_called_back_by_the_party_complained_of(store, cases):
    with store.edit() as r:
        key = be64(cases["closed"])
        row = next(v for k, v in r.all("case") if k == key)
        r.put("case", key, pack(sorted([*fields(row), (ABOUT, 2, b"callback")])))
    found = store.findings()
    assert_named(found, 11, case=f"CL-{cases['closed']}", clock="K_CALLBACK")
    assert_named(found, 6, case=f"CL-{cases['closed']}", table="case")


# ---- a journal apart ----
def export(store, path):
    subprocess.run([os.path.join(BIN, "hongxin"), "export", "--store", store.folder, path], check=True, capture_output=True)


def doctor_export(path):
    done = subprocess.run([os.path.join(BIN, "hongxin"), "doctor", "--export", path, "--config", f"{SOURCE}/config", "--json"],
                          capture_output=True, text=True)
    return [json.loads(line) for line in done.stdout.splitlines()], done.returncode, done.stderr


def test_a_journal_apart(store, cases, tmp_path):
    path = tmp_path / "journal"
    export(store, path)
    found, code, _ = doctor_export(path)
    assert code == 0 and found[-1]["entries"] == found[-1]["replayed"] > 10
    whole = path.read_bytes()
    path.write_bytes(whole[:-100])
    assert doctor_export(path)[1] == 1
    path.write_bytes(b"something else\n" + whole)
    assert doctor_export(path)[1] == 2
    breach = fact_of("breach")

    def change(e):
        breach(e).t_noticed = breach(e).t_due - 1
    lsn = change_entry(store, breach, change)
    export(store, path)
    assert_named(doctor_export(path)[0], 6, case=f"CL-{cases['late']}", lsn=lsn)


def open_files(pid):
    for n in os.listdir(f"/proc/{pid}/fd"):
        with contextlib.suppress(FileNotFoundError):  # closed meanwhile
            yield os.readlink(f"/proc/{pid}/fd/{n}")


def test_killed_it_leaves_nothing_behind(store, tmp_path):
    """The store that it makes for itself has no name any more by the time anything is in it. Here it waits for the rest of a journal."""
    whole, half, tmp = tmp_path / "journal", tmp_path / "half", tmp_path / "tmp"
    export(store, whole)
    os.mkfifo(half)
    tmp.mkdir()
    process = subprocess.Popen([os.path.join(BIN, "hongxin"), "doctor", "--export", half, "--config", f"{SOURCE}/config"],
                               stdout=subprocess.DEVNULL, env={**os.environ, "TMPDIR": str(tmp)})
    try:
        with half.open("wb", buffering=0) as f:
            f.write(whole.read_bytes()[:whole.stat().st_size // 2])
            wait_until(lambda: any(str(tmp) in at for at in open_files(process.pid)))
            wait_until(lambda: os.listdir(tmp) == [])
            process.kill()
            process.wait()
        assert os.listdir(tmp) == []
    finally:
        process.kill()
        process.wait()


@pytest.mark.parametrize("damage, said", [
    (lambda r, e: r.put("journal", be64(e.lsn), b"\xff\xff\xff"), "cannot be decoded"),
    (lambda r, e: (setattr(e, "lsn", e.lsn - 2), r.put("journal", be64(e.lsn + 2), e.SerializeToString())), "comes after"),
    (lambda r, e: (setattr(e, "t_rec", 1), r.put("journal", be64(e.lsn), e.SerializeToString())), "time runs backwards"),
], ids=["rubbish", "order", "time"])
def test_a_journal_apart_that_is_damaged(store, tmp_path, damage, said):
    with store.edit() as r:
        damage(r, entries(r)[5])
    export(store, tmp_path / "journal")
    found, code, _ = doctor_export(tmp_path / "journal")
    assert code == 1
    assert_named(found, 6, table="journal")
    assert any(said in f.get("finding", "") for f in found), found
    assert_named(store.findings(), 6, table="journal")


# ---- 8 ----
def use_a_number_twice(store, cases):
    """The second event of the source bears the number of its first one."""
    def change(e):
        event = event_pb2.Event.FromString(e.event)
        event.source_seq = 1
        e.event = event.SerializeToString()
    return change_entry(store, lambda e: e.case_number == cases["known"] and e.cause == "COMMENT", change)


def test_8_a_number_of_a_source_is_used_twice(store, cases, tmp_path):
    lsn = use_a_number_twice(store, cases)
    assert_named(store.findings(), 8, table="journal", case=f"CL-{cases['known']}", lsn=lsn)
    export(store, tmp_path / "journal")  # played again it is the conflict that the door would have answered
    assert_named(doctor_export(tmp_path / "journal")[0], 6, table="journal", case=f"CL-{cases['known']}", lsn=lsn)


def test_8_the_door_refuses_a_number_that_its_source_has_used(make_daemon):
    """Kept aside and told: the journal has no two events under one number, also after a kill."""
    d = make_daemon()
    with d.client() as c:
        number = c.report().case_number
        one, two = (c.event("COMMENT", case_number=number, source="kiosk", source_seq=7, data={"text": t}) for t in "ab")
        first, second = c.publish(one, two)
    assert first.result == RESULT.ACCEPTED
    assert (second.result, second.code) == (RESULT.CONFLICT, "SOURCE_SEQ_REPEATED") and "first digest" in second.message
    d.kill()
    d.start()
    with d.client() as c:
        again, other = c.publish(one, two)
        assert (again.result, again.lsn) == (RESULT.DUPLICATE, first.lsn)
        assert (other.result, other.code) == (RESULT.CONFLICT, "SOURCE_SEQ_REPEATED")
        two.source_seq = 8
        assert c.publish(two)[0].result == RESULT.ACCEPTED, "with a number of its own"
        stats = c.stats()
        assert stats["replies{result=CONFLICT}"] == 1
    assert d.stop() == 0
    assert Store(d.data, None).findings() == []


def test_what_cannot_be_examined(store, tmp_path):
    hongxin = os.path.join(BIN, "hongxin")
    for args in (["--repair"], ["--store", tmp_path / "nothing"], ["--store", store.folder, "--dry-run"],
                 ["--store", store.folder, "--export", "x"], ["--store", store.folder, "--config", tmp_path]):
        done = subprocess.run([hongxin, "doctor", *args], capture_output=True, text=True, cwd=SOURCE)
        assert done.returncode == 2, args
        assert done.stderr.startswith("hongxin doctor: ")
