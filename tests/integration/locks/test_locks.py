"""Who may come in, who may say what, who may see what."""
import os
import re
import struct

import pytest
import zmq
from hongxin.v1 import event_pb2, journal_pb2, wire_pb2
from daemon import SOURCE
from locks import ROLES, Registry, hongxin
from wire import RESULT, Client, facts, wait_until


def refused(client):
    """Nothing comes back: the daemon does not know this key. Once the handshake was refused there is nobody to send to."""
    client.socket.sndtimeo = 1000
    try:
        client.send(request=5, ping=wire_pb2.Ping())
    except zmq.Again:
        return True
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


def test_the_registry_goes_on_being_read_by_whom_it_was(registry, tmp_path):
    """A revocation that the daemon cannot read, because somebody's umask is strict, would be none."""
    before = os.umask(0o077)
    try:
        registry.path.chmod(0o640)
        os.chown(registry.path, -1, os.getgroups()[-1] if os.geteuid() else 65534)
        group = registry.path.stat().st_gid
        registry.revoke("hotline")
        assert (registry.path.stat().st_mode & 0o777, registry.path.stat().st_gid) == (0o640, group)
        fresh = Registry(tmp_path / "fresh")
        fresh.folder.mkdir()
        fresh.make()
        fresh.new("hotline", "call_centre", "city")
        assert fresh.path.stat().st_mode & 0o777 == 0o644 and fresh.file("hotline").stat().st_mode & 0o777 == 0o600
    finally:
        os.umask(before)


def test_a_registry_that_is_put_back_under_its_old_time_is_noticed(locked, registry):
    """Same inode, size and time of change, as cp -p and rsync --inplace leave them."""
    text = registry.path.read_text()
    before, seen = registry.path.stat(), registry.loads()
    with open(registry.path, "r+", encoding="utf-8") as f:
        f.write(text.replace(",P-07,", ",P-09,"))
    os.utime(registry.path, ns=(before.st_atime_ns, before.st_mtime_ns))
    after = registry.path.stat()
    assert (after.st_ino, after.st_size, after.st_mtime_ns) == (before.st_ino, before.st_size, before.st_mtime_ns)
    wait_until(lambda: registry.loads() > seen)


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


def test_who_names_nobody_says_no_more_than_its_key(locked, registry):
    """Without `by` a company could confirm its own work, let its own case go, or transfer it."""
    number, holder = holder_of(locked, registry, "B-0417")
    registry.new("desk-holder", "company", holder)
    registry.new("community-desk", "community", "C-03")
    registry.new("door", "kiosk", "city")
    with registry.client(locked, "desk-holder") as desk, registry.client(locked, "door") as door, registry.client(locked, "hotline") as hotline, \
            registry.client(locked, "community-desk") as community:
        def say(client, event, by=None, **data):
            return client.publish(client.event(event, case_number=number, data=data, **({"by": by} if by else {})))[0]
        assert say(desk, "HELD", f"holder:{holder}/li").result == RESULT.Value("ACCEPTED")
        for event, data in (("RETURN_ACCEPTED", {"holder": "P-08"}), ("TRANSFERRED", {"receipt": "R-1"}), ("COMMENT", {"text": "x"}), ("ARRIVED", {})):
            assert say(desk, event, **data).code == "FOREIGN_PARTY", event
        assert say(community, "ARRIVED").code == say(door, "TRANSFERRED", receipt="R-1").code == "FOREIGN_PARTY"
        assert say(desk, "ARRIVED", f"holder:{holder}/li").result == RESULT.Value("ACCEPTED")
        assert say(desk, "RESOLVED", f"holder:{holder}/li", evidence=["photo", "signature"]).result == RESULT.Value("ACCEPTED")
        assert say(desk, "CALLBACK_OK", rating=5).code == "FOREIGN_PARTY"
        assert say(hotline, "CALLBACK_OK", rating=5).result == RESULT.Value("ACCEPTED"), "whoever acts for no area need not say so"


def test_a_foreign_case_looks_like_none(locked, registry):
    number, holder = holder_of(locked, registry, "B-0417")
    other = "desk-p08" if holder == "P-07" else "desk-p07"
    area = "P-08" if holder == "P-07" else "P-07"
    with registry.client(locked, other) as c:
        foreign, none = (c.publish(c.event("HELD", by=f"holder:{area}/li", case_number=n))[0] for n in (number, number + 999))
        assert (foreign.result, foreign.code, foreign.message) == (none.result, none.code, none.message) == (RESULT.Value("INVALID"), "NO_CASE", "NO_CASE")
        for n in (number, number + 999):
            c.send(request=5, case_query=wire_pb2.CaseQuery(case_number=n))
            problem = c.expect("problem")
            assert (problem.code, problem.message) == ("NO_CASE", "there is no such case")


