"""Readable alarms on the running daemon: what is held back outlives a kill, silences are seen and ended by the command."""
import json
import os
import subprocess

import pytest
from clock import EVENING, MINUTE, SECOND, Clock, run_to
from hongxin.v1 import event_pb2, wire_pb2
from wire import RESULT, facts

BIN = os.environ["HX_BIN"]
SOURCE = os.environ["HX_SOURCE"]


@pytest.fixture
def clock(tmp_path):
    return Clock(tmp_path, EVENING)


@pytest.fixture
def daemon(make_daemon, clock):
    return make_daemon(**clock.daemon())


def say(client, number, type, by="holder:P-07/li", **fields):
    reply = client.publish(client.event(type, by=by, case_number=number, **fields))[0]
    assert reply.result == RESULT.ACCEPTED, reply


def notices(daemon, client, **fields):
    end = client.ask("pong", ping=wire_pb2.Ping()).newest_lsn
    with daemon.client("feed") as f:
        f.hello("", **{"from": wire_pb2.Hello.OLDEST})
        return [(e, n) for e in f.entries(end) for n in facts(e, "notice") if all(getattr(n, k) == v for k, v in fields.items())]


def hongxin(daemon, *args):
    env = {**os.environ, "HONGXIN_ENDPOINT": daemon.doors["intake"], "HONGXIN_FEED": daemon.doors["feed"],
           "HONGXIN_CONFIG": f"{SOURCE}/config"}
    return subprocess.run([f"{BIN}/hongxin", *map(str, args)], env=env, capture_output=True, text=True, timeout=60, check=False)


def held_cases(client, clock, n, at=EVENING):
    numbers = [client.report().case_number for _ in range(n)]
    run_to(clock, client, at + 20 * SECOND)
    for number in numbers:
        say(client, number, "HELD")
    return numbers


def test_what_is_held_back_is_told_once_over_a_kill(daemon, clock):
    with daemon.client() as c:
        numbers = held_cases(c, clock, 6)
        run_to(clock, c, EVENING + 201 * SECOND)
        held = notices(daemon, c, held="GROUP", to="holder:P-07")
        assert [e.case_number for e, _ in held] == numbers[3:]
        assert {n.hold_until for _, n in held} == {held[0][0].t_rec + 10 * SECOND}
        assert c.stats()["notices_held{why=GROUP}"] == 3
        daemon.kill()
        daemon.start()
        run_to(clock, c, EVENING + 4 * MINUTE)
        digests = [n for e, n in notices(daemon, c, kind="DIGEST", to="holder:P-07") if e.cause == "CALM"]
        assert [[(x.lsn, x.number, x.clock, x.level) for x in d.lines] for d in digests] == [
            [(e.lsn, f"CL-{e.case_number}", "K_ARRIVE", "L0") for e, _ in held]]
    daemon.stop()
    proof = hongxin(daemon, "doctor", "--store", daemon.data, "--config", f"{SOURCE}/config")
    assert proof.returncode == 0, proof.stdout + proof.stderr


def test_a_drill_is_marked_and_counts_nowhere(daemon, clock):
    with daemon.client() as c:
        real = c.report().case_number
        before = {(x.dimension, x.id, x.what): x.n for x in c.ask("count", count=wire_pb2.CountQuery()).counts}
        said = hongxin(daemon, "publish", "--drill", "--class", "SMALL", "--place", "B-0417", "--by", "city/property/sun", "--json")
        drill = int(json.loads(said.stdout)["number"][3:])
        run_to(clock, c, EVENING + 10 * MINUTE)
        say(c, drill, "ARRIVED")
        mixed = [c.publish(c.event("MERGED_INTO", by="dispatcher:C-03/chen", case_number=a, data={"into": f"CL-{b}"}))[0].code
                 for a, b in ((real, drill), (drill, real))]
        assert mixed == ["DRILL_MIX", "DRILL_MIX"]
        end = c.ask("pong", ping=wire_pb2.Ping()).newest_lsn
        with daemon.client("feed") as f:
            f.hello("", **{"from": wire_pb2.Hello.OLDEST})
            entries = f.entries(end)
        assert {e.case_number for e in entries if e.drill and e.case_number} == {drill}
        assert all(e.drill for e in entries if e.case_number == drill)
        assert all(n.drill == e.drill for e in entries for n in facts(e, "notice"))
        assert any(facts(e, "breach") for e in entries if e.drill), "it runs like a real one"
        after = {(x.dimension, x.id, x.what): x.n for x in c.ask("count", count=wire_pb2.CountQuery()).counts}
        assert {k for k in after if k not in before} == {k for k in after if "K_ARRIVE" in k[2]}
        assert {n for k, n in after.items() if k[2].endswith(("reported", "broken:K_ARRIVE"))} == {1}, "the real one alone"
        view = c.case(drill).view
        assert view.drill and "DRILL" in view.flags and not c.case(real).view.drill
        assert "DRILL" in hongxin(daemon, "list").stdout and "演练" in hongxin(daemon, "list", "--zh").stdout
        texts = hongxin(daemon, "told", drill, "--texts", "--zh").stdout
        assert texts.count("【演练，非真实案件】") == texts.count("案件CL-") > 0


