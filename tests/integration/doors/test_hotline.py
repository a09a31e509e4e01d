"""The hotline's door: every operation, bad input, and a death at the worst moment."""
import contextlib
import http.client
import json
import os
import re
import shutil
import subprocess
import threading
import time

import pytest
from between import Between
from door import BIN
from hongxin.v1 import event_pb2, journal_pb2, wire_pb2
from hotline import CLIENTS, Hotline
from reload import reload
from wire import facts, wait_until

REPORT = {"class": "SMALL", "place": "B-0417", "text": "water leaks from the ceiling"}


@pytest.fixture
def make_door(daemon, tmp_path):
    doors = []

    def make(settings="", ready=True, **more):
        d = Hotline(tmp_path, more.get("intake", daemon.doors["intake"]), daemon.doors.get("feed") or daemon.doors["intake"], settings)
        doors.append(d)
        return d.start(ready)

    yield make
    for d in doors:
        d.end()


@pytest.fixture
def door(make_door):
    return make_door()


def cases(client):
    return client.ask("list", list=wire_pb2.ListQuery(closed=True)).cases


# ---- operations -------------------------------------------------------------------------------------------------

def test_a_report_is_answered_with_its_number_and_promises(door, client):
    a = door.post("/v1/complaints", {**REPORT, "ref": "WO-1", "reporter": {"name": "Li", "phone": "13912345678"}})
    assert a.status == 201, a
    assert (a.json["result"], a.json["number"]) == ("ACCEPTED", "CL-1")
    assert {p["clock"] for p in a.json["promises"]} >= {"K_ARRIVE", "K_RESOLVE"}
    assert a.headers["X-Request-Id"]
    view = client.case(1).view
    assert (view.holder, view.ref, view.state) == ("P-07", "WO-1", "DISPATCHED")


def test_the_whole_life_of_a_complaint(door):
    number = door.post("/v1/complaints", REPORT, key="r").json["number"]
    path = f"/v1/complaints/{number}"
    step = lambda where, body, key: door.post(path + where, body, key=key)
    assert step("/updates", {"text": "it is the third floor"}, "u").status == 200
    assert step("/events", {"type": "HELD", "by": "holder:P-07/li"}, "h").status == 200
    assert step("/events", {"type": "ARRIVED", "by": "holder:P-07/li", "proof": "ONSITE_CODE"}, "a").status == 200
    tomorrow = time.strftime("%Y-%m-%dT%H:%M:%S+00:00", time.gmtime(time.time() + 86400))
    order = step("/supervise", {"by": "street:S-02/wang", "text": "by tomorrow", "date": tomorrow}, "s")
    assert order.status == 200, order
    assert step("/events", {"type": "RESOLVED", "by": "holder:P-07/li", "evidence": ["photo"]}, "d").status == 200
    for n in (0, 6):
        wrong = step("/callback", {"result": "OK", "rating": n}, f"c{n}")
        assert (wrong.status, wrong.json["code"], wrong.json["zh"]) == (422, "BAD_RATING", "评分为 1 到 5"), "no answer without a rating is made of it"
    assert step("/callback", {"result": "OK", "rating": 5}, "c").status == 200
    case = door.get(path + "?history=true").json
    assert case["state"] == "CLOSED"
    causes = [e["cause"] for e in case["history"] if "cause" in e]
    assert [c for c in causes if c in ("COMMENT", "SUPERVISED", "CALLBACK_OK")] == ["COMMENT", "SUPERVISED", "CALLBACK_OK"]
    assert "third floor" not in json.dumps(case), "what a source wrote is not in a history"


def test_a_withdrawal(door):
    door.post("/v1/complaints", {**REPORT, "ref": "WO-1"})
    a = door.post("/v1/complaints/ref:WO-1/cancel", {"why": "it has stopped"}, key="c")
    assert a.status == 200, a
    assert door.get("/v1/complaints/ref:WO-1").json["state"] == "WITHDRAWN"