def test_a_repeat_of_a_foreign_case_is_one_of_none(locked, registry):
    """Whether it is open is told to nobody who may not see it, and nothing is linked to it."""
    registry.new("door-1", "worker", "S-01")
    number, _ = holder_of(locked, registry, "B-0417")  # in S-02
    with registry.client(locked, "door-1") as c, registry.client(locked, "hotline") as all:
        assert all.case(number).view.where.street == "S-02"

        def repeat(n):
            return c.publish(c.event("REPORTED", by="reporter", data={"class": "SMALL", "place": "G-001", "repeat_of": f"CL-{n}"}))[0]
        foreign, none = repeat(number), repeat(number + 999)
        assert (foreign.code, foreign.message) == (none.code, none.message) == ("NO_CASE", "NO_CASE: field repeat_of")
        all.publish(all.event("WITHDRAW_ASKED", by="reporter", case_number=number))
        assert repeat(number).code == "NO_CASE", "ended or not"


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
        registry.change("revoke", "board")  # waited for: or the key of board-2 would be tried before it is known
        registry.new("board-2", "supervisor", "city")
        again = listener("board-2")
        after = c.report(id="after").lsn
        wait_until(lambda: c.report(id=os.urandom(4).hex()).lsn and again.poll(200))
        while board.poll(0):
            assert int(board.recv_multipart()[1]) < after
    for s in (board, company, again):
        s.close()


# ---- who reported -----------------------------------------------------------------------------------------------

SECRETS = ("Wang Xiaomei", "13912345678", "Door 1704", "wang.mei@example.org")


def secret_report(client, **fields):
    name, phone, address, other = SECRETS
    reporter = event_pb2.Reporter(name=name, phone=phone, address=address, other=other)
    e = client.event("REPORTED", by="reporter", data={"class": "SMALL", "place": "B-0417"}, **fields)
    return client.publish(e, reporters=[reporter])[0]


def look(client, number, reason="call-back failed twice"):
    client.send(request=5, identity=wire_pb2.IdentityQuery(case_number=number, reason=reason, person="li"))
    return client.receive()


def acts(daemon, registry, upto):
    """Records of acts, as the operator reads them."""
    with registry.client(daemon, "operator", door="feed") as c:
        c.hello(**{"from": wire_pb2.Hello.OLDEST})
        return [a for e in c.entries(upto) for a in facts(e, "audit")]


def test_a_look_at_an_identity_is_on_record_before_it_is_answered(locked, registry):
    with registry.client(locked, "hotline") as c:
        number = secret_report(c).case_number
        answer = look(c, number).identity
        assert answer.reporter.phone == SECRETS[1]
        found = [a for a in acts(locked, registry, answer.lsn) if a.act == "IDENTITY_READ"]
        assert [(a.by, a.person, a.about, a.reason) for a in found] == [
            ("hotline", "li", f"{number}/0", "call-back failed twice")]
        assert look(c, number, reason="").problem.code == "NO_REASON"
    with registry.client(locked, "desk-p07") as c:
        assert look(c, number).problem.code == "DENIED"


def test_a_copy_names_whose_it_was(locked, registry):
    with registry.client(locked, "hotline") as c:
        number = secret_report(c).case_number
        wait_until(lambda: c.case(number).view.holder)
        holder, own = c.case(number).view.holder, c.case(number).view.callback_ref
    name = registry.new("desk-holder", "company", holder) and "desk-holder"
    with registry.client(locked, name) as c:
        ref = c.case(number).view.callback_ref
        assert ref.startswith("CB-") and ref != own
    with registry.client(locked, "officer") as c:
        def trace(r):
            return c.ask("trace", trace=wire_pb2.TraceQuery(case_number=number, callback_ref=r, reason="found in a lift"))
        assert (trace(ref).principal, trace(own).principal, trace("CB-0000-0000-0000").principal) == (name, "hotline", "")


