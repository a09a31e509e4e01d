"""The self-audit: a timer that is lost is noticed, named and put back; the figures tell that it goes on."""
from hongxin.v1 import wire_pb2
from lmdb_row import delete_first_row, rows
from wire import facts, wait_until

OLDEST = wire_pb2.Hello.OLDEST


def rounds(client):
    return client.stats()["audit_rounds"]


def alarms(daemon, client):
    """Audit alarms in the journal: [(case, code)]"""
    end = client.ask("pong", ping=wire_pb2.Ping()).newest_lsn
    with daemon.client("feed") as f:
        f.hello("", **{"from": OLDEST})
        return [(e.case_number, a.code) for e in f.entries(end) for a in facts(e, "alarm")
                if a.code in ("NO_CLOCK", "NO_DUE_ROW")]


def test_a_deleted_timer_is_named_and_put_back(make_daemon):
    d = make_daemon(settings={"audit_ms": 1000})
    with d.client() as c:
        first, second = c.report().case_number, c.report().case_number
        wait_until(lambda: rounds(c) >= 1)
        assert alarms(d, c) == [], "nothing is wrong yet"
        gone = int.from_bytes(delete_first_row(d.data, "due")[8:], "big")
        assert gone in (first, second)
        wait_until(lambda: c.stats()["audit_alarms"] >= 1)
        assert alarms(d, c) == [(gone, "NO_DUE_ROW")]
        assert c.stats()["due_rows"] == 2, "the timer is back"
        seen = rounds(c)
        wait_until(lambda: rounds(c) > seen + 1)
        assert alarms(d, c) == [(gone, "NO_DUE_ROW")], "said once"


def test_a_case_whose_timer_was_lost_is_judged_after_all(make_daemon):
    d = make_daemon(settings={"audit_ms": 1000}, scale=60)
    with d.client() as c:
        number = c.report().case_number
        delete_first_row(d.data, "due")
        view = wait_until(lambda: (v := c.case(number).view).state == "HELD" and v)
        assert "DEEMED" in view.flags


def test_a_damaged_timer_stops_no_other(make_daemon):
    d = make_daemon(settings={"audit_ms": 1000}, scale=60)
    with d.client() as c:
        numbers = [c.report().case_number, c.report().case_number]
        with rows(d.data) as r:
            key, value = r.all("due")[0]
            for other, _ in r.all("due"):  # a mark may have rung by now: not only an old row that its case needs no more
                if other[8:] == key[8:]:
                    r.delete("due", other)
            r.put("due", key[:8], value)
        wait_until(lambda: [c.case(n).view.state for n in numbers] == ["HELD", "HELD"])
        wait_until(lambda: c.stats()["quarantined"] == 1)
        assert alarms(d, c) == [(int.from_bytes(key[8:], "big"), "NO_DUE_ROW")]


def test_the_figures_say_that_it_goes_on(make_daemon):
    d = make_daemon(settings={"audit_ms": 1000})
    with d.client() as c:
        for n, together in ((3, 3), (2497, 2500)):  # a small round, then one of several steps
            c.publish(*[c.event("REPORTED", by="reporter", data={"class": "SMALL", "place": "B-0417"}) for _ in range(n)])
            wait_until(lambda: c.stats()["audit_cases"] == together)
        stats = c.stats()
        assert stats["audit_age_s"] < 60 and stats["audit_alarms"] == 0


def test_lateness_is_told_in_buckets(make_daemon):
    d = make_daemon(scale=60)
    with d.client() as c:
        c.report()
        wait_until(lambda: c.stats()["deadlines_judged"] >= 1)
        stats = c.stats()
        buckets = [v for k, v in stats.items() if k.startswith("deadline_lateness_us_bucket")]
        assert buckets == sorted(buckets) and len(buckets) == 10
        assert stats["deadline_lateness_us_bucket{le=+Inf}"] == stats["deadline_lateness_us{count}"]
