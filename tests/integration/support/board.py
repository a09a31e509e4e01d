"""Starts hongxin-board and is a browser to it: cookies, the session's token, server-sent events."""
import http.client
import json
import os
import re
import subprocess
import time

from door import BIN, Answer, Door
from wire import TIMEOUT_S, wait_until

PASSWORD = "correct horse battery"


def user(file, *args, text=None, check=True):
    """hongxin-board user …"""
    p = subprocess.run([os.path.join(BIN, "hongxin-board"), "user", *args, "--file", str(file)], input=text, text=True,
                       capture_output=True, timeout=60)
    assert not check or p.returncode == 0, p.stderr
    return p


def add_user(file, name, *args, password=PASSWORD):
    user(file, "add", name, *args)
    user(file, "password", name, text=password + "\n")


class Board(Door):
    program = "hongxin-board"

    def __init__(self, folder, daemon, key=None, settings=""):
        self.folder = folder
        self.users = folder / "board.users"
        super().__init__(folder / "board.yaml")
        self.key = key
        self.settings = settings
        self.connect(daemon)

    def connect(self, daemon):
        self.config.write_text(f"listen: 127.0.0.1:0\nusers: board.users\nsessions: board.sessions\nphotos: photos\n"
                               f"daemon: {{intake: '{daemon.doors['intake']}', feed: '{daemon.doors.get('feed') or daemon.doors['intake']}', "
                               f"key_file: '{self.key or ''}'}}\n{self.settings}")

    def user(self, *args, **how):
        return user(self.users, *args, **how)

    def user_seen(self, *args, **how):
        """The same while it runs; returns when it has read it."""
        def reads():
            return sum("event=users_changed" in line for line in list(self.log))
        before = reads()
        self.user(*args, **how)
        wait_until(lambda: reads() > before)

    def start(self):
        self.launch()
        wait_until(lambda: Browser(self).get("/healthz").status == 200)
        return self


    def browser(self, name=None, password=PASSWORD):
        b = Browser(self)
        if name:
            answer = wait_until(lambda: b.login_again(name, password))
            assert answer.status == 200, answer
        return b


class Browser:
    """Keeps the cookie and the token, as a page does."""

    def __init__(self, board):
        self.board = board
        self.cookie = self.csrf = None

    def connect(self):
        return http.client.HTTPConnection("127.0.0.1", self.board.port(), timeout=TIMEOUT_S)

    def headers(self, method, extra):
        headers = {"Cookie": f"hongxin_session={self.cookie}"} if self.cookie else {}
        if self.csrf and method != "GET":
            headers["X-CSRF-Token"] = self.csrf
        return {**headers, **(extra or {})}

    def request(self, method, path, body=None, headers=None, type="application/json"):
        connection = self.connect()
        headers = self.headers(method, headers)
        if body is not None:
            body = body if isinstance(body, (bytes, str)) else json.dumps(body)
            headers.setdefault("Content-Type", type)
        try:
            connection.request(method, path if path.startswith("/") else f"/api/v1/{path}", body, headers)
            r = connection.getresponse()
            answer = Answer(r.status, r.headers, r.read())
        finally:
            connection.close()
        m = re.match(r"hongxin_session=([^;]*)", answer.headers.get("Set-Cookie", ""))
        if m:
            self.cookie = m[1]
        return answer

    def get(self, path, **how):
        return self.request("GET", path, **how)

    def post(self, path, body=None, **how):
        return self.request("POST", path, {} if body is None else body, **how)

    def login(self, name, password=PASSWORD, **more):
        answer = self.post("login", {"name": name, "password": password, **more})
        if answer.status == 200:
            self.csrf = answer.json["csrf"]
        return answer

    def login_again(self, name, password):
        """As a page does while the daemon is away; None when it has to be tried once more."""
        answer = self.login(name, password)
        return answer if answer.status != 503 else None

    def stream(self, path="events", last=None):
        return Stream(self, path, last)


class Stream:
    """An EventSource: blocks as (event, id, data); `last` moves with every id."""

    def __init__(self, browser, path="events", last=None):
        self.connection = browser.connect()
        headers = browser.headers("GET", {"Accept": "text/event-stream"})
        if last:
            headers["Last-Event-ID"] = last
        self.connection.request("GET", f"/api/v1/{path}", headers=headers)
        self.answer = self.connection.getresponse()
        self.last = last

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.connection.close()

    def block(self):
        """The next block; None at the end."""
        event, data, some, last = "message", [], False, self.last
        while True:
            line = self.answer.readline().decode()
            if not line:
                return None
            line = line.rstrip("\n")
            if not line and some:
                self.last = last  # of a block that came whole
                return event, json.loads("\n".join(data)) if data else None
            key, _, value = line.partition(":")
            value = value.removeprefix(" ")
            some = some or bool(key)
            if key == "event":
                event = value
            elif key == "data":
                data.append(value)
            elif key == "id":
                last = value

    def until(self, wanted):
        """Events up to the first for which wanted(event, data) holds, as a list."""
        found, ends = [], time.monotonic() + 4 * TIMEOUT_S  # heartbeats would keep it waiting for ever
        while (block := self.block()) is not None:
            assert time.monotonic() < ends, f"not in time, only {found[-20:]}"
            if block[1] is None:
                continue
            found.append(block)
            if wanted(*block):
                return found
        raise AssertionError(f"the stream has ended: {found}")

    def live(self):
        return self.until(lambda event, _: event == "live")

    def entry(self, cause, number=None):
        """The entry with this cause."""
        return self.until(lambda e, d: e == "entry" and d.get("cause") == cause and number in (None, d.get("number")))[-1][1]
