"""The WeChat door: what the platform sends in each of its modes, and a resident's small dialogue."""
import itertools
import os
import pathlib
import re
import subprocess
import threading
import time

import pytest
from between import Between
from door import BIN
from hongxin.v1 import event_pb2, journal_pb2, wire_pb2
from reload import reload
from wechat import ACCOUNTS, KEY, OLD_KEY, SOURCE, Wechat, content, encrypt, message, sign
from wire import RESULT, wait_until


@pytest.fixture
def make(daemon, tmp_path):
    made = []

    def start(intake=None):
        made.append(Wechat(tmp_path, intake or daemon.doors["intake"], daemon.doors.get("feed") or daemon.doors["intake"]))
        return made[-1].start()

    yield start
    for m in made:
        m.end()


@pytest.fixture
def door(make):
    return make()


def cases(client):
    return client.ask("list", list=wire_pb2.ListQuery(closed=True)).cases


def test_the_platform_asks_whether_it_is_us(door):
    query = {"signature": sign("tokenplain", "1714036504", "5"), "timestamp": "1714036504", "nonce": "5", "echostr": "4375120948345356249"}
    assert door.call("GET", "plain-0123456789abcdef", query) == (200, "4375120948345356249")
    assert door.call("GET", "plain-0123456789abcdef", {**query, "nonce": "6"})[0] == 401
    echo = encrypt(KEY, "ww-corp", "1616140317555161061")
    query = {"msg_signature": sign("tokencom", "1", "2", echo), "timestamp": "1", "nonce": "2", "echostr": echo}
    assert door.call("GET", "wecom-0123456789abcdef", query) == (200, "1616140317555161061")
    assert door.call("GET", "guess-0123456789abcdef", query)[0] == 401


def test_a_report_in_each_mode(door, client):
    for n, (send, source) in enumerate(((door.plain, "wechat-plain"), (door.safe, "wechat-city"),
                                        (lambda x: door.safe(x, path="wecom", token="tokencom", id="ww-corp"), "wecom-city")), 1):
        status, text = send(message(Content=f"B-0417 天花板漏水 {n}"))
        assert status == 200 and f"CL-{n}" in content(text) and "已受理" in content(text), text
        assert "<FromUserName><![CDATA[gh_city]]>" in text and "<ToUserName><![CDATA[o-li]]>" in text
        assert client.case(n).view.where.building == "B-0417"


def test_a_resident_asks_rates_and_withdraws_only_what_is_his(door, client):
    door.safe(message(Content="The lift in B-0417 is broken", id="1"))
    answer = content(door.safe(message(Content="status CL-1", id="2"))[1])
    assert answer.startswith("CL-1: ") and "dispatch" in answer
    assert "没有找到您的 CL-1" in content(door.safe(message(Content="查询 CL-1", id="3", person="o-wang"))[1])
    assert "没有找到您的 CL-1" in content(door.safe(message(Content="撤诉 CL-1", id="4", person="o-wang"))[1])
    assert client.case(1).view.state != "WITHDRAWN"
    assert "不能这样办理" in content(door.safe(message(Content="满意 CL-1", id="5"))[1]), "nobody has done anything yet"
    assert "CL-1" in content(door.safe(message(Content="撤诉 CL-1", id="6"))[1])
    assert client.case(1).view.state == "WITHDRAWN"


def test_what_is_not_possible_is_answered_with_its_reason(door, client):
    door.safe(message(Content="The lift in B-0417 is broken", id="1"))
    assert "目前为“已受理、待分派”" in content(door.safe(message(Content="满意 CL-1", id="2"))[1])
    assert "is received, to be dispatched" in content(door.safe(message(Content="good CL-1", id="3"))[1])
    assert "目前为“已受理、待分派”" in content(door.safe(message(Content="满意 CL-1", id="2"))[1]), "the platform has not heard it and says it again"
    door.safe(message(Content="撤诉 CL-1", id="4"))
    assert client.case(1).view.state == "WITHDRAWN"
    assert "目前为“已撤诉”" in content(door.safe(message(Content="撤诉 CL-1", id="5"))[1])
    assert "is withdrawn" in content(door.safe(message(Content="withdraw CL-1", id="6"))[1])


