"""The command that trains a receipt again, as a process and in this one."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from engine import Experiment, Timeline, advance, begin, issue, saved
from engine.timeline import write_receipt
from server.cli import replay
from tests.support.live_server import ROOT

OWN = [(float(i % 7 - 3), float(i // 7 - 2), 1.0 if i % 3 else -1.0) for i in range(40)]


def receipt_text(*, with_points: bool = True, **data: Any) -> str:
    experiment = Experiment.model_validate({"data": {"samples": 40, **data}})
    timeline = Timeline.begin(begin(experiment))
    return write_receipt(issue(timeline.record(advance(timeline.newest, epochs=20)[0])), points=with_points)


def run(*arguments: str, stdin: str = "") -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "server", "replay", *arguments],
        cwd=ROOT,
        input=stdin,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def replayed(
    capsys: pytest.CaptureFixture[str], path: Path, text: str, *arguments: str
) -> tuple[str, object]:
    """Replay a text in this process; return what is printed and the exit status."""
    path.write_text(text, encoding="utf-8")
    with pytest.raises(SystemExit) as ended:
        replay.main([str(path), *arguments])
    printed = capsys.readouterr()
    return printed.out + printed.err, ended.value.code


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "receipt.json"


def test_a_receipt_is_trained_again_and_found_to_be_identical(path: Path) -> None:
    path.write_text(receipt_text(), encoding="utf-8")

    result = run(str(path))

    assert result.stdout == "identical to the last bit: all parameters at epoch 20, step 40\n"
    assert (result.stderr, result.returncode) == ("", 0)


def test_a_receipt_may_come_from_standard_input() -> None:
    result = run("-", stdin=receipt_text())

    assert (result.stdout[:9], result.returncode) == ("identical", 0)


@pytest.mark.parametrize(
    ("change", "words", "status"),
    [
        (lambda content: content.update(sha256="0" * 64), "equal within 1e-9", 0),
        (
            lambda content: content["losses"][2]["test"].__setitem__(0, 9.0),
            "they part after epoch 1 and not later than epoch 2",
            1,
        ),
        (
            lambda content: content.update(engine=99),
            "cannot be replayed, because version 99 of the engine",
            2,
        ),
        (
            lambda content: content.update(version=99),
            "cannot be replayed, because version is 99; this version",
            2,
        ),
    ],
)
def test_each_verdict_has_its_words_and_its_status(
    capsys: pytest.CaptureFixture[str], path: Path, change: Callable[[Any], None], words: str, status: int
) -> None:
    content = json.loads(receipt_text())
    change(content)

    printed, code = replayed(capsys, path, json.dumps(content))

    assert printed.startswith(words)
    assert code == status


def test_own_points_that_are_not_in_the_receipt_are_given_by_a_saved_experiment(
    capsys: pytest.CaptureFixture[str], path: Path
) -> None:
    text = receipt_text(with_points=False, points=OWN)
    given = path.with_name("experiment.json")
    given.write_text(
        saved.write_experiment(Experiment.model_validate({"data": {"points": OWN}})), encoding="utf-8"
    )

    assert replayed(capsys, path, text, "--points", str(given))[1] == 0
    printed, code = replayed(capsys, path, text)
    assert "stands for points that are not in the file" in printed
    assert code == 2


def test_what_cannot_be_read_is_said(capsys: pytest.CaptureFixture[str], path: Path) -> None:
    path.write_bytes(b"\xff\xfe\xfd")
    for name, words in ((path, "is no text in UTF-8"), (path.with_name("none"), "cannot read")):
        with pytest.raises(SystemExit) as ended:
            replay.main([str(name)])
        assert ended.value.code == 2
        assert words in capsys.readouterr().err
