"""hongxin-board in front of a real daemon with keys: who signs in sees and does what his principal may."""
import base64
import csv
import gzip
import hashlib
import http.client
import re

import pytest
from board import Board, add_user
from daemon import SOURCE
from locks import Registry
from wire import wait_until


PEOPLE = (("chief", "supervisor", "city"), ("s2", "street", "S-02"), ("p07", "company", "P-07"), ("p08", "company", "P-08"),
          ("hotdesk", "call_centre", "city"), ("hotdesk2", "call_centre", "city"), ("auditor", "auditor", "city"))


@pytest.fixture(scope="session")
def first_registry(tmp_path_factory):
    """Made once, with principals for the people of the board and their users' file: each test works on a copy."""
    folder = tmp_path_factory.mktemp("registry")
    r = Registry(folder)
    r.make()
    r.new("hotline", "call_centre", "city")
    r.new("board", "board", "city")
    for name, role, *areas in PEOPLE:
        r.new(name, role, *areas)
        add_user(folder / "board.users", name, "--principal", name, "--person", name)
    return r


@pytest.fixture
def city(locked):
    return locked


@pytest.fixture
def make_board(city, registry, tmp_path):
    made = []

    def make(**how):
        b = Board(tmp_path, city, key=registry.file("board"), **how)
        made.append(b)
        return b.start()

    yield make
    for b in made:
        b.end()


@pytest.fixture
def board(make_board):
    return make_board()


@pytest.fixture
def hotline(city, registry):
    with registry.client(city, "hotline") as c:
        yield c


def place_of(company):
    """A building of an estate that the company keeps for good."""
    with open(f"{SOURCE}/config/city/estates.csv", encoding="utf-8") as f:
        estate = next(r["id"] for r in csv.DictReader(f) if r["company"] == company and not r["to"] and not r["from"])
    with open(f"{SOURCE}/config/city/buildings.csv", encoding="utf-8") as f:
        return next(r["id"] for r in csv.DictReader(f) if r["estate"] == estate)


# ---- signing in

def test_nothing_is_shown_without_a_session(board):
    b = board.browser()
    for path in ("session", "cases", "running", "events", "cases/CL-1", "life-cycle"):
        assert (b.get(path).status, b.get(path).code) == (401, "NO_SESSION"), path
    assert b.post("cases/CL-1/ack", {}).code == b.post("logout").code == "NO_SESSION"
    assert b.get("/api/v1/openapi.yaml").status == 200
    assert b.get("cases/CL-1", headers={"Cookie": "hongxin_session=" + "x" * 43}).status == 401


def test_who_signs_in_is_his_principal(board):
    b = board.browser()
    answer = b.login("s2")
    assert answer.status == 200
    cookie = answer.headers["Set-Cookie"]
    assert "HttpOnly" in cookie and "SameSite=Strict" in cookie and "Path=/" in cookie
    s = b.get("session").json
    assert (s["principal"], s["role"]["name"], s["areas"], s["enforced"]) == ("s2", "street", ["S-02"], True)
    assert "street:S-02/s2" in s["speaks"]


def test_a_session_begins_anew_with_each_sign_in(board):
    b = board.browser("chief")
    before = b.cookie
    assert b.login("chief").status == 200 and b.cookie != before
    assert board.browser().get("session", headers={"Cookie": f"hongxin_session={before}"}).status == 401
    planted = "A" * 43
    victim = board.browser()
    victim.cookie = planted
    assert victim.login("chief").status == 200 and victim.cookie != planted
    attacker = board.browser()
    attacker.cookie = planted
    assert attacker.get("session").status == 401


def test_wrong_passwords_look_alike_and_are_slowed_down(board):
    b = board.browser()
    wrong, nobody = b.login("chief", "wrong password"), b.login("nobody", "wrong password")
    assert (wrong.status, wrong.code) == (nobody.status, nobody.code) == (401, "WRONG_CREDENTIALS")
    for _ in range(5):
        answer = b.login("chief", "wrong password")
    assert (answer.status, answer.code) == (429, "LOCKED") and int(answer.headers["Retry-After"]) > 0
    assert b.login("chief").code == "LOCKED", "the right one too"
    assert b.login("s2").status == 200, "others are not touched"


