"""kill -9 at random moments under load, two hundred times on one store. Afterwards: every answered event is there, once,
under the number it was answered with; no deadline is missing; none fired twice; the store proves itself whole."""
import collections
import os
import random
import subprocess
import time

from hongxin.v1 import wire_pb2
from wire import RESULT, wait_until

ROUNDS = int(os.environ.get("HX_KILL_ROUNDS", "200"))
SEED = int(os.environ.get("HX_KILL_SEED", "54321"))
SCALE = 600  # an arrival is due after half a second: deadlines fall in every round
LIFE = [("HELD", "holder:P-07/li", {}), ("ARRIVED", "holder:P-07/li", {}),
        ("RESOLVED", "holder:P-07/li", {"evidence": ["photo"]}), ("CALLBACK_OK", "callback/wu", {"rating": 5})]


class Load:
    """Publishes complaints and what follows from them; remembers every answer."""

    def __init__(self, rng):
        self.rng = rng
        self.answered = {}  # event id → (lsn, case number)
        self.running = []   # [case number, step]
        self.unanswered = []

    def follow_up(self, client):
        story = self.rng.choice(self.running)
        kind, by, data = LIFE[story[1]]
        story[1] += 1
        if story[1] == len(LIFE):
            self.running.remove(story)
        return client.event(kind, by=by, case_number=story[0], data=data)

    def letter(self, client):
        """What was not answered before is sent again, byte for byte; then new events."""
        events = self.unanswered or [
            self.follow_up(client) if self.running and self.rng.random() < 0.5
            else client.event("REPORTED", by="reporter", data={"class": "SMALL", "place": "B-0417"})
            for _ in range(self.rng.randint(1, 40))]
        self.unanswered = events
        return events

    def take(self, events, replies):
        for e, r in zip(events, replies):
            assert r.result in (RESULT.ACCEPTED, RESULT.NOT_ALLOWED, RESULT.DUPLICATE), r
            assert r.lsn > 0
            before = self.answered.get(e.id)
            assert before is None or before == r.lsn
            self.answered[e.id] = r.lsn
            if e.type == "REPORTED" and r.result == RESULT.ACCEPTED:
                self.running.append([r.case_number, 0])
        self.unanswered = []

    def publish_until(self, client, end):
        while time.monotonic() < end:
            events = self.letter(client)
            self.take(events, client.publish(*events))


def run_and_kill(daemon, load, rng):
    """One round: load, and the end at a random instant, also in the middle of an answer."""
    with daemon.client() as client:
        load.publish_until(client, time.monotonic() + rng.uniform(0, 0.25))
        events = load.letter(client)
        items = [wire_pb2.Item(event=e.SerializeToString()) for e in events]
        client.send(publish=wire_pb2.Publish(request=9, items=items))
        time.sleep(rng.uniform(0, 0.004))  # the instant of the kill is the input of this test
        daemon.kill()


def whole_journal(daemon):
    with daemon.client() as c, daemon.client("feed") as f:
        newest = c.ask("pong", ping=wire_pb2.Ping()).newest_lsn
        f.hello("", credit=4096, **{"from": wire_pb2.Hello.OLDEST})
        found = []
        while not found or found[-1].lsn < newest:
            message = f.expect("entries", timeout=60)
            from hongxin.v1 import journal_pb2
            found += [journal_pb2.Entry.FromString(b) for b in message.entries]
            f.credit(1)
        return found


def check_journal(entries, load):
    from hongxin.v1 import event_pb2
    assert [e.lsn for e in entries] == list(range(1, len(entries) + 1)), "no number is missing or double"
    last = {}
    where = collections.defaultdict(list)
    for e in entries:
        if e.case_number:
            assert e.prev_lsn == last.get(e.case_number, 0), f"the chain of case {e.case_number} breaks at {e.lsn}"
            last[e.case_number] = e.lsn
        if e.event:
            where[event_pb2.Event.FromString(e.event).id].append(e.lsn)
    for event_id, lsn in load.answered.items():
        assert where[event_id] == [lsn], f"{event_id} was answered with {lsn}, the journal has it at {where[event_id]}"
    fired = collections.Counter(
        (e.case_number, e.cycle, f.notice.clock, f.notice.level, f.notice.to, f.notice.kind)
        for e in entries for f in e.facts
        if f.WhichOneof("fact") == "notice" and f.notice.kind in ("REMINDER", "WARNING", "BREACH"))
    assert max(fired.values(), default=1) == 1, "a mark fired twice"
    broken = collections.Counter((e.case_number, e.cycle, f.breach.clock)
                                 for e in entries for f in e.facts if f.WhichOneof("fact") == "breach")
    assert broken and max(broken.values()) == 1
    return last


def check_cases(daemon, last, entries):
    state = {e.case_number: e.state for e in entries if e.case_number}
    with daemon.client() as c:
        for number in random.Random(SEED).sample(sorted(last), min(len(last), 300)):
            view = c.case(number).view
            if view.last_lsn == last[number]:  # nothing fired since the journal was read
                assert view.state == state[number]
            assert view.state in ("CLOSED", "CLOSED_UNCONFIRMED") or any(
                k.change == "RUNNING" for k in view.clocks), f"case {number} has no running clock"


def test_two_hundred_kills_lose_nothing(make_daemon):
    rng = random.Random(SEED)
    load = Load(rng)
    daemon = make_daemon(scale=SCALE)
    for _ in range(ROUNDS):
        run_and_kill(daemon, load, rng)
        daemon.start()
    with daemon.client() as c:
        if load.unanswered:
            load.take(load.unanswered, c.publish(*load.unanswered))
        wait_until(lambda: c.stats()["deadlines_judged"] > 0, timeout=60)
    entries = whole_journal(daemon)
    last = check_journal(entries, load)
    check_cases(daemon, last, entries)
    assert len(load.answered) > ROUNDS
    assert daemon.stop() == 0
    done = subprocess.run([os.path.join(os.environ["HX_BIN"], "hongxin"), "check", "--store", str(daemon.data)],
                          capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