def zhou(client, type, number, **data):
    return client.publish(client.event(type, by="dispatcher:C-03/zhou", case_number=number, data=data))[0].result


def leaves(client, number):
    """The street rings whoever has asked to withdraw while the company was just there."""
    assert client.publish(client.event("WITHDRAW_CONFIRMED", by="street:S-02/lu", case_number=number))[0].result == RESULT.ACCEPTED


def solve(client, number):
    zhou(client, "CLASS_SET", number, **{"class": "SMALL"})
    for type, data in (("HELD", {}), ("RESOLVED", {"evidence": ["photo"]})):
        assert client.publish(client.event(type, by="holder:P-07/li", case_number=number, data=data))[0].result == RESULT.ACCEPTED


@pytest.fixture
def say(door):
    """What somebody is answered."""
    ids = itertools.count(100)
    return lambda person, text: content(door.safe(message(Content=text, id=str(next(ids)), person=person))[1])


def test_one_of_several_withdraws_for_himself(say, client):
    say("o-li", "B-0417 漏水")
    assert zhou(client, "PARTY_ADDED", 1, party="caller-2") == RESULT.ACCEPTED
    assert say("o-li", "撤诉 CL-1") == "您已退出 CL-1，不再回访您。还有别人反映这件事，会继续处理。"
    assert say("o-li", "withdraw CL-1").startswith("You are out of CL-1")
    view = client.case(1).view
    assert (view.state, [p.callback for p in view.callbacks]) == ("RECEIVED", ["GONE", "OPEN"])


def test_two_residents_of_one_case_ask_add_rate_and_reopen_apart(say, door, client):
    say("o-li", "B-0417 漏水")
    say("o-han", "The water leaks in B-0417")
    assert zhou(client, "MERGED_INTO", 2, into="CL-1") == RESULT.ACCEPTED
    assert say("o-han", "status CL-2").startswith("CL-2 is the same matter as CL-1; both are dealt with together:\nCL-1: ")
    assert say("o-han", "查询 CL-1").startswith("CL-1：已"), "he was told that number"
    assert say("o-han", "查询").startswith("CL-2 与 CL-1 是同一件事") and "没有找到您的 CL-2" in say("o-li", "查询 CL-2")
    assert say("o-han", "CL-2 是三楼") == "已补充到 CL-2。"
    assert content(door.safe(message("image", id="9", person="o-han", MediaId="media-9", PicUrl="http://x/9"))[1]) == "图片已附在 CL-2。"
    solve(client, 1)
    assert say("o-li", "满意 CL-1") == "CL-1 已评价为满意，谢谢！"
    assert client.case(1).view.state == "RESOLVED", "the other one has not been asked"
    assert say("o-li", "满意 CL-1") != "", "once more changes nothing"
    assert say("o-han", "good CL-2") == "CL-2 is rated good. Thank you!"
    view = client.case(1).view
    assert (view.state, [(p.callback, p.rating) for p in view.callbacks]) == ("CLOSED", [("OK", 5)] * 2)


def test_a_merged_resident_is_not_satisfied_and_withdraws_where_he_is_a_party(say, client):
    say("o-li", "B-0417 漏水")
    say("o-han", "B-0417 漏水了")
    assert zhou(client, "MERGED_INTO", 2, into="CL-1") == RESULT.ACCEPTED
    solve(client, 1)
    assert say("o-han", "撤诉 CL-2").startswith("CL-2 正与同类案件合并办理"), "he is asked with the others"
    assert say("o-han", "不满意 CL-2") == "CL-2 已记为不满意，将重新处理。"
    assert client.case(1).view.cycle == 2
    assert say("o-han", "撤诉 CL-1").startswith("CL-1 的撤诉申请已收到"), "by the number that he was told, too; they were there just now"
    leaves(client, 1)
    assert [p.callback for p in client.case(1).view.callbacks] == ["OPEN", "GONE"]
    assert zhou(client, "UNMERGED", 2) == RESULT.ACCEPTED
    assert "没有找到您的 CL-1" in say("o-han", "查询 CL-1") and say("o-han", "查询 CL-2").startswith("CL-2：已")
    assert say("o-li", "撤诉 CL-1").startswith("CL-1 的撤诉申请已收到，")
    leaves(client, 1)
    assert client.case(1).view.state == "WITHDRAWN"