def test_one_of_two_reporters_withdraws_for_himself(door):
    door.post("/v1/complaints", {**REPORT, "ref": "WO-1"})
    a = door.post("/v1/complaints/ref:WO-1/events", {"type": "PARTY_ADDED", "by": "reporter", "party": "WO-2"}, key="p")
    assert a.status == 200, a
    for party, state in (("WO-2", "DISPATCHED"), ("WO-1", "WITHDRAWN")):
        a = door.post("/v1/complaints/ref:WO-1/cancel", {"party": party}, key=f"c-{party}")
        assert a.status == 200, a
        assert door.get("/v1/complaints/ref:WO-1").json["state"] == state
    assert door.post("/v1/complaints/ref:WO-1/cancel", {"party": "WO-9"}, key="c-9").status == 409


def test_two_callers_of_one_case_speak_by_their_own_orders(door):
    """Merged, each adds, rates and withdraws by his own reference, and for nobody else; taken back, too."""
    post = lambda path, body, key: door.post(f"/v1/complaints/{path}", body, key=key)  # noqa: E731
    view = lambda ref: door.get(f"/v1/complaints/ref:{ref}").json  # noqa: E731
    for ref in ("WO-1", "WO-2", "WO-3"):
        door.post("/v1/complaints", {**REPORT, "ref": ref})
    for ref in ("WO-3", "WO-2"):
        into = {"WO-3": "CL-2", "WO-2": "CL-1"}[ref]
        assert post(f"ref:{ref}/events", {"type": "MERGED_INTO", "by": "dispatcher:C-03/zhou", "into": into}, f"m-{ref}").status == 200
    assert post("ref:WO-3/updates", {"text": "the third floor"}, "u").status == 200
    left = post("ref:WO-3/cancel", {"why": "I have moved"}, "c-3")
    assert (left.status, left.json["code"]) == (200, "OTHERS_LEFT")
    for type, data in (("HELD", {}), ("RESOLVED", {"evidence": ["photo"]})):
        assert post("CL-1/events", {"type": type, "by": "holder:P-07/li", **data}, type).status == 200
    assert post("ref:WO-2/callback", {"result": "OK", "rating": 2}, "r-2").status == 200
    assert (view("WO-1")["state"], view("WO-2")["state"]) == ("RESOLVED", "MERGED")
    assert post("ref:WO-1/callback", {"result": "OK", "rating": 5, "party": "reporter"}, "r-1").status == 200
    case = view("WO-1")
    assert (case["state"], [(p["callback"], p.get("rating")) for p in case["callbacks"]]) == ("CLOSED", [("OK", 5), ("OK", 2), ("GONE", None)])
    assert post("ref:WO-3/events", {"type": "REOPENED", "by": "reporter"}, "again").status == 200, "whoever has left may still say that it is not solved"
    assert view("WO-1")["cycle"] == 2


def test_cases_are_listed_in_pages(door):
    for i in range(5):
        door.post("/v1/complaints", REPORT, key=f"k{i}")
    first = door.get("/v1/complaints?limit=3&place=G-041&state=DISPATCHED").json
    assert [c["number"] for c in first["cases"]] == ["CL-1", "CL-2", "CL-3"] and first["cut"]
    rest = door.get(f"/v1/complaints?limit=3&after={first['next']}").json
    assert [c["number"] for c in rest["cases"]] == ["CL-4", "CL-5"]
    assert door.get("/v1/complaints?limit=0").status == 400
    assert door.get("/v1/complaints/CL-99").status == 404
    assert door.get("/v1/complaints/nonsense").json["code"] == "NO_CASE"


