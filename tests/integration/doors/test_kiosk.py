"""The kiosk's door: reports, status and withdrawal by anybody, bad input, and a death at the worst moment."""
import concurrent.futures
import pathlib
import re
import subprocess
import threading
import urllib.parse

import pytest
import yaml
from between import Between
from door import BIN
from hongxin.v1 import event_pb2, journal_pb2, wire_pb2
from kiosk import SOURCE, Kiosk
from pictures import photo
from wire import RESULT, wait_until


def cases(client):
    return client.ask("list", list=wire_pb2.ListQuery(closed=True)).cases


def figure(kiosk, line):
    found = [text for text in kiosk.get("/metrics").body.decode().splitlines() if text.startswith(line + " ") or text.startswith(line + "{")]
    return sum(int(text.rsplit(" ", 1)[1]) for text in found)


# ---- what people do ---------------------------------------------------------------------------------------------

def test_the_categories_are_those_of_the_policy_in_force(kiosk):
    a = kiosk.get("/kiosk/v1/categories")
    life = yaml.safe_load(open(f"{SOURCE}/config/life-cycles/complaint.yaml"))
    assert a.status == 200 and a.json["policy"].startswith("complaint/1")
    assert [(c["id"], c["zh"], c["en"]) for c in a.json["categories"]] == [(c["name"], c["zh"], c["en"]) for c in life["categories"]]
    assert {c["id"]: c["call"] for c in a.json["categories"] if "call" in c} == {"fire": "119", "medical": "120", "crime": "110"}


def test_a_building_is_found_by_its_name_in_either_language(kiosk):
    find = lambda words: [p["id"] for p in kiosk.get("/kiosk/v1/places?q=" + urllib.parse.quote(words)).json["places"]]
    assert kiosk.get("/kiosk/v1/places?q=b-0002").json["places"][0] == {"id": "B-0002", "zh": "清林小区2号楼", "en": "Qinglin Estate Building 2"}
    assert find("清林 2号")[0] == "B-0002" == find("qinglin building 2")[0]
    every = pathlib.Path(SOURCE, "config/city/buildings.csv").read_text(encoding="utf-8").splitlines()[1:]
    assert find(every[-1].split(",")[0]) == [every[-1].split(",")[0]], "the table comes in several parts"
    assert f"\nhongxin_kiosk_places {len(every)}\n" in kiosk.get("/metrics").body.decode()
    assert len(find("清林")) == 6 and find("no such house") == [] == find(" ")
    assert kiosk.get("/kiosk/v1/places").status == 400 and kiosk.get("/kiosk/v1/places?q=" + "x" * 500).status == 400


def test_an_anonymous_report_is_answered_with_number_secret_and_promises(kiosk, client):
    a = kiosk.report()
    assert a.status == 201, a
    assert (a.json["number"], a.json["result"], len(a.json["secret"])) == ("CL-1", "ACCEPTED", 11)
    promised = {p["id"]: p for p in a.json["promises"]}
    assert promised["K_ARRIVE"]["zh"] == "到场时限" and promised["K_ARRIVE"]["deadline"].endswith("+08:00")
    view = client.case(1).view
    assert (view.holder, view.category, getattr(view, "class"), view.callback_ref) == ("P-07", "water", "SERIOUS", "")


def test_a_report_by_phone_keeps_the_number_for_the_call_back_only(kiosk, daemon, client):
    assert kiosk.report(phone="139 1234 5678", name="李", confidential=True).status == 201
    view = client.case(1, history=True)
    assert view.view.callback_ref.startswith("CB-")
    for said in (daemon.text(), "".join(kiosk.log), str(view)):
        assert not [part for part in ("139 1234", "1234 5678", "1391234", "12345678") if part in said]  # shorter ones stand in instants, too


def test_number_and_secret_show_where_it_stands(kiosk, client):
    first = kiosk.report().json
    client.publish(client.event("HELD", by="holder:P-07/li", case_number=1))
    a = kiosk.post("status", {"number": first["number"], "secret": first["secret"].lower().replace("-", " ")})
    assert a.status == 200, a
    assert a.json["state"] == {"id": "HELD", "zh": "已签收", "en": "Held"}
    assert a.json["holder"]["zh"] and a.json["holder"]["en"] and a.json["closed"] is None
    running = [c for c in a.json["clocks"] if c["state"] == "RUNNING"]
    assert {"K_ARRIVE", "K_RESOLVE"} <= {c["id"] for c in running} and all(c["deadline"] for c in running)