def test_erasing_a_person_keeps_every_figure(locked, registry):
    with registry.client(locked, "hotline") as c, registry.client(locked, "officer") as officer:
        number = secret_report(c).case_number
        wait_until(lambda: c.case(number).view.holder)
        before, counts = c.case(number, history=True), c.ask("count", count=wire_pb2.CountQuery()).counts

        def act(what):
            officer.send(request=5, identity_act=wire_pb2.IdentityAct(act=what, case_number=number, reason="letter 17"))
            return officer.receive()
        assert act(wire_pb2.IdentityAct.HOLD).identity_acted.lsn
        assert act(wire_pb2.IdentityAct.ERASE).problem.code == "LEGAL_HOLD"
        assert act(wire_pb2.IdentityAct.RELEASE).identity_acted.lsn
        assert act(wire_pb2.IdentityAct.ERASE).identity_acted.identities == 1
        assert look(c, number).problem.code == "NO_IDENTITY"
        after = c.case(number, history=True)
        assert after.view.callback_ref == "" and before.view.callback_ref
        before.view.callback_ref = ""
        for view in (before.view, after.view):
            view.ClearField("owner_ms")  # grows with the time
        assert (after.view, list(after.history)) == (before.view, list(before.history))
        assert list(c.ask("count", count=wire_pb2.CountQuery()).counts) == list(counts)


def test_a_resident_is_forgotten_by_the_beginning_of_his_references(locked, registry):
    with registry.client(locked, "hotline") as c, registry.client(locked, "officer") as officer:
        numbers = {}
        for n, ref in enumerate(("0123456789abcdef-1", "0123456789abcdef-2", "0123456789abcdee-3", "x0123456789abcdef-4")):
            e = c.event("REPORTED", by="reporter", case_ref=ref, data={"class": "SMALL", "place": "B-0417"})
            reply = c.publish(e, reporters=[event_pb2.Reporter(name="Li", phone="13800138000")])[0]
            assert reply.result == RESULT.Value("ACCEPTED"), reply
            numbers[n] = reply.case_number
            wait_until(lambda: c.case(numbers[n]).view.holder)
        officer.ask("identity_acted", identity_act=wire_pb2.IdentityAct(act=wire_pb2.IdentityAct.HOLD, case_number=numbers[1], reason="letter 17"))

        def forget(prefix, who=officer):
            who.send(request=5, identity_act=wire_pb2.IdentityAct(act=wire_pb2.IdentityAct.ERASE, source=c.source, ref_prefix=prefix, reason="unsubscribed"))
            return who.receive()
        assert forget("0123").problem.code == "BAD_PREFIX"
        assert forget("0123456789abcdef-", c).problem.code == "DENIED"
        acted = forget("0123456789abcdef-").identity_acted
        assert (acted.cases, acted.identities, acted.held) == (2, 1, 1) and acted.lsn
        assert look(c, numbers[0]).problem.code == "NO_IDENTITY"
        assert all(look(c, numbers[n]).identity.reporter.name == "Li" for n in (1, 2, 3))
        assert forget("0123456789abcdef-").identity_acted.identities == 0


def test_whoever_has_reported_very_often_is_forgotten_as_a_whole(locked, registry):
    with registry.client(locked, "hotline") as c, registry.client(locked, "officer") as officer:
        reports = [c.event("REPORTED", by="reporter", case_ref=f"0123456789abcdef-{n:05}", data={"class": "SMALL", "place": "B-0417"}) for n in range(1100)]
        last = c.publish(*reports, reporters=[event_pb2.Reporter(name="Li", phone="13800138000")] * len(reports))[-1].case_number
        newest = c.ask("case_answer", case_query=wire_pb2.CaseQuery(source="hotline", ref="0123456789abcdef-", newest=True))
        assert newest.view.case_number == last
        acted = officer.ask("identity_acted", identity_act=wire_pb2.IdentityAct(
            act=wire_pb2.IdentityAct.ERASE, source="hotline", ref_prefix="0123456789abcdef-", reason="unsubscribed"))
        assert (acted.cases, acted.identities) == (1100, 1100)
        assert look(c, last).problem.code == "NO_IDENTITY"


@pytest.mark.parametrize("value", ["139****5678", "张**", "CB-7K3Q-9XHD-2M0T", "●●●"])
def test_a_masked_value_never_takes_the_place_of_the_real_one(locked, registry, value):
    with registry.client(locked, "hotline") as c:
        number = secret_report(c, case_ref="W-1").case_number
        e = c.event("PARTY_ADDED", by="reporter", case_number=number, data={"party": "second"})
        reply = c.publish(e, reporters=[event_pb2.Reporter(name=value, phone=value)])[0]
        assert (reply.result, reply.code) == (RESULT.Value("INVALID"), "MASKED_VALUE")
        assert look(c, number).identity.reporter.phone == SECRETS[1]


# ---- two persons

