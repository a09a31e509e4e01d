"""Doors and board whose machine has nothing left: no descriptors, no room on the disk. Nothing is acknowledged that is not kept, who has come
in goes on, and when the machine has something again everything goes on by itself."""
import http.client
import json
import threading

import pytest
from board import PASSWORD
from edge import PLACE, Edge
from hongxin.v1 import wire_pb2
from hotline import TOKEN
from pictures import photo
from scarce import no_descriptors, no_room
from tables import HEADING, put
from wire import TIMEOUT_S, wait_until

REPORT = {"class": "SMALL", "place": PLACE, "text": "water leaks"}


@pytest.fixture
def edge(tmp_path):
    e = Edge(tmp_path, scale=None)
    e.start()
    yield e
    e.end()


@pytest.fixture
def client(edge):
    with edge.field.daemon.client() as c:
        yield c


def cases(client):
    return len(client.ask("list", list=wire_pb2.ListQuery(closed=True)).cases)


class Open:
    """A connection to the hotline that was there before."""

    def __init__(self, hotline):
        self.connection = http.client.HTTPConnection("127.0.0.1", hotline.port(), timeout=TIMEOUT_S)
        assert self.health() in (200, 503)

    def ask(self, method, path, body=None, **headers):
        self.connection.request(method, path, body, headers)
        r = self.connection.getresponse()
        r.read()
        return r.status

    def health(self):
        return self.ask("GET", "/healthz")

    def report(self, key):
        return self.ask("POST", "/v1/complaints", json.dumps(REPORT), **{"Authorization": f"Bearer {TOKEN}", "Idempotency-Key": key, "Content-Type": "application/json"})


def test_without_descriptors_those_who_are_in_are_served_and_the_others_wait(edge, client):
    there, answers = Open(edge.hotline), []
    with no_descriptors(edge.hotline.process.pid):
        newcomer = threading.Thread(target=lambda: answers.append(edge.hotline.post("/v1/complaints", REPORT, key="new")))
        newcomer.start()
        wait_until(lambda: any("event=accept_failed" in line for line in edge.hotline.log))
        assert there.report("old") == 201 and cases(client) == 1 and not answers
    newcomer.join()
    assert answers[0].status == 201 and cases(client) == 2


@pytest.mark.parametrize("name", ["hotline", "kiosk", "wechat", "board"])
def test_a_daemon_that_comes_back_while_there_are_no_descriptors(edge, name):
    door = edge.doors[name]
    there = Open(door)
    edge.field.daemon.kill()
    wait_until(lambda: there.health() == 503)
    with no_descriptors(door.process.pid):
        edge.field.daemon.start()
        with edge.field.daemon.client() as c:
            c.report()
        assert there.health() == 503
    wait_until(lambda: there.health() == 200)
    edge.check()


def test_states_are_told_when_there_are_descriptors_again(edge, client):
    number = edge.hotline.post("/v1/complaints", REPORT, key="r").json["number"]
    with no_descriptors(edge.hotline.process.pid):
        for type, more in (("HELD", {}), ("RESOLVED", {"evidence": ["photo"]})):
            client.publish(client.event(type, by="holder:P-07/li", case_number=1, data=more))
        wait_until(lambda: any("event=push_failed" in line for line in edge.hotline.log))
    wait_until(lambda: len(edge.platform.taken) == 2)
    assert edge.platform.words(number) == ["signed", "answered"]


@pytest.mark.parametrize("but", range(4))
def test_a_table_waits_for_descriptors(edge, client, but):
    """In an encoding whose converter is a file of its own, with a row that is none: all of it takes descriptors."""
    text = HEADING + f"W1,2026-10-12 19:00:00,楼道灯坏了,一般,{PLACE},王\nW2,soon,x,一般,{PLACE},李\n"
    with no_descriptors(edge.hotline.process.pid, but):
        put(edge.drop, "a.csv", text, "gb18030")
        put(edge.drop, "b.csv", text.replace("W", "V"), "utf-8")
        said = len(edge.hotline.log)
        wait_until(lambda: but == 0 or (edge.drop / "done/b.csv").exists() or any("event=drop_" in line for line in edge.hotline.log[said:]))
    for name in ("a.csv", "b.csv"):
        wait_until(lambda name=name: not (edge.drop / name).exists())
    assert sorted(p.name for p in (edge.drop / "done").iterdir()) == ["a.csv", "b.csv"]
    assert [(edge.drop / "rejects" / name).read_text().count("\n") for name in ("a.csv", "b.csv")] == [2, 2]
    assert cases(client) == 2


@pytest.mark.parametrize("scarce", [no_room, no_descriptors])
def test_a_picture_that_cannot_be_kept_is_no_report(edge, client, scarce):
    kept = edge.kiosk.form(photo(50, 50), key="before-it-was-full")
    assert kept.status == 201
    there = http.client.HTTPConnection("127.0.0.1", edge.kiosk.port(), timeout=TIMEOUT_S)
    real, edge.kiosk.request = edge.kiosk.request, lambda method, path, body=None, headers=None: over(there, method, path, body, headers)
    assert edge.kiosk.get("/healthz") == 200
    with scarce(edge.kiosk.process.pid):
        assert edge.kiosk.form(photo(60, 60), key="while-it-was-full") == 503
        assert edge.kiosk.report("without-a-picture") == 201
        assert cases(client) == 2 and len(list(edge.kiosk.evidence.iterdir())) == 1
    edge.kiosk.request = real
    assert edge.kiosk.form(photo(60, 60), key="while-it-was-full").status == 201
    assert cases(client) == 3 and len(list(edge.kiosk.evidence.iterdir())) == 2


def over(connection, method, path, body, headers):
    connection.request(method, path, body, headers or {})
    r = connection.getresponse()
    r.read()
    return r.status


@pytest.mark.parametrize("half", [0, 20])
def test_a_session_that_cannot_be_kept_is_none(edge, half):
    """Perhaps half of its line is in the file already."""
    inside, outside = edge.board.browser("desk"), edge.board.browser()
    sessions = edge.folder / "board.sessions"
    with no_room(edge.board.process.pid, sessions.stat().st_size + half if half else 0):
        refused = outside.login("li")
        assert (refused.status, refused.code) == (503, "NOT_KEPT") and not outside.cookie
        assert inside.get("session").status == 200
        assert inside.post("reports", {"id": "r-1", **REPORT}).status == 200
    wait_until(lambda: outside.login_again("li", PASSWORD))
    edge.board.kill()
    edge.board.start()
    assert [b.get("session").status for b in (inside, outside)] == [200, 200]


def test_a_photo_that_cannot_be_kept_is_none(edge):
    company, desk = edge.board.browser("li"), edge.board.browser("desk")
    number = desk.post("reports", {"id": "r-1", **REPORT}).json["number"]
    with no_room(edge.board.process.pid):
        refused = company.post(f"cases/{number}/photos", photo(), type="image/jpeg")
        assert (refused.status, refused.code) == (503, "NOT_KEPT")
        assert not [p for p in (edge.folder / "photos").rglob("*") if p.is_file()]
    assert company.post(f"cases/{number}/photos", photo(), type="image/jpeg").status == 201