def test_a_changing_request_needs_the_token_and_our_own_pages(board):
    b = board.browser("chief")
    assert b.post("cases/CL-1/ack", headers={"X-CSRF-Token": ""}).code == "BAD_CSRF"
    assert b.post("logout", headers={"X-CSRF-Token": "x" * 43}).code == "BAD_CSRF"
    assert b.post("logout", headers={"Origin": "https://evil.example"}).code == "FOREIGN_ORIGIN"
    assert b.post("logout", headers={"Sec-Fetch-Site": "cross-site"}).code == "FOREIGN_ORIGIN"
    assert b.get("session", headers={"Sec-Fetch-Site": "cross-site"}).code == "FOREIGN_ORIGIN"
    assert b.request("POST", "login", {"name": "s2", "password": "x"}, headers={"Origin": "https://evil.example"}).code == "FOREIGN_ORIGIN"
    own = {"Origin": f"http://127.0.0.1:{board.port()}", "Sec-Fetch-Site": "same-origin"}
    assert b.get("session", headers=own).status == 200
    assert b.post("logout", headers=own).status == 204
    assert b.get("session").status == 401


def test_a_ticket_works_once(board):
    ticket = board.user("ticket", "chief", "--base", "http://x").stdout.strip()
    assert ticket.startswith("http://x/#ticket=")
    ticket = ticket.partition("=")[2]
    b = board.browser()
    assert b.post("login/ticket", {"ticket": ticket}).json["once"] is True
    assert b.get("session").json["user"] == "chief"
    again = board.browser()
    assert again.post("login/ticket", {"ticket": ticket}).code == "WRONG_TICKET"


