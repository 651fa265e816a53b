"""Search in a timeline: the first epoch at which something holds."""

from collections.abc import Callable

from engine.run import Run
from engine.timeline.timeline import Timeline


def first_epoch(
    timeline: Timeline,
    predicate: Callable[[Run], bool],
    progress: Callable[[int, int], None] | None = None,
) -> int | None:
    """Return the first whole epoch of a timeline at which a predicate holds; None if there is none.

    The first keyframe at which it holds is an upper bound. The epochs before it are then tried one after the other, as
    nothing is assumed of the predicate: it may hold, stop holding, and hold again. So the cost is that of training up
    to the result once more (to the end, if it never holds), and of the predicate at each epoch and keyframe before.

    Args:
        timeline: in which to search.
        predicate: of the run at the beginning of an epoch.
        progress: called after each epoch with that epoch and the upper bound.
    """
    tried: dict[int, bool] = {}
    for moment, run in timeline.keyframes.items():
        if run.position == 0:
            tried[moment.epoch] = predicate(run)
            if tried[moment.epoch]:
                break
    bound = max(tried) if any(tried.values()) else timeline.newest.epoch
    for run in timeline.epochs(last=bound):
        holds = tried[run.epoch] if run.epoch in tried else predicate(run)
        if holds:
            return run.epoch
        if progress is not None:
            progress(run.epoch, bound)
    return None
