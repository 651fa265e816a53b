"""``neural-playground replay``: trains a receipt again, and prints whether its figures come out."""

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

from engine import Run, saved
from engine.timeline import Receipt, RecipeError, Verdict, read_receipt, verify
from engine.timeline.receipt import unreplayable
from server.cli.console import line_width, overwrite_line, replace_unknown_characters
from server.telemetry.standard_streams import print_line

_NAME = "neural-playground replay"

STATUS = {"identical": 0, "equal": 0, "parted": 1, "unreplayable": 2}
"""Exit status of each verdict."""


def main(arguments: list[str]) -> None:
    """Replay the receipt that the arguments name, print the verdict, and exit with its status."""
    replace_unknown_characters()
    options = _parser().parse_args(arguments)
    verdict = _verdict(options.receipt, options.points)
    print_line(str(verdict.message))
    sys.exit(STATUS[verdict.kind])


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=_NAME,
        description="Train a receipt again, and print whether it comes to the same figures.",
        epilog="Exit status: 0 if the run is identical to the last bit, or its losses are equal within 1e-9; 1 if they"
        " part, with the epochs between which they do; 2 if the receipt cannot be replayed.",
    )
    parser.add_argument("receipt", metavar="FILE|-", help="the receipt (JSON); - reads standard input")
    parser.add_argument(
        "--points",
        metavar="FILE",
        help="a saved experiment with the own points that the receipt stands for with 'own'",
    )
    return parser


def _verdict(source: str, points: str | None) -> Verdict:
    try:
        own = None if points is None else saved.read(Path(points).read_bytes()).experiment.data.points
        receipt = read_receipt(_text(source), own)
    except (RecipeError, saved.SavedError) as error:
        return unreplayable(error.user_message)
    except UnicodeDecodeError:
        sys.stderr.write(f"{_NAME}: {source} is no text in UTF-8\n")
        sys.exit(STATUS["unreplayable"])
    except OSError as error:
        sys.stderr.write(f"{_NAME}: cannot read {error.filename or source}: {error.strerror or error}\n")
        sys.exit(STATUS["unreplayable"])
    verdict = verify(receipt, _progress(receipt))
    if sys.stderr.isatty():
        overwrite_line("", sys.stderr)
        sys.stderr.write("\r")
    return verdict


def _text(source: str) -> str:
    data = sys.stdin.buffer.read() if source == "-" else Path(source).read_bytes()
    return data.decode("utf-8-sig")


def _progress(receipt: Receipt) -> Callable[[Run], None] | None:
    """Return what shows the progress on a terminal."""
    if not sys.stderr.isatty():
        return None

    def show(run: Run) -> None:
        overwrite_line(f"epoch {run.epoch:,} of {receipt.final.epoch:,}"[: line_width()], sys.stderr)

    return show
