"""The command that trains without a page, as a process."""

import json
import os
import pty
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine import Experiment, advance, begin, saved
from server.cli import train
from tests.support.live_server import ROOT

WHOLE = {"network": {"hidden": [2], "seed": 3}}
PAGES_FILE = json.dumps({"format": "neural-playground-experiment", "version": 1, "experiment": WHOLE})


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


def trained(
    capsys: pytest.CaptureFixture[str], *arguments: str, epochs: int = 0
) -> tuple[dict[str, Any], list[str]]:
    """Run the command in this process; return the last line of its output, and the lines of its errors."""
    train.main([*arguments, "--epochs", str(epochs)])
    printed = capsys.readouterr()
    return json.loads(printed.out.splitlines()[-1]), printed.err.splitlines()


def refused(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """Run the command in this process; return all that it says about why it does nothing."""
    with pytest.raises(SystemExit) as ended:
        train.main(list(arguments))
    printed = capsys.readouterr()
    assert printed.out == ""
    assert ended.value.code not in (0, None)
    return f"{printed.err}{ended.value.code}"


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


@pytest.mark.parametrize(("encoding", "full"), [("utf-8", "█"), ("cp1252", "#")])
def test_on_a_terminal_it_draws_a_bar_of_characters_that_it_has(file: Path, encoding: str, full: str) -> None:
    leader, follower = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "server", "train", str(file), "--epochs", "20"],
        cwd=ROOT,
        env={**os.environ, "PYTHONIOENCODING": encoding, "COLUMNS": "80"},
        stdout=follower,
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

    shown = text.decode(encoding)
    assert "epoch 20 of 20, loss: train " in shown
    assert full in shown
    assert "test_accuracy" in shown
    assert all(len(line) < 80 for line in re.split(r"[\r\n]+", shown))


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


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("saved.json", PAGES_FILE.encode()),
        ("expbom.json", b"\xef\xbb\xbf" + PAGES_FILE.encode()),
        ("utf16.json", PAGES_FILE.encode("utf-16")),
        ("link.txt", b"http://127.0.0.1:8000/#network.hidden=2&network.seed=3\r\n"),
        ("of #3=4.json", PAGES_FILE.encode()),
    ],
)
def test_files_as_the_page_and_editors_write_them_are_read(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, name: str, content: bytes
) -> None:
    (tmp_path / name).write_bytes(content)

    final, errors = trained(capsys, str(tmp_path / name))

    assert (final["experiment"]["network"]["hidden"], final["experiment"]["network"]["seed"]) == ([2], 3)
    assert errors == []


def test_an_address_of_the_page_is_an_experiment(capsys: pytest.CaptureFixture[str]) -> None:
    address = "data.dataset=spiral&network.hidden=8,8&training.learning_rate=0.1"

    final, errors = trained(capsys, f"http://127.0.0.1:8000/#{address}")

    assert final["experiment"]["data"]["dataset"] == "spiral"
    assert final["experiment"]["network"]["hidden"] == [8, 8]
    assert final["experiment"]["training"]["learning_rate"] == 0.1
    assert (final["address"], errors) == (f"#{address}", [])


def test_a_link_longer_than_a_file_name_may_be_is_read(capsys: pytest.CaptureFixture[str]) -> None:
    link = "#dataset=xor&seed=0.5" + "&hideText=false" * 300

    final, errors = trained(capsys, link)

    assert (final["experiment"]["data"]["classic_seed"], errors) == ("0.5", [])
    assert "dataset=xor" in final["original"]


def test_what_is_passed_over_is_named_one_line_each_and_the_rest_trains(
    capsys: pytest.CaptureFixture[str],
) -> None:
    final, errors = trained(capsys, "#data.noise=0.2&sing=1&training.learning_rate=fast&data.points=own")

    assert final["experiment"]["data"]["noise"] == 0.2
    assert len(errors) == 3
    for name, error in zip(("sing", "training.learning_rate", "data.points"), errors, strict=True):
        assert name in error


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("#", ["#", "nothing behind"]),
        ("http://127.0.0.1:8000/", ["http://127.0.0.1:8000/", "nothing behind"]),
        ("my#file.json", ["my#file.json", "No such file"]),
        ("my#file=1.json", ["my#file=1.json", "no such file", "file is not known", "an address"]),
        ("#amp;foo=1", ["'amp;foo' is not known", "a saved network", "a link of the original"]),
        ("#data.noise=loud", ["data.noise", "'loud'", "0 … 1"]),
        (".", ["cannot read ."]),
    ],
)
def test_what_cannot_be_used_is_named_with_what_can_be_given(
    capsys: pytest.CaptureFixture[str], source: str, words: list[str]
) -> None:
    told = refused(capsys, source)

    for word in words:
        assert word in told


def test_a_saved_network_trains_on_from_its_parameters_and_epoch(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    path = tmp_path / "run.safetensors"
    first, _ = advance(begin(Experiment.model_validate(WHOLE)), epochs=3)
    whole, report = advance(first, epochs=4)
    path.write_bytes(saved.write_network(first))

    final, errors = trained(capsys, str(path), "--save", str(path), epochs=4)

    assert (final["epoch"], final["step"], errors) == (7, whole.step, [])
    assert final["test_loss"] == report.test_loss[0, -1]
    assert np.array_equal(saved.read(path.read_bytes()).run().parameters, whole.parameters)


def test_what_is_saved_is_read_again(capsys: pytest.CaptureFixture[str], tmp_path: Path, file: Path) -> None:
    experiment, network = tmp_path / "again.json", tmp_path / "again.safetensors"

    trained(capsys, str(file), "--save", str(experiment), epochs=2)
    trained(capsys, str(file), "--save", str(network), epochs=2)

    expected, _ = advance(begin(Experiment.model_validate({"network": {"hidden": [3]}})), epochs=2)
    assert saved.read(experiment.read_bytes()).experiment == expected.experiment
    assert np.array_equal(saved.read(network.read_bytes()).run().parameters, expected.parameters)


@pytest.mark.parametrize("name", ["run.txt", "run", "nowhere/run.json"])
def test_what_cannot_be_saved_is_refused_before_anything_is_trained(
    capsys: pytest.CaptureFixture[str], file: Path, tmp_path: Path, name: str
) -> None:
    told = refused(capsys, str(file), "--save", str(tmp_path / name))

    assert name.split("/")[0] in told
