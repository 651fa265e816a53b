"""The command ``neural-playground train``: train an experiment from a file, without a page."""

import argparse
import json
import sys
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import Any, TextIO

import numpy as np
from pydantic import ValidationError

from engine import Experiment, Run, advance, begin, classic, evaluate
from engine.explain import explain

_REPORT_SECONDS = 0.2
_BAR = 30


def main(arguments: list[str]) -> None:
    """Read the options, train, and print what comes of it: a bar on a terminal, JSON lines elsewhere."""
    options = _parser().parse_args(arguments)
    try:
        experiment = _read(options.experiment)
    except ValueError as error:
        sys.exit(f"neural-playground train: {error}")
    as_json = options.json or not sys.stdout.isatty()
    tell = _tell_json if as_json else _tell_bar
    run = train(experiment, options.epochs, lambda run: tell(sys.stdout, run, options.epochs))
    _finish(sys.stdout, run, as_json=as_json)
    if run.diverged[0]:
        sys.exit("neural-playground train: the run diverged; lower the learning rate, or clip the gradients")


def train(experiment: Experiment, epochs: int, tell: Callable[[Run], None]) -> Run:
    """Train for some epochs, or until the run diverges or stops, telling how far it is a few times a second."""
    run = begin(experiment)
    tell(run)
    while run.epoch < epochs and not (run.diverged[0] or run.stopped[0]):
        run, _ = advance(run, epochs=epochs - run.epoch, seconds=_REPORT_SECONDS)
        tell(run)
    return run


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="neural-playground train",
        description="Train an experiment without a page, and print its figures.",
    )
    parser.add_argument(
        "experiment",
        help="a JSON file with an experiment, - for standard input, or a link of the original playground (#…)",
    )
    parser.add_argument("--epochs", type=_positive, default=100, help="(default: 100)")
    parser.add_argument("--json", action="store_true", help="print JSON lines on a terminal, too")
    return parser


def _positive(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"{value} is not a positive number")
    return value


def _read(source: str) -> Experiment:
    """Read an experiment.

    Raises:
        ValueError: there is no such file, or it holds no valid experiment; says what is wrong.
    """
    if "#" in source and not Path(source).exists():
        return classic.to_experiment(source)
    try:
        text = sys.stdin.read() if source == "-" else Path(source).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ValueError(f"cannot read {source}: {error}") from error
    try:
        return Experiment.model_validate_json(text)
    except ValidationError as error:
        raise ValueError("; ".join(refusal.message for refusal in explain(error))) from error


def _figures(run: Run) -> dict[str, Any]:
    """Return the figures of a run for JSON, where there is no NaN."""
    now = evaluate(run)
    figures: dict[str, Any] = {"epoch": run.epoch, "step": run.step}
    for name in (field.name for field in fields(now)):
        value = float(getattr(now, name)[0])
        if not np.isnan(value):
            figures[name] = value if np.isfinite(value) else None
    return figures | {"diverged": bool(run.diverged[0]), "stopped": bool(run.stopped[0])}


def _tell_json(out: TextIO, run: Run, epochs: int) -> None:
    print(json.dumps(_figures(run)), file=out, flush=True)


def _tell_bar(out: TextIO, run: Run, epochs: int) -> None:
    done = round(_BAR * run.epoch / epochs)
    figures = _figures(run)
    losses = f"train {figures['train_loss']:.4g}, test {figures['test_loss']:.4g}"
    out.write(
        f"\r[{'█' * done}{'·' * (_BAR - done)}] epoch {run.epoch:,} of {epochs:,}, loss: {losses}\x1b[K"
    )
    out.flush()


def _finish(out: TextIO, run: Run, *, as_json: bool) -> None:
    if as_json:
        print(
            json.dumps(
                {"final": True, **_figures(run), "experiment": run.experiment.model_dump(mode="json")}
            ),
            file=out,
        )
        return
    out.write("\n")
    for name, value in _figures(run).items():
        print(f"{name:15} {value}", file=out)
