"""The bench command itself: a tiny run ends well and writes what programs can read. Its figures mean nothing."""
import json
import os
import subprocess
import sys
from pathlib import Path

RUN = Path(__file__).with_name("run")


def test_tiny_run_writes_well_formed_results(tmp_path):
    out = tmp_path / "bench.json"
    done = subprocess.run([sys.executable, RUN, "--only", "intake", "--scale-down", "1000", "--dir", tmp_path / "work",
                           "--json", out], env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}, capture_output=True,
                          text=True, timeout=900)
    assert done.returncode == 0, done.stderr
    assert "scaled down" in done.stdout
    result = json.loads(out.read_text())
    assert result["scaled_down"] == 1000 and result["machine"]["cores"] >= 1
    assert len(result["rows"]) == 4
    for r in result["rows"]:
        assert r["bench"] == "intake" and r["what"] and r["value"] > 0 and r["unit"]
        assert r["yardstick"] > 0
        assert r["ok"] in (True, False, None)
    accepted = [r["load"]["accepted"] for r in result["rows"] if "load" in r]
    assert accepted == [1024, 512]
    assert not (tmp_path / "work").exists(), "a run leaves no store behind"


def test_several_generators_at_one_daemon(tmp_path, monkeypatch):
    """Whoever only reports does not mind that others do, too."""
    monkeypatch.syspath_prepend(str(RUN.parent))
    import harness
    harness.build()
    with harness.Daemon(tmp_path) as d:
        started = [harness.start_tool("bench_load", "flood", endpoint=d.intake(), what="reports", events=2000, items=8, window=4,
                                      tag=f"g{n}") for n in range(3)]
        assert [harness.finish(p)["accepted"] for p in started] == [2000, 2000, 2000]


def test_the_chain_can_be_left_out_for_comparison(tmp_path, monkeypatch):
    """The same daemon less its hash chain takes the same complaints; hongxind itself cannot be asked for that."""
    monkeypatch.syspath_prepend(str(RUN.parent))
    import harness
    import locks
    harness.build()
    for kind in (harness.Daemon, locks.Unchained):
        assert locks.flood(tmp_path / kind.program, 1024, None, kind)[0]["accepted"] == 1024
