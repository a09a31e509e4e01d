"""States pushed back to the city's platform: signed, in order, and not lost by anybody's death."""
import base64
import hashlib
import hmac
import json

import pytest
from city_platform import Platform
from daemon import SOURCE
from hotline import Hotline
from wire import wait_until

SECRET = b"s" * 40


@pytest.fixture
def platform():
    p = Platform()
    yield p
    p.close()


@pytest.fixture
def door(daemon, tmp_path, platform):
    (tmp_path / "secret").write_bytes(SECRET)
    (tmp_path / "drop").mkdir()
    (tmp_path / "secret").chmod(0o600)
    d = Hotline(tmp_path, daemon.doors["intake"], daemon.doors.get("feed") or daemon.doors["intake"],
                f"push: {{url: 'http://127.0.0.1:{platform.port}/status', secret_file: secret, retry: 100ms, retry_most: 200ms}}\n"
                f"drops: [{{folder: {tmp_path}/drop, mapping: {SOURCE}/config/mappings/12345.yaml, source: tables}}]\n").start()
    wait_until(lambda: "hongxin_hotline_push_waiting" in d.get("/metrics", token=None).body.decode())
    yield d
    d.end()


def live(door, ref, key):
    door.post("/v1/complaints", {"class": "SMALL", "place": "B-0417", "text": "leak", "ref": ref, "reporter": {"name": "Li Lei"}})
    for type, more in (("HELD", {}), ("ARRIVED", {"proof": "ONSITE_CODE"}), ("RESOLVED", {"evidence": ["photo"]})):
        a = door.post(f"/v1/complaints/ref:{ref}/events", {"type": type, "by": "holder:P-07/li", **more}, key=f"{key}-{type}")
        assert a.status == 200, a
    assert door.post(f"/v1/complaints/ref:{ref}/callback", {"result": "OK"}, key=f"{key}-ok").status == 200


def test_each_state_is_pushed_signed_in_order(door, platform):
    live(door, "WO-1", "a")
    wait_until(lambda: len(platform.taken) >= 3)
    assert platform.words() == ["signed", "answered", "closed"]
    headers, body = platform.taken[0]
    push = json.loads(body)
    assert (push["number"], push["ref"], push["zh"], push["state"], push["holder"]) == ("CL-1", "WO-1", "签收", "HELD", "P-07")
    signed = ".".join([headers["webhook-id"], headers["webhook-timestamp"], body.decode()]).encode()
    mac = base64.b64encode(hmac.new(SECRET, signed, hashlib.sha256).digest()).decode()
    assert headers["webhook-signature"] == f"v1,{mac}" and headers["webhook-id"] == push["id"]
    assert "Li Lei" not in body.decode() and "leak" not in body.decode()


def test_the_order_of_a_merged_case_is_named_as_long_as_the_other_speaks_for_it(door, platform):
    for ref in ("WO-1", "WO-2"):
        door.post("/v1/complaints", {"class": "SMALL", "place": "B-0417", "ref": ref})
    act = lambda ref, type, by="dispatcher:C-03/zhou", **more: door.post(f"/v1/complaints/ref:{ref}/events", {"type": type, "by": by, **more}, key=f"{ref}-{type}")  # noqa: E731
    assert act("WO-2", "MERGED_INTO", into="CL-1").status == 200
    wait_until(lambda: len(platform.taken) == 1)
    assert act("WO-1", "HELD", by="holder:P-07/li").status == 200
    wait_until(lambda: len(platform.taken) == 2)
    assert act("WO-2", "UNMERGED").status == 200
    wait_until(lambda: len(platform.taken) == 3)
    assert door.post("/v1/complaints/ref:WO-1/cancel", {}, key="cancel").status == 200
    wait_until(lambda: len(platform.taken) == 4)
    told = [json.loads(body) for _, body in platform.taken]
    assert [(p["word"], p["ref"], p.get("into"), p.get("others")) for p in told] == [
        ("merged", "WO-2", "CL-1", None), ("signed", "WO-1", None, ["WO-2"]), ("unmerged", "WO-2", None, None), ("withdrawn", "WO-1", None, None)]