def test_a_part_is_known_to_the_residents_of_the_whole(say, client):
    say("o-li", "B-0417 漏水")
    say("o-han", "B-0417 漏水了")
    assert zhou(client, "MERGED_INTO", 2, into="CL-1") == zhou(client, "SPLIT", 1, cases=["the-lamp"]) == RESULT.ACCEPTED
    for person in ("o-li", "o-han"):
        assert say(person, "CL-3").startswith("CL-3：已")
    assert "没有找到您的 CL-3" in say("o-wang", "CL-3")
    assert say("o-han", "撤诉 CL-3").startswith("您已退出 CL-3")
    assert [p.callback for p in client.case(3).view.callbacks] == ["OPEN", "GONE"]
    assert say("o-li", "撤诉 CL-3") == "CL-3 的撤诉申请已收到。"
    assert [client.case(n).view.state for n in (1, 3)] == ["RECEIVED", "WITHDRAWN"]


def test_what_else_people_send(door, client):
    subscribe = message("event", id="", Event="subscribe", EventKey="qrscene_B-0417")
    assert "B-0417" in content(door.safe(subscribe)[1])
    assert "CL-17" in content(door.safe(message(Content="help"))[1])
    assert door.safe(message("event", id="", Event="LOCATION", Latitude="1"))[1] == "success"
    assert "文字" in content(door.safe(message("video", id="8"))[1]) or "write" in content(door.safe(message("video", id="8"))[1])
    assert "没有这个楼栋" in content(door.safe(message(Content="B-9999 漏水", id="9"))[1])
    assert not cases(client)
    place = message("location", id="10", Location_X="36.101757", Location_Y="114.454949", Label="荷阳花园3号楼")  # X is the latitude
    assert "CL-1" in content(door.safe(place)[1])
    assert client.case(1).view.where.grid == "G-041"


def test_a_picture_is_added_to_the_newest_case_by_reference(door, client):
    assert "请用文字" in content(door.plain(message("image", id="1", MediaId="media-1", PicUrl="http://x/1"))[1])
    for n in (2, 3):
        door.plain(message(id=str(n), Content=f"B-0417 漏水 {n}"))
    door.plain(message(id="4", person="o-han", Content="B-0417 门坏"))
    assert content(door.plain(message("image", id="5", MediaId="media-5", PicUrl="http://x/5"))[1]) == "图片已附在 CL-2。"
    assert content(door.plain(message("image", id="5", MediaId="media-5", PicUrl="http://x/5"))[1]) == "图片已附在 CL-2。"
    history = client.case(2, history=True).history
    told = [event_pb2.Event.FromString(journal_pb2.Entry.FromString(e).event) for e in history]
    assert [list(e.data.evidence) for e in told if e.type == "COMMENT"] == [["wechat:media-5"]]


def test_the_newest_case_needs_no_number(door, client):
    assert "您好" in content(door.plain(message(id="1", Content="查询"))[1])
    for n in (2, 3):
        door.plain(message(id=str(n), Content=f"B-0417 漏水 {n}"))
    assert content(door.plain(message(id="4", Content="查询"))[1]).startswith("CL-2：")
    assert content(door.plain(message(id="5", person="o-han", Content="status"))[1]).startswith("Hello")
    assert len(cases(client)) == 2


def test_a_word_alone_or_a_thank_you_is_no_new_case(door, client):
    say = lambda n, text: content(door.plain(message(id=str(n), Content=text))[1])  # noqa: E731
    assert "您好" in say(1, "满意"), "there is nothing to rate yet"
    say(2, "B-0417 漏水")
    assert "待定" in say(3, "查询"), "nobody has it yet, and the text says so"
    assert say(5, "不满意") == "请写明编号，例如：不满意 CL-1", "nobody has solved it yet: another one is meant"
    assert say(6, "撤诉") == "请写明编号，例如：撤诉 CL-1" and client.case(1).view.state != "WITHDRAWN"
    assert say(11, "CL-1 是三楼") == "已补充到 CL-1。"
    assert "您好" in say(7, "谢谢！") and "Hello" in say(8, "OK")
    for type, by, data in (("CLASS_SET", "dispatcher/chen", {"class": "SMALL"}), ("HELD", "holder:P-07/li", {}),
                           ("ARRIVED", "holder:P-07/li", {}), ("RESOLVED", "holder:P-07/li", {"evidence": ["photo"]})):
        client.publish(client.event(type, by=by, case_number=1, data=data))
    assert say(9, "满意") == "CL-1 已评价为满意，谢谢！"
    assert say(10, "CL-1") == "CL-1：已办结。", "no deadline runs any more"
    assert len(cases(client)) == 1


