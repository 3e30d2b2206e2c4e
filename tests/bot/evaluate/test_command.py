"""``python -m bot.evaluate`` as a command: with the trained model, and without what it needs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
RECORDED = Path(__file__).with_name("recorded.jsonl")
ROWS = [json.loads(line) for line in RECORDED.read_text(encoding="utf-8").splitlines()]


def evaluate(*arguments: str, var: Path, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    environ = {key: value for key, value in os.environ.items() if not key.startswith("TANDEM_")}
    return subprocess.run(
        [sys.executable, "-m", "bot.evaluate", *arguments],
        cwd=cwd,
        env={**environ, "TANDEM_VAR": str(var), "TANDEM_KNOWLEDGE_PORT": "9", "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )


@pytest.mark.timeout(1_000)
def test_recorded_dialogues_get_the_verdicts_they_should(tmp_path: Path) -> None:
    done = evaluate(str(RECORDED), "--json", str(tmp_path / "figures.json"), var=tmp_path)
    assert done.returncode == 0, done.stderr
    found = [json.loads(line) for line in done.stdout.splitlines()]
    wanted = [(r["id"], r["label"]["handoff"], r["label"].get("reason"), r["label"].get("turn")) for r in ROWS]
    assert [(row["id"], row["handoff"], row["reason"], row["turn"]) for row in found] == wanted
    assert all(signal["words"] for row in found for signal in row["signals"].values())
    figures = json.loads((tmp_path / "figures.json").read_text(encoding="utf-8"))
    assert figures["handoff"]["recall"]["value"] == 1
    assert set(figures["alone"]) >= {"customer_request", "frustration", "low_confidence", "repeated_question"}
    assert "GT-III" in done.stderr


def test_a_bad_row_ends_it_before_anything_starts(tmp_path: Path) -> None:
    bad = tmp_path / "bad.jsonl"
    bad.write_text(RECORDED.read_text(encoding="utf-8") + '{"id": "x", "turns": [{"role": "customer"}]}\n')
    done = evaluate(str(bad), var=tmp_path)
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr == (
        f"bad.jsonl, line {len(ROWS) + 1}: turns[0].text must be a text of at most 65536 characters.\n"
    )


def test_without_a_model_it_says_how_to_get_one(tmp_path: Path) -> None:
    done = evaluate(str(RECORDED), var=tmp_path, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (1, "")
    assert "run `make train`" in done.stderr


def test_verdicts_of_others_are_measured_the_same_way(tmp_path: Path) -> None:
    verdicts = tmp_path / "verdicts.jsonl"
    rows = [
        {"id": row["id"], "handoff": row["id"].endswith("asks"), "reason": "customer_request", "turn": 0}
        for row in ROWS
    ]
    verdicts.write_text("\n".join(json.dumps(row) for row in rows))
    target = tmp_path / "figures.json"
    done = evaluate(str(RECORDED), "--predictions", str(verdicts), "--json", str(target), var=tmp_path)
    assert done.returncode == 0, done.stderr
    assert json.loads(target.read_text())["handoff"]["precision"]["value"] == 1
    verdicts.write_text(json.dumps(rows[0]))
    assert "holds no prediction for" in evaluate(str(RECORDED), "--predictions", str(verdicts), var=tmp_path).stderr
    verdicts.write_text('{"id": "x"}')
    assert "line 1" in evaluate(str(RECORDED), "--predictions", str(verdicts), var=tmp_path).stderr
