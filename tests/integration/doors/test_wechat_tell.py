"""Messages to residents, against a server that behaves like the platform; and whoever unsubscribes is forgotten."""
import re

import pytest
from hongxin.v1 import wire_pb2
from reload import reload
from test_wechat import cases
from wechat import SOURCE, Wechat, message
from wechat_told import TELLING, Residents
from wire import RESULT, wait_until


@pytest.fixture
def platform():
    p = Residents()
    yield p
    p.close()


@pytest.fixture
def door(daemon, tmp_path, platform):
    d = Wechat(tmp_path, daemon.doors["intake"], daemon.doors.get("feed") or daemon.doors["intake"])
    (tmp_path / "accounts").write_text(TELLING)
    d.config.write_text(d.config.read_text() + platform.settings())
    d.start()
    wait_until(lambda: "hongxin_wechat_tell_waiting 0" in d.http("GET", "/metrics")[1])
    yield d
    d.end()


def figure(door, name):
    return int(re.search(rf"(?m)^hongxin_{name} (\d+)$", door.http("GET", "/metrics")[1])[1])


def report(door, client, text="B-0417 天花板漏水", **fields):
    before = len(cases(client))
    assert door.plain(message(Content=text, **fields))[0] == 200
    wait_until(lambda: len(cases(client)) == before + 1)
    return classed(client, max(c.case_number for c in cases(client)))


def classed(client, number):
    """A resident does not say how serious it is: the dispatcher does."""
    done = client.publish(client.event("CLASS_SET", by="dispatcher/chen", case_number=number, data={"class": "SMALL"}))
    assert done[0].result == RESULT.Value("ACCEPTED"), done
    return number


def held(client, number, n=0):
    client.publish(client.event("HELD", by="holder:P-07/li", case_number=number, id=f"held-{number}-{n}"))


def live(client, number):
    for type, data in (("HELD", {}), ("ARRIVED", {}), ("RESOLVED", {"evidence": ["photo", "signature"]})):
        client.publish(client.event(type, by="holder:P-07/li", case_number=number, data=data))


def test_a_resident_is_told_what_becomes_of_his_case(door, client, platform):
    live(client, report(door, client))
    wait_until(lambda: len(platform.texts) == 3)
    assert [t[0] for t in platform.texts] == ["o-li"] * 3
    taken, arrived, done = (t[1] for t in platform.texts)
    assert taken.startswith("CL-1 已由 ") and taken.endswith("签收。") and "已到场" in arrived
    assert done == "CL-1 已处理完毕。请评价：满意 CL-1 或 不满意 CL-1" and platform.tokens == 1
    assert door.plain(message(id="9", Content="满意 CL-1"))[0] == 200
    wait_until(lambda: platform.texts[-1][1] == "CL-1 已办结。")


def test_each_reporter_is_told_under_the_number_that_he_knows(door, client, platform):
    """Of two whose cases were merged, and of the part of a split; whoever has withdrawn is told no more."""
    zhou = lambda type, number, **data: client.publish(client.event(type, by="dispatcher:C-03/zhou", case_number=number, data=data))[0].result  # noqa: E731
    first, second = report(door, client, id="1"), report(door, client, id="2", person="o-han")
    assert zhou("MERGED_INTO", second, into="CL-1") == RESULT.Value("ACCEPTED")
    wait_until(lambda: len(platform.texts) == 1)
    assert platform.texts[0][:1] == ("o-han",) and platform.texts[0][1].startswith("CL-2 与别人反映的同一件事合并办理")
    platform.answers = [0, 45009]
    held(client, first)
    wait_until(lambda: len(platform.texts) == 3)
    assert [(t[0], t[1][:5]) for t in platform.texts[1:]] == [("o-li", "CL-1 "), ("o-han", "CL-2 ")], "nobody is told twice when the other has to wait"
    assert zhou("SPLIT", first, cases=["the-lamp"]) == zhou("ROUTED", 3, holder="P-07") == RESULT.Value("ACCEPTED")
    wait_until(lambda: len(platform.texts) == 5)
    assert {t[:2] for t in platform.texts[3:]} == {(who, "您反映的事情有一部分另行办理，编号 CL-3，可凭此查询、评价。") for who in ("o-li", "o-han")}
    held(client, 3)
    wait_until(lambda: len(platform.texts) == 7)
    assert [(t[0], t[1][:5]) for t in platform.texts[5:]] == [("o-li", "CL-3 "), ("o-han", "CL-3 ")]
    assert door.plain(message(id="9", person="o-li", Content="撤诉 CL-1"))[0] == 200
    client.publish(client.event("ARRIVED", by="holder:P-07/li", case_number=first))
    wait_until(lambda: len(platform.texts) == 8)
    assert platform.texts[7][0] == "o-han" and "已到场" in platform.texts[7][1]
    wait_until(lambda: figure(door, "wechat_tell_waiting") == 0)
    assert len(platform.texts) == 8 and figure(door, "wechat_told_total") == 5