def test_a_report_that_is_not_taken_says_what_to_do(door, client):
    assert "漏" not in content(door.plain(message(id="1", Content="漏水" * 3000))[1])
    nowhere = message("location", id="2", Location_X="96.1", Location_Y="514.4", Label="荷阳花园3号楼")
    assert content(door.plain(nowhere)[1]).startswith("这条消息未能受理")
    assert not cases(client)


def test_the_same_message_again_is_the_same_complaint_over_a_restart(door, client):
    xml = message(Content="B-0417 灯坏了", id="77")
    first = content(door.safe(xml)[1])
    door.kill()
    door.start()
    assert content(door.safe(xml)[1]) == first
    assert len(cases(client)) == 1


def test_what_is_forged_or_old_is_refused(door, client):
    xml = message(Content="B-0417 灯坏了", id="5")
    assert door.plain(xml, token="wrong")[0] == 401
    assert door.plain(xml, at=time.time() - 900)[0] == 401
    assert door.safe(xml, token="wrong")[0] == 401
    assert door.safe(xml, key="B" * 43)[0] == 401
    assert door.safe(xml, id="wx-other")[0] == 401
    assert door.safe(xml, change=lambda e: e[:-24])[0] == 401
    at = str(int(time.time()))
    query = {"signature": sign("tokensafe", at, "1"), "timestamp": at, "nonce": "1"}
    assert door.call("POST", "safe-0123456789abcdef", query, xml)[0] == 401, "nothing plain is believed where there is a key"
    assert door.plain("<!DOCTYPE a [<!ENTITY b 'c'>]><xml><A>&b;</A></xml>")[0] == 401
    assert not cases(client)
    assert door.safe(xml)[0] == 200


def test_whoever_forges_is_slowed_down(door):
    xml = message(Content="B-0417 灯坏了", id="5")
    seen = [door.plain(xml, token="wrong")[0]]
    while seen[-1] == 401 and len(seen) < 300:
        seen.append(door.plain(xml, token="wrong")[0])
    assert seen[-1] == 429 and len(seen) > 30


def test_a_key_that_is_being_changed_loses_no_message(door, client):
    assert "CL-1" in content(door.safe(message(Content="B-0417 灯坏了"), token="tokenold", key=OLD_KEY)[1])


NEW_KEY = "Y" * 43


def test_keys_are_changed_without_a_restart(door, client):
    keys = f"token: tokensafe, key: {KEY}, previous_token: tokenold, previous_key: {OLD_KEY}"
    old, new = {"token": "tokensafe", "key": KEY}, {"token": "tokennew", "key": NEW_KEY}
    assert door.safe(message(Content="B-0417 灯坏了", id="1"), **new)[0] == 401
    reload(door, door.accounts, ACCOUNTS.replace(keys, f"token: tokennew, key: {NEW_KEY}, previous_token: tokensafe, previous_key: {KEY}"))
    for n, secrets in (("2", new), ("3", old)):
        assert "CL-" in content(door.safe(message(Content=f"B-0417 灯坏了 {n}", id=n), **secrets)[1])
    reload(door, door.accounts, ACCOUNTS.replace(keys, f"token: tokennew, key: {NEW_KEY}").replace("plain-", "other-"))
    assert door.safe(message(Content="B-0417 灯坏了", id="4"), **old)[0] == 401
    assert "CL-" in content(door.safe(message(Content="B-0417 灯坏了", id="5"), **new)[1])
    assert door.plain(message(Content="B-0417 灯坏了", id="6"))[0] == 401, "its account is gone"
    reload(door, door.accounts, "accounts: [{path: short}]\n", says="event=reload_refused")
    assert "CL-" in content(door.safe(message(Content="B-0417 灯坏了", id="7"), **new)[1]), "a file that is wrong changes nothing"
    assert len(cases(client)) == 4


