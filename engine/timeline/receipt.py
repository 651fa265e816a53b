"""Receipts: a recipe with the figures to which it was trained, so that anybody can train it again and compare."""

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, pairwise
from typing import Annotated, Literal, Self

import numpy as np
from pydantic import Field, model_validator

from engine.arrays import FloatArray
from engine.checkpoint import ENGINE
from engine.run import Run
from engine.timeline.entries import Entry, Epoch, Step, Strict, Train
from engine.timeline.kernel import Kernel, present_kernel
from engine.timeline.recipe import Recipe, content_of, read_json, validated, with_points
from engine.timeline.replays import Parted, Replay
from engine.timeline.timeline import Timeline
from engine.training.evaluation import evaluate
from engine.user_messages import LocalizedError, UserMessage

FORMAT = "neural-playground-receipt"
VERSION = 1

TOLERANCE = 1e-9
"""Largest difference of losses that count as equal: absolute below 1, relative above."""

_REPORT_SECONDS = 0.2

Losses = tuple[Annotated[float, Field(strict=True)] | None, ...]
"""Losses of the replicas; None for one that is not finite."""


class Figures(Strict):
    """Losses at a moment, as `evaluate` gives them.

    Attributes:
        epoch: finished epochs.
        step: updates so far.
        train: one for each replica.
        validation: likewise; empty if there are no such samples.
        test: likewise.
    """

    epoch: Epoch
    step: Step
    train: Losses
    validation: Losses = ()
    test: Losses

    @classmethod
    def of(cls, run: Run) -> Self:
        """Return the figures of a run."""
        now = evaluate(run)
        validation = _losses(now.validation_loss) if run.experiment.data.validation_samples else ()
        train, test = _losses(now.train_loss), _losses(now.test_loss)
        return cls(epoch=run.epoch, step=run.step, train=train, validation=validation, test=test)


def _losses(values: FloatArray) -> Losses:
    return tuple(float(value) if np.isfinite(value) else None for value in values)


class Receipt(Strict):
    """A recipe, and what it was trained to.

    Attributes:
        format: what the JSON is.
        version: of the format.
        engine: version of the engine's numbers (``engine.checkpoint.ENGINE``).
        kernel: what computed it.
        recipe: how the run came about.
        losses: at the beginning, and after each power of two of epochs before the end.
        final: at the end.
        diverged: of each replica, whether it has diverged.
        stopped: of each replica, whether its stop rule has ended training.
        sha256: of the bytes of the parameters, float64, little-endian, in the order of ``Run.parameters``.
    """

    format: Literal["neural-playground-receipt"] = "neural-playground-receipt"
    version: Literal[1] = 1
    engine: Annotated[int, Field(strict=True, ge=1)]
    kernel: Kernel
    recipe: Recipe
    losses: tuple[Figures, ...] = Field(max_length=64)
    final: Figures
    diverged: tuple[bool, ...]
    stopped: tuple[bool, ...]
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        trained = [entry.epoch for entry in self.recipe.entries if isinstance(entry, Train)]
        end = trained[-1] if trained else self.recipe.begin.begin().epoch
        if self.final.epoch != end:
            raise LocalizedError("receipt-end", "final.epoch", epoch=self.final.epoch, end=end)
        epochs = [figures.epoch for figures in (*self.losses, self.final)]
        if any(before > after for before, after in pairwise(epochs)):
            raise LocalizedError("receipt-order", "losses")
        return self


def issue(timeline: Timeline) -> Receipt:
    """Return the receipt of the newest run of a timeline.

    The losses at powers of two are those of ``timeline.at``, which trains on from keyframes: up to a stride for each.

    Raises:
        pydantic.ValidationError: there are more changes than a recipe may have.
    """
    run, first = timeline.newest, timeline.first
    start = first.epoch + (first.position > 0)
    epochs = [start] if run.epoch > start else []
    epochs += [2**power for power in range(33) if start < 2**power < run.epoch]
    return Receipt(
        engine=ENGINE,
        kernel=present_kernel(),
        recipe=timeline.recipe(),
        losses=tuple(Figures.of(timeline.at(epoch)) for epoch in epochs),
        final=Figures.of(run),
        diverged=tuple(run.diverged.tolist()),
        stopped=tuple(run.stopped.tolist()),
        sha256=_sha256(run),
    )


