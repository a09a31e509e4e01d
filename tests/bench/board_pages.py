"""The board's pages: how soon a journal entry is on all of them, and what the board costs the daemon. Run by tests/bench/run.

All pages are read on the same machine; what their reader needs itself is part of the figures. The board has the limits that
it has by default: a page that is cut for being slow comes back with its last id after the time that the stream names, as a browser does.
"""
import hashlib
import http.client
import json
import re
import secrets
import select
import socket
import subprocess
import threading
import time
from pathlib import Path

import harness
from harness import BenchError, Daemon, start_tool

STREAMS = 16  # of a session
RETRY_S = 2  # as the board's `retry:` says
PACE = 1000  # complaints a second: a country's worst minute, several hundred times a large city's


class Board:
    """A hongxin-board without keys, with a session for each sixteen pages."""

    def __init__(self, daemon, pages):
        folder, users = Path(daemon.folder), Path(daemon.folder) / "board.users"
        subprocess.run([str(harness.BIN / "hongxin-board"), "user", "add", "wall", "--role", "supervisor", "--area", "city",
                        "--file", str(users)], check=True, stdout=subprocess.DEVNULL)
        self.tickets = [secrets.token_urlsafe(24) for _ in range((pages + STREAMS - 1) // STREAMS)]
        held = json.loads(users.read_text())
        held["tickets"] = [{"digest": hashlib.blake2b(t.encode(), digest_size=32).hexdigest(), "name": "wall",
                            "until": int(time.time() * 1000) + 3600_000} for t in self.tickets]
        users.write_text(json.dumps(held))
        self.pages, self.log_path, self.config = pages, folder / "board.log", folder / "board.yaml"
        self.config.write_text(f"""listen: 127.0.0.1:0
users: board.users
sessions: board.sessions
photos: ""
daemon: {{intake: '{daemon.intake()}', feed: '{daemon.feed()}'}}
limits: {{connections: 20000, requests_per_second: 1000000, burst: 1000000}}
""")

    def __enter__(self):
        with open(self.log_path, "w") as log:
            self.process = subprocess.Popen([str(harness.BIN / "hongxin-board"), "--config", str(self.config)], stderr=log)
        while "event=ready" not in self.log_path.read_text():
            if self.process.poll() is not None:
                raise BenchError(self.log_path.read_text())
            time.sleep(0.01)
        self.port = int(re.search(r"listen=127\.0\.0\.1:(\d+)", self.log_path.read_text())[1])
        while self.get("/healthz") != 200:
            time.sleep(0.05)
        self.cookies = [self.sign_in(t) for t in self.tickets]
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(30)

    def get(self, path):
        c = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        c.request("GET", path)
        return c.getresponse().status

    def sign_in(self, ticket):
        c = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        c.request("POST", "/api/v1/login/ticket", json.dumps({"ticket": ticket}), {"Content-Type": "application/json"})
        r = c.getresponse()
        if r.status != 200:
            raise BenchError(f"sign-in: {r.status} {r.read()}")
        return r.getheader("Set-Cookie").split(";")[0]

    def cpu(self):
        return harness.cpu_of(self.process.pid)

    def open_page(self, i, place=None):
        """The socket of the i-th page, which goes on behind `place`."""
        s = socket.create_connection(("127.0.0.1", self.port))
        last = f"Last-Event-ID: {place}\r\n" if place else ""
        s.sendall(f"GET /api/v1/events HTTP/1.1\r\nHost: x\r\nCookie: {self.cookies[i // STREAMS]}\r\n{last}\r\n".encode())
        return s

    def open_pages(self):
        """{descriptor: socket} of pages that are live, and a poll over them."""
        poll, pages, seen = select.epoll(), {}, {}
        for i in range(self.pages):
            s = self.open_page(i)
            pages[s.fileno()], seen[s.fileno()] = s, b""
        for s in pages.values():
            s.setblocking(False)
            poll.register(s, select.EPOLLIN)
        ends = time.monotonic() + 120
        while seen:
            for fd, _ in poll.poll(1, len(pages)):
                if fd in seen:
                    seen[fd] += pages[fd].recv(65536)
                    if b"event: live" in seen[fd]:
                        del seen[fd]
            if time.monotonic() > ends:
                raise BenchError(f"{len(seen)} pages are not live")
        return pages, poll


def soon(size, place, row):
    """A steady rate of complaints on thousands of open pages."""
    pages, rate, seconds = size.count(5000), 10, size.seconds(20)
    with Daemon(place.folder("board")) as d, Board(d, pages) as b:
        cookies = Path(d.folder) / "cookies"
        cookies.write_text("".join(c + "\n" for c in b.cookies))
        reader = start_tool("bench_pages", port=b.port, cookies=cookies, pages=pages, wanted=rate * seconds)
        if reader.stdout.readline() != "{}\n":
            harness.finish(reader)
        cpu = b.cpu()
        harness.tool("bench_load", "pace", endpoint=d.intake(), rate=rate, seconds=seconds, tag="b")
        f = harness.finish(reader)
        spent = b.cpu() - cpu
    return [row(f"a complaint on {pages:,} pages of the board, {rate}/s, p99 from its receipt", f["p99"], "ms", "250 ms", ok=f["p99"] <= 250, load=f),
            row("  processor time of the board for each page and complaint", round(1e6 * spent / f["deliveries"], 2), "µs",
                yardstick=f["reader_cpu_us"])]


class Page:
    """One page and how far it is: `place` is the last id of a block that came whole."""

    def __init__(self, i, socket):
        self.i, self.socket, self.rest, self.place = i, socket, b"", None

    def take(self, piece):
        text = self.rest + piece
        end = text.rfind(b"\n\n") + 1  # the second line feed may belong to the next id's line
        at = text.rfind(b"\nid: ", 0, end)
        if at >= 0:
            self.place = text[at + 5:text.index(b"\n", at + 1)].decode()
        self.rest = text[end:] if end else text

    def lsn(self):
        return int(self.place.rpartition("-")[2]) if self.place else 0


class Reader(threading.Thread):
    """Pages that take what they can, and come back when they are cut; `cut` and `anew` count."""

    def __init__(self, board):
        super().__init__(daemon=True)
        self.board, self.over, self.cut, self.anew = board, False, 0, 0
        live, self.poll = board.open_pages()
        self.pages = {fd: Page(i, s) for i, (fd, s) in enumerate(live.items())}
        self.away = []  # (when it comes back, page)
        self.start()

    def run(self):
        while not self.over:
            for fd, _ in self.poll.poll(0.2, len(self.pages) + 1):
                self.read(fd)
            while self.away and self.away[0][0] <= time.monotonic():
                self.come_back(self.away.pop(0)[1])

    def read(self, fd):
        page = self.pages[fd]
        try:
            piece = page.socket.recv(1 << 20)
        except ConnectionError:
            piece = b""
        if piece:
            self.anew += piece.count(b"event: reset")
            page.take(piece)
            return
        self.cut += 1
        del self.pages[fd]
        page.socket.close()
        self.away.append((time.monotonic() + RETRY_S, page))

    def come_back(self, page):
        page.socket, page.rest = self.board.open_page(page.i, page.place), b""
        page.socket.setblocking(False)
        self.pages[page.socket.fileno()] = page
        self.poll.register(page.socket, select.EPOLLIN)

    def wait(self, lsn, seconds):
        """Until every page is there, or has been told to begin anew behind it."""
        ends = time.monotonic() + seconds
        while self.away or min(p.lsn() for p in list(self.pages.values())) < lsn:
            if time.monotonic() > ends:
                raise BenchError(f"pages are at {sorted(p.lsn() for p in list(self.pages.values()))[:4]} of {lsn}, {len(self.away)} away")
            time.sleep(0.1)

    def end(self):
        self.over = True
        self.join()
        for page in [*self.pages.values(), *(p for _, p in self.away)]:
            page.socket.close()


def rest(daemon):
    """Its processor time once it has nothing left to do."""
    seen = [daemon.cpu()]
    while len(seen) < 4 or seen[-1] - seen[-4] > 0.02:
        time.sleep(0.3)
        seen.append(daemon.cpu())
    return seen[-1]


def one_round(daemon, load, board):
    """The daemon's processor time counts until everything that was accepted is on the pages, and what it keeps beside is written."""
    reader = Reader(board) if board else None
    try:
        cpu = rest(daemon)
        f = load(daemon)
        told = time.monotonic()
        if reader:
            reader.wait(int(daemon.stats()["newest_lsn"]), 300)
            f = {**f, "pages_behind_s": round(time.monotonic() - told, 1), "cut": reader.cut, "anew": reader.anew}
        return {**f, "daemon_cpu_us": round((rest(daemon) - cpu) * 1e6 / f["accepted"], 2)}
    finally:
        if reader:
            reader.end()


def rounds(place, load):
    """Three rounds without a board and three with one, in turn."""
    alone, beside = [], []
    for _ in range(3):
        with Daemon(place.folder("board")) as d:
            alone.append(one_round(d, load, None))
        with Daemon(place.folder("board")) as d, Board(d, STREAMS) as b:
            beside.append(one_round(d, load, b))
    return alone, beside


def middle(figures, key):
    return sorted(f[key] for f in figures)[1]


def price(size, place, row):
    """At an even rate, which pages keep up with."""
    alone, beside = rounds(place, lambda d: harness.tool("bench_load", "pace", endpoint=d.intake(), rate=PACE, seconds=size.seconds(10), tag="p"))
    cpu, yard = middle(beside, "daemon_cpu_us"), middle(alone, "daemon_cpu_us")
    return [row(f"daemon's processor time for a complaint at {PACE:,}/s, a board with {STREAMS} open pages beside it", cpu, "µs", "5 % more than without",
                yardstick=yard, ratio=round(cpu / yard, 3), ok=cpu <= 1.05 * yard, alone=alone, beside=beside)]


def flooded(size, place, row, flood):
    """As many as the daemon takes, which is far more than pages do: those are cut, and come back. What they missed they ask of the daemon."""
    events = size.count(20_000)
    alone, beside = rounds(place, lambda d: flood(d, "reports", events, 64, 128, "f"))
    cpu, yard, rate, was = (middle(f, key) for key in ("daemon_cpu_us", "per_second") for f in (beside, alone))
    return [row(f"  in a flood of {events:,}, with what pages ask for that were cut", cpu, "µs", yardstick=yard, ratio=round(cpu / yard, 3),
                alone=alone, beside=beside),
            row("  complaints accepted meanwhile; board, its pages and the generator on the same cores", rate, "/s", yardstick=was, ratio=round(rate / was, 3)),
            row("  until every page is level again", middle(beside, "pages_behind_s"), "s", cut=middle(beside, "cut"), anew=middle(beside, "anew"))]


def board(size, place, row, flood):
    return soon(size, place, row) + price(size, place, row) + flooded(size, place, row, flood)