def test_a_silence_from_begin_to_end(daemon, clock):
    with daemon.client() as c:
        number = held_cases(c, clock, 1)[0]
        run_to(clock, c, EVENING + 6 * MINUTE)
        what = [number, "--clock", "K_ARRIVE", "--level", "L2"]
        refused = hongxin(daemon, "silence", "new", *what, "--until", "2026-10-12T20:00:00+08:00", "--why", "road closed",
                          "--by", "community:C-03/ma")
        assert refused.returncode == 1 and "BAD_ROLE" in refused.stdout
        taken = hongxin(daemon, "silence", "new", *what, "--until", "2026-10-12T20:00:00+08:00", "--why", "road closed",
                        "--by", "street:S-02/wang")
        assert taken.returncode == 0, taken.stdout + taken.stderr
        for command in ("silence", "list"), ("case", number):
            shown = hongxin(daemon, *command).stdout
            assert "K_ARRIVE" in shown and "street:S-02/wang" in shown and "road closed" in shown
        listed = hongxin(daemon, "list", "--flag", "SILENCED", "--json").stdout.splitlines()
        assert [json.loads(line)["number"] for line in listed] == [f"CL-{number}"]
        assert "silent until 2026-10-12 20:00:00" in hongxin(daemon, "told", number, "--texts").stdout
        assert "静默至2026-10-12 20:00:00" in hongxin(daemon, "told", number, "--texts", "--zh").stdout
        assert hongxin(daemon, "silence", "end", *what, "--by", "street:S-02/wang").returncode == 0
        assert hongxin(daemon, "silence", "list").stdout == ""
        assert (c.stats()["silences_begun"], c.stats()["silences_ended"]) == (1, 1)
        say(c, number, "ARRIVED", proof=event_pb2.ONSITE_CODE)
        assert [n.to for _, n in notices(daemon, c, kind="ALL_CLEAR")] == ["community:C-03", "grid:G-041"]


def test_a_silence_for_an_area(daemon, clock):
    with daemon.client() as c:
        numbers = held_cases(c, clock, 3)
        say(c, numbers[2], "ARRIVED", proof=event_pb2.ONSITE_CODE)
        run_to(clock, c, EVENING + 6 * MINUTE)
        what = ["--clock", "K_ARRIVE", "--level", "L2", "--by", "street:S-02/wang"]
        late = ["--until", "2026-10-12T20:00:00+08:00", "--why", "power cut"]
        foreign = hongxin(daemon, "silence", "new", "--place", "S-01", *what, *late)
        assert foreign.returncode == 1 and "the street of this place decides" in foreign.stderr
        for form in [], ["--json"]:
            two = hongxin(daemon, "silence", "new", "--place", "S-02", "--holder", "P-07", *what, *late, *form)
            assert two.returncode == 1 and "not both; nothing was silenced" in two.stderr
        assert c.stats()["silences_begun"] == 0, "of no case either"
        done = hongxin(daemon, "silence", "new", "--place", "S-02", *what, *late)
        assert done.returncode == 0, done.stdout + done.stderr
        assert done.stdout.splitlines() == [f"CL-{numbers[0]}", f"CL-{numbers[1]}",
                                            "2 cases; this notice was not told in 1 others",
                                            "cases that come are silent, too, once it was told in them"], "also of a case that stands at another level"
        assert c.stats()["silences_begun"] == 2
        assert len(hongxin(daemon, "silence", "list", "--place", "S-02").stdout.splitlines()) == 3
        assert hongxin(daemon, "silence", "list", "--place", "S-01").stdout == ""
        daemon.kill()
        daemon.start()
        later = held_cases(c, clock, 1, at=EVENING + 7 * MINUTE)[0]
        run_to(clock, c, EVENING + 13 * MINUTE)
        first = [n for e, n in notices(daemon, c, kind="BREACH", level="L2") if e.case_number == later]
        assert [n.to for n in first] == ["community:C-03", "grid:G-041"], "the first notice of a promise is never hidden"
        assert all("by street:S-02/wang: power cut" in n.why for n in first)
        listed = hongxin(daemon, "silence", "list").stdout.splitlines()
        assert listed[0].startswith("place:S-02  K_ARRIVE") and [line.split()[0] for line in listed[1:]] == [f"CL-{n}" for n in (*numbers[:2], later)]
        assert json.loads(hongxin(daemon, "case", later, "--json").stdout.splitlines()[0])["silences"][0]["why"] == "power cut"
        assert "SILENCED" not in hongxin(daemon, "case", later, "--at", "2026-10-12T19:10:00+08:00").stdout, "before it was told"
        both = hongxin(daemon, "silence", "end", numbers[0], "--place", "S-02", *what)
        assert both.returncode == 2 and "which case, or which area" in both.stderr
        foreign = hongxin(daemon, "silence", "end", "--place", "S-01", *what)
        assert foreign.returncode == 1 and foreign.stdout == "" and "no silence was ended" in foreign.stderr
        assert hongxin(daemon, "silence", "end", "--place", "S-02", *what).stdout.splitlines()[-1].startswith("3 cases")
        assert hongxin(daemon, "silence", "list").stdout == ""
