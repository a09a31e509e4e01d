"""Everybody at the edge of one store: the city's doors and the board, each at a port of its own over all its lives, and the platforms to
which is told what becomes of cases. And those who send: each thing again and again until it is answered, as a real one does."""
import concurrent.futures
import http.client
import os
import pathlib
import random
import re
import threading
import traceback
import types
import typing

from board import Board, add_user
from city_platform import Platform
from field import SOURCE, Field
from hotline import Hotline
from kiosk import Kiosk
from pictures import photo
from ports import keep_a_port
from tables import HEADING, put
from wechat import Wechat, content, message
from wechat_told import TELLING, Residents
from wire import TIMEOUT_S, wait_until

NOBODY_THERE = (OSError, http.client.HTTPException)
PLACE, HOLDER = "B-0417", "holder:P-07/li"
UNLIMITED = "limits: {requests_per_second: 1000000, burst: 1000000}\n"
ONCE_MORE = 0.3  # of what was answered is sent once more, later
PAUSE_S = 0.1  # between two things that somebody does, at most


def is_well(door):
    if not door.port():
        return False
    connection = http.client.HTTPConnection("127.0.0.1", door.port(), timeout=TIMEOUT_S)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == 200
    except NOBODY_THERE:
        return False
    finally:
        connection.close()


class Edge:
    def __init__(self, folder, **options):
        self.folder, self.field = folder, Field(folder, **options)
        self.over, self.acknowledged, self.senders = threading.Event(), [], []
        intake, feed = f"ipc://{folder}/hongxin-ingest", f"ipc://{folder}/hongxin-feed"
        self.platform, self.drop = Platform(), folder / "drop"
        (folder / "secret").write_text("s" * 40)
        (folder / "secret").chmod(0o600)
        self.hotline = Hotline(folder, intake, feed, UNLIMITED +
                               f"push: {{url: 'http://127.0.0.1:{self.platform.port}/', secret_file: secret, retry: 100ms, retry_most: 200ms}}\n"
                               f"drops: [{{folder: {self.drop}, mapping: {SOURCE}/config/mappings/12345.yaml, source: tables, interval: 100ms, settle: 100ms}}]\n")
        self.kiosk = Kiosk(folder, intake, feed, UNLIMITED)
        self.wechat, self.residents = Wechat(folder, intake, feed), Residents()
        self.wechat.accounts.write_text(TELLING)
        self.wechat.config.write_text(self.wechat.config.read_text() + self.residents.settings())
        self.board = Board(folder, types.SimpleNamespace(doors={"intake": intake, "feed": feed}), settings=UNLIMITED + "heartbeat: 1s\n")
        add_user(self.board.users, "li", "--principal", "", "--role", "company", "--area", "P-07")
        add_user(self.board.users, "desk", "--principal", "", "--role", "call_centre", "--area", "city")
        self.doors = {"hotline": self.hotline, "kiosk": self.kiosk, "wechat": self.wechat, "board": self.board}
        for door in self.doors.values():
            door.config.write_text(door.config.read_text().replace("127.0.0.1:0", f"127.0.0.1:{keep_a_port()}"))

    @property
    def everybody(self):
        return {"daemon": self.field.daemon, **self.doors}

    def start(self):
        self.field.daemon.start()
        for door in self.doors.values():
            door.start()

    def begin(self, seed):
        self.senders = [kind(self, seed + n) for n, kind in enumerate((Caller, Caller, Visitor, Resident, Tables, Clerk))]
        for s in self.senders:
            s.begin()
        for s in self.senders:
            s.start()

    def check(self):
        """Nobody has ended by himself, nobody was answered what he may not be."""
        for name, one in self.everybody.items():
            assert one.process.poll() is None, f"{name} has ended with {one.process.returncode}:\n" + "\n".join(one.log[-20:])
        for s in self.senders:
            assert not s.fault, s.fault

    def kill(self, names):
        """Dead at once and begun again at once, without waiting for anything."""
        for name in names:
            self.everybody[name].kill()
        for name in names:
            one = self.everybody[name]
            one.launch() if name == "daemon" else one.spawn()

    def quiet(self):
        """What was begun is answered, and what was answered once is still answered so."""
        self.over.set()
        for s in self.senders:
            wait_until(lambda s=s: self.check() or not s.is_alive(), timeout=600)
        wait_until(lambda: self.check() or all(is_well(door) for door in self.doors.values()))

    def stop(self):
        """Returns how each has ended."""
        with concurrent.futures.ThreadPoolExecutor() as pool:
            ends = dict(zip(self.doors, pool.map(lambda d: d.stop(), self.doors.values())))
        return {**ends, "daemon": self.field.daemon.stop()}

    def descriptors(self):
        return {name: len(os.listdir(f"/proc/{one.process.pid}/fd")) for name, one in self.everybody.items()}

    def processes(self):
        """Those that were told something of this folder and live."""
        found = []
        for p in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
            try:
                line = p.read_bytes()
            except OSError:  # it has ended meanwhile
                continue
            if str(self.folder).encode() in line and int(p.parent.name) != os.getpid() and line.split(b"\0")[0].rpartition(b"/")[2].startswith(b"hongxin"):
                found.append(line)
        return found

    def end(self):
        self.over.set()
        for door in self.doors.values():
            door.end()
        self.field.end()
        self.platform.close()
        self.residents.close()


