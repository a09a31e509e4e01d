"""hongxin-board when something dies, is slow, lies or is taken away: sessions and pages go on where they were, or are told."""
import csv
import http.client
import io
import re
import signal
import socket
import types

import pytest
from between import Between
from board import PASSWORD, Board, Browser, add_user
from clock import Clock
from daemon import Daemon
from hongxin.v1 import journal_pb2, wire_pb2
from pruning import DAY, NOON, close, config
from test_board import board, city, first_registry, hotline, ids, make_board, place_of  # noqa: F401 (fixtures)
from wire import RESULT, TIMEOUT_S, wait_until


# ---- sessions

def restarted(board):
    board.kill()
    board.start()


def test_a_session_is_on_disk_before_its_cookie_is_answered(board):
    sessions = []
    for _ in range(3):
        b = board.browser("chief")
        restarted(board)
        sessions.append(b)
        assert [s.get("session").status for s in sessions] == [200] * len(sessions)
    assert sessions[0].post("logout").status == 204
    restarted(board)
    assert [s.get("session").status for s in sessions] == [401, 200, 200], "who has signed out stays out"
    sessions[1].login("chief")
    restarted(board)
    assert sessions[1].get("session").status == 200, "the new session stands, and only that"
    assert sum("CSRF" in line or PASSWORD in line for line in board.log) == 0


def test_a_ticket_does_not_work_again_after_a_kill(board):
    ticket = board.user("ticket", "chief").stdout.strip().rpartition("=")[2]
    b = board.browser()
    answer = b.post("login/ticket", {"ticket": ticket})
    assert answer.status == 200
    restarted(board)
    assert b.get("session").json["once"] is True
    assert board.browser().post("login/ticket", {"ticket": ticket}).code == "WRONG_TICKET"


def test_a_torn_line_costs_no_other_session(board):
    first, second = board.browser("chief"), board.browser("s2")
    board.kill()
    file = board.folder / "board.sessions"
    text = file.read_text()
    assert text.endswith("\n") and first.cookie not in text and second.cookie not in text, "hashes only"
    file.write_text(text[:-40])
    board.start()
    assert (first.get("session").status, second.get("session").status) == (200, 401)
    third = board.browser("s2")
    restarted(board)
    assert (first.get("session").status, third.get("session").status) == (200, 200)


def test_sessions_that_cannot_be_kept_are_not_begun(make_board, tmp_path):
    board = make_board()
    b = board.browser("chief")
    (tmp_path / "board.sessions.new").mkdir()  # the file cannot be made anew …
    board.kill()
    with pytest.raises(AssertionError):
        board.start()
    assert any("sessions" in line for line in board.log), "… and the start says so"
    (tmp_path / "board.sessions.new").rmdir()
    board.start()
    assert b.get("session").status == 200


def test_what_was_taken_away_while_the_board_was_down(board):
    disabled, stays = board.browser("s2"), board.browser("chief")
    board.kill()
    board.user("disable", "s2")
    board.start()
    assert (disabled.get("session").status, stays.get("session").status) == (401, 200)


def test_another_area_ends_the_session_and_its_pages(board, city, registry):
    b = board.browser("s2")
    with b.stream() as stream:
        stream.live()
        rows = list(csv.reader(registry.path.read_text().splitlines()))
        text = io.StringIO()
        csv.writer(text, lineterminator="\n").writerows([["S-03" if (r[0], x) == ("s2", "S-02") else x for x in r] for r in rows])
        beside = registry.path.with_suffix(".new")
        beside.write_text(text.getvalue())
        beside.rename(registry.path)
        assert stream.until(lambda e, _: e == "end")[-1][1]["code"] == "NO_RIGHT"
    assert b.get("session").status == 401
    assert b.login("s2").status == 200 and b.get("session").json["areas"] == ["S-03"]


def test_tickets_cannot_be_guessed(board):
    b = board.browser()
    for _ in range(5):
        assert b.post("login/ticket", {"ticket": "guess"}).code == "WRONG_TICKET"
    assert b.post("login/ticket", {"ticket": "guess"}).code == "LOCKED"