def test_one_time_codes(board):
    import base64, hashlib, hmac, struct, time
    uri = board.user("totp", "chief").stdout
    key = base64.b32decode(uri.split("secret=")[1].split("&")[0])
    wait_until(lambda: any("users_changed" in line for line in board.log))

    def code(step):
        mac = hmac.new(key, struct.pack(">Q", step), hashlib.sha1).digest()
        at = mac[19] & 15
        return f"{(struct.unpack('>I', mac[at:at + 4])[0] & 0x7fffffff) % 1000000:06}"
    b = board.browser()
    assert b.login("chief").code == "CODE_NEEDED"
    good = {code(int(time.time()) // 30 + n) for n in range(-2, 3)}
    assert b.login("chief", code=next(c for c in ("000000", "111111", "222222", "333333", "444444", "555555") if c not in good)).code == "CODE_NEEDED"
    right = code(int(time.time()) // 30)
    assert b.login("chief", code=right).status == 200
    assert board.browser().login("chief", code=right).code == "CODE_NEEDED", "a code counts once"


def test_a_user_who_is_disabled_is_out_at_once(board):
    b = board.browser("s2")
    with b.stream() as stream:
        stream.live()
        board.user("disable", "s2")
        assert stream.until(lambda e, _: e == "end")[-1][1]["code"] == "NO_RIGHT"
    assert b.get("session").status == 401
    assert b.login("s2").code == "WRONG_CREDENTIALS"


def test_a_principal_who_is_revoked_is_out_at_once(board, registry):
    b = board.browser("s2")
    with b.stream() as stream:
        stream.live()
        registry.change("revoke", "s2")
        assert stream.until(lambda e, _: e == "end")[-1][1]["code"] == "NO_RIGHT"
    assert b.get("session").status == 401


def test_sessions_live_over_a_restart_of_the_board(board):
    b = board.browser("chief")
    assert board.stop() == 0
    board.start()
    assert b.get("session").status == 200
    assert b.post("logout").status == 204


def test_a_new_password_ends_the_other_sessions(board):
    b, other = board.browser("chief"), board.browser("chief")
    assert b.get("session").json["password_old"] is True
    assert b.post("session/password", {"old": "wrong password", "new": "another long one"}).code == "WRONG_PASSWORD"
    assert b.post("session/password", {"old": "correct horse battery", "new": "short"}).code == "BAD_PASSWORD"
    assert b.post("session/password", {"old": "correct horse battery", "new": "another long one"}).status == 204
    assert b.get("session").status == 200 and "password_old" not in b.get("session").json
    assert other.get("session").status == 401
    wait_until(lambda: board.browser().login("chief", "another long one").status == 200)


# ---- what is seen

def test_each_sees_his_own_cases(board, hotline):
    number = hotline.report(place_of("P-07")).number
    seen = {name: board.browser(name) for name in ("chief", "p07", "p08")}
    assert number in [c["number"] for c in seen["chief"].get("cases?limit=500").json["items"]]
    assert number in [c["number"] for c in seen["p07"].get("cases?limit=500").json["items"]]
    assert number not in [c["number"] for c in seen["p08"].get("cases?limit=500").json["items"]]
    assert seen["p07"].get(f"cases/{number}").status == 200
    assert (seen["p08"].get(f"cases/{number}").status, seen["p08"].get("cases/CL-999999").status) == (404, 404)
    assert {r["holder"] for r in seen["p08"].get("running?limit=2000").json["items"]} <= {"P-08"}


def test_a_list_says_its_total_and_when_it_is_cut(board, hotline):
    for _ in range(7):
        hotline.report()
    b = board.browser("chief")
    first = b.get("cases?limit=3").json
    assert (len(first["items"]), first["total"], first["total_exact"], first["cut"]) == (3, 7, True, True)
    seen, page = [c["number"] for c in first["items"]], first
    while page["cut"]:
        page = b.get(f"cases?limit=3&cursor={page['next']}").json
        seen += [c["number"] for c in page["items"]]
    assert len(seen) == len(set(seen)) == 7
    table = b.get("cases?format=csv").body.decode("utf-8-sig").splitlines()
    assert len(table) == 8 and table[0].startswith("number,state")


def test_a_table_is_for_people_in_their_language_and_else_for_programs(board, hotline):
    number = hotline.report(place=place_of("P-07")).number
    b = board.browser("chief")
    wait_until(lambda: b.get("running").json["total"])

    def table(path):
        answer = b.get(path)
        assert answer.status == 200, answer
        return list(csv.DictReader(answer.body.decode("utf-8-sig").splitlines()))

    plain = table("running?format=csv")[0]
    assert (plain["number"], plain["clock"], plain["holder"]) == (number, "K_STATUTE", "P-07")
    row = table("running?format=csv&language=zh")[0]
    assert (row["案件"], row["时限"], row["承办单位"], row["承办单位编号"], row["已超时"]) == (number, "法定时限", "平华物业服务有限公司", "P-07", "否")
    assert row["楼栋"].endswith("号楼") and re.fullmatch(r"20\d\d-\d\d-\d\d \d\d:\d\d:\d\d", row["截止 (UTC+8:00)"]) and float(row["时长（分）"]) == 7200
    english = table("running?format=csv&language=en")[0]
    assert (english["Promise"], english["State"], english["Holder"]) == ("Statutory limit", "Dispatched", "Pinghua Property Service Co., Ltd.")
    counted = next(r for r in table("figures?format=csv&language=en&holder=P-07") if r["Count"] == "Kept")
    assert (counted["Name"], counted["By"], counted["Promise"]) == ("Pinghua Property Service Co., Ltd.", "Holder", "Triage")
    assert table("breaches?format=csv&language=zh") == []
    answer = b.get("running?format=csv&language=fr")
    assert (answer.status, answer.code) == (400, "BAD_QUERY")


def test_the_running_promises_add_up(board, hotline):
    numbers = {hotline.report().number for _ in range(4)}
    b = board.browser("chief")
    wait_until(lambda: {r["number"] for r in b.get("running").json["items"]} == numbers)
    rows = b.get("running").json
    assert rows["total"] == len(rows["items"]) and not rows["cut"]
    assert [r["deadline"] for r in rows["items"]] == sorted(r["deadline"] for r in rows["items"])
    assert {r["clock"] for r in rows["items"]} >= {"K_STATUTE"}
    pressure = b.get("pressure").json
    assert sum(r["running"] for r in pressure["rows"]) == pressure["total"] == rows["total"]
    paged, cursor = [], ""
    while True:
        page = b.get(f"running?limit=3{cursor}").json
        paged += [(r["number"], r["clock"]) for r in page["items"]]
        if not page["cut"]:
            break
        cursor = f"&cursor={page['next']}"
    assert paged == [(r["number"], r["clock"]) for r in rows["items"]]


def test_the_page_of_a_case_shows_each_deadline_with_its_sum(board, hotline):
    reply = hotline.report()
    b = board.browser("chief")
    page = wait_until(lambda: (p := b.get(f"cases/{reply.number}").json)["case"]["holder"] and p)
    assert page["history"][0]["event"]["type"] == "REPORTED" and not page["history_cut"]
    statute = next(d for d in page["deadlines"] if d["clock"] == "K_STATUTE")
    assert statute["moves"][0]["change"] == "START" and statute["now"]["deadline"] == statute["moves"][-1]["after"]
    triage = next(d for d in page["deadlines"] if d["clock"] == "K_TRIAGE")["moves"]
    assert triage[0]["sum"] == triage[0]["after"] and triage[-1]["change"] == "STOP"
    assert page["routes"][-1]["holder"] == page["case"]["holder"]
    owners = page["case"]["owner_ms"]
    assert owners.get("total_ms", 0) == sum(v for k, v in owners.items() if k != "total_ms")


HOSTILE = "<script>alert(1)</script>&\"'\u202etxt.exe\u202c 👩‍👩‍👧‍👦 " + "长" * 600


def test_hostile_text_is_data(board, hotline):
    event = hotline.event("REPORTED", by="reporter", data={"class": "SMALL", "place": "B-0417", "text": HOSTILE})
    number = hotline.publish(event)[0].number
    b = board.browser("hotdesk")
    answer = b.get(f"cases/{number}")
    assert answer.headers["Content-Type"] == "application/json" and answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.json["report"]["text"] == HOSTILE


# ---- events

def test_what_happens_is_on_every_page_that_may_see_it(board, hotline):
    place = place_of("P-07")
    streams = {name: board.browser(name).stream() for name in ("chief", "p07", "p08")}
    for s in streams.values():
        s.live()
    number = hotline.report(place).number
    other = hotline.report(place_of("P-08")).number
    for name in ("chief", "p07"):
        entry = streams[name].entry("REPORTED", number)
        assert entry["event"]["type"] == "REPORTED"
    assert streams["p08"].entry("REPORTED", other)
    with board.browser("p08").stream(last=streams["chief"].last.rpartition("-")[0] + "-1") as again:
        missed = again.live()
        assert number not in [d.get("number") for e, d in missed if e == "entry"]
    for s in streams.values():
        s.close()


def test_an_answer_says_what_it_knows(board, hotline):
    """So that a page sees whether something fell between its list and its stream."""
    b = board.browser("chief")
    with b.stream() as s:
        begin = next(d for e, d in s.live() if e == "hello")["lsn"]
        assert int(b.get("triage").headers["Journal-Lsn"]) >= begin
        number = hotline.report().number
        s.entry("REPORTED", number)
        assert int(b.get(f"cases/{number}").headers["Journal-Lsn"]) >= int(s.last.rpartition("-")[2]) > begin


def ids(found):
    return [d["lsn"] for e, d in found if e == "entry"]


def test_a_page_goes_on_where_it_was(board, hotline):
    b = board.browser("chief")
    with b.stream() as s:
        s.live()
        first = hotline.report().number
        s.entry("REPORTED", first)
        last = s.last
    numbers = [hotline.report().number for _ in range(5)]
    with b.stream(last=last) as s:
        found = s.until(lambda e, d: e == "entry" and d.get("number") == numbers[-1] and d["cause"] == "REPORTED")
    at = int(last.rpartition("-")[2])
    assert ids(found) == list(range(at + 1, at + 1 + len(ids(found)))), "without a gap, nothing twice"
    assert {d["number"] for e, d in found if e == "entry" and d["cause"] == "REPORTED"} == set(numbers)


def test_a_page_goes_on_over_a_kill_of_the_board_and_of_the_daemon(board, city, hotline):
    b = board.browser("chief")
    with b.stream() as s:
        s.live()
        s.entry("REPORTED", hotline.report().number)
        last = s.last
    board.kill()
    number = hotline.report().number
    board.start()
    assert b.get("session").status in (200, 401)
    b = board.browser("chief")
    with b.stream(last=last) as s:
        found = s.until(lambda e, _: e == "live")
        at = int(last.rpartition("-")[2])
        assert ids(found) == list(range(at + 1, at + 1 + len(ids(found))))
        assert number in [d.get("number") for e, d in found if e == "entry"]


@pytest.mark.parametrize("place, why", [("{epoch}-999999999", "AHEAD"), ("0123-7", "OTHER_EPOCH"), ("rubbish", "OTHER_EPOCH"),
                                        ("{epoch}-18446744073709551616", "AHEAD")])
def test_a_page_that_lies_about_its_place_is_told_to_begin_anew(board, hotline, place, why):
    b = board.browser("chief")
    with b.stream() as s:
        epoch = s.live()[0][1]["epoch"]
    hotline.report()
    with b.stream(last=place.format(epoch=epoch)) as s:
        found = s.live()
        assert [d["why"] for e, d in found if e == "reset"] == [why]
        number = hotline.report().number
        assert s.entry("REPORTED", number)


def test_a_stream_of_one_case_has_nothing_else(board, hotline):
    mine, other = hotline.report().number, hotline.report().number
    with board.browser("chief").stream(f"events?case={mine}") as s:
        s.live()
        for number in (other, mine):
            hotline.publish(hotline.event("COMMENT", by="reporter", case_number=int(number.partition("-")[2]), data={"text": "?"}))
        found = s.until(lambda e, d: e == "entry" and d["cause"] == "COMMENT")
        assert {d["number"] for e, d in found if e == "entry"} == {mine}


def test_a_session_has_a_bounded_number_of_streams(board):
    b = board.browser("chief")
    streams = [b.stream() for _ in range(16)]
    assert [s.answer.status for s in streams] == [200] * 16
    with b.stream() as s:
        assert s.answer.status == 429
    for s in streams:
        s.close()


# ---- the rules

def test_a_long_answer_is_small_for_who_takes_gzip(board):
    b = board.browser("chief")
    plain, small = b.get("city"), b.get("city", headers={"Accept-Encoding": "gzip, br"})
    assert "Content-Encoding" not in plain.headers and plain.headers["Vary"] == small.headers["Vary"] == "Accept-Encoding"
    assert small.headers["Content-Encoding"] == "gzip" and gzip.decompress(small.body) == plain.body
    assert len(small.body) < len(plain.body) / 3
    assert "Content-Encoding" not in b.get("session", headers={"Accept-Encoding": "gzip"}).headers  # it bears a secret


def test_the_rules_in_force(board):
    b = board.browser("p07")
    rules = wait_until(lambda: (a := b.get("life-cycle")).status == 200 and a.json)
    assert {"category": "fire", "call": "119"} in rules["rules"]["handover"], "a number as it is dialled"
    assert rules["version"].startswith("complaint") and {"states", "clocks", "ladders", "transitions"} <= set(rules["rules"])
    assert b.get("texts").json == b.get("texts?language=zh").json
    for language, state, clock, level in (("zh", "已签收", "到场时限", "当班人员"), ("en", "Held", "Arrival", "On duty")):
        answer = b.get(f"texts?language={language}").json
        words = answer["words"]
        assert (answer["language"], words["state"]["HELD"], words["clock"]["K_ARRIVE"], words["level"]["L0"]) == (language, state, clock, level)
    assert (b.get("texts?language=fr").status, b.get("texts?language=").code) == (400, "BAD_QUERY")


def test_what_changes_seldom_travels_once(board):
    b = board.browser("p07")
    wait_until(lambda: b.get("life-cycle").status == 200)
    tags = set()
    for path in ("city", "city/grids.geojson", "life-cycle", "texts?language=zh", "texts?language=en", "openapi.yaml"):
        first = b.get(path, headers={"Accept-Encoding": "gzip"})
        tag = first.headers["ETag"]
        again = b.get(path, headers={"Accept-Encoding": "gzip", "If-None-Match": f'"other", {tag}'})
        assert (again.status, again.body, again.headers["ETag"]) == (304, b"", tag)
        assert first.headers["Cache-Control"] == again.headers["Cache-Control"] == "private, no-cache"
        assert first.headers["Vary"] == again.headers["Vary"] == "Accept-Encoding"
        assert b.get(path, headers={"If-None-Match": 'W/"0"'}).status == 200
        tags.add(tag)
        if path != "openapi.yaml":
            assert board.browser().get(path, headers={"If-None-Match": tag}).status == 401
    assert len(tags) == 6
    assert "ETag" not in b.get("running").headers and b.get("running").headers["Cache-Control"] == "no-store"


# ---- paths

def test_what_rang_is_told_once_and_how_often(board, hotline):
    number = hotline.report().number
    for text in ("a", "b", "c"):  # one id, other words: each of the two is a conflict
        hotline.publish(hotline.event("COMMENT", id="one", case_number=int(number[3:]), data={"text": text}))
    page = wait_until(lambda: (a := board.browser("chief").get("alarms").json) and any((i["code"], i["times"]) == ("CONFLICT", 2) for i in a["items"]) and a)
    assert page["total"] == len(page["items"]) and page["total_exact"] and not page["cut"]
    assert not any(a["code"] == "CONFLICT" for a in board.browser("p08").get("alarms").json["items"])
    assert board.browser("chief").get("alarms?days=32").code == "BAD_QUERY"
    one = board.browser("chief").get("alarms?limit=1").json
    assert len(one["items"]) == 1 and one["cut"] == (one["total"] > 1)


def test_health_and_methods_are_not_hidden_by_the_pages(board):
    b = board.browser()
    health = b.get("/healthz")
    assert (health.status, health.headers["Content-Type"], health.json["status"]) == (200, "application/json", "ok")
    assert "hongxin_board_streams" in b.get("/metrics").body.decode()
    for method, path, allow in (("GET", "login", "POST"), ("DELETE", "cases/CL-1", "GET, HEAD"), ("GET", "cases/CL-1/acts", "POST"), ("POST", "/inbox.html", "GET, HEAD")):
        answer = b.request(method, path, None if method == "GET" else {})
        assert (answer.status, answer.headers.get("Allow")) == (405, allow), (method, path, answer)
    assert b.get("nothing").status == 404


def test_a_page_has_one_policy(make_board, tmp_path):
    (tmp_path / "pages").mkdir()
    (tmp_path / "pages" / "index.html").write_text("<!doctype html><title>x</title>")
    board = make_board(settings="pages: pages\n")
    b = board.browser()
    for path in ("/", "/index.html", "/wall"):
        connection = http.client.HTTPConnection("127.0.0.1", board.port(), timeout=30)
        connection.request("GET", path)
        answer = connection.getresponse()
        assert answer.status == 200 and len(answer.headers.get_all("Content-Security-Policy")) == 1
        assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
        connection.close()
    assert b.get("/healthz").json["status"] == "ok" and b.get("login").status == 405


def test_a_browser_without_a_session_gets_the_form_at_whatever_page_it_opens(make_board, tmp_path):
    pages = tmp_path / "pages"
    pages.mkdir()
    style = "body { color: #111 }"
    for name in ("index", "inbox", "sign", "sign.en"):
        (pages / f"{name}.html").write_text(f"<!doctype html><title>{name}</title><style>{style}</style>")
    board = make_board(settings="pages: pages\n")
    signed_in, stranger = board.browser("chief"), board.browser()

    def opened(browser, path, **headers):
        answer = browser.request("GET", path, headers={k.replace("_", "-"): v for k, v in headers.items()})
        assert answer.status == 200 and "Cookie" in answer.headers["Vary"]
        digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
        assert f"style-src 'self' 'sha256-{digest}';" in answer.headers["Content-Security-Policy"]
        return re.search("<title>(.*)</title>", answer.body.decode())[1]

    for path, page in (("/", "index"), ("/wall", "index"), ("/inbox.html", "inbox")):
        assert opened(stranger, path, Sec_Fetch_Mode="navigate", Accept_Language="zh-CN,zh;q=0.9,en;q=0.5") == "sign"
        assert opened(stranger, path, Sec_Fetch_Mode="navigate", Accept_Language="en-GB,en;q=0.9,zh;q=0.5") == "sign.en"
        assert opened(signed_in, path, Sec_Fetch_Mode="navigate", Accept_Language="en") == page
        assert opened(stranger, path, Sec_Fetch_Mode="cors") == page, "a service worker keeps the program and not the form"
        assert opened(stranger, path) == page, "a browser that does not say what it does"