class Sender(threading.Thread):
    """Does one thing after the other until it is over. `fault` is what went wrong."""

    def __init__(self, edge, seed):
        super().__init__(daemon=True)
        self.edge, self.chance, self.fault, self.n, self.again = edge, random.Random(seed), None, 0, []
        self.name_of_all = f"{type(self).__name__}-{seed}"

    def run(self):
        try:
            while not self.edge.over.wait(self.chance.uniform(0, PAUSE_S)):
                self.one()
                if self.again and self.chance.random() < ONCE_MORE:
                    self.once_more(self.again.pop(self.chance.randrange(len(self.again))))
            for given in self.again:
                self.once_more(given)
        except Exception:  # whatever it was: whoever looks after it raises it
            self.fault = traceback.format_exc()

    def begin(self):
        pass

    def mark(self):
        """A text that nobody else says."""
        self.n += 1
        return f"{self.name_of_all}-{self.n}"

    def until_answered(self, send):
        """Who hears nothing, or that he is to come later, does not know what became of it and sends the same again."""
        def answer():
            try:
                a = send()
            except NOBODY_THERE:
                return None
            return a if a.status not in (429, 503) else None

        return wait_until(answer, timeout=600)

    def say(self, send, verdict, **what):
        """`verdict` makes of an answer what it may never be otherwise, or None where it may; what is acknowledged is noted with `what` of it has
        to stand in the journal."""
        answer = self.until_answered(send)
        first = verdict(answer)
        self.edge.acknowledged.append({**what, "verdict": first})
        if first is not None and self.chance.random() < ONCE_MORE:
            self.again.append((send, verdict, first))
        return answer

    def once_more(self, given):
        send, verdict, first = given
        now = verdict(self.until_answered(send))
        assert now == first, f"answered {first} first, and then {now}"
        self.edge.acknowledged.append({"verdict": now})


# ---- the hotline's clients

