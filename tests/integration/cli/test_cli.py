"""The hongxin command against the real daemon: what a person types, sees, and gets as exit code."""
import csv
import json
import re
import shutil
import subprocess
import threading

import pytest
import zmq
from clock import AWAY_MS, EVENING, MINUTE, Clock, run_to
from command import HONGXIN, SOURCE, Command, environment
from hongxin.v1 import journal_pb2, wire_pb2
from wire import RESULT, TIMEOUT_S, wait_until

MAP = f"{SOURCE}/config/mappings/12345.yaml"


def report(hongxin, *args):
    """A small complaint; returns its printed number."""
    answer = hongxin.json("publish", "--class", "SMALL", "--place", "B-0417", "--text", "no light", *args)
    assert hongxin.code == 0, hongxin.out + hongxin.err
    return answer[0]["number"]


def whole_life(hongxin, number):
    by = ("--case", number, "--by", "holder:P-07/li")
    hongxin.ok("publish", "--type", "HELD", *by)
    hongxin.ok("publish", "--type", "ARRIVED", *by, "--proof", "ONSITE_CODE")
    hongxin.ok("publish", "--type", "RESOLVED", *by, "--data", "evidence=photo")
    hongxin.ok("publish", "--type", "CALLBACK_OK", "--case", number, "--by", "callback/zhao", "--data", "rating=5")


def test_a_whole_life_by_flags_is_seen_live(hongxin, daemon, watch_for):
    live = watch_for(daemon)
    live.sees("now live")
    number = report(hongxin, "--name", "测试甲", "--phone", "13800000001")
    whole_life(hongxin, number)
    for step in ("REPORTED 受理", "HELD 签收", "ARRIVED 到场", "RESOLVED 办结", "CLOSED 已办结"):
        live.sees(rf"{number} .*{step}")
    assert live.stop() == 0
    assert not any("测试甲" in line or "13800000001" in line for line in live.lines)


def test_the_answer_names_number_and_promises(hongxin):
    out = hongxin.ok("publish", "--type", "REPORTED", "--class", "SMALL", "--place", "B-0417")
    assert re.search(r"CL-\d+ ACCEPTED 已接受 .*K_ARRIVE (\d{4}-\d\d-\d\d )?\d\d:\d\d:\d\d, K_RESOLVE", out)  # of tomorrow, with its day


def test_refusals_say_what_would_be_allowed(hongxin):
    number = report(hongxin)
    hongxin("publish", "--type", "CALLBACK_OK", "--case", number, "--by", "callback/zhao")
    assert hongxin.code == 1
    assert "NOT_ALLOWED" in hongxin.out and "allowed now: " in hongxin.out and "HELD" in hongxin.out


def test_a_refusal_names_its_code_once_and_what_is_required(hongxin):
    hongxin("publish", "--type", "REPORTED", "--class", "HUGE", "--place", "B-0417")
    assert hongxin.out.count("UNKNOWN_CLASS") == 1
    assert "the class exists" in hongxin.out and "SMALL" in hongxin.out
    hongxin("publish", "--type", "REPORTED", "--class", "HUGE", "--place", "B-0417", "--zh")
    assert "UNKNOWN_CLASS 没有这个等级；应为 EMERGENCY, SMALL" in hongxin.out and "required" not in hongxin.out
    hongxin("publish", "--type", "HELD", "--case", "CL-999999", "--by", "holder:P-07/li", "--zh")
    assert "NO_CASE 没有这个案件" in hongxin.out
    number = report(hongxin)
    hongxin("publish", "--type", "HELD", "--case", number, "--by", "holder:P-08/li", "--zh")
    assert "NOT_HOLDER 本单位不是承办单位\n" in hongxin.out and "not allowed" not in hongxin.out
    hongxin("route", "--place", "B-9999", "--zh")
    assert (hongxin.code, hongxin.err) == (2, "hongxin route: UNKNOWN_PLACE 没有这个地点\n")