def test_each_part_of_a_batch_has_its_own_answer(door, client):
    items = [{"op": "report", "key": f"b{i}", **REPORT} for i in range(50)]
    items[10] = {"op": "callback", "case": "CL-1", "key": "x", "result": "MAYBE"}
    items[11] = 7
    items[12] = {"op": "dance"}
    items[13] = {"op": "report", **REPORT}
    a = door.post("/v1/batch", {"items": items})
    assert a.status == 200, a
    status = [r["status"] for r in a.json["replies"]]
    assert [i for i, s in enumerate(status) if s != 201] == [10, 11, 12, 13]
    assert [a.json["replies"][i]["body"]["code"] for i in (10, 11, 12, 13)] == ["MISSING_FIELD", "BAD_ITEM", "BAD_ITEM", "NO_KEY"]
    assert len(cases(client)) == 46
    again = door.post("/v1/batch", {"items": items}).json["replies"]
    assert [r["body"]["result"] for i, r in enumerate(again) if i not in (10, 11, 12, 13)] == ["DUPLICATE"] * 46
    assert len(cases(client)) == 46


# ---- the same thing twice ---------------------------------------------------------------------------------------

def test_the_same_key_is_the_same_event(door, client):
    first = door.post("/v1/complaints", REPORT, key="k")
    again = door.post("/v1/complaints", REPORT, key="k")
    assert (again.status, again.json["result"], again.json["number"]) == (200, "DUPLICATE", first.json["number"])
    assert again.headers["Idempotency-Replayed"] == "true"
    other = door.post("/v1/complaints", {**REPORT, "text": "something else"}, key="k")
    assert (other.status, other.json["code"]) == (409, "CONFLICT")
    assert len(cases(client)) == 1


def test_what_was_refused_is_refused_when_it_is_sent_again(door):
    """Whoever had no answer must not take his repetition for done."""
    number = door.post("/v1/complaints", REPORT, key="r").json["number"]
    early = [door.post(f"/v1/complaints/{number}/callback", {"result": "OK"}, key="early") for _ in range(2)]
    assert [(a.status, a.json["code"], a.json["reply"]["result"]) for a in early] == [(409, "NOT_NOW", "NOT_ALLOWED"), (409, "NOT_NOW", "DUPLICATE")]
    assert early[1].headers["Idempotency-Replayed"] == "true" and early[1].json["detail"] == early[0].json["detail"]
    assert early[1].json["reply"]["was"] == "NOT_ALLOWED"
    item = {"op": "callback", "case": number, "key": "early", "result": "OK"}
    assert [r["status"] for r in door.post("/v1/batch", {"items": [item]}).json["replies"]] == [409]


def test_a_caller_who_was_handed_over_is_so_again(door):
    fire = [door.post("/v1/complaints", {**REPORT, "category": "fire"}, key="f") for _ in range(2)]
    assert [(a.status, a.json["result"], a.json["code"]) for a in fire] == [(200, "REJECTED", "fire"), (200, "DUPLICATE", "fire")]
    path = f"/v1/complaints/{fire[0].json['number']}/events"
    assert door.post(path, {"type": "REOPENED", "by": "reporter"}, key="objects").status == 200
    assert door.post(path, {"type": "REJECTED", "by": "dispatcher:C-03/zhou", "reason": "fire"}, key="no").status == 200
    for _ in range(2):
        assert door.post(path, {"type": "REOPENED", "by": "reporter"}, key="objects-again").json["code"] == "ALREADY"


@pytest.mark.parametrize("keys", [(None, None), ("a", "b")])
def test_a_known_work_order_with_another_content_is_an_update(door, client, keys):
    door.post("/v1/complaints", {**REPORT, "ref": "WO-1"}, key=keys[0])
    a = door.post("/v1/complaints", {**REPORT, "ref": "WO-1", "text": "now on two floors"}, key=keys[1])
    assert a.status == 200 and (a.json["number"], a.json["result"]) == ("CL-1", "ACCEPTED"), a
    again = door.post("/v1/complaints", {**REPORT, "ref": "WO-1", "text": "now on two floors"}, key=keys[1])
    assert again.json["number"] == "CL-1"
    assert len(cases(client)) == 1 and client.case(1).view.case_version == 2