class Caller(Sender):
    """A call centre: a report, what follows from it, changed orders, batches, an update that comes too early."""
    SOURCE = "hotline-12345"
    LIFE = (("HELD", {}), ("ARRIVED", {"proof": "ONSITE_CODE"}), ("PROGRESS", {"text": "seen"}), ("RESOLVED", {"evidence": ["photo"]}))

    def verdict(self, answer):
        assert answer.status in (200, 201, 202, 409), answer
        body = answer.json
        assert body.get("code") != "CONFLICT", answer
        reply = body.get("reply", body)
        if answer.status == 202 or reply.get("result") == "PARKED":
            return None
        return answer.status < 300, reply.get("id"), reply.get("number"), body.get("code", "")

    def post(self, path, body, key, **what):
        return self.say(lambda: self.edge.hotline.post(f"/v1/{path}", body, key=key), self.verdict, source=self.SOURCE, **what)

    def one(self):
        (self.life, self.life, self.order, self.batch, self.early)[self.chance.randrange(5)]()

    def report(self, ref, **more):
        return {"class": self.chance.choice(("SMALL", "SERIOUS", "COMPLEX", "EMERGENCY")), "place": PLACE, "ref": ref, **more}

    def life(self):
        ref = self.mark()
        self.post("complaints", self.report(ref, text=ref, reporter={"name": "Li", "phone": "13912345678"}), ref, text=ref)
        for type, more in self.LIFE[:self.chance.randrange(5)]:
            self.post(f"complaints/ref:{ref}/events", {"type": type, "by": HOLDER, **more}, self.mark())
        said = self.mark()
        self.post(f"complaints/ref:{ref}/updates", {"text": said}, said, text=said)
        if self.chance.random() < 0.5:
            self.post(f"complaints/ref:{ref}/callback", {"result": self.chance.choice(("OK", "BAD"))}, self.mark())

    def order(self):
        """In the city's own words, and once more when they have changed: an update, not another case."""
        ref = self.mark()
        words = {"工单编号": ref, "紧急程度": "一般", "楼栋编码": PLACE, "受理时间": "2026-10-12 19:00:00", "来电人": "王"}
        number = None
        for text in (ref, f"{ref} changed"):
            send = lambda text=text: self.edge.hotline.post("/v1/orders", {**words, "诉求内容": text})  # noqa: E731
            a = self.say(send, self.order_verdict, source=self.SOURCE, text=text)
            assert number in (None, a.json["data"]["number"]), "a changed order has become another case"
            number = a.json["data"]["number"]

    @staticmethod
    def order_verdict(answer):
        assert answer.status == 200 and answer.json["success"], answer
        return answer.json["data"]["number"]

    def batch(self):
        refs = [self.mark() for _ in range(self.chance.randrange(2, 9))]
        items = [{"op": "report", "key": ref, **self.report(ref, text=ref)} for ref in refs]
        self.say(lambda: self.whole(self.edge.hotline.post("/v1/batch", {"items": items})), self.batch_verdict, source=self.SOURCE, texts=refs)

    @staticmethod
    def whole(answer):
        """Of a batch each part may be told to come again."""
        if answer.status == 200 and any(part["status"] == 503 for part in answer.json["replies"]):
            answer.status = 503
        return answer

    def batch_verdict(self, answer):
        assert answer.status == 200, answer
        return [(r["status"] < 300, r["body"].get("id"), r["body"].get("number")) for r in answer.json["replies"]]

    def early(self):
        ref, said = self.mark(), self.mark()
        self.post(f"complaints/ref:{ref}/updates", {"text": said}, said, text=said)
        self.post("complaints", self.report(ref, text=ref), ref, text=ref)


class Tables(Sender):
    """Who puts tables into the folder: answered is what lies in done/."""

    def one(self):
        name, rows = f"{self.mark()}.csv", [self.mark() for _ in range(self.chance.randrange(1, 40))]
        bad = self.chance.random() < 0.3
        text = HEADING + "".join(f"{r},2026-10-12 19:00:00,{r},一般,{PLACE},王\n" for r in rows) + ("W,soon,x,一般,B-0417,李\n" if bad else "")
        put(self.edge.drop, name, text)
        wait_until(lambda: (self.edge.drop / "done" / name).exists(), timeout=600)
        rejects = self.edge.drop / "rejects" / name
        assert rejects.exists() == bad and (not bad or rejects.read_text().count("\n") == 2), "the row that is none, and only that"
        self.edge.acknowledged.append({"source": "tables", "texts": rows, "verdict": "done"})


# ---- residents

