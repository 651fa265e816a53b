"""The command that trains without a page, as a process."""

import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from engine import Experiment, advance, begin
from tests.support.live_server import ROOT


def run(*arguments: str, stdin: str = "") -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "server", "train", *arguments],
        cwd=ROOT,
        input=stdin,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "experiment.json"
    path.write_text(json.dumps({"network": {"hidden": [3]}}))
    return path


def test_in_a_pipe_it_prints_json_lines_and_the_engines_figures(file: Path) -> None:
    lines = [json.loads(line) for line in run(str(file), "--epochs", "50").stdout.splitlines()]

    _, report = advance(begin(Experiment.model_validate({"network": {"hidden": [3]}})), epochs=50)
    assert lines[0]["epoch"] == 0
    assert lines[-1]["final"] is True
    assert lines[-1]["epoch"] == 50
    assert lines[-1]["test_loss"] == report.test_loss[0, -1]
    assert Experiment.model_validate(lines[-1]["experiment"]).network.hidden == (3,)


def test_the_experiment_may_come_from_standard_input() -> None:
    result = run("-", "--epochs", "2", stdin="{}")

    assert json.loads(result.stdout.splitlines()[-1])["epoch"] == 2


def test_a_link_of_the_original_is_an_experiment() -> None:
    result = run("#dataset=xor&seed=0.5", "--epochs", "2")

    assert json.loads(result.stdout.splitlines()[-1])["experiment"]["data"]["classic_seed"] == "0.5"


def test_on_a_terminal_it_draws_a_bar(file: Path) -> None:
    leader, follower = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "server", "train", str(file), "--epochs", "20"], cwd=ROOT, stdout=follower
    )
    process.wait(60)
    os.close(follower)
    text = b""
    try:
        while piece := os.read(leader, 65536):
            text += piece
    except OSError:  # how a terminal says that it is closed
        pass
    os.close(leader)

    assert "epoch 20 of 20" in text.decode()
    assert "█" in text.decode()
    assert "test_accuracy" in text.decode()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "JSON"),
        ('{"training": {"learning_rate": 99}}', "training.learning_rate is 99; allowed: 0 … 10"),
        ('{"nonsense": 1}', "nonsense is not known"),
    ],
)
def test_a_bad_experiment_is_refused_in_words(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "bad.json"
    path.write_text(text)

    result = run(str(path))

    assert result.returncode != 0
    assert words in result.stderr
    assert "Traceback" not in result.stderr


def test_a_file_that_is_not_there_is_named() -> None:
    result = run("nowhere.json")

    assert result.returncode != 0
    assert "nowhere.json" in result.stderr
    assert "Traceback" not in result.stderr


def test_a_diverging_run_ends_early_and_says_so() -> None:
    experiment = {"data": {"dataset": "plane"}, "features": ["x1²", "x2²"], "training": {"learning_rate": 10}}

    result = run("-", "--epochs", "1000", stdin=json.dumps(experiment))

    assert result.returncode != 0
    assert "diverged" in result.stderr
    assert json.loads(result.stdout.splitlines()[-1])["diverged"] is True