def test_references_of_other_doors_are_nobody_s_business(door, platform, client):
    """A keyed hash of a WeChat user is the same in all his cases; the platform knows its own orders, and whose they are it need not."""
    def said(type, by, ref="", source="wechat", **more):
        return client.publish(client.event(type, by=by, source=source, case_ref=ref, **more))[0]

    report = {"class_": "SMALL", "place": "B-0417"}
    assert said("REPORTED", "reporter", "resident-hash/1", data=report).number == "CL-1"
    door.post("/v1/complaints", {"class": "SMALL", "place": "B-0417", "ref": "WO-1"})
    assert said("REPORTED", "reporter", "WO-1", "another", data=report).number == "CL-3"
    for number, into in ((1, "CL-2"), (3, "CL-2")):
        assert said("MERGED_INTO", "dispatcher:C-03/zhou", case_number=number, data={"into": into}).code == ""
    door.post("/v1/complaints", {"class": "SMALL", "place": "B-0417", "ref": "WO-4"})
    assert said("MERGED_INTO", "dispatcher:C-03/zhou", case_number=4, data={"into": "CL-2"}).code == ""
    assert said("HELD", "holder:P-07/li", case_number=2).code == ""
    assert said("REPORTED", "reporter", "WO-5", "tables", data=report).number == "CL-5"
    assert said("HELD", "holder:P-07/li", case_number=5).code == ""
    wait_until(lambda: len(platform.taken) == 5)
    told = {json.loads(body)["number"] + " " + json.loads(body)["word"]: json.loads(body) for _, body in platform.taken}
    assert {what: (p["ref"], p.get("others")) for what, p in told.items()} == {
        "CL-1 merged": ("", None), "CL-3 merged": ("", None), "CL-4 merged": ("WO-4", None), "CL-2 signed": ("WO-1", ["WO-4"]),
        "CL-5 signed": ("WO-5", None)}
    assert b"resident-hash" not in b"".join(body for _, body in platform.taken)


def test_a_platform_that_refuses_gets_it_again(door, platform):
    platform.refuse = 4
    live(door, "WO-1", "a")
    live(door, "WO-2", "b")
    wait_until(lambda: len(platform.taken) >= 6)
    for number in ("CL-1", "CL-2"):
        assert platform.words(number) == ["signed", "answered", "closed"], "the order of each case stays"
    assert platform.asked == 10
    assert "hongxin_hotline_push_failures_total 4" in door.get("/metrics", token=None).body.decode()


@pytest.mark.parametrize("answer", [
    b"HTTP/1.1 302 Found\r\nLocation: http://HERE/elsewhere\r\nContent-Length: 0\r\n\r\n", b"HTTP/1.1 307 Temporary Redirect\r\nLocation: file:///etc/passwd\r\nContent-Length: 0\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\ncut short", b"HTTP/1.1 100 Continue\r\n\r\n", b"200 OK, believe me\r\n\r\n", b"", b"HTTP/1.1 204 No\r\nX: " + b"x" * 500_000,
], ids=["redirected", "to-a-file", "cut-short", "never-final", "no-http", "silence", "endless-head"])
def test_a_platform_that_answers_strangely_gets_it_again_in_its_place(door, platform, answer):
    """Nothing but a whole 2xx counts, and what a case is about goes to no other address than the one of the configuration."""
    platform.refuse, platform.strangely = 1, answer
    live(door, "WO-1", "a")
    wait_until(lambda: len(platform.taken) >= 3)
    assert platform.words("CL-1") == ["signed", "answered", "closed"] and platform.asked == 4
    assert set(platform.paths) == {"/status"}


def test_nothing_is_lost_when_platform_and_door_die(door, platform):
    live(door, "WO-1", "a")
    wait_until(lambda: len(platform.taken) >= 3)
    platform.close()
    live(door, "WO-2", "b")  # nobody is there to take it
    wait_until(lambda: any("event=push_failed" in line for line in door.log))
    door.kill()
    again = Platform(platform.port)
    try:
        door.start()
        wait_until(lambda: len(again.words("CL-2")) >= 3)
        assert again.words("CL-2") == ["signed", "answered", "closed"]
        seen = {json.loads(b)["id"] for _, b in platform.taken}
        repeated = [json.loads(b)["id"] for _, b in again.taken if json.loads(b)["number"] == "CL-1"]
        assert set(repeated) <= seen, "a repetition bears the same id"
    finally:
        again.close()


def test_killed_between_the_platform_s_answer_and_its_own_note(door, platform):
    """It comes once more, under the same id: the platform knows it."""
    platform.answers.clear()
    live(door, "WO-1", "a")
    wait_until(lambda: len(platform.taken) == 1)
    door.kill()
    platform.answers.set()
    door.start()
    wait_until(lambda: "closed" in platform.words())
    (first, body), (again, same) = platform.taken[:2]
    assert first["webhook-id"] == again["webhook-id"] and body == same
    told = {headers["webhook-id"]: json.loads(body)["word"] for headers, body in platform.taken}
    assert list(told.values()) == ["signed", "answered", "closed"], "none is lost, each has one id"
