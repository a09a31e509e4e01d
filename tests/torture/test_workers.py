"""kill -9 of the doors, the board and the daemon at random moments, alone and several at once, while residents, call centres, tables and
people at the board go on sending. Afterwards whatever a worker has said yes to stands in the journal, once; who asked again was told the
same; the city's platform and the residents have heard what became of each case, in order, and an open page every entry, once; nothing is left
behind; `hongxin doctor` and the second opinion find nothing. HX_SEED repeats a run, HX_ROUNDS makes it longer."""
import collections
import os
import random
import re
import time

import pytest
import yaml
from edge import HOLDER, PLACE, Edge, Viewer
from facts import note
from field import SOURCE
from hongxin.v1 import event_pb2
from wechat import message
from wire import RESULT, facts, wait_until

ROUNDS = int(os.environ.get("HX_ROUNDS", "60"))


@pytest.fixture
def edge(tmp_path):
    e = Edge(tmp_path)
    yield e
    e.end()


def await_moment(chance, edge):
    """A third die while they start, a third soon after, and a third when something has been answered since."""
    kind = chance.randrange(3)
    if kind == 2:
        answers = len(edge.acknowledged)
        wait_until(lambda: edge.check() or len(edge.acknowledged) > answers)
    time.sleep((chance.uniform(0, 0.05), chance.uniform(0.05, 0.35), chance.uniform(0, 0.1))[kind])  # the random instant
    edge.check()


def victims(chance, names):
    """One of them, or several."""
    return chance.sample(names, chance.choice((1, 1, 1, 2, len(names))))


def quietly(edge, text):
    """A case while nobody else says anything. When it has been told to the platform and to its reporter, so has everything before, and the
    places of both doors are kept; returns the newest entry."""
    status, answer = edge.wechat.plain(message(Content=f"{PLACE} 漏水 {text}", id=text, person="o-quiet"))
    assert status == 200, answer
    number = re.search(r"CL-\d+", answer)[0]
    for event in ({"type": "CLASS_SET", "by": "dispatcher/chen", "class": "SMALL"}, {"type": "HELD", "by": HOLDER}):
        assert edge.hotline.post(f"/v1/complaints/{number}/events", event, key=f"{text}-{event['type']}").status == 200
    wait_until(lambda: "signed" in edge.platform.words(number))
    wait_until(lambda: any(re.match(rf"{number}\b", told) for _, told, _ in edge.residents.texts))
    wait_until(lambda: "\nhongxin_hotline_push_waiting 0\n" in edge.hotline.get("/metrics", token=None).body.decode())
    wait_until(lambda: "\nhongxin_wechat_tell_waiting 0\n" in edge.wechat.http("GET", "/metrics")[1])
    with edge.field.daemon.client() as c:
        return c.stats()["newest_lsn"]


def is_refused(entry):
    return any(r.result != RESULT.ACCEPTED for r in facts(entry, "reply"))


def prove_kept(edge, entries):
    """Whatever was acknowledged is there, and nothing is there twice."""
    ids, said = collections.Counter(), collections.Counter()
    for e in (e for e in entries.values() if e.event):
        event = event_pb2.Event.FromString(e.event)
        if not e.parked_lsn:
            ids[event.source, event.id] += 1
        if not is_refused(e):
            said[event.data.text] += 1
    assert not [i for i, n in ids.items() if n > 1], "an event is in the journal twice"
    for one in edge.acknowledged:
        texts = one.get("texts", [one["text"]] if "text" in one else [])
        assert [said[t] for t in texts] == [1] * len(texts), f"acknowledged, but there {[said[t] for t in texts]} times: {one}"
        if isinstance(one["verdict"], tuple) and one.get("source") == "hotline-12345":
            assert ids[one["source"], one["verdict"][1]] == 1, one


def prove_told(edge, entries, upto):
    """The platform: every state that it is told of by default, at least once, those of a case in their order."""
    text = (SOURCE / "config/hotline.yaml").read_text(encoding="utf-8")
    words = set(re.findall(r'^  #   - \{cause: "?([A-Z_:]+)"?,', text, re.MULTILINE))
    assert len(words) > 10
    wanted = {}
    for e in entries.values():
        entered = "".join(f"STATE:{s.to}" for s in facts(e, "state")[-1:])
        if e.case_number and not is_refused(e) and words & {e.cause, entered}:
            wanted[e.lsn] = e.case_number
    told = [int(headers["webhook-id"].rpartition("-")[2]) for headers, _ in edge.platform.taken]
    assert set(told) <= set(wanted), sorted(set(told) - set(wanted))[:9]
    assert not [n for n in wanted if n <= upto and n not in set(told)], "a state was never told"
    newest = collections.Counter()
    for lsn in dict.fromkeys(told):
        assert lsn > newest[wanted[lsn]], f"{lsn} of case {wanted[lsn]} is told after {newest[wanted[lsn]]}"
        newest[wanted[lsn]] = lsn
    return len(told)