def test_a_work_order_that_became_urgent_says_so_though_its_words_are_the_same(door, client):
    report = {**REPORT, "ref": "WO-1"}
    door.post("/v1/complaints", report)
    for more in ({"class": "EMERGENCY"}, {"class": "EMERGENCY"}, {"class": "EMERGENCY", "category": "trapped"}):
        assert door.post("/v1/complaints", {**report, **more}).json["number"] == "CL-1"
    history = [journal_pb2.Entry.FromString(e) for e in client.case(1, history=True).history]
    said = [event_pb2.Event.FromString(e.event).data for e in history if e.cause == "COMMENT"]
    told = [(s.category, getattr(s, "class"), s.text) for s in said]
    assert told == [("", "EMERGENCY", REPORT["text"]), ("trapped", "EMERGENCY", REPORT["text"])]
    assert getattr(client.case(1).view, "class") == "SMALL", "a dispatcher decides, not a table"


def alarms(daemon, upto):
    with daemon.client("feed") as f:
        f.hello("alarms", **{"from": wire_pb2.Hello.OLDEST})
        return [x.code for e in f.entries(upto) for x in facts(e, "alarm")]


def comments(client):
    history = [journal_pb2.Entry.FromString(e) for e in client.case(1, history=True).history]
    return [event_pb2.Event.FromString(e.event).data.text for e in history if e.cause == "COMMENT"]


def test_a_changed_work_order_alarms_nobody_and_a_repetition_adds_nothing(daemon, door, client):
    """The platform sends the whole order again when a word of it has changed, and whatever had no answer."""
    first, changed = {**REPORT, "ref": "WO-1"}, {**REPORT, "ref": "WO-1", "text": "now on two floors"}
    assert door.post("/v1/complaints", first).status == 201
    assert door.post("/v1/complaints", changed).json["result"] == "ACCEPTED"
    for order in (first, changed, first, changed):
        a = door.post("/v1/complaints", order)
        assert (a.status, a.json["result"], a.json["number"], a.headers["Idempotency-Replayed"]) == (200, "DUPLICATE", "CL-1", "true"), a
    assert comments(client) == ["now on two floors"] and client.case(1).view.case_version == 2 and len(cases(client)) == 1
    assert alarms(daemon, client.ask("pong", ping=wire_pb2.Ping()).newest_lsn) == []


def test_a_work_order_in_the_city_s_own_words(door, client):
    order = {"工单编号": "2026101200042", "诉求内容": "楼道灯坏了", "紧急程度": "一般", "楼栋编码": "B-0417",
             "受理时间": time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(time.time() + 8 * 3600 - 60)), "来电人": "王", "isopen": 1}
    a = door.post("/v1/orders", order)
    assert a.status == 200 and a.json["success"] and a.json["data"]["number"] == "CL-1", a
    assert door.post("/v1/orders", order).json["data"]["result"] == "DUPLICATE"
    more = door.post("/v1/orders", {**order, "诉求内容": "整层都黑了"})
    assert (more.json["data"]["number"], more.json["data"]["result"]) == ("CL-1", "ACCEPTED")
    assert len(cases(client)) == 1
    wrong = door.post("/v1/orders", {**order, "受理时间": "yesterday"})
    assert wrong.status == 422 and not wrong.json["success"]
    assert "yesterday" not in wrong.body.decode()
    wrong = door.post("/v1/orders", {**order, "工单编号": "2026101200043", "楼栋编码": "B-9999"})
    assert wrong.json["message"].startswith("UNKNOWN_PLACE 没有这个地点: "), wrong


# ---- who ----------------------------------------------------------------------------------------------------------

def test_only_clients_come_in(make_door):
    door = make_door("limits: {failures_per_minute: 4}\n")
    assert door.get("/v1/complaints", token=None).json["code"] == "NO_TOKEN"
    wrong = door.get("/v1/complaints", token="x" * 40)
    assert (wrong.status, wrong.json["code"]) == (401, "BAD_TOKEN")
    assert wrong.headers["WWW-Authenticate"].startswith("Bearer")
    for _ in range(3):
        wrong = door.get("/v1/complaints", token="x" * 40)
    assert (wrong.status, wrong.json["code"]) == (429, "TOO_MANY_FAILURES")
    assert door.get("/v1/complaints").status == 429, "slowed down, whatever comes"
    assert 'code="BAD_TOKEN"} 3' in door.get("/metrics", token=None).body.decode()


