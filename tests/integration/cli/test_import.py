"""hongxin import: cases of a former system, with their clocks computed from what happened to them (corner 33)."""
import csv
import json
import re
import shutil
import subprocess

import pytest
from between import Between
from command import HONGXIN, SOURCE, Command
from wire import wait_until

MAP = f"{SOURCE}/config/mappings/history.yaml"
HEADING = "工单编号,受理时间,紧急程度,楼栋编码,责任单位编码,派单时间,派单人,签收时间,签收人,到场时间,办结时间,照片,回访时间,回访结果,回访人,状态\n"
CLOSED = "{0},2025-03-03 09:00:00,一般,B-0417,P-07,2025-03-03 09:00:10,陈,2025-03-03 09:01:00,李,2025-03-03 09:04:00,2025-03-03 09:31:00,有,2025-03-03 10:00:00,满意,赵,已办结\n"
OPEN = "{0},2025-03-03 09:00:00,一般,B-0417,P-07,2025-03-03 09:00:10,陈,2025-03-03 09:01:00,李,,,,,,,{1}\n"


def table(path, *rows, heading=HEADING):
    path.write_text(heading + "".join(rows), encoding="utf-8")
    return str(path)


def view(hongxin, ref):
    return hongxin.json("case", ref, "--source", "former-system")[0]


def rejected(given):
    """Line → reason, without what the daemon puts in front of it."""
    return {int(r["line"]): r["reason"].removeprefix("INVALID ")
            for r in csv.DictReader(open(f"{given}.rejects.csv", encoding="utf-8"))}


@pytest.mark.parametrize("name", ["history-utf8.csv", "history-gbk.csv", "history.jsonl"])
def test_a_table_in_either_encoding_and_lines_of_json_become_the_same_cases(hongxin, tmp_path, name):
    given = shutil.copy(f"{SOURCE}/tests/data/{name}", tmp_path)
    out = hongxin("import", given, "--map", MAP).out
    assert hongxin.code == 1 and "6 rows: 2 accepted" in out and "4 rejected" in out
    closed = view(hongxin, "LS2025-0001")
    assert closed["state"] == "CLOSED" and "IMPORTED" in closed["flags"] and closed.get("next_clock", "") == ""
    clocks = {c["clock"]: c for c in closed["clocks"]}
    # by our own rules: dispatched at once, deemed held after half a minute, 31 minutes of 40 were used
    assert clocks["K_RESOLVE"]["start"] == "2025-03-03T09:00:30.000+08:00" and clocks["K_RESOLVE"]["met"]
    late = view(hongxin, "LS2025-0002")
    assert {b["breach"]["clock"] for b in late["breaches"]} == {"K_ARRIVE", "K_RESOLVE"}
    assert hongxin.json("list", "--limit", "0") == [], "nothing of it is open"


def test_what_is_wrong_is_named_with_its_line(hongxin, tmp_path):
    given = shutil.copy(f"{SOURCE}/tests/data/history-gbk.csv", tmp_path)
    hongxin("import", given, "--map", MAP)
    rejects = rejected(given)
    assert sorted(rejects) == [5, 6, 7, 8]
    assert "诉求分类" in rejects[5], "an unknown category"
    assert "the events lead to HELD" in rejects[6], "a state without its events"
    assert "受理时间 is not a time" in rejects[7]
    assert "回访结果 is given" in rejects[8], "a result without its time"
    assert "138000" not in hongxin.err, "no resident's number on the screen"


def test_a_refused_event_is_named(hongxin, tmp_path):
    given = table(tmp_path / "h.csv", CLOSED.format("L-1").replace(",有,", ",,"))
    assert "line 2: INVALID IMPORT_EVENT 导入的事项不符: field history[3] RESOLVED (EVIDENCE_MISSING)" in hongxin("import", given, "--map", MAP).err


def test_a_dry_run_judges_like_the_daemon_and_publishes_nothing(hongxin, tmp_path):
    given = shutil.copy(f"{SOURCE}/tests/data/history-utf8.csv", tmp_path)
    dry = hongxin("import", given, "--map", MAP, "--dry-run")
    assert dry.code == 1 and "cases: 2, breaches: 2; CLOSED 2" in dry.out
    reasons = rejected(given)
    assert [s["value"] for s in hongxin.json("stats") if s.get("name") == "cases"] == [0]
    hongxin("import", given, "--map", MAP)
    assert rejected(given) == reasons


def test_an_open_case_goes_on_from_now(hongxin, tmp_path):
    given = table(tmp_path / "open.csv", OPEN.format("O-1", "已签收"))
    hongxin.ok("import", given, "--map", MAP)
    case = view(hongxin, "O-1")
    assert case["state"] == "HELD" and case["holder"] == "P-07" and "IMPORTED" in case["flags"]
    assert {b["breach"]["clock"] for b in case["breaches"]} >= {"K_ARRIVE", "K_RESOLVE"}
    hongxin.ok("publish", "--case", case["number"], "--type", "ARRIVED", "--by", "holder:P-07/li")
    assert view(hongxin, "O-1")["state"] == "ONSITE"


