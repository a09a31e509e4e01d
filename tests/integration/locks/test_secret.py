"""The secret of a case (corner 10): with its number it shows, from anywhere, that the reporter speaks. It stands in no journal."""
import os
import re
import subprocess

import pytest
from daemon import BIN
from hongxin.v1 import event_pb2, wire_pb2
from wire import RESULT

REPORT = {"class": "SMALL", "place": "B-0417"}


@pytest.fixture
def reported(make_daemon):
    """A daemon, a client, and the answer to a report through the hotline."""
    d = make_daemon()
    with d.client() as c:
        yield d, c, c.publish(c.event("REPORTED", by="reporter", source="hotline", data=REPORT))[0]


def withdraw(client, number, secret="", **fields):
    """Through another source than the report's."""
    e = client.event("WITHDRAW_ASKED", by="reporter", source="kiosk", case_number=number, **fields)
    return client.publish(e, reporters=[event_pb2.Reporter(secret=secret)] if secret else None)[0]


def test_a_report_is_answered_with_a_secret_and_the_same_again(reported):
    d, c, _ = reported
    e = c.event("REPORTED", by="reporter", source="hotline", data=REPORT)
    first, second = c.publish(e)[0], c.publish(e)[0]
    assert re.fullmatch("[0-9A-HJKMNP-TV-Z]{5}-[0-9A-HJKMNP-TV-Z]{5}", first.secret)
    assert (second.result, second.secret) == (RESULT.DUPLICATE, first.secret), "the first answer may have been lost"
    assert c.publish(c.event("REPORTED", by="reporter", source="hotline", data=REPORT))[0].secret != first.secret
    held = c.publish(c.event("HELD", by="holder:P-07/li", case_number=first.case_number))[0]
    assert (held.result, held.secret) == (RESULT.ACCEPTED, ""), "the company gets none"


def test_number_and_secret_withdraw_from_another_source(reported):
    d, c, first = reported
    assert withdraw(c, first.case_number).code == "OTHER_CHANNEL"
    typed = first.secret.lower().replace("-", " ").replace("0", "o").replace("1", "l")
    assert withdraw(c, first.case_number, typed).result == RESULT.ACCEPTED
    assert c.case(first.case_number).view.state == "WITHDRAWN"


def test_a_merge_and_a_split_leave_everybody_his_secret(reported):
    """He asks and withdraws by his own number, by that of the case that has absorbed his, and by that of a part of it; as whom he is there."""
    d, c, first = reported
    by = lambda type, number, **data: c.publish(c.event(type, by="dispatcher:C-03/zhou", source="hotline", case_number=number, data=data))[0].result  # noqa: E731
    other = c.publish(c.event("REPORTED", by="reporter", source="hotline", data=REPORT, case_ref="W-2"))[0]
    third = c.publish(c.event("REPORTED", by="reporter", source="hotline", data=REPORT))[0]
    status = lambda number, secret: c.ask("case_answer", case_query=wire_pb2.CaseQuery(case_number=number, secret=secret)).view  # noqa: E731
    assert by("MERGED_INTO", other.case_number, into=first.number) == RESULT.ACCEPTED
    reported_at = c.case(other.case_number).view.t_report
    for number in (other.case_number, first.case_number):
        view = status(number, other.secret)
        assert (view.number, view.state, view.t_report if number == other.case_number else reported_at) == (first.number, "DISPATCHED", reported_at)
        assert [(p.ref, p.callback) for p in view.callbacks] == [("" if number == other.case_number else "W-2", "OPEN")], "his own call-back, nobody else's"
    assert [p.ref for p in status(first.case_number, first.secret).callbacks] == [""]
    assert by("SPLIT", first.case_number, cases=["part"]) == RESULT.ACCEPTED
    part = c.ask("case_answer", case_query=wire_pb2.CaseQuery(ref="part", source="hotline")).view
    assert [[p.ref for p in status(part.case_number, secret).callbacks] for secret in (first.secret, other.secret)] == [[first.number], ["W-2"]]
    for number in (first.case_number, other.case_number, part.case_number):
        assert withdraw(c, number, third.secret).code == "SECRET_WRONG"
        assert c.ask("problem", case_query=wire_pb2.CaseQuery(case_number=number, secret=third.secret)).code == "SECRET_WRONG"
    assert withdraw(c, other.case_number, other.secret, data={"party": "reporter"}).code == "OTHERS_LEFT"
    assert [p.callback for p in status(first.case_number, other.secret).callbacks] == ["GONE"]
    assert [p.callback for p in status(first.case_number, first.secret).callbacks] == ["OPEN"]
    assert withdraw(c, part.case_number, first.secret, data={"party": first.number}).code == "OTHERS_LEFT"
    assert by("UNMERGED", other.case_number) == RESULT.ACCEPTED
    assert status(other.case_number, other.secret).number == other.number
    assert c.ask("problem", case_query=wire_pb2.CaseQuery(case_number=first.case_number, secret=other.secret)).code == "SECRET_WRONG"
    assert {c.case(n).view.state for n in (first.case_number, part.case_number)} & {"WITHDRAWN"} == set()