def test_signed_requests(door, client):
    body = json.dumps(REPORT).encode()
    a = door.signed("POST", "/v1/complaints", body, key="s1")
    assert a.status == 201, a
    replayed = door.signed("POST", "/v1/complaints", body, key="s1")
    assert replayed.json["result"] == "DUPLICATE"
    assert door.signed("GET", "/v1/complaints/CL-1?history=true").status == 200
    for off in (-3600, -600, 600):  # the window is five minutes, both ways
        old = door.signed("POST", "/v1/complaints", body, key="s2", at=time.time() + off)
        assert (old.status, old.json["code"]) == (401, "SIGNATURE_TIME")
    for off in (-120, 120):
        assert door.signed("POST", "/v1/complaints", body, key="s1", at=time.time() + off).json["result"] == "DUPLICATE"
    assert door.signed("POST", "/v1/complaints", body.replace(b"leaks", b"drips"), key="s1").status == 409
    for wrong in (door.signed("POST", "/v1/complaints", body, key="s3", secret="z" * 40),
                  door.signed("POST", "/v1/complaints", body, key="s3", name="city")):
        assert (wrong.status, wrong.json["code"]) == (401, "BAD_SIGNATURE")
    assert len(cases(client)) == 1


def test_tokens_and_keys_are_changed_without_a_restart(door):
    old, new, body = "t" * 40, "n" * 40, json.dumps(REPORT).encode()
    both = f"  - {{name: city-2, source: hotline-12345, claims: [reporter], token: {new}}}\n"
    reload(door, door.clients, CLIENTS + both)
    for token in (old, new):  # the same source under either
        assert door.post("/v1/complaints", REPORT, key="same", token=token).status in (200, 201)
    reload(door, door.clients, CLIENTS.replace(old, new).replace("k" * 40, "m" * 40))
    assert door.get("/v1/complaints", token=old).json["code"] == "BAD_TOKEN"
    assert door.get("/v1/complaints", token=new).status == 200
    assert door.signed("POST", "/v1/complaints", body, key="s1").json["code"] == "BAD_SIGNATURE"
    assert door.signed("POST", "/v1/complaints", body, key="s1", secret="m" * 40).status == 201
    assert 'hongxin_hotline_requests_total{client="city"} 2' in door.get("/metrics", token=None).body.decode(), "figures go on"
    reload(door, door.clients, "clients:\n  - {name: x}\n", says="event=reload_refused")
    assert door.get("/v1/complaints", token=new).status == 200


def test_a_signature_is_of_one_body_key_and_path(door, client):
    body = json.dumps(REPORT).encode()
    seen = {}
    real = door.request
    door.request = lambda *a, **k: seen.update(k["headers"]) or real(*a, **k)
    door.signed("POST", "/v1/complaints", body, key="s1")
    door.request = real
    headers = {k: v for k, v in seen.items() if k.startswith("X-Hongxin")}
    send = lambda path, b, key: door.request("POST", path, b, token=None, key=key, headers=headers).status
    assert send("/v1/complaints", body, "s1") == 200
    assert send("/v1/complaints", body, "s2") == 401
    assert send("/v1/complaints", body.replace(b"water", b"light"), "s1") == 401
    assert send("/v1/complaints/CL-1/updates", body, "s1") == 401
    assert len(cases(client)) == 1


def test_a_client_speaks_only_for_its_roles(door):
    a = door.post("/v1/complaints", {**REPORT, "by": "operator/zhao"}, key="k")
    assert (a.status, a.json["code"]) == (403, "NO_CLAIM")


# ---- bad input ----------------------------------------------------------------------------------------------------