def test_number_and_secret_take_it_back(kiosk, client):
    first = kiosk.report().json
    body = {"number": first["number"], "secret": first["secret"], "why": "solved by itself"}
    a = kiosk.post("withdraw", body, key="withdraw-once-0001")
    assert (a.status, a.json) == (200, {"number": "CL-1", "result": "ACCEPTED", "code": ""})
    assert kiosk.post("withdraw", body, key="withdraw-once-0001").status == 200, "the answer may have been lost"
    assert client.case(1).view.state == "WITHDRAWN"
    assert kiosk.post("status", body | {"why": ""}).status == 200


def test_a_withdrawal_that_was_refused_is_refused_when_it_is_sent_again(kiosk):
    first = kiosk.report().json
    assert kiosk.post("withdraw", pair("CL-1", first), key="withdraw-once-0001").status == 200
    too_late = [kiosk.post("withdraw", pair("CL-1", first), key="withdraw-once-0002") for _ in range(2)]
    assert [(a.status, a.json["code"]) for a in too_late] == [(409, "NOT_NOW")] * 2


def zhou(client, type, number, **data):
    return client.publish(client.event(type, by="dispatcher:C-03/zhou", case_number=number, data=data))[0].result


def pair(number, ticket):
    return {"number": number, "secret": ticket["secret"]}


def test_one_of_several_takes_it_back_for_himself(kiosk, client):
    first = kiosk.report().json
    assert zhou(client, "PARTY_ADDED", 1, party="caller-2") == RESULT.ACCEPTED
    a = kiosk.post("withdraw", pair("CL-1", first), key="withdraw-once-0001")
    assert (a.status, a.json["code"]) == (200, "OTHERS_LEFT")
    assert kiosk.post("withdraw", pair("CL-1", first), key="withdraw-once-0001").json["code"] == "OTHERS_LEFT"
    view = client.case(1).view
    assert (view.state, [p.callback for p in view.callbacks]) == ("DISPATCHED", ["GONE", "OPEN"])
    assert kiosk.post("status", pair("CL-1", first)).json["left"] is True


def test_a_merge_leaves_everybody_his_number_and_what_he_may_do(kiosk, client):
    first, second = kiosk.report().json, kiosk.report().json
    assert zhou(client, "MERGED_INTO", 2, into="CL-1") == RESULT.ACCEPTED
    client.publish(client.event("HELD", by="holder:P-07/li", case_number=1))
    a = kiosk.post("status", pair("CL-2", second))
    assert (a.json["number"], a.json["into"], a.json["state"]["id"]) == ("CL-2", "CL-1", "HELD") and "left" not in a.json
    assert "into" not in kiosk.post("status", pair("CL-1", first)).json
    assert kiosk.post("status", pair("CL-1", second)).json["state"]["id"] == "HELD", "he was told that number"
    assert kiosk.post("status", pair("CL-2", first)).json["code"] == "SECRET_WRONG", "the other one's matter is none of his"
    assert kiosk.post("withdraw", pair("CL-2", second)).json["code"] == "OTHERS_LEFT"
    assert [p.callback for p in client.case(1).view.callbacks] == ["OPEN", "GONE"]
    assert [kiosk.post("status", pair(n, t)).json.get("left") for n, t in (("CL-2", second), ("CL-1", first))] == [True, None]
    assert zhou(client, "UNMERGED", 2) == RESULT.ACCEPTED
    a = kiosk.post("status", pair("CL-2", second))
    assert (a.json["state"]["id"], "into" in a.json) == ("WITHDRAWN", False), "nobody is left in it"
    assert kiosk.post("withdraw", pair("CL-1", first)).json["code"] == "", "he is the only one again"
    assert client.case(1).view.state == "WITHDRAWN"


def test_the_absorbed_reporter_withdraws_by_the_number_that_he_was_told(kiosk, client):
    first, second = kiosk.report().json, kiosk.report().json
    assert zhou(client, "MERGED_INTO", 2, into="CL-1") == RESULT.ACCEPTED
    assert kiosk.post("withdraw", pair("CL-1", second)).json["code"] == "OTHERS_LEFT"
    assert [p.callback for p in client.case(1).view.callbacks] == ["OPEN", "GONE"], "not the one whose number it is"
    assert kiosk.post("status", pair("CL-2", second)).json["left"]
    assert kiosk.post("withdraw", pair("CL-1", first)).json["code"] == ""
    assert client.case(1).view.state == "WITHDRAWN"
    assert "left" not in kiosk.post("status", pair("CL-2", second)).json, "it goes on for nobody"