def test_a_refused_file_names_all_its_faults(hongxin, tmp_path):
    rows = open(f"{SOURCE}/config/city/duty.csv", encoding="utf-8").read().splitlines()
    file = tmp_path / "duty.csv"
    file.write_text("\n".join(rows + rows[1:21]) + "\n", encoding="utf-8")
    hongxin("apply", file, "--preview")
    assert hongxin.code == 1 and len(hongxin.err) > 1024
    assert all(f"duty.csv:{len(rows) + i}: " in hongxin.err for i in range(1, 21)), hongxin.err


@pytest.mark.parametrize("args, why", [
    (["publish", "--type", "REPORTED", "--class", "HUGE", "--place", "B-0417"], "UNKNOWN_CLASS"),
    (["publish", "--type", "REPORTED", "--data", "colour=red"], "data.colour"),
    (["publish", "--type", "HELD", "--case", "CL-1", "--at", "yesterday"], "t_occ"),
    (["publish", "--type", "HELD", "--file", "x"], "do not go together"),
    (["publish", "--csv", f"{SOURCE}/tests/data/12345-utf8.csv"], "--map"),
    (["watch", "--facts", "NONSENSE"], "BAD_FACT"),
    (["list", "--level", "L9"], "L9"),
    (["list", "--state", "NOPE"], "UNKNOWN_STATE"),
    (["list", "--holder", "P-99"], "UNKNOWN_HOLDER"),
    (["list", "--place", "Q"], "UNKNOWN_PLACE"),
    (["watch", "--class", "HUGE"], "UNKNOWN_CLASS"),
    (["stats", "--place", "NOPE"], "UNKNOWN_PLACE"),
    (["explain"], "which case"),
    (["nonsense"], "no command"),
])
def test_wrong_use_ends_with_2_and_says_why(hongxin, args, why):
    hongxin(*args)
    assert hongxin.code == 2, hongxin.out + hongxin.err
    assert why in hongxin.out + hongxin.err


def test_questions_about_what_is_not_there_end_with_1(hongxin):
    for args in (["case", "99"], ["explain", "CL-99"], ["case", "X1", "--source", "nobody"], ["rules", "nonsense"]):
        hongxin(*args)
        assert hongxin.code == 1, args
        assert "there is no" in hongxin.err


def test_without_a_daemon_commands_end_with_3(tmp_path):
    hongxin = Command(None)
    nowhere = ("--endpoint", f"ipc://{tmp_path}/nobody", "--timeout", "300ms")
    feed = ("--feed-endpoint", f"ipc://{tmp_path}/nobody")
    for args in (["publish", "--class", "SMALL"], ["watch", *feed], ["list", *feed], ["case", "1", *feed]):
        hongxin(*args, *nowhere)
        assert hongxin.code == 3, args
        assert "Is hongxind running" in hongxin.err


def test_json_lines_from_standard_input(hongxin):
    lines = [{"type": "REPORTED", "case_ref": "J1", "by": "reporter", "data": {"class": "SMALL", "place": "B-0417"},
              "reporter": {"name": "测试乙"}},
             {"type": "HELD", "case_ref": "J1", "by": "holder:P-07/li"},
             {"type": "HELD", "case_ref": "J1", "by": "holder:P-07/li", "oops": 1}]
    out = hongxin("publish", stdin="\n".join(map(json.dumps, lines)) + "\nnot json\n").out
    assert hongxin.code == 1
    assert "4 rows: 2 accepted" in out and "2 rejected" in out
    assert "line 3: " in hongxin.err and "oops" in hongxin.err and "line 4: not JSON" in hongxin.err
    assert hongxin.json("case", "J1", "--source", "hongxin-cli")[0]["state"] == "HELD"


def test_rows_that_were_refused_are_so_when_they_are_sent_again(hongxin):
    at = {"t_occ": "2026-10-12T10:00:00+08:00", "t_src": "2026-10-12T10:00:00+08:00"}
    lines = [{"type": "REPORTED", "id": "1", "case_ref": "J1", "by": "reporter", "data": {"class": "SMALL", "place": "B-0417"}, **at},
             {"type": "HELD", "id": "2", "case_ref": "J1", "by": "holder:P-11/he", **at}]
    for told in ("1 accepted, 0 known already", "0 accepted, 1 known already"):
        out = hongxin("publish", stdin="\n".join(map(json.dumps, lines)) + "\n").out
        assert hongxin.code == 1 and told in out and "1 rejected" in out
        assert "line 2: NOT_ALLOWED NOT_HOLDER" in hongxin.err