WRONG = [
    ({**REPORT, "class": "HUGE"}, "UNKNOWN_CLASS"),
    ({**REPORT, "place": "B-9999"}, "UNKNOWN_PLACE"),
    ({**REPORT, "happened_at": "2026-10-12 19:00:00"}, "BAD_TIME"),
    ({**REPORT, "happened_at": "2026-10-12T19:00:00"}, "BAD_TIME"),
    ({**REPORT, "happened_at": "1970-01-01T00:00:00Z"}, "BAD_TIME"),
    ({**REPORT, "colour": "red"}, "UNKNOWN_FIELD"),
    ({**REPORT, "history": []}, "UNKNOWN_FIELD"),
    ({**REPORT, "text": 7}, "BAD_FIELD"),
    ({**REPORT, "text": None}, "BAD_FIELD"),
    ({**REPORT, "position": ["east", "north"]}, "BAD_FIELD"),
    ({**REPORT, "confidential": "yes"}, "BAD_FIELD"),
    ({**REPORT, "proof": "HEARSAY"}, "BAD_FIELD"),
    ({**REPORT, "reporter": {"passport": "x"}}, "BAD_FIELD"),
    ({**REPORT, "reporter": {"phone": "139****5678"}}, "MASKED_VALUE"),
    ({**REPORT, "case": "CL-1"}, "UNKNOWN_FIELD"),
    ({**REPORT, "text": "x" * 300_000}, None),
]


def test_what_is_wrong_is_named_and_changes_nothing(door, client):
    for body, code in WRONG:
        a = door.post("/v1/complaints", body, key="k")
        assert a.status == (413 if code is None else 422), (body, a)
        assert a.headers["Content-Type"] == "application/problem+json"
        assert code is None or a.json["code"] == code, (body, a)
        assert re.search("[\u4e00-\u9fff]", a.json["zh"]), "why, in Chinese, too"
        assert "139****" not in a.body.decode() and "HEARSAY" not in a.body.decode()
    assert not cases(client)
    assert door.post("/v1/complaints", REPORT, key="k").status == 201


def test_a_key_that_is_none_and_one_that_is_missing(door):
    assert door.post("/v1/complaints", REPORT).json["code"] == "NO_KEY"
    assert door.post("/v1/complaints", REPORT, key="k" * 101).json["code"] == "BAD_KEY"
    assert door.post("/v1/complaints", {**REPORT, "ref": "w" * 101}).json["code"] == "TOO_LONG"
    assert door.post("/v1/complaints/CL-1/updates", {"text": "x"}).json["code"] == "NO_KEY"


def test_an_update_of_a_case_that_is_not_known_yet_waits_for_it(door):
    send = lambda: door.post("/v1/complaints/ref:WO-7/updates", {"text": "x"}, key="u")  # noqa: E731
    early, again = send(), send()
    assert (early.status, early.json["result"]) == (202, "PARKED")
    assert (again.status, again.json["code"]) == (202, "PARKED"), "it still waits"
    door.post("/v1/complaints", {**REPORT, "ref": "WO-7"})
    assert door.get("/v1/complaints/ref:WO-7").json["case_version"] == 2
    assert (send().status, send().json["number"]) == (200, "CL-1")


# ---- configuration ------------------------------------------------------------------------------------------------

def check(config):
    done = subprocess.run([os.path.join(BIN, "hongxin-hotline"), "--config", str(config), "--check-config"], capture_output=True, text=True)
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize("line,says", [
    ("colour: red", "hotline.yaml:1: unknown key colour"),
    ("listen: 0.0.0.0:80", "hotline.yaml:1: 0.0.0.0:80 can be reached from other machines"),
    ("limits: {connections: 0}", "hotline.yaml:1: connections: from 1 to 65000"),
    ("limits: {connections: many}", "hotline.yaml:1: connections is not a whole number"),
    ("log: {level: loud}", "hotline.yaml:1: level is debug, info, warn or error"),
    ("signature_window: 3d", "hotline.yaml:1: signature_window: from 5s to 1h"),
    ("utc_offset: Beijing", "hotline.yaml:1: utc_offset is an offset"),
])
def test_a_wrong_configuration_is_refused_with_its_line(tmp_path, line, says):
    config = tmp_path / "hotline.yaml"
    config.write_text(line + "\n")
    code, text = check(config)
    assert code == 1 and says in text, text


