"""Keyframes: the runs that a timeline keeps, and how they are thinned."""

from collections.abc import Callable, Mapping, Set
from itertools import pairwise
from typing import Literal, NamedTuple, Self

from engine.run import Run

MAX_KEYFRAMES = 256
"""Runs that a timeline keeps, the first and the newest included."""

_ROOM = 32
"""Keyframes that can be added after they were thinned."""

Why = Literal["begin", "change", "fork", "pinned", "best", "finite"]
"""Why a moment is held."""

_RUN_BYTES = 1_500
"""Estimate of the memory of a run besides the numbers in its arrays."""


class Moment(NamedTuple):
    """A moment of a run.

    Attributes:
        epoch: finished epochs.
        step: updates since the run began; 0 at the beginning of the epoch.
    """

    epoch: int
    step: int = 0

    @classmethod
    def of(cls, run: Run) -> Self:
        """Return the moment of a run."""
        return cls(run.epoch, run.step if run.position else 0)


Keyframes = Mapping[Moment, Run]
"""Runs by their moment, in order."""


def reduced(
    keyframes: Keyframes,
    ends: Set[Moment],
    why: Mapping[Moment, Set[Why]],
    stride: int,
    fits: Callable[[Keyframes], bool],
) -> tuple[dict[Moment, Run], int]:
    """Return as many keyframes as a stride allows and as fit, and the stride, doubled as often as needed.

    Args:
        keyframes: in any order.
        ends: moments that always stay.
        why: held moments, with the reasons; their runs go last, but no more are kept because of changes than others.
        stride: epochs that share one keyframe, besides those of held moments.
        fits: whether keyframes are few enough.
    """
    kept = _thinned(dict(sorted(keyframes.items())), ends | why.keys(), stride)
    while not fits(kept):
        inner = kept.keys() - ends
        held = inner & why.keys()
        # Changes can be many: their keyframes must not leave long stretches without any.
        lesser = {moment for moment in held if why[moment].isdisjoint(("pinned", "best"))}
        if len(lesser) > len(inner - held):
            del kept[_least_work(kept, lesser)]
        elif inner - held:
            stride *= 2
            kept = _thinned(kept, ends | why.keys(), stride)
        elif held:
            del kept[_least_work(kept, held)]
        else:
            break
    return kept, stride


def are_few(keyframes: Keyframes) -> bool:
    """Return whether there is room for some more, so that not each further one has others thinned."""
    return len(keyframes) <= MAX_KEYFRAMES - _ROOM


def _thinned(keyframes: Keyframes, held: Set[Moment], stride: int) -> dict[Moment, Run]:
    """Return the held keyframes, and of the others those that are the first of their stride."""
    kept = {}
    last = None
    for moment, run in keyframes.items():
        if moment in held or moment.epoch // stride != last:
            kept[moment] = run
        last = moment.epoch // stride
    return kept


def _least_work(keyframes: Keyframes, among: Set[Moment]) -> Moment:
    """Return which of some keyframes is the least work to compute again: the one closest behind another."""
    gaps = {
        here: (here.epoch - before.epoch, here.step - before.step)
        for before, here in pairwise(keyframes)
        if here in among
    }
    return min(gaps, key=gaps.__getitem__)


def bytes_of(keyframes: Keyframes) -> int:
    """Estimate the memory of keyframes, in bytes; experiments, which runs share, do not count."""
    total = 0
    for run in keyframes.values():
        best = run.best
        arrays = (
            run.parameters,
            run.slots,
            run.diverged,
            run.stopped,
            best.loss,
            best.epoch,
            best.parameters,
        )
        total += _RUN_BYTES + sum(array.nbytes for array in arrays)
    return total
