"""What people do on the board, over HTTP in front of a real daemon with keys: commands, queues, figures, photos."""
import base64
import datetime
import threading
import time

import pytest
from board import Board
from clock import AWAY_MS, EVENING, MINUTE, SECOND, Clock, run_to
from test_board import board, city, first_registry, hotline, make_board, place_of  # noqa: F401 (fixtures)
from hongxin.v1 import event_pb2
from pictures import exif, opened, photo, png_bomb
from wire import wait_until
from wire_format import nested_event

SOME_DAY = f"{datetime.date.today().year + 2}-01-01T00:00:00+08:00"


@pytest.fixture
def held(board, hotline):
    """A case of P-07, taken by its desk; with the desk's browser."""
    number = hotline.report(place_of("P-07")).number
    b = board.browser("p07")
    wait_until(lambda: b.get(f"cases/{number}").json["case"].get("holder") == "P-07")
    assert b.post(f"cases/{number}/acts", {"act": "COMING", "id": "come"}).json["result"] == "ACCEPTED"
    return number, b


def instant(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp() * 1000


def history(browser, number):
    return browser.get(f"cases/{number}").json["history"]


def test_a_company_does_its_work_from_the_inbox(board, hotline, held):
    number, b = held
    entry = next(e for e in history(b, number) if e["cause"] == "HELD")
    assert (entry["event"]["by"], entry["principal"]) == ("holder:P-07/p07", "p07")
    item = b.get("inbox").json
    assert item["total"] == 1 and item["items"][0]["case"]["number"] == number and item["items"][0]["deadline"]
    again = b.post(f"cases/{number}/acts", {"act": "COMING", "id": "come"}).json
    assert again["result"] == "DUPLICATE", "sent again it is the same event"
    for act in ({"act": "ARRIVED"}, {"act": "PROGRESS", "text": "looking for the valve"}, {"act": "DONE", "evidence": ["photo"], "text": "done"}):
        answer = b.post(f"cases/{number}/acts", act)
        assert answer.status == 200, answer
    assert b.get(f"cases/{number}").json["case"]["state"] == "RESOLVED"


def test_nobody_acts_in_another_ones_name(board, held):
    number, b = held
    assert b.post(f"cases/{number}/acts", {"act": "PROGRESS", "text": "x", "by": "holder:P-07/somebody"}).code == "FOREIGN_PARTY"
    assert b.post(f"cases/{number}/acts", {"act": "PROGRESS", "text": "x", "by": "holder:P-08/p07"}).code == "FOREIGN_AREA"
    assert b.post(f"cases/{number}/order", {"date": SOME_DAY}).status in (403, 409)
    other = board.browser("p08")
    assert other.post(f"cases/{number}/acts", {"act": "PROGRESS", "text": "x"}).code == "NO_CASE"


@pytest.mark.parametrize("path, body, code", [
    ("acts", {"act": "DANCE"}, "BAD_BODY"), ("acts", {}, "BAD_BODY"), ("acts", {"act": "ARRIVED", "colour": "red"}, "BAD_BODY"),
    ("acts", {"act": "PROGRESS", "text": 5}, "BAD_DATA"), ("acts", {"act": "ARRIVED", "at": "yesterday"}, "BAD_TIME"),
    ("acts", {"act": "ARRIVED", "id": "x" * 65}, "BAD_BODY"), ("acts", {"act": "ARRIVED", "if_version": -1}, "BAD_BODY"),
    ("acts", {"act": "PROGRESS", "text": "•••"}, "MASKED_VALUE"), ("ack", {"clock": "K_ARRIVE"}, "BAD_BODY"),
    ("events", {"type": "no event"}, "BAD_BODY"), ("events", {"type": "NONSENSE"}, "UNKNOWN_EVENT"),
])
def test_what_is_wrong_is_named(held, path, body, code):
    number, b = held
    answer = b.post(f"cases/{number}/{path}", body)
    assert (answer.status, answer.code) == (422, code), answer


def test_what_the_case_does_not_allow_is_named(held):
    number, b = held
    answer = b.post(f"cases/{number}/acts", {"act": "DONE"})
    assert (answer.status, answer.code) == (409, "EVIDENCE_MISSING"), answer


def test_a_case_that_has_changed_meanwhile(board, hotline, held):
    number, b = held
    version = b.get(f"cases/{number}").json["case"]["case_version"]
    assert b.post(f"cases/{number}/acts", {"act": "ARRIVED"}).status == 200
    stale = b.post(f"cases/{number}/acts", {"act": "PROGRESS", "text": "x", "if_version": version})
    assert (stale.status, stale.code) == (409, "STALE_VERSION")
    assert stale.json["case_version"] > version and stale.json["last"]["cause"] == "ARRIVED"


def test_of_two_who_decide_a_return_the_second_hears_of_the_first(board, held):
    number, b = held
    assert b.post(f"cases/{number}/acts", {"act": "RETURN", "reason": "DUTY"}).status == 200
    first, second = board.browser("hotdesk"), board.browser("hotdesk2")
    queue = first.get("returns").json
    assert queue["total"] == 1 and queue["items"][0]["clock"] == "K_RETURN" and queue["items"][0]["return"]["reason"] == "DUTY"
    answers = {}
    decide = {first: {"decision": "REFUSE", "why": "it is yours"}, second: {"decision": "ACCEPT", "holder": "U-3", "why": "not theirs"}}
    threads = [threading.Thread(target=lambda w=w, d=d: answers.__setitem__(w, w.post(f"cases/{number}/return", d))) for w, d in decide.items()]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert sorted(a.status for a in answers.values()) == [200, 409], answers
    loser = next(a for a in answers.values() if a.status == 409).json
    assert loser["decided"]["decided_by"].startswith("dispatcher/hotdesk") and loser["detail"]
    assert first.get("returns").json["total"] == 0


def test_an_order_of_the_street(board, held):
    number, _ = held
    chief = board.browser("chief")
    answer = chief.post(f"cases/{number}/order", {"date": SOME_DAY, "why": "the residents wait"})
    assert answer.status == 200, answer
    orders = chief.get("orders").json
    assert (orders["total"], orders["items"][0]["clock"]) == (1, "K_SUPERVISE") and orders["items"][0]["order"]["order"].startswith("DB-")


def test_triage_and_its_decisions(board, hotline):
    number = hotline.publish(hotline.event("REPORTED", by="reporter", data={"place": place_of("P-07"), "text": "something hums"}))[0].number
    desk = board.browser("hotdesk")
    queue = desk.get("triage").json
    assert (queue["total"], queue["items"][0]["clock"], queue["items"][0]["report"]["text"]) == (1, "K_TRIAGE", "something hums")
    assert desk.get(f"cases/{number}/route?class=SMALL").json["holder"] == "P-07"
    assert desk.post(f"cases/{number}/class", {"class": "SMALL"}).status == 200
    assert desk.get("triage").json["total"] == 0 and desk.get(f"cases/{number}").json["case"]["class"] == "SMALL"


def test_merging(board, hotline):
    place = place_of("P-07")
    numbers = [hotline.publish(hotline.event("REPORTED", by="reporter", data={"class": "SMALL", "place": place, "category": "lift", "text": text}))[0].number
               for text in ("stands still", "again")]
    desk = board.browser("hotdesk")
    similar = wait_until(lambda: (answer := desk.get(f"cases/{numbers[1]}/similar").json)["items"] and answer)
    assert [i["case"]["number"] for i in similar["items"]] == [numbers[0]]
    assert [i["report"]["text"] for i in similar["items"]] == ["stands still"]  # who compares reads what was said
    assert (similar["total"], similar["total_exact"], similar["cut"]) == (1, True, False)
    answer = desk.post(f"cases/{numbers[1]}/merge", {"step": "MERGE", "into": numbers[0]})
    assert answer.status == 200, answer


def test_what_a_phone_kept_offline(board, held):
    number, b = held
    skew = 3 * 3600
    from datetime import datetime, timedelta, timezone
    phone = datetime.now(timezone.utc) + timedelta(seconds=skew)
    acts = [{"case": number, "act": "ARRIVED", "id": "o-1", "at": (phone - timedelta(seconds=20)).isoformat()},
            {"case": number, "act": "PROGRESS", "id": "o-2", "text": "found it", "at": (phone - timedelta(seconds=10)).isoformat()},
            {"case": "CL-99999", "act": "ARRIVED"}, {"event": base64.b64encode(b"no event").decode()}, {}]
    answer = b.post("offline", {"sent_at": phone.isoformat(), "items": acts}).json
    assert abs(answer["skew_ms"] - skew * 1000) < 60000
    assert [r["status"] for r in answer["replies"]] == [200, 200, 404, 422, 422], answer
    again = b.post("offline", {"sent_at": phone.isoformat(), "items": acts[:2]}).json
    assert [r["body"]["result"] for r in again["replies"]] == ["DUPLICATE", "DUPLICATE"]
    signed = event_pb2.Event(id="d-1", source="p07", type="PROGRESS", by="holder:P-07/another", case_number=int(number[3:]))
    events = [{"event": base64.b64encode(e).decode()} for e in (signed.SerializeToString(), nested_event(b"", 10_000))]
    answer = b.post("offline", {"sent_at": phone.isoformat(), "items": events}).json
    assert [r["body"]["code"] for r in answer["replies"]] == ["FOREIGN_PARTY", "UNDECODABLE"], "in another one's name; events in events without end"


def test_photos_are_for_those_who_see_the_case(board, held):
    number, b = held
    taken = photo(3000, 40, exif=exif(6))
    assert b"Exif" in taken
    kept = b.post(f"cases/{number}/photos", taken, type="image/jpeg")
    assert kept.status == 201, kept
    name = kept.json["evidence"].removeprefix("photo:")
    shown = b.get(f"cases/{number}/photos/{name}")
    width, height = opened(shown.body).size
    assert width < height <= 2048, "upright, and smaller"
    assert shown.headers["Content-Type"] == "image/jpeg" and b"SecretMaker" not in shown.body and shown.body[:3] == b"\xff\xd8\xff" and b"Exif" not in shown.body
    assert shown.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert b.post(f"cases/{number}/photos", taken, type="image/jpeg").json == kept.json, "sent again it is the same one"
    drawn = b.post(f"cases/{number}/photos", photo(30, 20, "PNG"), type="image/png").json["evidence"].removeprefix("photo:")
    assert b.get(f"cases/{number}/photos/{drawn}").headers["Content-Type"] == "image/jpeg"
    other = board.browser("p08")
    assert other.get(f"cases/{number}/photos/{name}").code == "NO_CASE"
    assert other.post(f"cases/{number}/photos", taken, type="image/jpeg").code == "NO_CASE"
    auditor = board.browser("auditor")
    assert auditor.get(f"cases/{number}/photos/{name}").status == 200
    assert (auditor.post(f"cases/{number}/photos", taken, type="image/jpeg").status, auditor.post(f"cases/{number}/photos", taken, type="image/jpeg").code) == (403, "NO_RIGHT")
    for body, kind, status, code in ((b"<svg onload=alert(1)>", "image/png", 415, "NOT_A_PHOTO"), (taken, "image/svg+xml", 415, "NOT_A_PHOTO"),
                                     (taken, "image/png", 415, "NOT_A_PHOTO"), (photo(kind="PNG")[:300], "image/png", 422, "BAD_PHOTO"),
                                     (png_bomb(), "image/png", 422, "TOO_MANY_PIXELS")):
        answer = b.post(f"cases/{number}/photos", body, type=kind)
        assert (answer.status, answer.code) == (status, code), answer
    assert b.get(f"cases/{number}/photos/{'0' * 64}").code == "NO_PHOTO"
    assert b.get(f"cases/{number}/photos/..%2f..%2fboard.users").status == 400


def test_the_city(board):
    b = board.browser("p07")
    city = b.get("city").json
    assert len(city["grids"]) == 138 and {g["parent"] for g in city["grids"]} <= {c["id"] for c in city["communities"]}
    assert b.get("city/grids.geojson").json["type"] == "FeatureCollection"
    buildings = b.get("city/buildings?place=E-41").json["items"]
    assert buildings and {x["estate"] for x in buildings} == {"E-41"}
    assert b.get("city/buildings").code == "BAD_QUERY"
    persons = b.get("city/persons?ids=liunan,nobody,donglintao").json["persons"]
    assert persons == {"liunan": {"name_zh": "刘楠", "name_en": "Liu Nan"}, "donglintao": {"name_zh": "董琳涛", "name_en": "Dong Lintao"}}
    assert b.get("city/persons").code == "BAD_QUERY"
    board.user("add", "liuyang", "--principal", "p07", "--person", "liuyang", "--title", "刘洋")  # who only works here is known, too
    wait_until(lambda: b.get("city/persons?ids=liuyang").json["persons"] == {"liuyang": {"name_zh": "刘洋", "name_en": "刘洋"}})
    route = b.get("route?place=E-41&class=SMALL").json
    assert route["holder"] == "P-07" and route["told"] and all(route["persons"][id]["name_zh"] for id in route["told"])
    assert b.get("route?place=nowhere").code == "UNKNOWN_PLACE"
    duty = b.get("duty?area=P-07").json
    assert {p["post"] for p in duty["posts"]} == {"holder:P-07", "manager:P-07"}
    for p in duty["posts"]:
        edges = [(x["from"], x["until"]) for x in p["stretches"]]
        assert all(a[1] == z[0] for a, z in zip(edges, edges[1:])) and edges[-1][1] == duty["until"]
    there = {x[key] for p in duty["posts"] for x in p["stretches"] for key in ("person", "instead_of") if x.get(key)}
    assert duty["persons"].keys() == there and all(p["name_zh"] and p["name_en"] for p in duty["persons"].values())
    everywhere = b.get("duty?days=1").json
    assert len(everywhere["posts"]) > 138 and sum(not x.get("person") for p in everywhere["posts"] for x in p["stretches"]) == len(everywhere["gaps"])


def test_what_is_silent_in_an_area_is_told_with_the_list_of_silent_cases(board, city, registry):
    with registry.client(city, "s2") as street:
        reply = street.publish(street.event("SILENCED", by="street:S-02/s2", data={"clock": "K_ARRIVE", "level": "L2", "place": "C-03", "why": "road closed",
                                                                                   "until": int(time.time() * 1000) + 3_600_000}))[0]
        assert not reply.code, reply
    silence = board.browser("chief").get("cases?flag=SILENCED").json["silences"][0]
    assert (silence["area"], silence["clock"], silence["level"], silence["by"], silence["why"]) == ("place:C-03", "K_ARRIVE", "L2", "street:S-02/s2", "road closed")
    assert "silences" not in board.browser("chief").get("cases").json


def test_figures_are_for_those_whose_area_it_is(board, hotline):
    hotline.report(place_of("P-07"))
    chief = board.browser("chief").get("figures?holder=*").json
    assert {"city", "holder"} <= {r["dimension"] for r in chief["rows"]} | {"holder"}
    mine = board.browser("p07")
    assert mine.get("figures").status == 403
    assert {r["id"] for r in mine.get("figures?holder=P-07").json["rows"]} <= {"P-07"}
    assert mine.get("figures?holder=P-08").status == 403
    assert mine.get("health").json["status"] == "ok" and "figures" not in mine.get("health").json
    assert board.browser("chief").get("health").json["figures"]["cases"] == 1


def test_the_breaches_of_a_day_are_what_its_figures_count(make_daemon, registry, tmp_path):
    clock = Clock(tmp_path, EVENING)
    daemon = make_daemon(settings={"keys": registry.keys, "absent_ms": AWAY_MS}, env=clock.environment())
    board = Board(tmp_path, daemon, key=registry.file("board")).start()
    try:
        with registry.client(daemon, "hotline") as c:
            numbers = {c.report(place_of("P-07")).number for _ in range(3)}
            desk = board.browser("p07")
            for number in numbers:
                assert desk.post(f"cases/{number}/acts", {"act": "COMING"}).status == 200
            run_to(clock, c, EVENING + 45 * MINUTE)
        chief = board.browser("chief")
        wait_until(lambda: chief.get("breaches").json["items"])
        breaches = chief.get("breaches").json
        counted = {r["clock"]: r["n"] for r in chief.get("figures").json["rows"] if r["what"] == "broken" and r["dimension"] == "city" and len(r["period"]) == 10}
        listed = [i["breach"]["clock"] for i in breaches["items"]]
        assert {k: listed.count(k) for k in set(listed)} == counted and breaches["total"] == len(listed)
        assert {i["number"] for i in breaches["items"]} == numbers
        first = next(i for i in breaches["items"] if i["breach"]["clock"] == "K_RESOLVE")
        assert first["arithmetic"]["sum"] == first["breach"]["deadline"] and first["arithmetic"]["budget_ms"] == 40 * MINUTE
        assert chief.get("breaches?limit=2").json["cut"] and len(chief.get("breaches?limit=2&cursor=2").json["items"]) == 2
        notices = chief.get("notices").json
        assert board.browser("s2").get("notices").status == 200 and notices["total"] == len(notices["items"])
        overdue = wait_until(lambda: (o := chief.get("running?overdue=true").json)["total"] and instant(o["now"]) >= EVENING + 45 * MINUTE and o)  # it is told every five seconds
        assert overdue["total"] == overdue["overdue"] > 0
        def selected(query):
            return {(r["number"], r["clock"]) for r in chief.get(f"running?limit=2000&{query}").json["items"]}

        everything = chief.get("running?limit=2000").json["items"]
        ms = {r["clock"]: (instant(r["deadline"]) - instant(overdue["now"]), r["budget_ms"], r.get("paused", False)) for r in everything}
        fifth = {name for name, (left, budget, still) in ms.items() if not still and 0 <= left <= budget / 5}
        assert {clock for _, clock in selected("only=fifth")} == fifth and chief.get("running?only=late").code == "BAD_QUERY"
        assert selected("only=still") == {(r["number"], r["clock"]) for r in everything if r.get("paused")}
        assert selected("place=none") == {(r["number"], r["clock"]) for r in everything if not r["where"].get("street")}
        told = wait_until(lambda: [n for n in board.browser("p07").get("notices?open=true").json["items"] if n.get("can_ack")])
        answer = board.browser("p07").post(f"cases/{told[0]['number']}/ack", {"clock": told[0]["clock"], "level": told[0]["level"]})
        assert answer.status == 200, answer
        page = chief.get(f"cases/{told[0]['number']}").json
        assert any(n.get("acked_by", "").endswith("/p07") for n in page["notices"])
    finally:
        board.end()


def test_who_was_told_in_anothers_place_finds_it_and_acknowledges_it(make_daemon, registry, tmp_path):
    """A community and a street hold what has no company: the people of another post are told for their managers (S34, S38)."""
    clock = Clock(tmp_path, EVENING)
    daemon = make_daemon(settings={"keys": registry.keys, "absent_ms": AWAY_MS}, env=clock.environment())
    board = Board(tmp_path, daemon, key=registry.file("board")).start()
    try:
        with registry.client(daemon, "hotline") as c:
            reports = [c.event("REPORTED", by="reporter", data={"class": "SMALL", "place": "B-0770", "category": category}) for category in ("", "88")]
            community, street = (r.number for r in c.publish(*reports))
            run_to(clock, c, EVENING + 4 * MINUTE + 40 * SECOND)
        for user, number, to, stand_in, by in (("s2", community, "manager:C-03", "street:S-02", "street:S-02/s2"),
                                               ("chief", street, "manager:S-02", "city/property", "city/chief")):
            b = board.browser(user)
            def inbox():
                return [n for n in b.get("notices?open=true").json["items"] if (n["number"], n.get("clock"), n.get("level")) == (number, "K_ARRIVE", "L1")]

            told, = wait_until(inbox)
            assert (told["to"], told["stand_in"], told["can_ack"]) == (to, stand_in, True)
            assert board.browser("p07").get(f"cases/{number}").status == 404
            assert b.post(f"cases/{number}/ack", {"clock": "K_ARRIVE", "level": "L1"}).status == 200
            page = b.get(f"cases/{number}").json["notices"]
            assert [n["acked_by"] for n in page if (n.get("clock"), n.get("level")) == ("K_ARRIVE", "L1")] == [by]
            assert wait_until(lambda: inbox() == [])
        mine = board.browser("s2").get("notices").json["items"]
        assert not [n for n in mine if n["to"] == "manager:S-02"], "nobody supervises himself"
    finally:
        board.end()


def test_a_list_that_is_cut_says_so_and_keeps_the_newest(make_daemon, registry, tmp_path):
    clock = Clock(tmp_path, EVENING)
    daemon = make_daemon(settings={"keys": registry.keys, "absent_ms": AWAY_MS}, env=clock.environment())
    board = Board(tmp_path, daemon, key=registry.file("board"), settings="looked_at: 100\n").start()
    try:
        with registry.client(daemon, "hotline") as c:
            first = c.report(place_of("P-07"))
            run_to(clock, c, EVENING + 10 * SECOND)
            for _ in range(6):
                c.publish(*[c.event("REPORTED", by="reporter", data={"class": "SMALL", "place": place_of("P-07")}) for _ in range(100)])
            run_to(clock, c, EVENING + 12 * SECOND)
            last = c.report(place_of("P-07")).number
        b = board.browser("p07")
        page = wait_until(lambda: (p := b.get("notices?limit=500").json)["items"] and p["items"][0]["number"] == last and p)
        assert page["total_exact"] is False and page["total"] < 100
        assert f"CL-{first.case_number}" not in [n["number"] for n in page["items"]], "the oldest are left out"
    finally:
        board.end()


def test_the_breaches_of_a_past_day_are_there_whatever_broke_since(make_daemon, registry, tmp_path):
    clock = Clock(tmp_path, EVENING)
    daemon = make_daemon(settings={"keys": registry.keys, "absent_ms": AWAY_MS}, env=clock.environment())
    board = Board(tmp_path, daemon, key=registry.file("board"), settings="looked_at: 100\n").start()
    past = "breaches?from=2026-10-12&until=2026-10-12"
    try:
        with registry.client(daemon, "hotline") as c:
            number = c.report(place_of("P-07")).number
            next_day = EVENING + 24 * 60 * MINUTE
            run_to(clock, c, next_day)
            chief = board.browser("chief")
            before = wait_until(lambda: (p := chief.get(past).json)["items"] and p)
            assert {i["number"] for i in before["items"]} == {number} and before["total_exact"]
            for _ in range(6):
                c.publish(*[c.event("REPORTED", by="reporter", data={"class": "SMALL", "place": place_of("P-07")}) for _ in range(100)])
            run_to(clock, c, next_day + 45 * MINUTE)
        wait_until(lambda: chief.get("breaches").json["total_exact"] is False)
        after = chief.get(past).json
        assert [i["lsn"] for i in after["items"]] == [i["lsn"] for i in before["items"]] and after["total_exact"]
    finally:
        board.end()
