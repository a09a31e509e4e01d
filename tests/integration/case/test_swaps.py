"""Swaps of duty in the running daemon: offered and accepted by the command, told at once, seen by route, watch and told, kept over
a kill, and made again by the doctor."""
import datetime
import os
import re
import shutil
import subprocess

import pytest
from daemon import SOURCE
from hongxin.v1 import wire_pb2
from wire import RESULT, facts

BIN = os.environ["HX_BIN"]


TODAY = datetime.datetime.now(datetime.timezone(datetime.timedelta(hours=8)))  # the same for all of a test: midnight may come


def day(days, hour):
    """So many days from now, in the city's time."""
    at = TODAY + datetime.timedelta(days)
    return at.replace(hour=hour, minute=0, second=0, microsecond=0)


def ms(at):
    return int(at.timestamp() * 1000)


@pytest.fixture
def settings(tmp_path):
    """P-07 has one person by day and one by night."""
    shutil.copytree(f"{SOURCE}/config", tmp_path / "config")
    path = tmp_path / "config/city/duty.csv"
    text = path.read_text(encoding="utf-8")
    for person, part in (("li", "DAY"), ("jiangping", "NIGHT"), ("makai", "EVENING4")):
        text = re.sub(rf"(?m)^(duty,P-07,\d+,{person},.*),,$", rf"\1,,{part}", text)
    path.write_text(text, encoding="utf-8")
    return {"rules": {"life_cycle": tmp_path / "config/life-cycles/complaint.yaml", "city": tmp_path / "config/city"}}


def hongxin(daemon, *args):
    door = daemon.doors["intake"]
    env = {**os.environ, "HONGXIN_ENDPOINT": door, "HONGXIN_FEED": daemon.doors.get("feed") or door}
    return subprocess.run([f"{BIN}/hongxin", *args], env=env, capture_output=True, text=True, timeout=60)


def told(client, at):
    """Who is asked at P-07 then, first of all."""
    answer = client.ask("route", route=wire_pb2.RouteQuery(place="B-0417", at=ms(at)))
    return answer.told[0]


def test_a_swap_by_the_command_is_seen_everywhere_and_outlives_a_kill(make_daemon, settings):
    daemon = make_daemon(settings=settings)
    noon, evening = day(3, 12), day(3, 19)
    with daemon.client() as c, daemon.client("feed") as f:
        assert (told(c, noon), told(c, evening)) == ("li", "makai")
        done = hongxin(daemon, "publish", "--type", "SWAP_OFFERED", "--by", "holder:P-07/li", "--data", "person=makai",
                       "--data", f"give_from={day(3, 10).isoformat()}", "--data", f"give_to={day(3, 14).isoformat()}", "--json")
        assert done.returncode == 0, done.stdout + done.stderr
        number = int(re.search(r'"lsn":\s*"?(\d+)', done.stdout)[1])
        assert told(c, noon) == "li", "nobody has accepted"
        done = hongxin(daemon, "publish", "--type", "SWAP_ACCEPTED", "--by", "holder:P-07/makai", "--data", f"swap={number}")
        assert done.returncode == 0, done.stdout + done.stderr
        assert told(c, noon) == "makai"
        assert told(c, day(3, 14)) == "li"
        f.hello("watch", **{"from": wire_pb2.Hello.OLDEST})
        swaps = [facts(e, "swap")[0] for e in f.entries(c.ask("pong", ping=wire_pb2.Ping()).newest_lsn) if facts(e, "swap")]
        assert [(s.number, s.state, s.taker) for s in swaps] == [(number, "OFFERED", "makai"), (number, "IN_FORCE", "makai")]
    daemon.kill()
    daemon = make_daemon(settings=settings)
    with daemon.client() as c:
        assert told(c, noon) == "makai", "after a kill"
        taken = c.event("SWAP_ACCEPTED", by="holder:P-07/jiangping", data={"swap": number})
        reply = c.publish(taken)[0]
        assert (reply.result, reply.code) == (RESULT.NOT_ALLOWED, "SWAP_DECIDED")
    daemon.stop()
    done = subprocess.run([f"{BIN}/hongxin", "doctor", "--store", daemon.data, "--config", settings["rules"]["city"].parent],
                          capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr


def test_two_answers_in_one_message_and_the_first_wins(make_daemon, settings):
    """Both are applied in one transaction: the second sees the first."""
    daemon = make_daemon(settings=settings)
    with daemon.client() as c:
        offered = c.event("SWAP_OFFERED", by="holder:P-07/li", data={"give_from": ms(day(3, 10)), "give_to": ms(day(3, 14))})
        number = c.publish(offered)[0].lsn
        replies = c.publish(*(c.event("SWAP_ACCEPTED", by=f"holder:P-07/{who}", data={"swap": number})
                              for who in ("makai", "jiangping")))
        assert [(r.result, r.code) for r in replies] == [(RESULT.ACCEPTED, ""), (RESULT.NOT_ALLOWED, "SWAP_DECIDED")]
        assert told(c, day(3, 12)) == "makai"


def test_eight_swaps_of_a_post_at_most(make_daemon, settings):
    daemon = make_daemon(settings=settings)
    with daemon.client() as c:
        events = [c.event("SWAP_OFFERED", by="holder:P-07/li", data={"give_from": ms(day(n, 10)), "give_to": ms(day(n, 14))})
                  for n in range(3, 12)]
        replies = c.publish(*events)
        assert [r.code for r in replies] == [""] * 8 + ["TOO_MANY_SWAPS"]
        assert c.publish(c.event("SWAP_REFUSED", by="holder:P-07/li", data={"swap": replies[0].lsn}))[0].code == ""
        again = c.event("SWAP_OFFERED", by="holder:P-07/li", data={"give_from": ms(day(11, 10)), "give_to": ms(day(11, 14))})
        assert c.publish(again)[0].result == RESULT.ACCEPTED, "one has made room"