def all_entries_until(browser, stream, last):
    """What a page shows until the entry with this number, as a browser follows: cut off, it comes back with the last id."""
    found = []
    while not found or found[-1] < last:
        try:
            event, data = stream.block()
            found += [data["lsn"]] if event == "entry" else []
        except (http.client.IncompleteRead, TypeError):  # cut, or ended
            stream.close()
            stream = browser.stream(last=stream.last)
    stream.close()
    return found


def test_more_at_once_than_a_page_has_room_for_is_all_told(board, hotline):
    """A board that stood still gets thousands of entries in one go; its ring holds 4,096."""
    b = board.browser("chief")
    s = b.stream()
    s.live()
    hotline.report()
    begin = s.until(lambda e, _: e == "entry")[-1][1]["lsn"]
    board.process.send_signal(signal.SIGSTOP)
    for _ in range(12):
        replies = hotline.publish(*(hotline.event("REPORTED", by="reporter", data={"class": "SMALL", "place": "B-0417", "text": "漏水"})
                                    for _ in range(500)))
        assert all(r.result == RESULT.ACCEPTED for r in replies)
    last = replies[-1].lsn
    board.process.send_signal(signal.SIGCONT)
    assert all_entries_until(b, s, last) == list(range(begin + 1, last + 1))


# ---- a daemon that dies under open pages

@pytest.fixture
def make_city(make_daemon, registry, tmp_path):
    """A daemon at the same doors each time it is started; the same store, or another one."""
    doors = {door: f"ipc://{tmp_path}/{door}.sock" for door in ("ingest", "feed")}

    def make(**how):
        return make_daemon(settings={"keys": registry.keys, **doors}, **how)
    return make


def may_see(registry, daemon, name, after, upto):
    """The numbers of the entries between the two that the journal shows this person; some acts are for an auditor only."""
    with registry.client(daemon, name) as c:
        answer = c.ask("entries_answer", entries=wire_pb2.EntriesQuery(after_lsn=after, limit=500))
    return [lsn for lsn in (journal_pb2.Entry.FromString(e).lsn for e in answer.entries) if lsn <= upto]


def test_pages_go_on_over_a_kill_of_the_daemon(make_city, registry, tmp_path):
    daemon = make_city()
    board = Board(tmp_path, daemon, key=registry.file("board")).start()
    try:
        streams = {name: board.browser(name).stream() for name in ("chief", "p07")}
        for s in streams.values():
            s.live()
        begun = {name: int(s.last.rpartition("-")[2]) for name, s in streams.items()}
        numbers = []
        for _ in range(2):
            with registry.client(daemon, "hotline") as c:
                numbers += [c.report(place_of("P-07")).number for _ in range(20)]
                daemon.kill()  # what was answered may be on no page yet
            daemon = make_city()
        with registry.client(daemon, "hotline") as c:
            numbers.append(c.report(place_of("P-07")).number)
        for name, s in streams.items():
            found = s.until(lambda e, d: e == "entry" and d["cause"] == "REPORTED" and d["number"] == numbers[-1])
            assert "reset" not in [e for e, _ in found]
            assert [d["number"] for e, d in found if e == "entry" and d["cause"] == "REPORTED"] == numbers, "each once, in order"
            assert ids(found) == may_see(registry, daemon, name, begun[name], ids(found)[-1]), "what he may see of the journal, whole"
            s.close()
        rows = wait_until(lambda: (r := board.browser("p07").get("running?limit=2000").json)["items"] and r)
        assert {r["number"] for r in rows["items"]} == set(numbers)
    finally:
        board.end()


def test_a_page_misses_nothing_when_the_first_picture_is_cut(daemon, tmp_path):
    def pictured(answer):
        return wire_pb2.Response.FromString(answer).WhichOneof("answer") == "snapshot"
    feed, ends = daemon.doors.get("feed") or daemon.doors["intake"], []
    add_user(tmp_path / "board.users", "chief", "--role", "supervisor", "--area", "city")
    with daemon.client() as c:
        old = c.report().number
        between = Between(feed, tmp_path, pictured)
        ends.append(between.close)
        board = Board(tmp_path, types.SimpleNamespace(doors={**daemon.doors, "feed": between.endpoint})).start()
        ends.append(board.end)
        try:
            b = board.browser("chief")
            with b.stream() as page:
                page.live()  # the greeting has come through, what is open now has not
                wait_until(lambda: between.held)
                numbers = [c.report().number for _ in range(3)]
                ends.pop(0)()
                ends.insert(0, Between(feed, tmp_path).close)
                found = page.until(lambda e, d: e == "entry" and d.get("number") == numbers[-1])
                assert [d["number"] for e, d in found if e == "entry" and d["cause"] == "REPORTED"] == numbers, "each once, in order"
            rows = wait_until(lambda: (r := b.get("running").json)["total"] == 4 and r)
            assert {r["number"] for r in rows["items"]} == {old, *numbers}
        finally:
            for end in reversed(ends):
                end()