def test_a_part_is_found_by_whoever_reported_the_whole(kiosk, client):
    first, second = kiosk.report().json, kiosk.report().json
    assert zhou(client, "MERGED_INTO", 2, into="CL-1") == zhou(client, "SPLIT", 1, cases=["the-lamp"]) == RESULT.ACCEPTED
    later = kiosk.report().json
    assert zhou(client, "MERGED_INTO", 4, into="CL-1") == zhou(client, "SPLIT", 1, cases=["the-door"]) == RESULT.ACCEPTED
    for ticket, number, parts in ((first, "CL-1", ["CL-5", "CL-3"]), (second, "CL-2", ["CL-5", "CL-3"]), (later, "CL-4", ["CL-5"])):
        assert kiosk.post("status", pair(number, ticket)).json["parts"] == parts, "those that were split when he was a reporter"
    assert "parts" not in kiosk.post("status", pair("CL-3", first)).json
    for ticket in (first, second):
        assert kiosk.post("status", pair("CL-3", ticket)).json["state"]["id"] == "RECEIVED"
    assert kiosk.post("withdraw", pair("CL-3", second)).json["code"] == "OTHERS_LEFT"
    assert [p.callback for p in client.case(3).view.callbacks] == ["OPEN", "GONE"]
    assert kiosk.post("withdraw", pair("CL-3", first)).json["code"] == ""
    assert [client.case(n).view.state for n in (1, 3)] == ["DISPATCHED", "WITHDRAWN"]


def test_a_withdrawal_that_the_street_checks_is_said_to_be_so(kiosk, client):
    first = kiosk.report().json
    for type in ("HELD", "PROGRESS"):
        client.publish(client.event(type, by="holder:P-07/li", case_number=1))
    assert kiosk.post("withdraw", pair("CL-1", first)).json["code"] == "PRESSURE_CHECK"
    assert client.case(1).view.state == "IN_WORK"


def test_what_is_not_ours_is_handed_over(kiosk, client):
    a = kiosk.report(category="fire")
    assert (a.status, a.json["result"], a.json["call"]) == (200, "REJECTED", "119")
    assert client.case(1).view.state == "REJECTED"


def test_the_same_key_is_the_same_report(kiosk, client):
    first, again = kiosk.report(key="the-same-key-0001"), kiosk.report(key="the-same-key-0001")
    assert (first.status, again.status) == (201, 200)
    assert again.headers["Idempotency-Replayed"] == "true"
    assert (again.json["number"], again.json["secret"]) == (first.json["number"], first.json["secret"])
    other = kiosk.report(key="the-same-key-0001", text="something else")
    assert other.status == 409 and first.json["secret"] not in other.body.decode()
    assert len(cases(client)) == 1


def test_whoever_follows_the_journal_cannot_send_a_report_again(kiosk, client):
    """With the key he would be told the secret, and could take the complaint about himself back."""
    first = kiosk.report(key="made-by-chance-4711")
    entry = journal_pb2.Entry.FromString(client.case(1, history=True).history[0])
    event = event_pb2.Event.FromString(entry.event)
    assert b"made-by-chance-4711" not in entry.SerializeToString()
    for key in (event.id, event.id.partition(":")[2]):
        again = kiosk.report(key=key)
        assert again.status == 201 and again.json["number"] != "CL-1" and again.json["secret"] != first.json["secret"]
    assert kiosk.report(key="made-by-chance-4711").json["secret"] == first.json["secret"]


def test_the_page_and_its_texts(kiosk):
    a = kiosk.get("/kiosk/")
    assert a.status == 200 and a.headers["Content-Type"].startswith("text/html")
    assert "'unsafe" not in a.headers["Content-Security-Policy"] and "default-src 'self'" in a.headers["Content-Security-Policy"]
    assert kiosk.get("/kiosk/", headers={"If-None-Match": a.headers["ETag"]}).status == 304
    texts = kiosk.get("/kiosk/v1/texts").json
    assert texts["texts"]["zh"].keys() == texts["texts"]["en"].keys() and texts["idle_ms"] == 60000
    assert kiosk.get("/kiosk/../config/kiosk.yaml").status in (400, 404)