def prove_residents(edge, entries, upto):
    """Who reported by WeChat and has not withdrawn: each news of his case in the words for it, at least once, in their order."""
    texts = yaml.safe_load((SOURCE / "config/texts/wechat.yaml").read_text(encoding="utf-8"))["told"]
    kinds = {t[True]: re.compile("|".join(re.sub(r"\\{\w+\\}", ".*", re.escape(t[language])) for language in ("zh", "en"))) for t in texts}  # `on` is a yes to YAML
    wanted, withdrawn = collections.defaultdict(list), set()
    for e in (e for n, e in entries.items() if n <= upto and e.case_number and not is_refused(e)):
        event = event_pb2.Event.FromString(e.event)
        if e.cause == "REPORTED" and event.source == "wechat-plain":
            wanted[f"CL-{e.case_number}"] = []
        withdrawn |= {f"CL-{e.case_number}"} if e.cause == "WITHDRAW_ASKED" else set()
        on = [k for k in (e.cause, "".join(f"STATE:{s.to}" for s in facts(e, "state")[-1:])) if k in kinds]
        if on and f"CL-{e.case_number}" in wanted:
            wanted[f"CL-{e.case_number}"].append(on[0])
    told = collections.defaultdict(list)
    for _, text, _ in edge.residents.texts:
        told[re.search(r"CL-\d+", text)[0]].append(text)
    for number in wanted.keys() - withdrawn:
        rest = iter(told[number])
        assert all(any(kinds[on].fullmatch(text) for text in rest) for on in wanted[number]), f"{number}: {wanted[number]}, but told {told[number]}"
    return len(edge.residents.texts)


def prove_seen(viewer, entries, upto):
    """An open page: each entry from its first one on, once, in order."""
    assert not viewer.fault, viewer.fault
    told = viewer.told
    assert told == sorted(set(told)), f"twice, or out of order: {[(a, b) for a, b in zip(told, told[1:]) if a >= b][:9]}"
    missing = [n for n in entries if told[0] <= n <= told[-1] and n not in set(told)]
    assert not missing and told[-1] >= upto, f"not told: {[(n, entries[n].cause) for n in missing[:9]]}; connections began behind {viewer.begun}"


def prove_pictures(edge, entries):
    """Each picture that an event names is whole in the folder, and there is nothing else."""
    named = {p.removeprefix("photo:") for e in entries.values() if e.event for p in event_pb2.Event.FromString(e.event).data.evidence if p.startswith("photo:")}
    assert named == {p.name.removesuffix(".jpg") for p in edge.kiosk.evidence.iterdir()}
    return len(named)


def test_nothing_is_lost_between_the_outside_and_the_daemon(edge):
    seed = int(os.environ.get("HX_SEED", "0")) or random.SystemRandom().randrange(1, 1 << 31)
    print(f"HX_SEED={seed}")
    chance = random.Random(seed)
    edge.start()
    quietly(edge, "the-first")
    edge.begin(seed)
    viewer = Viewer(edge.board.browser("desk"))
    viewer.start()
    wait_until(lambda: viewer.told)
    before = edge.descriptors()
    killed = collections.Counter()
    for n in range(ROUNDS):
        await_moment(chance, edge)
        names = victims(chance, list(edge.everybody if n < ROUNDS * 4 // 5 else edge.doors))  # what the dead leave in the daemon is seen in the end
        edge.kill(names)
        killed.update(names)
    edge.quiet()
    upto = viewer.upto = quietly(edge, "the-last")
    wait_until(lambda: not viewer.is_alive())
    edge.field.drain()
    wait_until(lambda: all(n <= before[name] + 3 for name, n in edge.descriptors().items()))  # the dead have left nothing open
    assert edge.stop() == dict.fromkeys(edge.everybody, 0)
    wait_until(lambda: not edge.processes())
    edge.field.prove()
    edge.field.judge()
    entries = edge.field.journal()
    prove_kept(edge, entries)
    told = prove_told(edge, entries, upto)
    residents = prove_residents(edge, entries, upto)
    prove_seen(viewer, entries, upto)
    pictures = prove_pictures(edge, entries)
    assert not [p for p in edge.drop.iterdir() if p.is_file()] and not list((edge.drop / "rejects").glob(".*"))
    of_daemon = killed.pop("daemon", 0)
    note(kills=of_daemon + sum(killed.values()), kills_of_workers=sum(killed.values()), kills_of_daemon=of_daemon, answers=len(edge.acknowledged),
         entries=len(entries), told=told, residents_told=residents, pictures=pictures, **{f"kills_of_{name}": n for name, n in sorted(killed.items())})