def test_a_page_misses_nothing_that_the_first_picture_contains(daemon, tmp_path):
    """What comes between the greeting and the picture does not follow it; a daemon with much to do takes its time in between."""
    def without_credit(request):
        r = wire_pb2.Request.FromString(request)
        if r.WhichOneof("ask") != "hello":
            return request
        r.hello.credit = 0
        return r.SerializeToString()
    add_user(tmp_path / "board.users", "chief", "--role", "supervisor", "--area", "city")
    between = Between(daemon.doors.get("feed") or daemon.doors["intake"], tmp_path, changes=without_credit)
    board = Board(tmp_path, types.SimpleNamespace(doors={**daemon.doors, "feed": between.endpoint})).start()
    try:
        with daemon.client() as c, board.browser("chief").stream() as page:
            page.live()
            numbers = [c.report().number for _ in range(3)]
            between.more.append(wire_pb2.Request(credit=wire_pb2.Credit(add=1000)).SerializeToString())
            found = page.until(lambda e, d: e == "entry" and d.get("number") == numbers[-1])
            assert [d["number"] for e, d in found if e == "entry" and d["cause"] == "REPORTED"] == numbers, "each once, in order"
            numbers.append(c.report().number)
            assert page.entry("REPORTED")["number"] == numbers[-1]
    finally:
        board.end()
        between.close()


def test_another_journal_is_told_to_open_pages(make_city, registry, tmp_path):
    daemon = make_city()
    board = Board(tmp_path, daemon, key=registry.file("board")).start()
    try:
        with registry.client(daemon, "hotline") as c:
            c.report(place_of("P-07"))
            c.report(place_of("P-07"))
        b = board.browser("chief")
        wait_until(lambda: b.get("running").json["total"])
        restarted(board)  # what came before lies in the journal alone
        with b.stream() as s:
            old = s.live()[0][1]["epoch"]
            daemon.kill()
            behind = b.stream(last=f"{old}-1")
            assert behind.block()[0] == "hello", "it asks the journal, and nobody answers"
            daemon = make_city(name="another")
            for page in (s, behind):
                found = page.live()
                assert [d["why"] for e, d in found if e == "reset"] == ["OTHER_EPOCH"] and found[0][1]["epoch"] != old and not ids(found)
                assert page.last.rpartition("-")[0] == found[0][1]["epoch"]
            behind.close()
            with registry.client(daemon, "hotline") as c:
                number = c.report(place_of("P-08")).number
            assert s.entry("REPORTED", number)
        wait_until(lambda: [r["holder"] for r in b.get("running").json["items"]] and True)
        assert {r["holder"] for r in b.get("running").json["items"]} == {"P-08"}, "nothing of the former one"
    finally:
        board.end()


def sign_of_life(stream):
    """The next heartbeat is there; `stream.last` is where it says the page stands."""
    while stream.answer.readline() != b": beat\n":
        pass


def test_a_page_hears_that_somebody_is_there_while_the_daemon_is_away(make_city, registry, tmp_path):
    daemon = make_city()
    board = Board(tmp_path, daemon, key=registry.file("board"), settings="heartbeat: 1s\n").start()
    try:
        chief, p07 = board.browser("chief"), board.browser("p07")
        with chief.stream() as s, registry.client(daemon, "hotline") as c:
            assert s.live()[0][1]["heartbeat_ms"] == 1000
            c.report(place_of("P-07"))
            place = s.until(lambda e, _: e == "entry") and s.last
            number = c.report(place_of("P-07")).number
        restarted(board)  # what came before lies in the journal alone
        with chief.stream() as s:
            s.live()
            daemon.kill()
            pages = {"behind": chief.stream(last=place), "waiting": p07.stream()}
            for page in (s, *pages.values()):
                sign_of_life(page)
                sign_of_life(page)
            daemon = make_city()
        missed = pages["behind"].live()
        assert ids(missed) == may_see(registry, daemon, "chief", int(place.rpartition("-")[2]), ids(missed)[-1])
        assert number in [d.get("number") for e, d in missed if e == "entry"]
        assert [e for e, _ in pages["waiting"].live()] == ["hello", "live"]
        for page in pages.values():
            page.close()
    finally:
        board.end()


