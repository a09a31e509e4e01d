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
                          text=True, timeout=100)
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
