"""``neural-playground train``: trains a saved experiment or network without a page."""

import argparse
import contextlib
import json
import os
import signal
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any, TextIO

import numpy as np

from engine import Run, advance, evaluate, saved
from engine.saved import tf_playground
from engine.user_messages import LocalizedError, UserMessage
from server.cli.console import can_show, line_width, overwrite_line
from server.telemetry.standard_streams import discard_output

_NAME = "neural-playground train"
_REPORT_SECONDS = 0.2
_BAR = 30

_BROKEN_PIPE_STATUS = 128 + getattr(signal, "SIGPIPE", 13)
"""Exit status after SIGPIPE, when the reader of standard output has ended, as ``head`` does."""


def main(arguments: list[str]) -> None:
    """Train as the arguments say, and print the progress: a bar on a terminal, JSON lines elsewhere."""
    options = _parser().parse_args(arguments)
    opened = _open(options.source)
    run = opened.run()
    last = run.epoch + options.epochs
    as_json = options.json or not sys.stdout.isatty()
    report = _report_json if as_json else _report_bar
    try:
        run = train(run, last, lambda run: report(sys.stdout, run, last))
        _finish(sys.stdout, run, as_json=as_json)
        sys.stdout.flush()
    except OSError as error:
        discard_output(sys.stdout)
        if not isinstance(error, BrokenPipeError):
            sys.exit(f"{_NAME}: cannot write to standard output: {error.strerror or error}")
        if options.save is None:
            sys.exit(_BROKEN_PIPE_STATUS)
        run = train(run, last, lambda run: None)
    if options.save is not None:
        _save(options.save, run)
    if run.diverged[0]:
        sys.exit(f"{_NAME}: the run diverged; lower the learning rate, or clip the gradients")


def train(run: Run, last: int, report: Callable[[Run], None]) -> Run:
    """Train up to an epoch, or until the run diverges or stops; call ``report`` a few times a second."""
    report(run)
    while run.epoch < last and not (run.diverged[0] or run.stopped[0]):
        run, _ = advance(run, epochs=last - run.epoch, seconds=_REPORT_SECONDS)
        report(run)
    return run


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=_NAME, description="Train an experiment without a page, and print its figures."
    )
    parser.add_argument(
        "source",
        metavar="FILE|LINK|-",
        help="a saved experiment (JSON), a saved network (safetensors; training goes on from its parameters, and its"
        " epochs are counted on), an address of the page (…#…) or a link of the original playground; - reads standard"
        " input",
    )
    parser.add_argument(
        "--epochs", type=_count, default=100, help="how many to train; 0 only reads and saves (default: 100)"
    )
    parser.add_argument(
        "--save",
        type=_saved_file,
        metavar="FILE",
        help="write what the page can open: the experiment (….json), or the trained network (….safetensors)",
    )
    parser.add_argument("--json", action="store_true", help="print JSON lines on a terminal, too")
    return parser


def _count(text: str) -> int:
    if not (text.isascii() and text.isdigit()):
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number of at least 0")
    return int(text)


def _saved_file(text: str) -> Path:
    path = Path(text)
    if path.suffix.lower() not in _WRITERS:
        raise argparse.ArgumentTypeError(
            f"{text!r} ends with {path.suffix!r}; allowed: {', '.join(_WRITERS)}"
        )
    if not path.parent.is_dir():
        raise argparse.ArgumentTypeError(f"there is no folder {str(path.parent)!r}")
    return path


def _open(source: str) -> saved.Opened:
    """Read the saved experiment or network; print notes on ignored content, and exit if there is nothing to train."""
    try:
        opened = saved.read(_content(source))
    except saved.SavedError as error:
        _print_notes(error.notes)
        may_be_file = source != "-" and not source.startswith("#") and "://" not in source
        missing = " (there is no such file)" if may_be_file and not os.path.exists(source) else ""
        sys.exit(f"{_NAME}: cannot use {_shortened(source)}{missing}: {error}")
    except OSError as error:
        sys.exit(f"{_NAME}: cannot read {_shortened(source)}: {error.strerror or error}")
    _print_notes(opened.notes)
    return opened


def _print_notes(notes: Iterable[UserMessage]) -> None:
    for note in notes:
        sys.stderr.write(f"{_NAME}: passed over: {note}\n")


def _content(source: str) -> str | bytes:
    """Return a link unchanged, or the content of a file or standard input, at most one byte more than the limit.

    Raises:
        OSError: there is no such file, and the source does not look like a link.
    """
    if source == "-":
        return sys.stdin.buffer.read(saved.MAX_BYTES + 1)
    is_link = "=" in source or source.endswith("#") or "://" in source
    # Not pathlib, which raises if a link is longer than a file name can be.
    if is_link and not os.path.exists(source):
        return source
    with open(source, "rb") as file:
        return file.read(saved.MAX_BYTES + 1)


def _shortened(source: str) -> str:
    return source if len(source) <= 200 else f"{source[:199]}…"


_WRITERS: Mapping[str, Callable[[Run], bytes]] = {
    ".json": lambda run: saved.write_experiment(run.experiment).encode(),
    ".safetensors": saved.write_network,
}
"""Functions that return the content of a saved file, by suffix."""


def _save(path: Path, run: Run) -> None:
    try:
        path.write_bytes(_WRITERS[path.suffix.lower()](run))
    except OSError as error:
        sys.exit(f"{_NAME}: cannot write {path}: {error.strerror or error}")


def _figures(run: Run) -> dict[str, Any]:
    """Return the figures of a run for JSON: without NaN, and None for infinity."""
    now = evaluate(run)
    figures: dict[str, Any] = {"epoch": run.epoch, "step": run.step}
    for name in (field.name for field in fields(now)):
        value = float(getattr(now, name)[0])
        if not np.isnan(value):
            figures[name] = value if np.isfinite(value) else None
    return figures | {"diverged": bool(run.diverged[0]), "stopped": bool(run.stopped[0])}


def _report_json(out: TextIO, run: Run, last: int) -> None:
    print(json.dumps(_figures(run)), file=out, flush=True)


def _report_bar(out: TextIO, run: Run, last: int) -> None:
    figures = _figures(run)
    losses = f"train {figures['train_loss']:.4g}, test {figures['test_loss']:.4g}"
    text = f" epoch {run.epoch:,} of {last:,}, loss: {losses}"
    full, empty = "█·" if can_show("█·", out) else "#."
    width = max(1, min(_BAR, line_width() - len(text) - len("[]")))
    done = round(width * run.epoch / max(last, 1))
    overwrite_line(f"[{full * done}{empty * (width - done)}]{text}", out)


def _finish(out: TextIO, run: Run, *, as_json: bool) -> None:
    if as_json:
        experiment = run.experiment.model_dump(mode="json")
        final = {"final": True, **_figures(run), "experiment": experiment, **_addresses(run)}
        print(json.dumps(final), file=out)
        return
    out.write("\n")
    for name, value in {**_figures(run), **_addresses(run)}.items():
        print(f"{name:15} {value}", file=out)


def _addresses(run: Run) -> dict[str, str]:
    """Return fragments of addresses that open the experiment: of the page, and of TensorFlow Playground if possible."""
    addresses = {}
    if run.experiment.data.points is None:
        addresses["address"] = f"#{saved.write_address(run.experiment)}"
    with contextlib.suppress(LocalizedError):
        addresses["original"] = f"#{tf_playground.to_link(run.experiment)}"
    return addresses
