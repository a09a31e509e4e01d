"""Facts of telephone systems, played by scripted servers that speak FreeSWITCH's and Asterisk's languages."""
import socket
import threading
import time
import urllib.parse

import pytest
from between import Between
from hongxin.v1 import wire_pb2
from hotline import SOURCE, Hotline
from wire import wait_until

PASSWORD = "ClueCon-of-the-test"


class Phone:
    """Accepts one connection at a time and plays `talk`; `say` sends what a test wants."""

    def __init__(self, greet):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.greet, self.connection, self.heard, self.connections = greet, None, "", 0
        threading.Thread(target=self.run, daemon=True).start()

    def run(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            self.heard = ""
            try:
                self.greet(self, connection)
            except OSError:
                continue
            self.connection = connection
            self.connections += 1

    def expect(self, connection, until):
        while until not in self.heard:
            piece = connection.recv(4096)
            if not piece:
                raise OSError("closed")
            self.heard += piece.decode()
        said, self.heard = self.heard.split(until, 1)
        return said

    def say(self, data, pieces=1):
        step = max(1, len(data) // pieces)
        for i in range(0, len(data), step):
            self.connection.sendall(data[i:i + step])

    def hang_up(self):
        self.connection.close()
        self.connection = None

    def close(self):
        self.listener.close()


def freeswitch(phone, c):
    c.sendall(b"Content-Type: auth/request\n\n")
    right = phone.expect(c, "\n\n") == f"auth {PASSWORD}"
    c.sendall(b"Content-Type: command/reply\nReply-Text: " + (b"+OK accepted" if right else b"-ERR invalid") + b"\n\n")
    assert phone.expect(c, "\n\n") == "event plain CHANNEL_HANGUP_COMPLETE"
    c.sendall(b"Content-Type: command/reply\nReply-Text: +OK event listener enabled plain\n\n")


def asterisk(phone, c):
    c.sendall(b"Asterisk Call Manager/5.0.2\r\n")
    login = phone.expect(c, "\r\n\r\n")
    assert f"Secret: {PASSWORD}" in login and "Action: Login" in login
    c.sendall(b"Response: Success\r\nActionID: 1\r\nMessage: Authentication accepted\r\n\r\n")


def esl(**fields):
    """A text/event-plain frame, with an inner body behind the event's headers."""
    lines = {"Event-Name": "CHANNEL_HANGUP_COMPLETE", "FreeSWITCH-Hostname": "node1", **fields}
    event = "".join(f"{k.replace('__', '-')}: {urllib.parse.quote(str(v), safe='')}\n" for k, v in lines.items())
    body = (event + "Content-Length: 6\n\ncdr\n\n!").encode()
    return b"Content-Length: %d\nContent-Type: text/event-plain\n\n" % len(body) + body


def ami(**fields):
    return ("".join(f"{k}: {v}\r\n" for k, v in fields.items()) + "\r\n").encode()


@pytest.fixture
def make(daemon, tmp_path):
    made = []

    def start(kind, greet, folder="", intake=None):
        phone = Phone(greet)
        (tmp_path / "password").write_text(PASSWORD + "\n")
        (tmp_path / "password").chmod(0o600)
        door = Hotline(tmp_path, intake or daemon.doors["intake"], daemon.doors.get("feed") or daemon.doors["intake"],
                       f"calls:\n  - {{kind: {kind}, port: {phone.port}, user: hongxin, password_file: password, source: hotline-12345, "
                       f"mapping: '{SOURCE}/config/mappings/{kind}.yaml'}}\n{folder}")
        made.extend([door, phone])
        door.start()
        wait_until(lambda: phone.connections >= 1 and any("event=calls_listening" in line for line in door.log))
        return door, phone

    yield start
    for m in made:
        m.end() if isinstance(m, Hotline) else m.close()


def solved(door, ref):
    door.post("/v1/complaints", {"class": "SMALL", "place": "B-0417", "text": "leak", "ref": ref})
    for type, more in (("HELD", {}), ("ARRIVED", {"proof": "ONSITE_CODE"}), ("RESOLVED", {"evidence": ["photo"]})):
        assert door.post(f"/v1/complaints/ref:{ref}/events", {"type": type, "by": "holder:P-07/li", **more}, key=f"{ref}{type}").status == 200


def state(door, ref):
    return door.get(f"/v1/complaints/ref:{ref}").json["state"]


def figure(door, name):
    lines = door.get("/metrics", token=None).body.decode().splitlines()
    return next(float(line.split()[-1]) for line in lines if line.startswith(f"hongxin_hotline_call_{name} "))


def now():
    return time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(time.time() + 8 * 3600))


def test_a_call_back_of_freeswitch_is_a_call_record(make, client):
    door, phone = make("freeswitch", freeswitch)
    solved(door, "WO-1")
    phone.say(esl(Unique__ID="u-0", variable_billsec=3))  # a call about nothing of ours
    fact = esl(Unique__ID="u-1", variable_hongxin_event="满意", variable_hongxin_ref="WO-1", variable_hongxin_by="callback/zhao",
               variable_hongxin_rating=5, variable_answer_stamp=now())
    phone.say(fact, pieces=7)
    wait_until(lambda: state(door, "WO-1") == "CLOSED")
    phone.say(fact)  # said twice: the same event
    wait_until(lambda: figure(door, "facts_total") == 2)
    assert figure(door, "ignored_total") == 1
    history = client.case(1, history=True)
    from hongxin.v1 import event_pb2, journal_pb2
    events = [event_pb2.Event.FromString(e.event) for e in map(journal_pb2.Entry.FromString, history.history) if e.event]
    fact = [e for e in events if e.type == "CALLBACK_OK"]
    assert len(fact) == 1 and fact[0].proof == event_pb2.CALL_RECORD and list(fact[0].data.calls) == ["u-1"]


def test_what_a_call_says_is_found_among_hundreds_of_variables(make):
    door, phone = make("freeswitch", freeswitch)
    solved(door, "WO-1")
    many = {f"variable_rtp_audio_in_{n}": n for n in range(600)}
    phone.say(esl(**many, Unique__ID="u-1", variable_hongxin_event="ok", variable_hongxin_ref="WO-1", variable_hongxin_by="callback/zhao",
                  variable_answer_stamp=now()))
    wait_until(lambda: state(door, "WO-1") == "CLOSED")
    assert figure(door, "gaps_total") == 0


def test_a_call_back_of_asterisk(make):
    door, phone = make("asterisk", asterisk)
    solved(door, "WO-1")
    phone.say(ami(Event="Newchannel", Channel="SIP/1", Linkedid="1.1") * 3 +
              ami(Event="UserEvent", UserEvent="hongxin", Linkedid="1.1", HongxinEvent="bad", HongxinRef="WO-1", HongxinBy="callback/zhao",
                  HongxinTime=now()), pieces=5)
    wait_until(lambda: door.get("/v1/complaints/ref:WO-1").json["cycle"] == 2)


def test_what_was_said_while_nobody_listened_comes_from_the_call_records(make, client, tmp_path):
    (tmp_path / "cdr").mkdir()
    door, phone = make("freeswitch", freeswitch, f"drops:\n  - {{folder: cdr, mapping: '{SOURCE}/config/mappings/freeswitch.yaml', "
                                                  "source: hotline-12345, interval: 100ms, settle: 100ms}\n")
    for ref in ("WO-1", "WO-2"):
        solved(door, ref)
    phone.say(esl(Unique__ID="u-1", variable_hongxin_event="ok", variable_hongxin_ref="WO-1", variable_hongxin_by="callback/zhao",
                  variable_answer_stamp=now()))
    wait_until(lambda: state(door, "WO-1") == "CLOSED")
    phone.hang_up()
    wait_until(lambda: phone.connections == 2)
    wait_until(lambda: figure(door, "gaps_total") == 1)
    heading = "FreeSWITCH-Hostname,Unique-ID,variable_hongxin_event,variable_hongxin_ref,variable_hongxin_by\n"
    rows = "node1,u-1,ok,WO-1,callback/zhao\nnode1,u-2,ok,WO-2,callback/zhao\n"
    (tmp_path / "cdr/.x").write_text(heading + rows)
    (tmp_path / "cdr/.x").rename(tmp_path / "cdr/cdr.csv")
    wait_until(lambda: state(door, "WO-2") == "CLOSED")


@pytest.mark.parametrize("kind, greet, fact", [
    ("freeswitch", freeswitch, lambda: esl(Unique__ID="u-1", variable_hongxin_event="ok", variable_hongxin_ref="WO-1", variable_hongxin_by="callback/zhao",
                                           variable_answer_stamp=now())),
    ("asterisk", asterisk, lambda: ami(Event="UserEvent", UserEvent="hongxin", Linkedid="1.1", HongxinEvent="ok", HongxinRef="WO-1",
                                       HongxinBy="callback/zhao", HongxinTime=now()))])
def test_killed_before_it_has_heard_the_daemon(make, daemon, client, tmp_path, kind, greet, fact):
    """These systems say nothing twice, and need not: what was published is on disk; should somebody say it again, it is the same."""
    between = Between(daemon.doors["intake"], tmp_path)
    try:
        door, phone = make(kind, greet, intake=between.endpoint)
        solved(door, "WO-1")
        between.hold = True
        said = fact()
        phone.say(said)
        wait_until(lambda: between.held > 0 and client.case(1).view.state == "CLOSED")
        door.kill()
        between.release()
        before, connections = client.case(1).view.case_version, phone.connections
        door.start()
        wait_until(lambda: phone.connections > connections and any("event=calls_listening" in line for line in door.log))
        phone.say(said)
        wait_until(lambda: figure(door, "facts_total") == 1)
        assert (client.case(1).view.state, client.case(1).view.case_version) == ("CLOSED", before)
    finally:
        between.close()


NONSENSE = [b"Content-Length: 99999999999\nContent-Type: text/event-plain\n\n", b"Content-Length: -5\n\n",
            b"x" * 1_200_000, b"".join(b"N%d: v\n" % i for i in range(3000)) + b"\n"]


def test_nonsense_ends_the_connection_and_nothing_else(make):
    door, phone = make("freeswitch", freeswitch)
    for n, said in enumerate(NONSENSE):
        try:
            phone.say(said)
        except OSError:
            pass
        wait_until(lambda: phone.connections >= n + 2)
    solved(door, "WO-1")
    phone.say(esl(Unique__ID="u-1", variable_hongxin_event="ok", variable_hongxin_ref="WO-1", variable_hongxin_by="callback/zhao",
                  variable_answer_stamp=now()))
    wait_until(lambda: state(door, "WO-1") == "CLOSED")
    assert not any(PASSWORD in line for line in door.log)


def test_whoever_is_not_let_in_is_told_why_and_tries_again(make):
    silent = []

    def greet(phone, c):
        if not silent:
            silent.append(c)  # takes the connection and says nothing
            raise OSError
        if len(silent) == 1:
            silent.append(c)
            c.sendall(b"Content-Type: text/rude-rejection\nContent-Length: 24\n\nAccess Denied, go away.\n")
            raise OSError
        freeswitch(phone, c)

    door, phone = make("freeswitch", greet)
    reasons = [line for line in door.log if "event=calls_away" in line]
    assert len(reasons) == 2 and "it says nothing" in reasons[0] and "access list" in reasons[1], reasons
    assert figure(door, "gaps_total") == 0
    # Linux shows the timer that runs for a connection: 02 is the one that probes whether the other side still lives
    def timers():
        return [line.split()[5].split(":")[0] for line in open("/proc/net/tcp") if f":{phone.port:04X} 01 " in line]

    wait_until(lambda: timers() == ["02"])  # before, what was sent last may not be acknowledged yet