def test_one_key_is_one_person_whatever_names_it_gives(locked, registry):
    """What needs a second person needs a second principal with the right to it."""
    registry.new("operator-2", "operator", "city")
    with registry.client(locked, "hotline") as c, registry.client(locked, "operator") as one, registry.client(locked, "operator-2") as two:
        number, holder = holder_of(locked, registry, "B-0417")
        registry.new("desk-holder", "company", holder)
        with registry.client(locked, "desk-holder") as desk:
            assert desk.publish(desk.event("HELD", by=f"holder:{holder}/li", case_number=number))[0].result == RESULT.Value("ACCEPTED")

        def deadline():
            return next(k.deadline for k in c.case(number).view.clocks if k.clock == "K_RESOLVE" and k.change == "RUNNING")
        before = deadline()

        def move(client, person, by="operator"):
            return client.publish(client.event("DEADLINE_MOVED", by=f"{by}/{person}", case_number=number,
                                               data={"clock": "K_RESOLVE", "deadline": before + 3_600_000, "why": "the street is closed"}))[0]
        assert move(one, "wang").result == RESULT.Value("ACCEPTED") and deadline() == before
        assert move(one, "li").code == "SAME_PERSON"
        assert deadline() == before, "another name of the same key is nobody else"
        with registry.client(locked, "desk-p07") as desk:
            assert move(desk, "zhao").code == "FOREIGN_PARTY" and deadline() == before
        assert move(two, "li").result == RESULT.Value("ACCEPTED") and deadline() == before + 3_600_000


def test_new_rules_need_two_keys_and_are_on_record(locked, registry):
    """`hongxin apply`: one key cannot ask under one name and agree under another."""
    registry.new("board", "supervisor", "city")
    text = open(f"{SOURCE}/config/calendars/china.ics", encoding="utf-8").read()
    new = text.replace("X-HONGXIN-VERSION:1\n", "X-HONGXIN-VERSION:2\n").encode()
    ask, agree = wire_pb2.Apply.ASK, wire_pb2.Apply.AGREE

    def apply(name, step, by):
        with registry.client(locked, name) as c:
            c.send(apply=wire_pb2.Apply(step=step, content=new, file="china.ics", by=by, why="the notice of November"))
            m = c.receive()
            return m.apply.state if m.WhichOneof("answer") == "apply" else m.problem.code
    assert apply("desk-p07", ask, "operator/li") == "DENIED"
    assert apply("operator", ask, "operator/wang") == "ASKED"
    assert apply("operator", agree, "operator/li") == apply("operator", agree, "operator/wang") == "SAME_PERSON"
    assert apply("board", agree, "city/li") == "IN_FORCE"
    with registry.client(locked, "operator") as c:
        newest = c.ask("pong", ping=wire_pb2.Ping()).newest_lsn
    found = [(a.act, a.by, a.person) for a in acts(locked, registry, newest) if a.act.startswith("RULES_")]
    assert found == [("RULES_ASKED", "operator", "operator/wang"), ("RULES_AGREED", "board", "city/li")]


# ---- what is proven ---------------------------------------------------------------------------------------------