def test_a_wrong_secret_is_refused_by_name_and_counted(reported):
    d, c, first = reported
    other = c.publish(c.event("REPORTED", by="reporter", source="hotline", data=REPORT))[0]
    for number, secret in ((first.case_number, other.secret), (first.case_number, "K7Q2M"), (first.case_number, first.secret + "2"),
                           (99, first.secret)):
        reply = withdraw(c, number, secret)
        assert (reply.result, reply.code) == (RESULT.INVALID, "SECRET_WRONG")
        assert first.secret not in reply.message
    assert c.stats()["refused{code=SECRET_WRONG}"] == 4
    assert c.case(first.case_number).view.state == "DISPATCHED"
    beside = c.publish(c.event("REPORTED", by="reporter", data=REPORT), reporters=[event_pb2.Reporter(secret=first.secret)])[0]
    assert beside.code == "SECRET_NOT_EXPECTED"


def test_number_and_secret_show_the_public_status(reported):
    d, c, first = reported
    public = c.ask("case_answer", case_query=wire_pb2.CaseQuery(case_number=first.case_number, secret=first.secret, history=True))
    assert (public.view.state, public.view.holder, public.view.number) == ("DISPATCHED", "P-07", first.number)
    assert [k.clock for k in public.view.clocks if k.deadline], "what is promised"
    assert not public.history and not public.view.HasField("where") and not public.view.parties and not public.view.ref
    for number, secret in ((first.case_number, "00000-00000"), (99, first.secret)):
        assert c.ask("problem", case_query=wire_pb2.CaseQuery(case_number=number, secret=secret)).code == "SECRET_WRONG"
    assert c.stats()["refused{code=SECRET_WRONG}"] == 2


def test_it_stands_nowhere_and_outlives_a_restart(reported):
    d, c, first = reported
    letters = first.secret.encode()
    assert withdraw(c, first.case_number, first.secret, if_version=99).code == "STALE_VERSION"
    answer = c.case(first.case_number, history=True).SerializeToString()
    end = c.ask("pong", ping=wire_pb2.Ping()).newest_lsn
    with d.client("feed") as f:
        f.hello("", **{"from": wire_pb2.Hello.OLDEST})
        told = b"".join(e.SerializeToString() for e in f.entries(end))
    assert letters not in answer + told
    d.kill()
    assert letters not in (d.data / "data.mdb").read_bytes()
    d.start()
    with d.client() as again:
        assert withdraw(again, first.case_number, first.secret).result == RESULT.ACCEPTED
    assert d.stop() == 0
    done = subprocess.run([os.path.join(BIN, "hongxin"), "doctor", "--store", d.data], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + "a replay judges as the daemon did"


def test_the_command_gives_and_takes_it(reported, tmp_path):
    d, c, _ = reported
    def hongxin(*args):
        env = {**os.environ, "HONGXIN_ENDPOINT": d.doors["intake"], "HONGXIN_FEED": d.doors.get("feed") or d.doors["intake"]}
        done = subprocess.run([os.path.join(BIN, "hongxin"), *args], capture_output=True, text=True, env=env)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    said = hongxin("publish", "--class", "SMALL", "--place", "B-0417")
    number, secret = re.search("(CL-[0-9]+)", said)[1], re.search("secret, for the reporter alone: (.{11})", said)[1]
    path = tmp_path / "secret"
    path.write_text(secret + "\n")
    assert "DISPATCHED" in hongxin("case", number, "--secret", path)
    assert "ACCEPTED" in hongxin("publish", "--case", number, "--type", "WITHDRAW_ASKED", "--by", "reporter", "--source", "kiosk", "--secret", path)