def _sha256(run: Run) -> str:
    return hashlib.sha256(run.parameters.astype("<f8").tobytes()).hexdigest()


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a replay has shown.

    Attributes:
        kind: "identical" to the last bit; "equal": losses within ``TOLERANCE``; "parted": they differ by more;
            "unreplayable".
        message: the same in words, with the reason.
        agreed: the last compared epoch at which the losses were equal; None if there is none.
        parted: the first one at which they were not; None if they were equal to the end.
    """

    kind: Literal["identical", "equal", "parted", "unreplayable"]
    message: UserMessage
    agreed: int | None = None
    parted: int | None = None


def verify(receipt: Receipt, progress: Callable[[Run], None] | None = None) -> Verdict:
    """Train a receipt again, and compare.

    Args:
        receipt: from anywhere.
        progress: called with the run a few times a second.
    """
    if receipt.engine != ENGINE:
        return unreplayable(UserMessage("receipt-engine", {"there": receipt.engine, "here": ENGINE}))
    run, agreed = receipt.recipe.begin.begin(), None
    try:
        for figures, entries in _stages(receipt):
            replay = Replay(run, entries)
            while not replay.is_done:
                replay = replay.advance(seconds=_REPORT_SECONDS)
                if progress is not None:
                    progress(replay.run)
            run = replay.run
            if not _are_equal(figures, Figures.of(run)):
                return _parted(receipt, agreed, figures.epoch)
            agreed = figures.epoch
    except Parted as error:
        return _parted(receipt, agreed, error.run.epoch)
    marks = tuple(run.diverged.tolist()), tuple(run.stopped.tolist())
    if marks != (receipt.diverged, receipt.stopped):
        return _parted(receipt, agreed, run.epoch)
    if _sha256(run) != receipt.sha256:
        return Verdict("equal", UserMessage("receipt-equal", _kernels(receipt)), agreed)
    moment = UserMessage("moment", {"epoch": run.epoch, "step": run.step})
    return Verdict("identical", UserMessage("receipt-identical", {"moment": moment}), agreed)


def unreplayable(why: UserMessage) -> Verdict:
    """Return the verdict on a receipt that cannot be replayed."""
    return Verdict("unreplayable", UserMessage("receipt-unreplayable", {"why": why}))


def _stages(receipt: Receipt) -> Iterator[tuple[Figures, tuple[Entry, ...]]]:
    """Yield the figures in order, each with the entries of the recipe that lead to them."""
    entries = receipt.recipe.entries
    start = 0
    for figures in receipt.losses:
        end = start
        while end < len(entries) and not _is_after(entries[end], figures.epoch):
            end += 1
        yield figures, (*entries[start:end], Train(epoch=figures.epoch))
        start = end
    yield receipt.final, entries[start:]


def _is_after(entry: Entry, epoch: int) -> bool:
    return isinstance(entry, Train) and (entry.epoch, entry.step or 0) > (epoch, 0)


def _are_equal(there: Figures, here: Figures) -> bool:
    groups = ((there.train, here.train), (there.validation, here.validation), (there.test, here.test))
    return (
        (there.epoch, there.step) == (here.epoch, here.step)
        and all(len(one) == len(other) for one, other in groups)
        and all(
            one == other
            or (one is not None and other is not None and abs(one - other) <= TOLERANCE * max(1, abs(one)))
            for one, other in chain.from_iterable(zip(*group, strict=True) for group in groups)
        )
    )


def _parted(receipt: Receipt, agreed: int | None, epoch: int) -> Verdict:
    if agreed is None:
        message = UserMessage("receipt-other-start", {"epoch": epoch, **_kernels(receipt)})
    else:
        message = UserMessage("receipt-parted", {"agreed": agreed, "epoch": epoch, **_kernels(receipt)})
    return Verdict("parted", message, agreed, epoch)


def _kernels(receipt: Receipt) -> dict[str, str]:
    return {"there": str(receipt.kernel), "here": str(present_kernel())}


def write_receipt(receipt: Receipt, *, points: bool = True) -> str:
    """Return a receipt as JSON.

    Args:
        receipt: any receipt.
        points: as for ``write_recipe``.
    """
    content = receipt.model_dump(mode="json", exclude={"recipe"})
    content["recipe"] = content_of(receipt.recipe, points=points)
    return json.dumps(content, ensure_ascii=False, allow_nan=False, indent=1) + "\n"


def read_receipt(text: str, own: Sequence[Sequence[float]] | None = None) -> Receipt:
    """Return a receipt that `write_receipt` wrote.

    Args:
        text: JSON from anywhere.
        own: own points (x1, x2, target) that ``"own"`` in the recipe stands for, if they are there.

    Raises:
        RecipeError: it is no receipt, of an unknown version, or its recipe cannot be replayed; says why.
    """
    content = read_json(text, FORMAT, VERSION)
    recipe = content.get("recipe")
    if isinstance(recipe, dict):
        content = {**content, "recipe": with_points(recipe, own)}
    receipt: Receipt = validated(Receipt, content)
    return receipt
