"""How long a journal entry takes to be on every open page: N pages of one board, complaints at a steady rate. Prints one line of JSON.

    HX_BIN=build/release/bin HX_SOURCE=. PYTHONPATH=build/…/schema:tests/integration tests/bench/board_pages.py [PAGES] [ENTRIES] [PER_SECOND]

The load generator reads all pages in the same process and on the same machine; what it needs itself is part of the figure.
"""
import hashlib
import http.client
import json
import os
import pathlib
import secrets
import select
import socket
import sys
import tempfile
import time

from board import Board, user
from daemon import Daemon
from wire import wait_until

PAGES, ENTRIES, RATE = (int(a) for a in (sys.argv[1:] + ["5000", "200", "10"][len(sys.argv) - 1:]))
STREAMS = 16  # of a session


def sessions(board, n):
    """Cookies of n sessions, by tickets written into the users' file."""
    tickets = [secrets.token_urlsafe(24) for _ in range(n)]
    users = json.loads(board.users.read_text())
    users["tickets"] = [{"digest": hashlib.blake2b(t.encode(), digest_size=32).hexdigest(), "name": "wall",
                         "until": int(time.time() * 1000) + 3600_000} for t in tickets]
    board.users.write_text(json.dumps(users))
    b = board.start()
    cookies = []
    for t in tickets:
        browser = b.browser()
        assert browser.post("login/ticket", {"ticket": t}).status == 200
        cookies.append(browser.cookie)
    return cookies


def cpu_s(pid):
    """What a process has used so far."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def open_pages(port, cookies):
    pages = []
    for i in range(PAGES):
        s = socket.create_connection(("127.0.0.1", port))
        s.sendall(f"GET /api/v1/events HTTP/1.1\r\nHost: x\r\nCookie: hongxin_session={cookies[i // STREAMS]}\r\n\r\n".encode())
        pages.append(s)
    poll = select.epoll()
    waiting = {s.fileno(): (s, b"") for s in pages}
    for s in pages:
        s.setblocking(False)
        poll.register(s, select.EPOLLIN)
    while waiting:
        for fd, _ in poll.poll(5):
            if fd in waiting:
                s, seen = waiting[fd]
                seen += s.recv(65536)
                waiting[fd] = (s, seen)
                if b"event: live" in seen:
                    del waiting[fd]
    return {s.fileno(): s for s in pages}, poll


def measure(client, pages, poll):
    took, sent, counts = [], {}, dict.fromkeys(pages, 0)
    began, published = time.monotonic(), 0
    while published < ENTRIES or any(n < ENTRIES for n in counts.values()):
        now = time.monotonic()
        if published < ENTRIES and now >= began + published / RATE:
            e = client.event("REPORTED", by="reporter", data={"class": "SMALL", "place": "B-0417"})
            sent[published] = time.monotonic()
            client.publish(e)
            published += 1
        for fd, _ in poll.poll(0.002, PAGES):
            data = pages[fd].recv(65536)
            n, now = data.count(b'"type":"REPORTED"'), time.monotonic()
            for k in range(counts[fd], counts[fd] + n):
                if k in sent:
                    took.append(now - sent[k])
            counts[fd] += n
        if time.monotonic() > began + ENTRIES / RATE + 60:
            raise SystemExit(f"not everything has arrived: {min(counts.values())} of {ENTRIES}")
    return sorted(took)


def main():
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        daemon = Daemon(folder).start()
        board = Board(folder, daemon, settings="limits: {connections: 20000, requests_per_second: 1000000, burst: 1000000}\n")
        user(board.users, "add", "wall", "--role", "supervisor", "--area", "city")
        try:
            cookies = sessions(board, (PAGES + STREAMS - 1) // STREAMS)
            pages, poll = open_pages(board.port(), cookies)
            used = cpu_s(board.process.pid)
            with daemon.client() as client:
                took = measure(client, pages, poll)
            used = cpu_s(board.process.pid) - used
            at = lambda q: round(1000 * took[min(len(took) - 1, int(q * len(took)))], 1)  # noqa: E731
            print(json.dumps({"bench": "board", "pages": PAGES, "entries": ENTRIES, "per_second": RATE, "deliveries": len(took),
                              "board_cpu_us_per_delivery": round(1e6 * used / len(took), 1),
                              "p50_ms": at(0.5), "p99_ms": at(0.99), "max_ms": at(1)}))
        finally:
            board.end()
            daemon.end()


if __name__ == "__main__":
    main()