def test_mappings_of_drops_and_telephones_are_checked_too(tmp_path):
    from hotline import SOURCE
    (tmp_path / "c").write_text(CLIENTS)
    (tmp_path / "c").chmod(0o600)
    (tmp_path / "bad.yaml").write_text("mapping: bad\ncolour: red\n")
    config = tmp_path / "hotline.yaml"
    head = f"clients: c\nmapping: {SOURCE}/config/mappings/12345.yaml\n"
    for part in ("drops:\n  - {folder: in, source: s, mapping: bad.yaml}\n",
                 "calls:\n  - {kind: freeswitch, password_file: p, source: s, mapping: bad.yaml}\n"):
        config.write_text(head + part)
        code, text = check(config)
        assert code == 1 and "bad.yaml:2" in text, text
    for part, says in (("drops:\n  - {folder: in}\n", "hotline.yaml:4: source is missing"),
                       ("calls:\n  - {kind: fax, password_file: p, source: s}\n", "kind is freeswitch or asterisk"),
                       ("push: {url: 'ftp://x', secret_file: s}\n", "url begins with https://"),
                       ("push: {url: 'https://x'}\n", "secret_file is missing")):
        config.write_text(head + part)
        code, text = check(config)
        assert code == 1 and says in text, text


def test_the_shipped_configuration_is_right_and_says_the_defaults(tmp_path):
    from hotline import SOURCE
    config = tmp_path / "config"
    shutil.copytree(f"{SOURCE}/config/mappings", config / "mappings")
    shutil.copy(f"{SOURCE}/config/hotline.yaml", config)
    (tmp_path / "var").mkdir()
    clients = tmp_path / "var/hotline.clients"
    clients.write_text(CLIENTS)
    clients.chmod(0o600)
    assert check(config / "hotline.yaml") == (0, f"{config}/hotline.yaml: right\n")
    limits = dict(re.findall(r"X\((\w+), \d+, \d+, (\d+),", open(f"{SOURCE}/workers/http/limits.h").read()))
    said = dict(re.findall(r"^  (\w+): (\d+) #", (config / "hotline.yaml").read_text(), re.M))
    assert limits and said == limits


def test_the_file_of_clients_is_checked(tmp_path):
    from hotline import SOURCE
    config, clients = tmp_path / "hotline.yaml", tmp_path / "c"
    config.write_text(f"clients: c\nmapping: {SOURCE}/config/mappings/12345.yaml\n")
    for text, mode, says in ((CLIENTS, 0o644, "mode 0600"), ("clients: []\n", 0o600, "there are no clients"),
                             ("clients:\n  - {name: a, source: b, token: short}\n", 0o600, "c:2: token has 32 to 128"),
                             ("clients:\n  - {name: a, source: b}\n", 0o600, "c:2: a has neither token nor key")):
        clients.write_text(text)
        clients.chmod(mode)
        code, out = check(config)
        assert code == 1 and says in out, out
        assert "short" not in out
    clients.write_text(CLIENTS)
    assert check(config)[0] == 0


# ---- dying and being away -----------------------------------------------------------------------------------------

def test_killed_between_the_daemon_s_answer_and_its_own_nothing_is_lost_or_doubled(daemon, client, make_door, tmp_path):
    between = Between(daemon.doors["intake"], tmp_path)
    try:
        door = make_door(intake=between.endpoint)
        between.hold = True
        lost = []

        def ask():
            try:
                lost.append(door.post("/v1/complaints", {**REPORT, "reporter": {"name": "Li"}}, key="once"))
            except OSError as e:
                lost.append(e)
            except Exception as e:  # http.client's own, of a connection that ended
                lost.append(e)

        asking = threading.Thread(target=ask)
        asking.start()
        wait_until(lambda: between.held and cases(client))  # the daemon has answered: it is on disk
        assert len(cases(client)) == 1
        door.kill()
        asking.join()
        assert isinstance(lost[0], Exception), "the client has no answer"
        between.hold = False
        door.start()
        again = door.post("/v1/complaints", {**REPORT, "reporter": {"name": "Li"}}, key="once")
        assert (again.status, again.json["result"], again.json["number"]) == (200, "DUPLICATE", "CL-1")
        assert len(cases(client)) == 1
    finally:
        between.close()


