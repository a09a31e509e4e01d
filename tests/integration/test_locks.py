"""Who may come in, who may say what, who may see what."""
import os

import pytest
import zmq
from hongxin.v1 import event_pb2, wire_pb2
from locks import Registry, hongxin
from wire import RESULT, Client, NoAnswer, facts, wait_until

PLACE = {"P-07": "B-0417"}  # held by P-07 in the sample city


@pytest.fixture
def registry(tmp_path):
    r = Registry(tmp_path)
    r.new("hotline", "call_centre", "city")
    r.new("desk-p07", "company", "P-07")
    r.new("desk-p08", "company", "P-08")
    r.new("operator", "operator", "city")
    r.new("officer", "privacy_officer", "city")
    return r


@pytest.fixture
def locked(make_daemon, registry):
    registry.daemon = make_daemon(settings={"keys": registry.keys})
    return registry.daemon


def refused(client):
    """Nothing comes back: the daemon does not know this key."""
    client.send(request=5, ping=wire_pb2.Ping())
    return client.receive(timeout=1.0) is None


def holder_of(daemon, registry, place):
    """A case at this place, its number and its holder."""
    with registry.client(daemon, "hotline") as c:
        number = c.report(place=place, id=f"r-{place}-{os.urandom(4).hex()}").case_number
        wait_until(lambda: c.case(number).view.holder)
        return number, c.case(number).view.holder


def test_keys_in_force_come_in(locked, registry):
    with registry.client(locked, "hotline") as c:
        assert c.report().result == RESULT.Value("ACCEPTED")


def test_strangers_are_refused_and_counted(locked, registry):
    stranger = (*zmq.curve_keypair(), registry.key("hotline")[2])
    with Client(locked.doors["intake"], key=stranger) as c, Client(locked.doors["intake"]) as plain:
        assert refused(c) and refused(plain)
    with registry.client(locked, "operator") as c:
        wait_until(lambda: c.stats()["handshakes_refused"] >= 1)


def test_a_daemon_of_another_key_is_not_trusted(locked, registry):
    public, secret, _ = registry.key("hotline")
    with Client(locked.doors["intake"], key=(public, secret, zmq.curve_keypair()[0])) as c:
        assert refused(c)


def test_a_revoked_key_does_nothing_on_a_standing_connection(locked, registry):
    with registry.client(locked, "hotline") as c, registry.client(locked, "desk-p07", door="feed") as feed:
        number = c.report().case_number
        feed.hello("company:P-07")
        registry.revoke("hotline")
        registry.revoke("desk-p07")
        c.send(publish=wire_pb2.Publish(request=9, items=[wire_pb2.Item(
            event=c.event("REPORTED", by="reporter", data={"place": "B-0417"}).SerializeToString())]))
        assert c.expect("problem").code == "DENIED"
        while (message := feed.receive()).WhichOneof("answer") != "problem":
            pass
        assert message.problem.code == "DENIED"
    with registry.client(locked, "hotline") as c:
        assert refused(c)
    with registry.client(locked, "operator") as c:
        assert c.case(number).view.case_number == number
        with pytest.raises(AssertionError, match="NO_CASE"):
            c.case(number + 1)


def test_two_keys_are_in_force_until_the_old_one_is_revoked(locked, registry):
    old = registry.hex("hotline")[0]
    with registry.client(locked, "hotline") as before:
        registry.rotate("hotline", "hotline-2")
        with Client(locked.doors["intake"], source="hotline", key=registry.key("hotline-2")) as after:
            assert before.report(id="a").result == after.report(id="b").result == RESULT.Value("ACCEPTED")
            registry.revoke("hotline", old[:8])
            after_id = after.report(id="c")
            assert after_id.result == RESULT.Value("ACCEPTED")
            before.send(request=5, ping=wire_pb2.Ping())
            assert before.expect("problem").code == "DENIED"


def test_a_broken_registry_changes_nothing(locked, registry):
    text = registry.path.read_text()
    registry.path.write_text(text + "nonsense\n")
    wait_until(lambda: locked.said("event=access_refused"))
    with registry.client(locked, "hotline") as c:
        assert c.report().result == RESULT.Value("ACCEPTED")