class Visitor(Sender):
    """Somebody at a kiosk: reports, with a picture or without, looks where it stands, takes it back."""

    def ticket(self, answer):
        assert answer.status in (200, 201), answer
        return answer.json["number"], answer.json["secret"], answer.json["promises"]

    def withdrawn(self, answer):
        assert answer.status in (200, 409), answer
        return answer.status, answer.json.get("number"), answer.json["code"]

    def one(self):
        kiosk, text = self.edge.kiosk, self.mark()
        pictures = [photo(40 + self.n % 300, 30 + self.n // 300)] if self.chance.random() < 0.3 else []
        send = (lambda: kiosk.form(*pictures, key=f"key-of-{text}", text=text)) if pictures else (lambda: kiosk.report(f"key-of-{text}", text=text))
        told = self.say(send, self.ticket, source="kiosk", text=text).json
        pair = {"number": told["number"], "secret": told["secret"]}
        assert self.until_answered(lambda: kiosk.post("status", pair)).status == 200
        if self.chance.random() < 0.3:
            self.say(lambda: kiosk.post("withdraw", pair, f"withdraw-of-{text}"), self.withdrawn)


class Answer(typing.NamedTuple):
    status: int
    body: str


class Resident(Sender):
    """Somebody with WeChat; the platform sends a message again until it is answered."""

    def words(self, answer):
        assert answer.status == 200, answer
        return content(answer.body)

    def send(self, person, words, **what):
        xml = message(Content=words, id=f"{self.name_of_all}-{self.n}", person=person)
        return self.say(lambda: Answer(*self.edge.wechat.plain(xml)), self.words, source="wechat-plain", **what)

    def one(self):
        text, person = self.mark(), f"o-{self.chance.randrange(5)}-{self.name_of_all}"
        told = self.words(self.send(person, f"{PLACE} 漏水 {text}", text=f"{PLACE} 漏水 {text}"))
        number = re.search(r"CL-\d+", told)
        assert number, told
        said = self.mark()
        self.send(person, f"{number[0]} {said}", text=f"{number[0]} {said}")
        if self.chance.random() < 0.3:
            self.mark()
            self.send(person, f"撤诉 {number[0]}")
        else:
            self.work(number[0])

    def work(self, number):
        """What others do, so that there is something to tell him."""
        done = ({"type": "CLASS_SET", "by": "dispatcher/chen", "class": "SMALL"}, {"type": "HELD", "by": HOLDER}, {"type": "ARRIVED", "by": HOLDER},
                {"type": "RESOLVED", "by": HOLDER, "evidence": ["photo"]})
        for event in done[:self.chance.randrange(1, 5)]:
            key = self.mark()
            answer = self.until_answered(lambda event=event, key=key: self.edge.hotline.post(f"/v1/complaints/{number}/events", event, key=key))
            assert answer.status in (200, 409), answer


# ---- the board's people

class Clerk(Sender):
    """Takes complaints down and does a company's work on the board, in a session that outlives everybody's deaths."""

    def begin(self):
        self.desk, self.company = self.edge.board.browser("desk"), self.edge.board.browser("li")

    def done(self, answer):
        assert answer.status in (200, 201, 409), answer
        return answer.status == 409, answer.json.get("number"), answer.json.get("code", "")

    def one(self):
        text = self.mark()
        report = {"id": text, "class": "SMALL", "place": PLACE, "text": text}
        number = self.say(lambda: self.desk.post("reports", report), self.done, text=text).json["number"]
        for act in ("COMING", "ARRIVED", "WORKING")[:self.chance.randrange(4)]:
            body = {"id": self.mark(), "act": act}
            self.say(lambda body=body: self.company.post(f"cases/{number}/acts", body), self.done)


class Viewer(threading.Thread):
    """An open page: what it is told, over its own broken connections, until `upto` has come."""

    def __init__(self, browser):
        super().__init__(daemon=True)
        self.browser, self.upto, self.told, self.fault, self.last, self.begun = browser, None, [], None, None, []

    def run(self):
        try:
            while not self.is_done():
                self.follow()
        except Exception:  # whatever it was: whoever looks after it raises it
            self.fault = traceback.format_exc()

    def is_done(self):
        return self.upto is not None and self.told and self.told[-1] >= self.upto

    def open(self):
        try:
            stream = self.browser.stream(last=self.last)
        except NOBODY_THERE:
            return None
        if stream.answer.status == 200:
            self.begun.append(self.told[-1] if self.told else None)
            return stream
        stream.close()
        assert stream.answer.status == 503, stream.answer.status
        return None

    def follow(self):
        with wait_until(self.open, timeout=600) as stream:
            try:
                while not self.is_done() and (block := stream.block()) is not None:
                    assert block[0] not in ("reset", "end"), block
                    if block[0] == "entry":
                        self.told.append(block[1]["lsn"])
            except NOBODY_THERE:
                pass
            self.last = stream.last
