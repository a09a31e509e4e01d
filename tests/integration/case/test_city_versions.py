"""A new city in a running daemon: places, routing and rota previewed, put into force by two persons, open cases moved, the past
answered by the city of then, restarts with older and newer folders."""
import json
import os
import re
import shutil
import subprocess
import time

import pytest
from daemon import SOURCE
from hongxin.v1 import wire_pb2
from wire import facts, wait_until

BIN = os.environ["HX_BIN"]
PREVIEW, ASK, AGREE = (wire_pb2.Apply.Step.Value(n) for n in ("PREVIEW", "ASK", "AGREE"))


def text(name):
    return open(f"{SOURCE}/config/city/{name}", encoding="utf-8").read()


def bundle(**files):
    """As the command makes it: names with _ for the dot, None = the file is gone."""
    out = b"hongxin-city 1\n"
    for name, content in files.items():
        name = name.replace("__", "-").replace("_", ".")
        body = content.encode() if content is not None else None
        out += f"== {name} {'-' if body is None else len(body)}\n".encode() + (body + b"\n" if body is not None else b"")
    return out


# who gets small problems of E-01's community is the service desk U-9; B-0417 lies in C-03
ROUTING = text("routing.csv").replace("R-99,", "R-50,C-03,SMALL,*,*,*,U-9,,\nR-99,")


def ask(client, content, step=PREVIEW, by="", **fields):
    client.send(apply=wire_pb2.Apply(step=step, content=content, file="files", by=by, **fields))
    answer = client.receive(timeout=60)
    return answer.apply if answer.WhichOneof("answer") == "apply" else answer.problem


def into_force(client, content, **fields):
    assert ask(client, content, ASK, "operator/wang", why="a test", **fields).state == "ASKED"
    answer = ask(client, content, AGREE, "city/li")
    assert answer.state == "IN_FORCE"
    return answer


def holder(client, number):
    return client.case(number).view.holder


@pytest.fixture
def copy(tmp_path):
    shutil.copytree(f"{SOURCE}/config", tmp_path / "config")
    return {"rules": {"life_cycle": tmp_path / "config/life-cycles/complaint.yaml", "city": tmp_path / "config/city"}}