def test_killed_before_it_has_told_what_is_new_it_is_told_when_the_order_comes_again(daemon, client, make_door, tmp_path):
    """The daemon has refused the second report, and nobody was left to make an update of it."""
    changed = {**REPORT, "ref": "WO-1", "text": "now on two floors"}
    between = Between(daemon.doors["intake"], tmp_path)
    try:
        door = make_door(intake=between.endpoint)
        assert door.post("/v1/complaints", {**REPORT, "ref": "WO-1"}, key="a").status == 201
        between.hold = True

        def ask():
            with contextlib.suppress(OSError, http.client.HTTPException):
                door.post("/v1/complaints", changed, key="b")

        asking = threading.Thread(target=ask)
        asking.start()
        wait_until(lambda: between.held)
        door.kill()
        asking.join()
        assert comments(client) == []
        between.hold = False
        door.start()
        assert door.post("/v1/complaints", changed, key="b").json["number"] == "CL-1"
        assert comments(client) == ["now on two floors"] and len(cases(client)) == 1
    finally:
        between.close()


def test_a_daemon_that_is_away_is_told_at_once(daemon, door):
    daemon.kill()
    wait_until(lambda: door.get("/healthz", token=None).status == 503)
    a = door.post("/v1/complaints", REPORT, key="k")
    assert (a.status, a.json["code"]) == (503, "DAEMON_AWAY") and a.headers["Retry-After"]
    assert "hongxin_hotline_daemon_up 0" in door.get("/metrics", token=None).body.decode()


def test_an_ordered_end(door):
    connection = door.connect()
    assert door.stop() == 0
    assert connection.recv(1) == b"", "an idle connection is closed"


def test_no_identity_in_logs(make_door):
    door = make_door("log: {level: debug}\n")
    door.post("/v1/complaints", {**REPORT, "reporter": {"name": "Li Lei", "phone": "13912345678"}}, key="k")
    door.post("/v1/complaints", {**REPORT, "reporter": {"name": "Li Lei", "phone": 13912345678}}, key="k2")
    door.stop()
    log = "\n".join(door.log)
    assert "event=http_problem status=422" in log
    assert not any(s in log for s in ("13912345678", "Li Lei", "water"))


# ---- a daemon with keys ---------------------------------------------------------------------------------------------

def test_with_keys_the_door_may_do_what_its_own_key_may(locked, registry, tmp_path):
    feed = locked.doors.get("feed") or locked.doors["intake"]
    key = registry.file("hotline")
    door = Hotline(tmp_path, locked.doors["intake"], feed, clients=CLIENTS.replace("hotline-12345", "hotline"))
    text = door.config.read_text()
    door.config.write_text(text.replace(f"feed: '{feed}'", f"feed: '{feed}', key_file: '{key}'"))
    try:
        door.start()
        a = door.post("/v1/complaints", REPORT, key="k")
        assert a.status == 201, a
        assert door.get(f"/v1/complaints/{a.json['number']}").json["holder"] == "P-07"
        foreign = door.signed("POST", "/v1/complaints", json.dumps(REPORT).encode(), key="f")  # a source that is not the key's
        assert (foreign.status, foreign.json["code"]) == (422, "FOREIGN_SOURCE")
        foreign = door.post(f"/v1/complaints/{a.json['number']}/events", {"type": "HELD", "by": "holder:P-07/li"}, key="h")
        assert (foreign.status, foreign.json["code"]) == (422, "FOREIGN_PARTY"), "the client's claims are not the key's"
    finally:
        door.end()