def test_english_for_who_writes_english(door, client, platform):
    held(client, report(door, client, text="B-0417 water leaks"))
    wait_until(lambda: platform.texts)
    assert platform.texts[0][1].startswith("CL-1: ") and platform.texts[0][1].endswith("has taken it.")


def test_a_case_of_another_door_is_none_of_ours(door, client, platform):
    other = client.report().case_number
    held(client, other)
    held(client, report(door, client))
    wait_until(lambda: platform.texts)
    wait_until(lambda: figure(door, "wechat_told_total") == 1)  # it has heard what the platform has taken
    assert len(platform.texts) == 1
    entries = client.entries(client.hello(**{"from": wire_pb2.Hello.OLDEST}).newest_lsn)
    reads = [f.audit.about for e in entries for f in e.facts if f.audit.act == "IDENTITY_READ"]
    assert reads == ["2/0"], "nobody's identity is looked at without need"


def test_wecom_has_its_own_words(door, client, platform):
    before = len(cases(client))
    assert door.safe(message(person="LiLei", id="5", Content="B-0417 漏水"), path="wecom", token="tokencom", id="ww-corp")[0] == 200
    wait_until(lambda: len(cases(client)) == before + 1)
    held(client, classed(client, max(c.case_number for c in cases(client))))
    wait_until(lambda: platform.texts)
    assert platform.texts[0][0] == "LiLei" and platform.texts[0][2] == 1000002


@pytest.mark.parametrize("code", [40001, 42001, 40014])
def test_a_token_that_is_not_believed_is_renewed_once(door, client, platform, code):
    platform.answers = [code]
    held(client, report(door, client))
    wait_until(lambda: platform.texts)
    assert (platform.tokens, platform.forced, platform.asked) == (2, 1, 2)
    assert figure(door, "wechat_tokens_spoilt_total") == 1 and figure(door, "wechat_tell_failures_total") == 0


def test_a_secret_that_is_wrong_asks_once_more_and_then_later(door, client, platform):
    platform.answers = [40001, 40001]
    held(client, report(door, client))
    wait_until(lambda: platform.texts)
    assert platform.asked == 3 and figure(door, "wechat_tell_failures_total") == 1


def test_a_token_is_renewed_before_its_end(door, client, platform):
    platform.life = 1  # half of it is gone after half a second
    first, second = report(door, client), report(door, client, id="1002", text="B-0417 门坏")
    held(client, first)
    wait_until(lambda: len(platform.texts) == 1)
    wait_until(lambda: (platform.__setattr__("good", None), True)[1])  # the platform's own has ended
    held(client, second)
    wait_until(lambda: len(platform.texts) == 2)
    assert platform.tokens >= 2