def test_a_routing_table_is_previewed_and_moves_open_cases(daemon):
    with daemon.client() as c, daemon.client("feed") as f:
        for cls, place in (("SMALL", "B-0417"), ("SERIOUS", "B-0417"), ("SMALL", "B-0500")):
            c.report(cls=cls, place=place)
        c.publish(c.event("HELD", by="holder:P-07/li", case_number=1))
        before = [holder(c, n) for n in (1, 2, 3)]
        asked_at = int(time.time() * 1000)
        new = bundle(routing_csv=ROUTING)
        seen = ask(c, new)
        assert (seen.kind, seen.state, seen.cases, seen.rerouted, seen.posts) == ("city", "PREVIEWED", 3, 1, 0)
        assert [holder(c, n) for n in (1, 2, 3)] == before, "a preview changes nothing"
        assert ask(c, new, AGREE, "city/li").code == "NOT_ASKED"
        assert ask(c, new, ASK, "operator/wang", why="a test").asked_by == "operator/wang"
        assert ask(c, new, AGREE, "operator/wang").code == "SAME_PERSON"
        answer = ask(c, new, AGREE, "city/li")
        wait_until(lambda: holder(c, 1) == "U-9")
        assert [holder(c, n) for n in (2, 3)] == before[1:]
        assert holder(c, c.report(cls="SMALL", place="B-0417").case_number) == "U-9", "new cases, too"
        f.hello("watch", **{"from": wire_pb2.Hello.OLDEST})
        told = next(e for e in f.entries(c.case(1).view.last_lsn) if e.cause == "RULES_IN_FORCE")
        fact = facts(told, "rules")[0]
        assert told.lsn == answer.lsn
        assert (fact.kind, fact.asked_by, fact.agreed_by, fact.rerouted) == ("city", "operator/wang", "city/li", 1)
        then = c.ask("case_answer", case_query=wire_pb2.CaseQuery(case_number=1, at=asked_at))
        assert then.view.holder == "P-07", "as it was then"
        assert {k.city for k in then.view.clocks} == {1} and then.view.where.registry == c.case(1).view.where.registry
        cities = {k.clock: k.city for k in c.case(1).view.clocks if k.change == "RUNNING"}
        assert (cities["K_RESOLVE"], cities["K_STATUTE"]) == (2, 1), "moved under the second version; begun under the first and left"
        said = subprocess.run([f"{BIN}/hongxin", "explain", "1", "--feed-endpoint", daemon.doors.get("feed") or daemon.doors["intake"]],
                              capture_output=True, text=True, timeout=60).stdout
        assert "placed by " + then.view.where.registry in said.splitlines()[0]
        assert "policy complaint/1, city city/2" in said and "policy complaint/1, city city/1" in said
        assert ask(c, new).code == "RULES_REFUSED", "it is in force already"
        # a clock of the new holder begins afresh; the time before stays with the old one
        arrive = next(k for k in c.case(1).view.clocks if k.clock == "K_ARRIVE")
        assert arrive.basis == "FLOOR" or arrive.deadline >= asked_at
    daemon.stop()
    done = subprocess.run([f"{BIN}/hongxin", "doctor", "--store", daemon.data, "--config", f"{SOURCE}/config"], capture_output=True,
                          text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr


def test_only_new_cases_follow(daemon):
    with daemon.client() as c:
        c.report(cls="SMALL", place="B-0417")
        into_force(c, bundle(routing_csv=ROUTING), only_new=True)
        assert holder(c, c.report(cls="SMALL", place="B-0417").case_number) == "U-9"
        assert holder(c, 1) == "P-07"


@pytest.mark.parametrize("files, says", [
    ({"grids_csv": text("grids.csv").rsplit("\n", 2)[0] + "\n"}, r"137 grids, but .*city.yaml:\d+ says 138"),
    ({"buildings_csv": text("buildings.csv") + "B-0417,E-77,,x,x,114.4,36.1\n"},
     r"buildings.csv:6002: building B-0417 is in grid G-042 here, but in grid G-041 at buildings.csv:418"),
    ({"routing_csv": text("routing.csv") + "R-100,*,SMALL,*,*,*,@place,,\n"},
     r"routing.csv:10: row R-100 is never reached: row R-99 at routing.csv:9 takes all its cases"),
    ({"duty_csv": text("duty.csv") + "duty,P-07,9,li,李明,Li Ming,,\n"}, r"duty.csv:\d+: li .* duty.csv:\d+"),
    ({"streets_csv": None}, r"streets.csv: No such file or directory"),
    ({"routing_csv": text("routing.csv") + "R-100,*,SMALL,*,*,*,@place,,\n",
      "duty_csv": text("duty.csv") + "chief,P-07,9,li,李明,Li Ming,,\n"},  # all of it, a line each
     r"(?m)^\S*duty.csv:\d+: unknown role [^\n]*\n(?s:.*)^\S*routing.csv:10: row R-100 is never reached"),
])
def test_what_is_wrong_is_refused_with_both_sides_and_nothing_changes(daemon, files, says):
    with daemon.client() as c:
        problem = ask(c, bundle(**files))
        assert problem.code == "RULES_REFUSED"
        assert re.search(says, problem.message), problem.message
        assert holder(c, c.report(cls="SMALL", place="B-0417").case_number) == "P-07"


def test_a_rota_says_which_posts_change(daemon):
    rota = re.sub(r"(?m)^duty,P-07,1,\w+,[^,]*,[^,]*,", "duty,P-07,1,newone,新人,New One,", text("duty.csv"))
    assert rota != text("duty.csv")
    with daemon.client() as c:
        seen = ask(c, bundle(duty_csv=rota))
        assert (seen.rerouted, seen.posts) == (0, 1)
        into_force(c, bundle(duty_csv=rota))
        number = c.report(cls="SMALL", place="B-0417").case_number
        told = [n for raw in c.case(number, history=True).history for n in notices(raw) if n.to == "holder:P-07"]
        assert told[0].person == "newone"


def notices(raw):
    from hongxin.v1 import journal_pb2
    return facts(journal_pb2.Entry.FromString(raw), "notice")


def test_the_first_company_of_an_estate_takes_its_open_cases(daemon):
    """E-77 has none: its community holds, until a version of the city gives it to P-07 from now on."""
    row = next(line for line in text("estates.csv").splitlines() if line.startswith("E-77,"))
    estates = text("estates.csv").replace(row, row.replace("E-77,G-042,,", "E-77,G-042,P-07,"))
    with daemon.client() as c:
        number = c.report(cls="SMALL", place="B-0770").case_number
        community = holder(c, number)
        assert community.startswith("C-")
        assert ask(c, bundle(estates_csv=estates)).rerouted == 1
        into_force(c, bundle(estates_csv=estates))
        wait_until(lambda: holder(c, number) == "P-07")


def test_restarts_with_an_older_and_a_newer_folder(make_daemon, copy):
    folder = copy["rules"]["city"]
    daemon = make_daemon(settings=copy)
    with daemon.client() as c:
        into_force(c, bundle(routing_csv=ROUTING))
    daemon.kill()
    daemon = make_daemon(settings=copy)
    assert daemon.said("event=rules_file_older kind=city")
    with daemon.client() as c:
        assert holder(c, c.report(cls="SMALL", place="B-0417").case_number) == "U-9", "what two persons agreed on stays"
    daemon.kill()
    (folder / "leave.csv").write_text("person,from,to,substitute\nli,2030-01-01,2030-01-02,\n")
    daemon = make_daemon(settings=copy)
    with daemon.client() as c:
        assert holder(c, c.report(cls="SMALL", place="B-0417").case_number) == "U-9", "a file edited beside it does not undo it"
    daemon.kill()
    (folder / "city.yaml").write_text(re.sub(r"(?m)^version: .*$", "version: newer-1", text("city.yaml")))
    daemon = make_daemon(settings=copy)
    with daemon.client() as c:
        assert holder(c, c.report(cls="SMALL", place="B-0417").case_number) == "P-07", "a new version of the folder does"
        assert holder(c, 1) == "U-9", "and leaves open cases alone"
        assert c.case(3).view.where.registry == "newer-1"


def test_the_command_takes_files_and_folders(daemon, copy):
    folder = copy["rules"]["city"]
    (folder / "routing.csv").write_text(ROUTING)
    env = {**os.environ, "HONGXIN_ENDPOINT": daemon.doors["intake"], "HONGXIN_FEED": daemon.doors.get("feed") or daemon.doors["intake"]}

    def apply(*args):
        return subprocess.run([f"{BIN}/hongxin", "apply", *map(str, args)], env=env, capture_output=True, text=True, timeout=60)

    with daemon.client() as c:
        c.report(cls="SMALL", place="B-0417")
        for what in ([folder / "routing.csv"], [folder], [folder / "routing.csv", folder / "duty.csv"]):
            done = apply(*what, "--preview")
            assert done.returncode == 0, done.stderr
            assert "1 cases rerouted, 0 posts with other people within seven days (of 1 open cases)" in done.stdout
        assert json.loads(apply(folder, "--preview", "--json").stdout)["rerouted"] in (1, "1")
        done = apply(folder / "routing.csv", f"{SOURCE}/config/calendars/china.ics", "--preview")
        assert done.returncode != 0 and "only files of a city are applied together" in done.stderr
        assert apply(folder, "--ask", "--by", "operator/wang", "--why", "a test").returncode == 0
        assert apply(folder, "--agree", "--by", "city/li").returncode == 0
        wait_until(lambda: holder(c, 1) == "U-9")
        done = subprocess.run([f"{BIN}/hongxin", "rules", "city", "routing"], env=env, capture_output=True, text=True, timeout=60)
        assert done.stdout == ROUTING, "what is in force, not what the daemon's folder says"