@pytest.mark.parametrize("date", ["2026-02-30T10:00:00+08:00", "1600-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "2026-10-12", 0.5])
def test_an_impossible_date_stops_its_own_line_only(hongxin, date):
    good = {"type": "REPORTED", "by": "reporter", "data": {"class": "SMALL", "place": "B-0417"}}
    out = hongxin("publish", stdin="\n".join(map(json.dumps, [good, {**good, "t_occ": date}, good])) + "\n").out
    assert hongxin.code == 1
    assert "3 rows: 2 accepted" in out and "1 rejected" in out
    assert "line 2: " in hongxin.err and "t_occ" in hongxin.err


def test_a_gbk_export_is_published_and_its_bad_row_kept(hongxin, tmp_path):
    export = shutil.copy(f"{SOURCE}/tests/data/12345-gbk.csv", tmp_path)
    out = hongxin("publish", "--csv", export, "--map", MAP).out
    assert hongxin.code == 1
    assert "8 rows: 7 accepted" in out and "1 rejected" in out
    rejects = list(csv.reader(open(f"{export}.rejects.csv", encoding="utf-8")))
    assert rejects[1][0] == "7" and "受理时间" in rejects[1][1] and "GD20261012005" in rejects[1][2]
    case = hongxin.json("case", "GD20261012002", "--source", "hotline-12345")[0]
    assert case["class"] == "EMERGENCY" and case["where"]["building"] == "B-0417"
    # the same export in another encoding, sent again: nothing is doubled
    again = shutil.copy(f"{SOURCE}/tests/data/12345-utf8.csv", tmp_path)
    assert "0 accepted, 7 known already" in hongxin("publish", "--csv", again, "--map", MAP).out
    assert len(hongxin.json("list", "--limit", "0")) == 7


def write_export(path, n):
    with open(path, "w", encoding="utf-8") as out:
        out.write("工单编号,受理时间,紧急程度,楼栋编码,标题\n")
        for i in range(n):
            out.write(f"GD{i:06},2026-10-12 19:00:00,一般,B-0417,楼道灯不亮 {i}\n")


def test_a_run_that_was_broken_off_goes_on_without_doubling(make_daemon, tmp_path):
    daemon = make_daemon()
    hongxin = Command(daemon)
    export = tmp_path / "big.csv"
    write_export(export, 30000)
    args = ["publish", "--csv", str(export), "--map", MAP]
    running = subprocess.Popen([HONGXIN, *args], env=hongxin.env, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    progress = tmp_path / "big.csv.progress"
    wait_until(lambda: progress.exists() or running.poll() is not None)
    running.kill()
    running.communicate()
    assert progress.exists(), "the run was over before it could be broken off"
    out = hongxin(*args).out
    assert hongxin.code == 0, hongxin.err
    assert re.search(r"going on behind row \d+", hongxin.err)
    done = [int(n) for n in re.search(r"(\d+) rows: (\d+) accepted, (\d+) known", out).groups()]
    assert done[0] < 30000 and done[1] + done[2] == done[0]
    assert not progress.exists()
    figures = hongxin.json("stats")
    assert [s["value"] for s in figures if s.get("name") == "cases"] == [30000]
    assert all("value" in s for s in figures if "name" in s), "0 is a figure too"


def test_a_watch_survives_a_restart_without_a_gap(make_daemon, watch_for, tmp_path):
    doors = {"ingest": f"ipc://{tmp_path}/in", "feed": f"ipc://{tmp_path}/feed"}
    first = make_daemon(settings=doors)
    hongxin = Command(first)
    live = watch_for(first, "--json", "--no-snapshot")
    numbers = [report(hongxin)]
    live.sees('"case_number":1')
    first.kill()
    make_daemon(settings=doors, data=first.data)
    numbers += [report(hongxin) for _ in range(3)]
    live.sees('"case_number":4')
    assert live.stop() == 0
    lsns = [json.loads(line)["lsn"] for line in live.lines if line.startswith("{")]
    assert lsns == list(range(lsns[0], lsns[0] + len(lsns)))


def test_case_and_history(hongxin):
    number = report(hongxin)
    whole_life(hongxin, number)
    out = hongxin.ok("case", number, "--history")
    for words in ("CLOSED 已办结", "P-07", "B-0417", "G-041", "K_ARRIVE", "in time", "whose seconds", "CALLBACK_OK 回访满意"):
        assert words in out
    zh = hongxin.ok("case", number, "--zh")
    assert "已办结 CLOSED" in zh and "承办单位" in zh and "按时" in zh
    view, *entries = hongxin.json("case", number, "--history")
    assert view["number"] == number and view["state"] == "CLOSED"
    assert [e["cause"] for e in entries] == ["REPORTED", "HELD", "ARRIVED", "RESOLVED", "CALLBACK_OK"]
    parts = view["owner_ms"]
    assert parts.pop("total_ms") == sum(parts.values())


def test_what_a_comment_names_is_shown(hongxin):
    """A hotline that sends a case again with another class: it decides nothing, but whoever decides sees it."""
    number = report(hongxin)
    hongxin.ok("publish", "--type", "COMMENT", "--case", number, "--by", "reporter", "--class", "SERIOUS", "--place", "B-0418")
    line, = (l for l in hongxin.ok("case", number, "--history").splitlines() if "COMMENT" in l)
    assert "SERIOUS" in line and "B-0418" in line


def milliseconds(text):
    h, m, s = text.split()[1].split(":")
    return round((int(h) * 3600 + int(m) * 60 + float(s)) * 1000)


def test_explain_adds_up(hongxin):
    number = report(hongxin)
    hongxin.ok("publish", "--type", "HELD", "--case", number, "--by", "holder:P-07/li")
    out = hongxin.ok("explain", number, "--clock", "K_RESOLVE")
    start = re.search(r"start +(\S+ \S+)", out).group(1)
    due = re.search(r"due +(\S+ \S+)", out).group(1)
    assert "40 min" in out and "BUDGET" in out and "complaint/" in out and "HELD of holder:P-07/li" in out
    assert (milliseconds(due) - milliseconds(start)) % 86400000 == 40 * 60000
    assert len(re.findall(r"L[0-5] \S", out)) == 6  # the whole ladder
    # every clock of the case adds up
    hongxin.ok("explain", number)
    assert "does not add up" not in hongxin.out


def test_explain_tells_programs_what_it_tells_people(hongxin):
    number = report(hongxin)
    hongxin.ok("publish", "--type", "HELD", "--case", number, "--by", "holder:P-07/li")
    clocks = {c["clock"]: c for c in hongxin.json("explain", number)}
    assert hongxin.code == 0 and clocks["K_RESOLVE"]["adds_up"] is True
    assert clocks["K_RESOLVE"]["expected"] == clocks["K_RESOLVE"]["deadline"]
    levels = clocks["K_RESOLVE"]["levels"]
    assert [mark["level"] for mark in levels] == ["L0", "L1", "L2", "L3", "L4", "L5"]
    assert sorted(mark["at"] for mark in levels) == [mark["at"] for mark in levels]


def test_rules_are_printed_whole_however_they_come(tmp_path):
    """A daemon that sends four bytes at a time, and has another version of the file after the first ones."""
    texts = ["old text", "a newer text,\nlonger"]
    endpoint = f"ipc://{tmp_path}/door"
    with zmq.Context.instance().socket(zmq.ROUTER) as door:
        door.linger = 0
        door.bind(endpoint)

        def serve():
            asked = 0
            while door.poll(15000):
                peer, version, body = door.recv_multipart()
                ask = wire_pb2.Request.FromString(body)
                asked += 1
                now = min(asked - 1, 1)
                answer = wire_pb2.Response(request=ask.request)
                answer.rules.version, answer.rules.size = f"city/{now}", len(texts[now])
                answer.rules.content = texts[now].encode()[ask.rules.skip:][:4]
                door.send_multipart([peer, version, answer.SerializeToString()])
                if now and ask.rules.skip + 4 >= len(texts[1]):
                    return

        server = threading.Thread(target=serve)
        server.start()
        hongxin = Command(None)
        hongxin("rules", "city", "grids.geojson", "--feed-endpoint", endpoint)
        server.join()
    assert hongxin.code == 0 and hongxin.out == texts[1], hongxin.out + hongxin.err


@pytest.mark.parametrize("off, code", [(0, 0), (1, 1)])
@pytest.mark.parametrize("form", [[], ["--json"], ["--zh"]])
def test_a_deadline_that_does_not_add_up_ends_with_1(tmp_path, off, code, form):
    """A daemon that answers with a deadline of its own making; it shows no rules."""
    start, budget = EVENING, 2400000
    view = journal_pb2.CaseView(number="CL-1", state="HELD", t_report=start)
    view.clocks.add(clock="K_RESOLVE", change="RUNNING", basis="BUDGET", start=start, budget_ms=budget,
                    deadline=start + budget + off)
    endpoint = f"ipc://{tmp_path}/door"
    with zmq.Context.instance().socket(zmq.ROUTER) as door:
        door.linger = 0
        door.bind(endpoint)

        def serve():
            while door.poll(15000):
                peer, version, body = door.recv_multipart()
                ask = wire_pb2.Request.FromString(body)
                answer = wire_pb2.Response(request=ask.request)
                if ask.WhichOneof("ask") == "case_query":
                    answer.case_answer.view.CopyFrom(view)
                else:
                    answer.problem.code = "NO_RULES"
                door.send_multipart([peer, version, answer.SerializeToString()])
                if ask.WhichOneof("ask") == "rules":
                    return

        server = threading.Thread(target=serve)
        server.start()
        hongxin = Command(None)
        hongxin("explain", "1", "--feed-endpoint", endpoint, *form)
        server.join()
    assert hongxin.code == code, hongxin.out + hongxin.err
    if "--json" in form:
        assert json.loads(hongxin.out)["adds_up"] is (off == 0)
    elif off:
        assert ("相加不符" if form else "does not add up") in hongxin.out


def test_with_zh_no_english_words_are_left(hongxin):
    number = report(hongxin)
    hongxin.ok("publish", "--type", "HELD", "--case", number, "--by", "holder:P-07/li")
    out = hongxin.ok("explain", number, "--clock", "K_RESOLVE", "--zh")
    for words in ("起算", "时限", "40 分钟", "截止", "由第", "各级告知", "日历", "规则版本"):
        assert words in out
    for command in (["explain", number], ["case", number], ["list"], ["check"]):
        out = hongxin.ok(*command, "--zh")
        assert not re.search(r"\b(start|budget|due|left|late|set by|levels|policy|min|h|cases|open|since)\b", out), out


def test_another_daemon_is_not_asked_for_one_that_is_named(hongxin, tmp_path):
    """An address without a port says nothing of where feeds are: they are looked for there and not at the usual door."""
    number = report(hongxin)
    hongxin("case", number, "--endpoint", "nowhere")
    assert (hongxin.code, hongxin.out) == (2, "") and "nowhere" in hongxin.err and "is not an endpoint" in hongxin.err
    hongxin("case", number, "--endpoint", f"ipc://{tmp_path}/none", "--timeout", "200ms")
    assert (hongxin.code, hongxin.out) == (3, "") and f"no answer from ipc://{tmp_path}/none" in hongxin.err


def test_what_was_refused_is_said_once(hongxin):
    hongxin("publish", "--case", "CL-999", "--type", "HELD", "--by", "holder:P-07/li")
    assert hongxin.out.endswith("NO_CASE: there is no such case\n") and hongxin.code == 2
    hongxin("erase", report(hongxin), "--reason", "abc")
    assert hongxin.err == "hongxin erase: case or identity: NO_REASON: say why, in 4 to 500 bytes, and who in at most 64\n"
    hongxin.ok("hold", "CL-1", "--reason", "court file", "--person", "li")
    assert re.search(r"IDENTITY_HELD +1  by li  because court file", hongxin.ok("audit"))


def test_lists_are_filtered_and_say_when_they_are_cut(hongxin):
    first = report(hongxin)
    assert "1 case in all" in hongxin.ok("list")
    numbers = [first, *(report(hongxin) for _ in range(2))]
    report_elsewhere = hongxin.json("publish", "--class", "SERIOUS", "--place", "B-0500")[0]["number"]
    assert "4 cases in all" in hongxin.ok("list")
    assert "2 cases; there are more" in hongxin.ok("list", "--limit", "2")
    assert [c["number"] for c in hongxin.json("list", "--holder", "P-07")] == numbers
    assert [c["number"] for c in hongxin.json("list", "--class", "SERIOUS")] == [report_elsewhere]
    assert [c["number"] for c in hongxin.json("list", "--place", "C-03")] == numbers
    assert hongxin.json("list", "--state", "CLOSED,RESOLVED") == []
    assert len(hongxin.json("list", "--due-within", "6min")) == 4  # to be taken, or to be there: by half a minute more than both
    whole_life(hongxin, numbers[0])
    assert len(hongxin.json("list")) == 3 and len(hongxin.json("list", "--closed")) == 4


def test_a_breach_is_seen_with_everybody_who_was_told(make_daemon, watch_for):
    daemon = make_daemon(scale=600)  # five minutes in half a second
    hongxin = Command(daemon)
    live = watch_for(daemon, "--facts", "BREACH,NOTICE")
    number = report(hongxin)
    live.sees(rf"{number} .*BREACH 超时 K_ARRIVE arrival, due .*P-07 .*told C-03, G-041")
    live.sees(rf"{number} .*L3 street .*told S-02")
    assert live.stop() == 0


def test_told_says_what_was_read_and_who_acknowledged(make_daemon):
    hongxin = Command(make_daemon(scale=600))
    number = report(hongxin)

    def told():
        return {(f["kind"], f.get("level"), f["to"]): f for f in reversed(hongxin.json("told", number, "--texts"))}

    breach = ("BREACH", "L2", "community:C-03")
    wait_until(lambda: breach in told())
    hongxin.ok("publish", "--type", "NOTICE_ACKED", "--case", number, "--by", "community:C-03/ma",
               "--data", "clock=K_ARRIVE", "--data", "level=L2")
    found = told()
    assert found[breach]["acked_by"] == "community:C-03/ma" and found[breach]["acked_at"]
    assert "acked_by" not in found["BREACH", "L2", "grid:G-041"]
    assert found[breach]["zh"].startswith("【超时 L2】案件" + number)
    assert "be on site and prove it" in found[breach]["en"]
    out = hongxin.ok("told", number)
    assert re.search(r"BREACH 超时上报 L2 K_ARRIVE  community:C-03 \w+  by feed  acknowledged \S.* community:C-03/ma", out)
    assert "Act now: be on site" in hongxin.ok("case", number, "--history", "--texts")


def test_told_finds_whoever_may_acknowledge(make_daemon, tmp_path):
    """Sent to one person by name, acknowledged by another one of the post: the daemon takes it, so it is shown."""
    clock = Clock(tmp_path, EVENING)
    daemon = make_daemon(settings={"absent_ms": AWAY_MS}, env=clock.environment())
    hongxin, breach = Command(daemon), ("BREACH", "L2", "street:S-02/wang")
    with daemon.client() as c:
        number = c.report().case_number

        def street(person, type, **data):
            reply = c.publish(c.event(type, by=f"street:S-02/{person}", case_number=number, data=data))[0]
            assert reply.result == RESULT.ACCEPTED, reply

        def told():
            return {(f["kind"], f.get("level"), f["to"]): f for f in reversed(hongxin.json("told", f"CL-{number}"))}

        street("wang", "SUPERVISED", order="DB-7", date=EVENING + 10 * MINUTE)
        run_to(clock, c, EVENING + 11 * MINUTE)
        assert "acked_by" not in told()[breach]
        street("lin", "NOTICE_ACKED", clock="K_SUPERVISE", level="L2")
        assert told()[breach]["acked_by"] == "street:S-02/lin"


def test_check_and_stats(hongxin, daemon):
    number = report(hongxin)
    assert "open cases without a clock" in hongxin.ok("check")
    stats = {(s["name"], s.get("labels", "")): s.get("value", 0) for s in hongxin.json("stats") if "name" in s}
    assert stats[("replies", "result=ACCEPTED")] == 1 and stats[("cases", "")] == 1
    whole_life(hongxin, number)
    assert daemon.stop() == 0
    out = hongxin.ok("check", "--store", daemon.data, "--config", f"{SOURCE}/config")
    assert "nothing wrong found" in out


def test_help_teaches_every_command():
    hongxin = Command(None)
    out = hongxin.ok("help")
    names = re.findall(r"^  (\w+) +\w", out.split("usage:")[1].split("A first complaint")[0], re.M)
    assert {"publish", "watch", "case", "explain", "list", "stats", "check", "simulate", "demo"} <= set(names)
    for name in names:
        assert "hongxin " in hongxin.ok(name, "--help").split("Examples:")[1]


def test_the_simulator_takes_json_and_has_exit_codes_of_its_own(tmp_path):
    hongxin = Command(None)
    scenario = tmp_path / "empty.jsonl"
    scenario.write_text("")
    hongxin.ok("simulate", "--json", scenario)
    codes = hongxin.ok("simulate", "--help").split("Exit codes:")[1]
    assert re.findall(r"\b\d\b", codes) == ["0", "2"]


@pytest.mark.parametrize("text", ["", "\r\n", '{"end": "2026-10-12T19:00:00.000+08:00"}\r\n'])
def test_a_scenario_may_begin_with_the_mark_that_windows_writes(tmp_path, text):
    hongxin = Command(None)
    scenario = tmp_path / "marked.jsonl"
    scenario.write_bytes(b"\xef\xbb\xbf" + text.encode())
    hongxin.ok("simulate", scenario)
    scenario.write_bytes(b"\n\xef\xbb\xbf" + text.encode())
    if text.strip():
        assert hongxin("simulate", scenario).code == 2, "in front of another line it is no JSON"


def test_options_in_front_of_the_command_are_explained():
    hongxin = Command(None)
    hongxin("--endpoint", "tcp://127.0.0.1:1", "list")
    assert hongxin.code == 2 and "options follow the command" in hongxin.err


def test_completion_completes(tmp_path):
    script = f'. <({HONGXIN} completion bash); COMP_WORDS=(hongxin publish --cl); COMP_CWORD=2; _hongxin; echo "${{COMPREPLY[@]}}"'
    done = subprocess.run(["bash", "-c", script], text=True, capture_output=True, timeout=TIMEOUT_S)
    assert done.stdout.strip() == "--class"
    script = f'. <({HONGXIN} completion bash); COMP_WORDS=(hongxin list --state CLOSED_); COMP_CWORD=3; _hongxin; echo "${{COMPREPLY[@]}}"'
    done = subprocess.run(["bash", "-c", script], text=True, capture_output=True, timeout=TIMEOUT_S)
    assert done.stdout.strip() == "CLOSED_UNCONFIRMED"


def test_who_reports_does_not_stay_on_the_command_line(tmp_path):
    """Arguments of a process are for everybody on the machine; here it waits for a daemon that is not there."""
    endpoint = f"ipc://{tmp_path}/nobody"
    process = subprocess.Popen([HONGXIN, "publish", "--endpoint", endpoint, "--class", "SMALL", "--place", "B-0417", "--name", "Wang Xiaomei", "--phone=13912345678",
                                "--address", "Door seventeen", "--timeout", "60s"], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=environment(None))
    try:
        def words():
            with open(f"/proc/{process.pid}/cmdline", "rb") as f:
                return f.read()
        wait_until(lambda: b"publish" in words() and not [w for w in (b"Wang", b"13912345678", b"seventeen") if w in words()])
        assert process.poll() is None and b"B-0417" in words(), process.stderr.read()
    finally:
        process.kill()
        process.wait()