def test_a_message_under_way_is_answered_under_the_key_it_came_with(daemon, make, client, tmp_path):
    between = Between(daemon.doors["intake"], tmp_path)
    try:
        door = make(between.endpoint)
        between.hold = True
        answers = []
        asking = threading.Thread(target=lambda: answers.append(door.safe(message(Content="B-0417 灯坏了", id="9"))))
        asking.start()
        wait_until(lambda: between.held > 0)
        reload(door, door.accounts, ACCOUNTS.replace(f"token: tokensafe, key: {KEY}", f"token: tokennew, key: {NEW_KEY}"))
        between.release()
        asking.join()
        assert answers[0][0] == 200 and "CL-1" in content(answers[0][1])
    finally:
        between.close()


def test_killed_between_the_daemon_s_answer_and_its_own(daemon, make, client, tmp_path):
    between = Between(daemon.doors["intake"], tmp_path)
    try:
        door = make(between.endpoint)
        between.hold = True
        lost = []

        def ask():
            try:
                lost.append(door.safe(message(Content="B-0417 灯坏了", id="9")))
            except Exception as e:  # the connection ended
                lost.append(e)

        asking = threading.Thread(target=ask)
        asking.start()
        wait_until(lambda: between.held and cases(client))
        door.kill()
        asking.join()
        assert isinstance(lost[0], Exception)
        between.hold = False
        door.start()
        assert "CL-1" in content(door.safe(message(Content="B-0417 灯坏了", id="9"))[1])  # the platform sends it again
        assert len(cases(client)) == 1
    finally:
        between.close()


def test_without_the_daemon_the_platform_is_told_to_come_again(daemon, door):
    daemon.kill()
    wait_until(lambda: door.http("GET", "/healthz")[0] == 503)
    assert door.safe(message(Content="B-0417 灯坏了"))[0] == 503


def test_nobody_s_name_or_words_are_in_the_log(door):
    door.safe(message(Content="B-0417 灯坏了", person="o-secret-person"))
    door.plain(message(Content="B-0417 灯坏了", person="o-secret-person"), token="wrong")
    assert not any(s in line for line in door.log for s in ("o-secret-person", "灯坏了", KEY))


def check(folder, config="", accounts=ACCOUNTS, texts=None):
    (folder / "a").write_text(accounts)
    (folder / "a").chmod(0o600)
    (folder / "texts.yaml").write_text(texts or pathlib.Path(SOURCE, "config/texts/wechat.yaml").read_text())
    (folder / "w.yaml").write_text("accounts: a\ntexts: texts.yaml\n" + config)
    done = subprocess.run([os.path.join(BIN, "hongxin-wechat"), "--config", str(folder / "w.yaml"), "--check-config"], capture_output=True, text=True)
    return done.returncode, done.stdout + done.stderr


def test_the_configuration_is_checked_with_its_lines(tmp_path):
    assert check(tmp_path)[0] == 0
    shipped = pathlib.Path(SOURCE, "config/texts/wechat.yaml").read_text()
    for says, options in (("w.yaml:3: unknown key colour", {"config": "colour: red\n"}),
                          ("w.yaml:3: time_window: from 30s to 1h", {"config": "time_window: 2d\n"}),
                          ("a:2: key is an EncodingAESKey of 43", {"accounts": ACCOUNTS.replace("token: tokenplain", "token: t, key: short")}),
                          ("a:4: key is missing: WeCom has no plain mode", {"accounts": ACCOUNTS.replace(f"tokencom, key: {KEY}", "tokencom")}),
                          ("a:2: path has 16 characters or more", {"accounts": ACCOUNTS.replace("plain-0123456789abcdef", "guessed")}),
                          ("welcome is missing", {"texts": shipped.replace("welcome:", "greeting:")}),
                          ("en is missing", {"texts": re.sub(r"\n  en: .*", "", shipped, count=1)})):
        code, text = check(tmp_path, **options)
        assert code == 1 and (says in text or "unknown key greeting" in text), (says, text)