def test_a_page_that_is_told_nothing_comes_as_far_as_all(make_board, hotline):
    """Else a company to which nothing happens would be too far behind after a night, and load anew for nothing."""
    board = make_board(settings="heartbeat: 1s\n")
    with board.browser("p08").stream() as s:
        s.live()
        lsn = hotline.report(place_of("P-07")).lsn
        while int(s.last.rpartition("-")[2]) < lsn:
            event, _ = s.block()
            assert event != "entry"


# ---- browsers that are slow or lie

class Sleeper:
    """A page that reads nothing, with as little room in its sockets as the kernel gives."""

    def __init__(self, browser, last=""):
        self.socket = socket.socket()
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, 536)
        self.socket.connect(("127.0.0.1", browser.board.port()))
        self.socket.sendall(f"GET /api/v1/events HTTP/1.1\r\nHost: x\r\nCookie: hongxin_session={browser.cookie}\r\n"
                            f"Last-Event-ID: {last}\r\n\r\n".encode())

    def until(self, mark):
        """Everything up to a piece with this mark."""
        self.socket.settimeout(TIMEOUT_S)
        text = b""
        while mark not in text:
            piece = self.socket.recv(65536)
            assert piece, "it was cut"
            text += piece
        return text

    def close(self):
        self.socket.close()

    def rest(self):
        """Everything that still comes, up to the end."""
        self.socket.settimeout(TIMEOUT_S)
        text = b""
        try:
            while piece := self.socket.recv(65536):
                text += piece
        except ConnectionError:
            pass
        self.socket.close()
        return text


def figure(board, name):
    lines = Browser(board).get("/metrics").body.decode().splitlines()
    return next(float(line.split()[-1]) for line in lines if line.startswith(f"hongxin_{name}"))