@pytest.mark.parametrize("change,code", [
    ({"source": "another"}, "FOREIGN_SOURCE"), ({"by": "city/mayor"}, "FOREIGN_PARTY"),
    ({"by": "holder:P-08/li"}, "FOREIGN_AREA"), ({"by": "holder/li"}, "FOREIGN_AREA")])
def test_nobody_speaks_for_another(locked, registry, change, code):
    number, _ = holder_of(locked, registry, "B-0417")
    with registry.client(locked, "desk-p07") as c:
        reply = c.publish(c.event("HELD", **{"by": "holder:P-07/li", "case_number": number, **change}))[0]
        assert (reply.result, reply.code, reply.case_number, list(reply.allowed)) == (RESULT.Value("INVALID"), code, 0, [])


def test_a_foreign_case_looks_like_none(locked, registry):
    number, holder = holder_of(locked, registry, "B-0417")
    other = "desk-p08" if holder == "P-07" else "desk-p07"
    area = "P-08" if holder == "P-07" else "P-07"
    with registry.client(locked, other) as c:
        foreign, none = (c.publish(c.event("HELD", by=f"holder:{area}/li", case_number=n))[0] for n in (number, number + 999))
        assert (foreign.result, foreign.code) == (none.result, none.code) == (RESULT.Value("INVALID"), "NO_CASE")
        for n in (number, number + 999):
            c.send(request=5, case_query=wire_pb2.CaseQuery(case_number=n))
            problem = c.expect("problem")
            assert (problem.code, problem.message) == ("NO_CASE", "there is no such case")


def test_what_a_role_may_not_ask_is_denied(locked, registry):
    with registry.client(locked, "desk-p07") as c:
        for ask in ({"stats": wire_pb2.StatsQuery()}, {"count": wire_pb2.CountQuery()},
                    {"identity": wire_pb2.IdentityQuery(case_number=1, reason="curious")},
                    {"trace": wire_pb2.TraceQuery(case_number=1, reason="curious")}):
            c.send(request=5, **ask)
            problem = c.expect("problem")
            assert (problem.code, problem.message) == ("DENIED", "not permitted")


def test_a_subscriber_bears_no_foreign_name(locked, registry):
    with registry.client(locked, "desk-p07", door="feed") as c:
        for name in ("company:P-08", "company:P-08/x", "supervisor:city", "desk-p08", "desk-p07x", ":P-07", "company:"):
            c.send(hello=wire_pb2.Hello(subscriber=name, credit=5))
            assert c.expect("problem").code == "DENIED", name
        for name in ("company:P-07", "company:P-07/desk-2", "desk-p07", "desk-p07/two", ""):
            c.hello(name)


def test_a_peer_that_names_itself_is_not_served(locked, registry):
    with registry.client(locked, "desk-p07", door="feed", identity=b"desk-p08") as c:
        c.send(hello=wire_pb2.Hello(subscriber="company:P-07", credit=5))
        assert c.expect("problem").code == "DENIED"


def test_the_city_wide_door_is_for_city_wide_rights(locked, registry):
    registry.new("board", "supervisor", "city")

    def listener(name):
        s = zmq.Context.instance().socket(zmq.SUB)
        s.linger = 0
        s.curve_publickey, s.curve_secretkey, s.curve_serverkey = registry.key(name)
        s.subscribe(b"")
        s.connect(locked.doors["pub"])
        return s

    board, company = listener("board"), listener("desk-p07")
    with registry.client(locked, "hotline") as c:
        wait_until(lambda: c.report(id=os.urandom(4).hex()).lsn and board.poll(200))
        assert not company.poll(0)
        registry.revoke("board")
        registry.new("board-2", "supervisor", "city")
        again = listener("board-2")
        after = c.report(id="after").lsn
        wait_until(lambda: c.report(id=os.urandom(4).hex()).lsn and again.poll(200))
        while board.poll(0):
            assert int(board.recv_multipart()[1]) < after
    for s in (board, company, again):
        s.close()