def test_a_changed_heading_is_named_before_a_row_is_read(hongxin, tmp_path):
    given = table(tmp_path / "c.csv", CLOSED.format("C-1"), heading=HEADING.replace("回访时间", "回访日期"))
    assert hongxin("import", given, "--map", MAP).code == 2
    assert "回访结果" in hongxin.err and "not the time" in hongxin.err
    given = table(tmp_path / "d.csv", CLOSED.format("C-1"), heading=HEADING.replace("工单编号", "单号"))
    assert hongxin("import", given, "--map", MAP).code == 2 and '"工单编号"' in hongxin.err
    given = table(tmp_path / "e.csv", CLOSED.format("C-1"), heading=HEADING.replace("签收时间", "接单时刻"))
    assert "columns that the mapping does not name: 接单时刻" in hongxin("import", given, "--map", MAP, "--dry-run").err


def test_a_mapping_without_a_zone_takes_only_times_that_say_theirs(hongxin, tmp_path):
    text = open(MAP, encoding="utf-8").read()
    text = re.sub(r"(?m)^zone:.*\n", "", text)
    bare = tmp_path / "bare.yaml"
    bare.write_text(text, encoding="utf-8")
    given = table(tmp_path / "z.csv", CLOSED.format("Z-1"))
    assert hongxin("import", given, "--map", bare).code == 2 and "bare.yaml" in hongxin.err and "zone" in hongxin.err
    bare.write_text(re.sub(r"(?m)^times:.*$", "times: [RFC3339]", text), encoding="utf-8")
    said = CLOSED.format("Z-2").replace("2025-03-03 ", "2025-03-03T").replace(":00,", ":00Z,").replace(":10,", ":10Z,")
    given = table(tmp_path / "z.csv", CLOSED.format("Z-1"), said)
    hongxin("import", given, "--map", bare)
    assert "line 2: 受理时间 is not a time of the mapping's formats, or says no zone" in hongxin.err
    assert view(hongxin, "Z-2")["t_report"] == "2025-03-03T17:00:00.000+08:00"


def test_lines_in_the_words_of_the_schema_need_no_mapping(hongxin, tmp_path):
    past = [{"type": "HELD", "t_occ": "2025-03-03T09:00:20+08:00", "by": "holder:P-07/li"}]
    one = {"id": "s-1", "source": "former-system", "type": "REPORTED", "by": "reporter", "case_ref": "S-1", "t_occ": "2025-03-03T09:00:00+08:00",
           "data": {"class": "SMALL", "place": "B-0417", "history": past, "state": "HELD"}}
    given = tmp_path / "s.jsonl"
    given.write_text(json.dumps(one) + "\n" + json.dumps({**one, "id": "s-2", "type": "HELD"}) + "\n" +
                     json.dumps({**one, "id": "工" * 42, "case_ref": "S-3"}) + "\n", encoding="utf-8")
    out = hongxin("import", given).out
    assert "2 accepted" in out and "line 2: it is no report" in hongxin.err
    assert view(hongxin, "S-1")["state"] == "HELD"


def test_killed_between_the_daemon_s_answer_and_its_own_note(hongxin, daemon, tmp_path):
    given = table(tmp_path / "few.csv", *(CLOSED.format(f"M-{i:05}") for i in range(40)))
    between = Between(daemon.doors["intake"], tmp_path)
    args = ["import", given, "--map", MAP]
    count = lambda: [s["value"] for s in hongxin.json("stats") if s.get("name") == "cases"]
    try:
        between.hold = True
        running = subprocess.Popen([HONGXIN, *args, "--endpoint", between.endpoint], env=hongxin.env, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        wait_until(lambda: between.held > 0 and count() == [40])
        running.kill()
        running.communicate()
    finally:
        between.close()
    assert "0 accepted, 40 known already" in hongxin.ok(*args)
    assert count() == [40]


def test_an_import_that_was_killed_goes_on_and_doubles_nothing(make_daemon, tmp_path):
    daemon = make_daemon()
    hongxin = Command(daemon)
    given = table(tmp_path / "many.csv", *(CLOSED.format(f"M-{i:05}") for i in range(12000)))
    args = ["import", given, "--map", MAP]
    running = subprocess.Popen([HONGXIN, *args], env=hongxin.env, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    progress = tmp_path / "many.csv.progress"
    wait_until(lambda: progress.exists() or running.poll() is not None, 60)
    running.kill()
    running.communicate()
    assert progress.exists(), "the run was over before it could be broken off"
    hongxin.ok(*args, timeout=300)
    assert re.search(r"going on behind row \d+", hongxin.err)
    assert [s["value"] for s in hongxin.json("stats") if s.get("name") == "cases"] == [12000]
    assert "0 accepted, 12000 known already" in hongxin.ok(*args, timeout=300)