def test_another_secret_has_another_token(door, client, platform, tmp_path):
    held(client, report(door, client))
    wait_until(lambda: len(platform.texts) == 1)
    platform.secret, platform.good = "othersecret", None
    reload(door, tmp_path / "accounts", TELLING.replace("appsecret", "othersecret"))
    held(client, report(door, client, id="1002", text="B-0417 门坏"))
    wait_until(lambda: len(platform.texts) == 2)
    assert (platform.tokens, platform.asked) == (2, 2), "the former one is not tried once more"


def test_outside_the_48_hours_nothing_is_tried_again(door, client, platform):
    platform.answers = [45015]
    first, second = report(door, client), report(door, client, id="1002", text="B-0417 门坏")
    held(client, first)
    wait_until(lambda: figure(door, "wechat_tell_outside_total") == 1)
    held(client, second)
    wait_until(lambda: platform.texts)
    assert platform.asked == 2 and platform.texts[0][1].startswith("CL-2")


def test_beyond_the_quota_it_waits_and_loses_nothing(door, client, platform):
    platform.answers = [45009, 45009]
    held(client, report(door, client))
    wait_until(lambda: platform.texts)
    assert platform.asked == 3 and figure(door, "wechat_tell_quota_total") == 2 and len(platform.texts) == 1


def test_killed_with_a_message_under_way_it_is_told_after_the_restart(door, client, platform):
    platform.away = True
    held(client, report(door, client))
    wait_until(lambda: figure(door, "wechat_tell_failures_total") >= 1)
    door.kill()
    platform.away = False
    door.start()
    wait_until(lambda: platform.texts)
    held(client, report(door, client, id="1002", text="B-0417 门坏"))
    wait_until(lambda: len(platform.texts) == 2)
    assert [t[1][:4] for t in platform.texts] == ["CL-1", "CL-2"]


def test_whoever_unsubscribes_is_forgotten_and_told_nothing(door, client, platform):
    mine, his = report(door, client), report(door, client, id="7", person="o-han", text="B-0417 门坏")
    look = lambda n: client.ask("identity", identity=wire_pb2.IdentityQuery(case_number=n, reason="a test looks", person="t"))  # noqa: E731
    assert look(mine).reporter.other == "wechat:o-li"
    assert door.plain(message("event", id=None, Event="unsubscribe")) == (200, "success")
    client.send(request=9, identity=wire_pb2.IdentityQuery(case_number=mine, reason="a test looks", person="t"))
    assert client.receive().problem.code == "NO_IDENTITY"
    assert look(his).reporter.other == "wechat:o-han"
    assert figure(door, "wechat_forgotten_total") == 1
    held(client, mine)
    held(client, his)
    wait_until(lambda: platform.texts)
    assert [t[0] for t in platform.texts] == ["o-han"]
    assert door.plain(message("event", id=None, Event="unsubscribe")) == (200, "success"), "again: nothing left"
    assert not any("o-li" in line for line in door.log), "in no log"


def test_a_daemon_that_is_away_is_not_forgotten_to_be_told(daemon, door, client):
    report(door, client)
    daemon.kill()
    wait_until(lambda: door.http("GET", "/healthz")[0] == 503)
    assert door.plain(message("event", id=None, Event="unsubscribe"))[0] == 503, "the platform says it again"


def test_the_texts_and_the_section_are_checked(tmp_path):
    import subprocess
    from door import BIN
    d = Wechat(tmp_path, "tcp://127.0.0.1:1", "tcp://127.0.0.1:2")
    texts = open(f"{SOURCE}/config/texts/wechat.yaml", encoding="utf-8").read()
    (tmp_path / "texts.yaml").write_text(re.sub(r'en: "\{number\}: \{holder\} is on site."', 'en: ""', texts), encoding="utf-8")
    base = d.config.read_text()
    for more, why in (("tell: {official: 'ftp://x'}", "official begins with"), ("tell: {colour: red}", "colour")):
        d.config.write_text(base + more + "\n")
        done = subprocess.run([f"{BIN}/hongxin-wechat", "--config", str(d.config), "--check-config"], capture_output=True, text=True)
        assert done.returncode == 1 and why in done.stderr and "wechat.yaml:" in done.stderr
