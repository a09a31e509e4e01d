"""A place holds a case: who is told for its manager stands on another post, sees it there and acts from there; nobody else does."""
import pytest
from clock import AWAY_MS, EVENING, MINUTE, SECOND, Clock, run_to
from hongxin.v1 import journal_pb2, wire_pb2
from locks import hongxin
from wire import RESULT, facts

PEOPLE = (("c3", "community", "C-03"), ("s2", "street", "S-02"), ("s3", "street", "S-03"), ("chief", "supervisor", "city"))
NO_COMPANY = "B-0770"  # in community C-03 of street S-02
NOT_ADMITTED = "88"    # a task that no community need take: its street does
LAST = EVENING + 4 * MINUTE + 40 * SECOND


@pytest.fixture
def later(make_daemon, registry, tmp_path):
    """later(category) → (daemon, number) a moment after the manager of whoever holds the case was told that nobody has come yet."""
    for name, role, area in PEOPLE:
        registry.new(name, role, area)
    clock = Clock(tmp_path, EVENING)
    daemon = make_daemon(settings={"keys": registry.keys, "absent_ms": AWAY_MS}, env=clock.environment())

    def make(category=""):
        with registry.client(daemon, "hotline") as c:
            report = c.event("REPORTED", by="reporter", data={"class": "SMALL", "place": NO_COMPANY, "category": category})
            number = c.publish(report)[0].case_number
            run_to(clock, c, LAST)
        return daemon, number

    return make


def acknowledged(registry, daemon, name, by, number):
    with registry.client(daemon, name) as c:
        reply = c.publish(c.event("NOTICE_ACKED", by=by, case_number=number, data={"clock": "K_ARRIVE", "level": "L1"}))[0]
        return reply.code or RESULT.Name(reply.result)


def told_by_feed(registry, daemon, name, receiver):
    """The notices to this receiver that the feed of the principal brings."""
    with registry.client(daemon, name, door="feed") as feed:
        welcome = feed.hello(f"{name}/desk", filter=wire_pb2.Filter(to=[receiver]), **{"from": wire_pb2.Hello.OLDEST})
        found = feed.entries(welcome.newest_lsn)
    return [(e, n) for e in found for n in facts(e, "notice") if n.stand_in == receiver and n.level == "L1" and n.clock == "K_ARRIVE"]


def history(client, number):
    return [journal_pb2.Entry.FromString(b) for b in client.case(number, history=True).history]


def test_the_street_answers_for_the_manager_of_its_community(later, registry):
    daemon, number = later()
    (entry, notice), = told_by_feed(registry, daemon, "s2", "street:S-02")
    assert (notice.to, notice.person) == ("manager:C-03", "wang") and {"C-03", "S-02"} <= set(entry.audience)
    assert acknowledged(registry, daemon, "s3", "street:S-03/weikai", number) == "NO_CASE"
    assert acknowledged(registry, daemon, "c3", "community:C-03/yuanyuwen", number) == "NO_SUCH_NOTICE"
    assert acknowledged(registry, daemon, "chief", "city/property/dingyue", number) == "NO_SUCH_NOTICE"
    assert acknowledged(registry, daemon, "s2", "manager:C-03/wang", number) == "FOREIGN_PARTY", "he has the right to his own post only"
    assert acknowledged(registry, daemon, "s2", "street:S-02/wang", number) == "ACCEPTED"
    doors = {"HONGXIN_ENDPOINT": daemon.doors["intake"], "HONGXIN_FEED": daemon.doors.get("feed") or daemon.doors["intake"]}
    lines = hongxin("told", number, "--key", registry.file("s2"), env=doors).stdout.splitlines()
    line, = (line for line in lines if "L1 K_ARRIVE" in line)
    assert "manager:C-03 (answered for by street:S-02) wang" in line and line.endswith("street:S-02/wang"), "and his acknowledgement is found"


def test_the_city_answers_for_the_manager_of_a_street(later, registry):
    daemon, number = later(NOT_ADMITTED)
    (entry, notice), = told_by_feed(registry, daemon, "chief", "city/property")
    assert (notice.to, notice.person) == ("manager:S-02", "dingyue") and {"S-02", "city"} <= set(entry.audience)
    assert acknowledged(registry, daemon, "s2", "street:S-02/wang", number) == "NO_SUCH_NOTICE", "nobody supervises himself"
    assert acknowledged(registry, daemon, "chief", "city/desk/dongguihua", number) == "NO_SUCH_NOTICE"
    assert acknowledged(registry, daemon, "chief", "city/property/dingyue", number) == "ACCEPTED"


def test_what_was_told_outlives_a_kill_and_its_receipt_is_for_whom_it_went_to(later, registry):
    daemon, number = later(NOT_ADMITTED)
    daemon.kill()
    daemon.start()
    receipt = {"to": "manager:S-02"}
    with registry.client(daemon, "s2") as c:
        assert c.publish(c.event("NOTICE_DELIVERED", by="street:S-02/wang", case_number=number, data=receipt))[0].code == "NOT_RECEIVER"
    with registry.client(daemon, "chief") as c:
        assert c.publish(c.event("NOTICE_DELIVERED", by="city/property/dingyue", case_number=number, data=receipt))[0].result == RESULT.ACCEPTED
        assert [d.by for e in history(c, number) for d in facts(e, "delivery") if d.result == "DELIVERED"] == ["city/property/dingyue"]
    assert acknowledged(registry, daemon, "chief", "city/property/dingyue", number) == "ACCEPTED"
