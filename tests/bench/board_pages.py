"""The board's pages: how soon a journal entry is on all of them, and what the board costs the daemon. Run by tests/bench/run.

All pages are read by this process, on the same machine; what it needs itself is part of the figures.
"""
import datetime
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
from harness import BenchError, Daemon, quantile, start_tool

STREAMS = 16  # of a session
MARK = b'"cause":"REPORTED"'
# One line of the stream is one entry; either field may stand in front.
CAUSE = re.compile(rb'"t_rec":"([^"]+)"[^\n]*"cause":"REPORTED"|"cause":"REPORTED"[^\n]*?"t_rec":"([^"]+)"')


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
limits: {{connections: 20000, requests_per_second: 1000000, burst: 1000000, stream_bytes: 67108864}}
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

    def open_pages(self):
        """{descriptor: socket} of pages that are live, and a poll over them."""
        poll, pages, seen = select.epoll(), {}, {}
        for i in range(self.pages):
            s = socket.create_connection(("127.0.0.1", self.port))
            s.sendall(f"GET /api/v1/events HTTP/1.1\r\nHost: x\r\nCookie: {self.cookies[i // STREAMS]}\r\n\r\n".encode())
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


def received(text):
    """When the daemon has received each complaint that stands in a piece of a stream, in seconds."""
    return [datetime.datetime.fromisoformat((a or b).decode().replace("Z", "+00:00")).timestamp() for a, b in CAUSE.findall(text)]


def follow(pages, poll, load, wanted):
    """Seconds from receipt to each page, for every complaint and page."""
    took, counts, rest, known = [], dict.fromkeys(pages, 0), {}, {}
    ends = time.monotonic() + 300
    while any(n < wanted for n in counts.values()):
        for fd, _ in poll.poll(0.05, len(pages)):
            piece = rest.pop(fd, b"") + pages[fd].recv(1 << 20)
            if not piece.endswith(b"\n\n\r\n"):
                rest[fd] = piece
                continue
            now = time.time()
            if piece not in known:  # nearly all pages get the same bytes
                known[piece] = received(piece)
            took += [now - t for t in known[piece]]
            counts[fd] += len(known[piece])
        if time.monotonic() > ends:
            raise BenchError(f"not everything has arrived: {min(counts.values())} of {wanted}")
    harness.finish(load)
    return took


def soon(size, place, row):
    """A steady rate of complaints on thousands of open pages."""
    pages, rate, seconds = size.count(5000), 10, size.seconds(20)
    with Daemon(place.folder("board")) as d, Board(d, pages) as b:
        live, poll = b.open_pages()
        cpu = b.cpu()
        load = start_tool("bench_load", "pace", endpoint=d.intake(), rate=rate, seconds=seconds, tag="b")
        took = follow(live, poll, load, rate * seconds)
        spent = b.cpu() - cpu
        for s in live.values():
            s.close()
    p99 = round(1000 * quantile(took, 0.99), 1)
    return [row(f"a complaint on {pages:,} pages of the board, {rate}/s, p99 from its receipt", p99, "ms", "250 ms", ok=p99 <= 250,
                p50=round(1000 * quantile(took, 0.5), 1), max=round(1000 * max(took), 1), deliveries=len(took)),
            row("  processor time of the board for each page and complaint", round(1e6 * spent / len(took), 2), "µs")]


class Reader(threading.Thread):
    """Pages that keep up; `seen` complaints are on the first of them."""

    def __init__(self, pages, poll):
        super().__init__(daemon=True)
        self.pages, self.poll, self.over, self.seen = pages, poll, False, 0
        self.start()

    def run(self):
        first, end = next(iter(self.pages)), b""
        while not self.over:
            for fd, _ in self.poll.poll(0.2, len(self.pages)):
                piece = self.pages[fd].recv(1 << 20)
                if fd == first:
                    piece, before = end + piece, end.count(MARK)
                    self.seen += piece.count(MARK) - before
                    end = piece[1 - len(MARK):]

    def end(self):
        self.over = True
        self.join()
        for s in self.pages.values():
            s.close()


def rest(daemon):
    """Its processor time once it has nothing left to do."""
    seen = [daemon.cpu()]
    while len(seen) < 4 or seen[-1] - seen[-4] > 0.02:
        time.sleep(0.3)
        seen.append(daemon.cpu())
    return seen[-1]


def one_round(size, place, flood, with_board):
    """The daemon's processor time counts until everything that was accepted is on the pages, and what it keeps beside is written."""
    events = size.count(100_000)
    with Daemon(place.folder("board")) as d:
        if not with_board:
            cpu = rest(d)
            f = flood(d, "reports", events, 64, 128, "a")
            return {**f, "daemon_cpu_us": round((rest(d) - cpu) * 1e6 / f["events"], 2)}
        with Board(d, STREAMS) as b:
            reader = Reader(*b.open_pages())
            try:
                cpu, ends = rest(d), time.monotonic() + 300
                f = flood(d, "reports", events, 64, 128, "b")
                while reader.seen < f["accepted"]:
                    if time.monotonic() > ends:
                        raise BenchError(f"{reader.seen} of {f['accepted']} are on the pages")
                    time.sleep(0.1)
                return {**f, "daemon_cpu_us": round((rest(d) - cpu) * 1e6 / f["events"], 2)}
            finally:
                reader.end()


def cost(size, place, row, flood):
    """Complaints with and without a board whose pages are open, one round after the other."""
    rounds = [(one_round(size, place, flood, False), one_round(size, place, flood, True)) for _ in range(3)]
    alone, beside = ([r[i] for r in rounds] for i in (0, 1))

    def middle(figures, key):
        return sorted(f[key] for f in figures)[1]
    cpu, yard, rate = middle(beside, "daemon_cpu_us"), middle(alone, "daemon_cpu_us"), middle(beside, "per_second")
    return [row("daemon's processor time for a complaint, a board with open pages beside it", cpu, "µs", "5 % more than without",
                yardstick=yard, ratio=round(cpu / yard, 3), ok=cpu <= 1.05 * yard, rounds=rounds),
            row("  complaints accepted meanwhile; board, its pages and the generator on the same cores", rate, "/s",
                yardstick=middle(alone, "per_second"), ratio=round(rate / middle(alone, "per_second"), 3))]


def board(size, place, row, flood):
    return soon(size, place, row) + cost(size, place, row, flood)