# ---- bad input --------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("fields, code", [
    ({"category": "weather"}, "UNKNOWN_CATEGORY"),
    ({"category": ""}, "NO_CATEGORY"),
    ({"place": ""}, "NO_PLACE"),
    ({"place": "B-9999"}, "UNKNOWN_PLACE"),
    ({"position": [1]}, "BAD_FIELD"),
    ({"text": 7}, "BAD_FIELD"),
    ({"text": "x" * 4001}, "TOO_LONG"),
    ({"phone": "call me"}, "BAD_PHONE"),
    ({"phone": "139****5678"}, "BAD_PHONE"),
    ({"confidential": "yes"}, "BAD_FIELD"),
    ({"by": "holder:P-07"}, "UNKNOWN_FIELD"),
])
def test_a_wrong_field_is_named_and_nothing_is_kept(kiosk, client, fields, code):
    a = kiosk.report(**fields)
    assert (a.status, a.json["code"]) == (422, code), a
    assert not cases(client)
    assert figure(kiosk, f'hongxin_http_problems_total{{worker="kiosk",code="{code}"}}') == 1


def test_a_report_needs_a_key_that_nobody_guesses(kiosk, client):
    for key, code in (("", "NO_KEY"), ("short", "BAD_KEY"), ("with a blank in it", "BAD_KEY"), ("k" * 101, "BAD_KEY")):
        a = kiosk.post("reports", {"category": "water", "place": "B-0417"}, headers={"Idempotency-Key": key})
        assert (a.status, a.json["code"]) == (422, code)
    assert not cases(client)


def test_a_wrong_secret_is_refused_counted_and_slowed_down(make_kiosk, client):
    kiosk = make_kiosk("limits: {failures_per_minute: 3}\n")
    first = kiosk.report().json
    for path, number, secret in (("status", "CL-1", "AAAAA-AAAAA"), ("status", "CL-99", first["secret"]), ("withdraw", "CL-1", "AAAAA-AAAAA")):
        a = kiosk.post(path, {"number": number, "secret": secret})
        assert (a.status, a.json["code"]) == (403, "SECRET_WRONG"), a
    assert kiosk.post("status", {"number": "CL-1", "secret": first["secret"]}).status == 429
    assert figure(kiosk, "hongxin_kiosk_wrong_secrets_total") == 3
    assert kiosk.report().status == 201, "who was slowed down may still report"
    assert client.case(1).view.state == "DISPATCHED"


def test_a_flood_from_one_address_is_told_when_to_come_back(make_kiosk, client):
    """All at once: one after the other a slow machine sends no more than may come."""
    kiosk = make_kiosk("limits: {requests_per_second: 1, burst: 3}\n")
    with concurrent.futures.ThreadPoolExecutor(30) as people:
        answers = [a.result() for a in [people.submit(kiosk.report) for _ in range(30)]]
    taken, refused = ([a for a in answers if a.status == status] for status in (201, 429))
    assert len(taken) + len(refused) == 30 and len(taken) >= 3 and refused
    assert all(a.json["code"] == "TOO_MANY_REQUESTS" and int(a.headers["Retry-After"]) >= 1 for a in refused)
    assert len(cases(client)) == len(taken) and kiosk.get("/healthz").status == 200


# ---- the daemon, and ends ---------------------------------------------------------------------------------------

def test_another_policy_in_force_is_offered_while_the_door_runs(make_daemon, tmp_path):
    text = pathlib.Path(SOURCE, "config/life-cycles/complaint.yaml").read_text()
    changed = re.sub("^version: .*$", "version: 99", text.replace("  - {name: parking,", "  - {name: drone,    zh: 无人机, en: Drones, class: SMALL}\n  - {name: parking,"), flags=re.M)
    changed = changed.replace("../calendars/", f"{SOURCE}/config/calendars/")
    (tmp_path / "complaint.yaml").write_text(changed)
    doors = {"ingest": f"ipc://{tmp_path}/intake", "feed": f"ipc://{tmp_path}/feed"}
    d = make_daemon(settings=doors)
    kiosk = Kiosk(tmp_path, doors["ingest"], doors["feed"]).start()
    try:
        assert kiosk.report(category="drone").json["code"] == "UNKNOWN_CATEGORY"
        assert d.stop() == 0
        make_daemon(settings={**doors, "rules": {"life_cycle": tmp_path / "complaint.yaml", "city": f"{SOURCE}/config/city"}})
        wait_until(lambda: any(c["id"] == "drone" for c in kiosk.get("/kiosk/v1/categories").json.get("categories", [])), timeout=60)
        assert kiosk.report(category="drone").status == 201
    finally:
        kiosk.end()