def comments(hotline, number, n):
    """So many, and much more than the kernel puts up for a Sleeper."""
    for _ in range(n // 20):
        assert hotline.publish(*(hotline.event("COMMENT", by="reporter", case_number=number, data={"text": "慢" * 1000}) for _ in range(20)))


def told(text):
    return [int(x) for x in re.findall(rb"\nid: [^\n]*-(\d+)\nevent: entry", text)]


def test_a_browser_that_stops_for_a_moment_misses_nothing(make_board, hotline):
    board = make_board(settings="limits: {stream_bytes: 16384}\n")
    sleeper = Sleeper(board.browser("chief"))
    begun = sleeper.until(b"event: live")
    number = hotline.report().case_number
    comments(hotline, number, 300)
    last = hotline.report().lsn
    got = begun + sleeper.until(f"-{last}\nevent: entry".encode())
    assert told(got) == list(range(last - len(told(got)) + 1, last + 1)) and len(told(got)) > 300
    assert got.count(b"event: live") == 1 and not figure(board, "http_streams_slow_total")
    sleeper.close()


def test_a_browser_that_reads_nothing_is_dropped_and_goes_on(make_board, hotline):
    board = make_board(settings="limits: {stream_bytes: 16384, write_ms: 3000}\n")
    b, quick = board.browser("chief"), board.browser("chief")
    with quick.stream() as s:
        s.live()
        sleeper = Sleeper(b)
        wait_until(lambda: figure(board, "board_streams") == 2)
        number = hotline.report().case_number
        comments(hotline, number, 300)
        last = hotline.report().number
        found = s.until(lambda e, d: e == "entry" and d.get("number") == last and d["cause"] == "REPORTED")
        wait_until(lambda: figure(board, "http_streams_slow_total"))
        assert ids(found) == list(range(ids(found)[0], ids(found)[0] + len(found))), "the others lost nothing"
        got = sleeper.rest()
        place = [line for line in got.split(b"\n") if line.startswith(b"id: ")][-2].split()[1].decode()  # the last one may be torn
    with b.stream(last=place) as s:
        again = s.until(lambda e, d: e == "entry" and d.get("number") == last and d["cause"] == "REPORTED")
        at = int(place.rpartition("-")[2])
        assert ids(again) == list(range(at + 1, at + 1 + len(ids(again)))) and ids(again)[-1] == ids(found)[-1]
    cut = figure(board, "http_streams_slow_total")
    for known in (True, False):  # from memory; from the journal
        sleeper = Sleeper(b, place)
        assert told(sleeper.until(b"event: live"))[:len(ids(again))] == ids(again), "who catches up is sent what he takes, however slow he is"
        sleeper.close()
        assert figure(board, "http_streams_slow_total") == (cut if known else 0)
        restarted(board)


def test_pages_of_a_board_that_was_started_again_share_what_they_missed(board, hotline):
    browsers = [board.browser("chief") for _ in range(2)]
    with browsers[0].stream() as s:
        s.live()
        place = s.entry("REPORTED", hotline.report().number) and s.last
    number = hotline.report().case_number
    for _ in range(3):
        assert hotline.publish(*(hotline.event("COMMENT", by="reporter", case_number=number, data={"text": "快来"}) for _ in range(90)))
    last = hotline.report().lsn
    restarted(board)
    streams = [b.stream(last=place) for b in browsers for _ in range(8)]
    streams[3].close()  # whoever asks for all may leave
    for s in streams[:3] + streams[4:]:
        found = s.live()
        assert ids(found)[0] == int(place.rpartition("-")[2]) + 1 and ids(found)[-1] >= last
        assert ids(found) == list(range(ids(found)[0], ids(found)[-1] + 1)) and "reset" not in [e for e, _ in found]
        s.close()


def test_too_much_to_send_again_and_what_was_pruned(tmp_path):
    clock = Clock(tmp_path, NOON)
    doors = {door: f"ipc://{tmp_path}/{door}.sock" for door in ("ingest", "feed")}
    daemon = Daemon(tmp_path, config=config(tmp_path, **doors), env=clock.environment()).start()
    add_user(tmp_path / "board.users", "chief", "--role", "supervisor", "--area", "city")
    board = Board(tmp_path, daemon, settings="replay: 2\n")
    try:
        board.start()
        b = board.browser("chief")
        left_open = b.stream()
        begun = left_open.live()[0][1]
        board.process.send_signal(signal.SIGSTOP)  # over all the time that is kept
        with daemon.client() as c:
            old = c.report().case_number
            close(c, old)
        for days in (10, 50):  # the window for reopening ends; then more than a month passes
            assert daemon.stop() == 0
            clock.pass_ns(days * DAY * 1_000_000)
            daemon.start()
            with daemon.client() as c:
                c.report()
                wait_until(lambda: c.case(old).view.clocks[-1].change != "RUNNING")
        wait_until(lambda: daemon.said("event=journal_pruned"))
        board.process.send_signal(signal.SIGCONT)
        reset = next(d for e, d in left_open.live() if e == "reset")
        assert (reset["why"], reset["epoch"]) == ("PRUNED", begun["epoch"])
        left_open.close()
        b = board.browser("chief")
        with b.stream() as s:
            hello = s.live()[0][1]
        assert hello["oldest_lsn"] > 1
        with b.stream(last=f"{hello['epoch']}-0") as s:
            reset = next(d for e, d in s.live() if e == "reset")
            assert reset["why"] == "PRUNED" and reset["oldest_lsn"] == hello["oldest_lsn"]
        with b.stream() as s, daemon.client() as c:
            s.live()
            for _ in range(3):
                number = c.report().number
            s.entry("REPORTED", number)
        with b.stream(last=f"{hello['epoch']}-{hello['lsn']}") as s:
            found = s.live()
            assert [d["why"] for e, d in found if e == "reset"] == ["TOO_FAR"] and not ids(found)
            with daemon.client() as c:
                number = c.report().number
            assert s.entry("REPORTED", number)
    finally:
        board.end()
        daemon.end()