def test_one_flipped_bit_anywhere_is_found(make_daemon, registry, tmp_path):
    d = make_daemon(settings={"keys": registry.keys, "check_point_entries": 4})
    with registry.client(d, "hotline") as c:
        for i in range(6):
            c.report(id=f"a{i}")
        d.kill()
        d.start()
    with registry.client(d, "hotline") as c, registry.client(d, "operator") as op:
        for i in range(6):
            c.report(id=f"b{i}")
        wait_until(lambda: op.stats()["check_points"] >= 1)
    path = tmp_path / "journal.hxj"
    hongxin("export", "--store", d.data, path)  # beside the running daemon
    assert path.stat().st_mode & 0o777 == 0o600, "what residents wrote stands in it"
    key = re.search(r"public_key=([0-9a-f]{64})", d.text()).group(1)
    good = hongxin("verify", path, "--public", key)
    assert "0 faults" in good.stdout
    whole = bytearray(path.read_bytes())
    head = whole.index(b"\n") + 1
    covered = int(re.search(r"(\d+) of them as signed", good.stdout).group(1))
    ends = [head]
    for _ in range(covered):  # each entry: its size, its bytes
        ends.append(ends[-1] + 4 + struct.unpack(">I", whole[ends[-1]:ends[-1] + 4])[0])
    assert covered >= 8
    for at in range(head, ends[-1], max(1, (ends[-1] - head) // 60)):
        bad = bytearray(whole)
        bad[at] ^= 1 << at % 8
        path.write_bytes(bad)
        assert hongxin("verify", path, "--public", key, check=False).returncode == 1, at
    for cut in (ends[2], ends[-2]):  # an entry less, two in another order
        path.write_bytes(whole[:cut] + whole[ends[ends.index(cut) + 1]:])
        assert hongxin("verify", path, "--public", key, check=False).returncode == 1
    a, b, c = ends[3:6]
    path.write_bytes(whole[:a] + whole[b:c] + whole[a:b] + whole[c:])
    assert hongxin("verify", path, "--public", key, check=False).returncode == 1
    path.write_bytes(whole)
    assert hongxin("verify", path, "--public", "0" * 64, check=False).returncode == 1

    def without_check_points(kept):
        """A file whose forger keeps so many of them, and could write what he likes behind the last."""
        at, out, seen = head, whole[:head], 0
        while size := struct.unpack(">I", whole[at:at + 4])[0]:
            point = [f.WhichOneof("fact") for f in journal_pb2.Entry.FromString(whole[at + 4:at + 4 + size]).facts] == ["check_point"]
            seen += point
            out += b"" if point and seen > kept else whole[at:at + 4 + size]
            at += 4 + size
        path.write_bytes(out + whole[at:])
        return hongxin("verify", path, "--public", key, "--segment", "4", check=False)
    assert without_check_points(99).returncode == 0, "the file as it is"
    assert "nothing of it is signed" in without_check_points(0).stdout and without_check_points(0).returncode == 1
    forged = without_check_points(1)
    assert "more is unsigned at the end" in forged.stdout and forged.returncode == 1


# ---- in Chinese

def test_the_command_says_it_in_chinese(locked, registry, tmp_path):
    """Errors, doctor, export, audit and key as well as answers."""
    with registry.client(locked, "hotline") as c:
        number = secret_report(c).case_number
    doors = ["--feed-endpoint", locked.doors.get("feed") or locked.doors["intake"]]

    def says(*args, key="officer"):
        p = hongxin(*args, "--zh", *(["--key", registry.file(key)] if key else []), check=False)
        return p.stdout + p.stderr
    assert "必须给出 --reason" in says("erase", number, *doors)
    assert "无权限" in says("identity", number, "--reason", "curious", *doors, key="desk-p07")
    assert "已设法律保全，记入第" in says("hold", number, "--reason", "court file 7", *doors)
    assert "已解除法律保全" in says("hold", number, "--release", "--reason", "court file 7", *doors)
    assert "已销毁身份：1" in says("erase", number, "--reason", "letter 17", *doors)
    assert "没有这样的案件" in says("case", "CL-999", *doors)
    acts = says("audit", *doors)
    assert "法律保全" in acts and "销毁身份" in acts and "因 letter 17" in acts
    assert "已吊销 1 把密钥" in says("key", "revoke", "desk-p08", "--registry", registry.path, key=None)
    assert "没有这把在用的密钥" in says("key", "revoke", "nobody", "--registry", registry.path, key=None)
    assert "选项 --nonsense 不存在" in says("stats", "--nonsense", key=None)
    locked.stop()
    journal = tmp_path / "journal.hxj"
    assert "条记录" in says("export", "--store", locked.data, journal, key=None)
    assert "处有误" in says("verify", journal, key=None)
    assert "未发现问题" in says("doctor", "--store", locked.data, "--config", f"{SOURCE}/config", key=None)


def test_a_row_that_the_daemon_would_refuse_is_not_written(registry, locked):
    """With one wrong row the registry before it stays in force, and who is revoked after it goes on."""
    before, out = registry.path.read_text(), registry.file("typo")
    done = hongxin("key", "new", "typo", "--role", "call_center", "--area", "city", "--registry", registry.path, "--roles", ROLES, "--out", out, check=False)
    assert done.returncode == 1 and "nothing was changed" in done.stderr and 'unknown role "call_center"' in done.stderr
    assert registry.path.read_text() == before and not out.exists() and done.stdout == ""
    registry.path.write_text(before + f"by-hand,call_center,city,,,{'0' * 64},active\n")
    wait_until(lambda: locked.said("event=access_refused"))
    done = hongxin("key", "revoke", "desk-p07", "--registry", registry.path, "--roles", ROLES)
    assert "1 keys revoked" in done.stdout and "warning: the daemon refuses this registry" in done.stderr


def test_a_registry_too_large_to_be_read_whole_is_not_written_back_cut(registry):
    text = registry.path.read_text() + "\n" * (4 << 20)
    registry.path.write_text(text)
    said = hongxin("key", "revoke", "hotline", "--registry", registry.path, check=False)
    assert said.returncode == 1 and "too large" in said.stderr
    assert registry.path.read_text() == text