def test_without_the_daemon_nothing_is_promised(kiosk, daemon):
    daemon.kill()
    wait_until(lambda: kiosk.get("/healthz").status == 503)
    a = kiosk.report()
    assert (a.status, a.json["code"]) == (503, "DAEMON_AWAY") and a.headers["Retry-After"]
    assert kiosk.get("/kiosk/").status == 200
    assert kiosk.stop() == 0


@pytest.mark.parametrize("pictures", [(), (photo(), photo(90, 60, "PNG"))], ids=["text", "pictures"])
def test_killed_between_the_daemons_answer_and_its_own_it_loses_and_doubles_nothing(daemon, client, tmp_path, make_kiosk, pictures):
    between = Between(daemon.doors["intake"], tmp_path)
    try:
        kiosk = make_kiosk(intake=between.endpoint)
        between.hold = True
        lost = []

        def send():
            return kiosk.form(*pictures, key="killed-in-between", phone="13912345678") if pictures else kiosk.report(key="killed-in-between", phone="13912345678")

        def ask():
            try:
                lost.append(send())
            except Exception as e:  # http.client's own, of a connection that ended
                lost.append(e)

        thread = threading.Thread(target=ask)
        thread.start()
        wait_until(lambda: between.held and cases(client))  # the daemon has answered: it is on disk
        assert len(cases(client)) == 1 and len(kiosk.kept()) == len(pictures)
        kiosk.kill()
        thread.join()
        assert isinstance(lost[0], Exception), "the resident has no answer"
        between.hold = False
        kiosk.start()
        again = send()
        assert (again.status, again.json["number"]) == (200, "CL-1") and again.json["secret"]
        assert len(cases(client)) == 1 and len(kiosk.kept()) == len(pictures)
    finally:
        between.close()


def test_it_ends_in_order_whatever_it_was_asked(kiosk):
    first = kiosk.report().json
    kiosk.form(photo(), b"no picture")
    kiosk.form(photo(), place="B-9999")
    kiosk.form(photo(), position="[114.46, 36.04]", confidential="true")
    for path in ("status", "withdraw", "offline", "reports"):
        for body in ({"number": first["number"], "secret": first["secret"]}, {"number": "CL-1", "secret": "AAAAA-AAAAA"}, {"events": [{"event": "AA=="}]}, b"{"):
            assert kiosk.post(path, body).status < 500
    for path in ("categories", "places?q=1", "texts", "onsite-code", "pictures/" + "0" * 64, "nothing"):
        assert kiosk.get("/kiosk/v1/" + path).status < 500
    assert kiosk.stop() == 0, "and a sanitizer finds nothing that was kept"


def check(folder, text):
    (folder / "kiosk.yaml").write_text(text)
    done = subprocess.run([f"{BIN}/hongxin-kiosk", "--config", folder / "kiosk.yaml", "--check-config"], capture_output=True, text=True)
    return done.returncode, done.stdout + done.stderr


def test_the_configuration_is_checked_with_line_numbers(tmp_path):
    assert check(tmp_path, f"page: {SOURCE}/workers/kiosk/page\ntexts: {SOURCE}/config/texts/kiosk.yaml\n")[0] == 0
    (tmp_path / "texts.yaml").write_text("title: {zh: 红心物业, en: Hongxin}\nsend: {zh: 提交}\n")
    for text, says in (("idle: 0s\n", "kiosk.yaml:1: idle"), ("listen: 127.0.0.1:0\ncolour: red\n", "kiosk.yaml:2: "),
                       ("listen: 0.0.0.0:80\n", "kiosk.yaml:1: "), ("texts: texts.yaml\n", "texts.yaml:2: "), 
                       (f"texts: {SOURCE}/config/texts/kiosk.yaml\npage: nowhere\n", "nowhere")):
        code, said = check(tmp_path, text)
        assert code == 1 and says in said, said


def test_the_shipped_configuration_is_right():
    done = subprocess.run([f"{BIN}/hongxin-kiosk", "--config", f"{SOURCE}/config/kiosk.yaml", "--check-config"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
