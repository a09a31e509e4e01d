"""A single row is not as it was written. One bad record keeps nobody from serving; where the daemon cannot start without it, the
last line says what it is."""
import shutil

import pytest
from daemon import Daemon
from hongxin.v1 import wire_pb2
from lmdb_row import rows
from wire import RESULT, alive, wait_until

SERVES = ["case", "due", "seen", "source", "ref", "parked", "watch", "person", "quarantine", "feed", "open", "tally"]


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A store with a row in each of these tables."""
    folder = tmp_path_factory.mktemp("rows")
    d = Daemon(folder).start()
    with d.client() as c:
        numbers = [c.publish(c.event("REPORTED", by="reporter", case_ref=f"GD-{i}", data={"class": "SMALL", "place": "B-0417"}),
                             reporters=[{"name": "Zhang", "phone": "13800138000"}])[0].case_number for i in range(3)]
        c.publish(c.event("HELD", by="holder:P-07/li", case_number=numbers[0]),
                  c.event("HELD", case_ref="unknown", source="other", source_seq=1),
                  c.event("COMMENT", case_number=numbers[0], source="other", source_seq=3, data={"text": "x"}),
                  c.event("NONSENSE", case_number=numbers[0]))
    assert d.stop() == 0
    return d


@pytest.fixture
def damaged(whole, tmp_path):
    """damaged(table, change) → a daemon over a copy of the store of which change(rows, key, value) was told the table's first row."""
    started = []

    def make(table, change):
        copy = tmp_path / "store"
        shutil.copytree(whole.data, copy)
        with rows(copy) as r:
            key, value = r.all(table)[0]
            change(r, key, value)
        started.append(Daemon(whole.folder, data=copy).launch())
        wait_until(lambda: started[0].said("event=ready") or not alive(started[0].process, started[0].reader))
        return started[0]

    yield make
    for d in started:
        d.end()


@pytest.mark.parametrize("table", SERVES)
@pytest.mark.parametrize("how", ["value", "key"])
def test_one_bad_record_keeps_nobody_from_serving(damaged, table, how):
    def change(r, key, value):
        r.delete(table, key)
        r.put(table, key + b"x" if how == "key" else key, bytes(b ^ 0x5A for b in value) if how == "value" else value)

    d = damaged(table, change)
    assert d.said("event=ready"), d.text()
    with d.client() as c:
        assert c.report().result == RESULT.ACCEPTED
    assert d.stop() == 0
    assert not d.said("event=store_failed"), d.text()


def test_a_damaged_case_hides_no_other(damaged):
    """Neither while it stands in its table, nor when it has been set aside and there is one row less than numbers."""
    d = damaged("case", lambda r, key, value: r.put("case", key, b"\xff\xff"))
    with d.client() as c:
        def numbers(**more):
            return [case.number for case in c.ask("list", list=wire_pb2.ListQuery(limit=100, **more)).cases]

        assert numbers() == numbers(closed=True) == ["CL-2", "CL-3"]
        assert {i.case_number for i in c.ask("due", due=wire_pb2.DueQuery(within_ms=10**10)).items} == {2, 3}
        c.publish(c.event("COMMENT", by="reporter", case_number=1, data={"text": "it is set aside"}))
        assert d.said("event=quarantined reason=\"case 1 cannot be decoded\"")
        assert numbers() == numbers(closed=True) == ["CL-2", "CL-3"]


def test_a_damaged_version_of_the_rules_is_named(damaged):
    d = damaged("rules", lambda r, key, value: r.put("rules", key[:-1] + b"\1", b"x"))
    assert d.wait() == 1
    assert 'event=start_refused "the store\'s version ' in d.log[-1] and "calendar" in d.log[-1], d.text()


def test_versions_that_cannot_be_read_are_named(damaged):
    d = damaged("rules", lambda r, key, value: r.put("rules", key, b"\xff\xff"))
    assert d.wait() == 1
    assert "the store's versions of rules: a stored record cannot be decoded" in d.log[-1], d.text()


def test_an_entry_without_a_number_is_named(damaged):
    d = damaged("journal", lambda r, key, value: r.put("journal", key + b"x", value))
    assert d.wait() == 1
    assert d.said("event=journal_unreadable error=CORRUPT after=1"), d.text()
