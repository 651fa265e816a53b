"""A stack in chunks that fit the processor's cache."""

from collections.abc import Iterator
from dataclasses import replace

from engine.run import Run

_COLUMNS = 8192
"""Columns × replicas computed together: enough for NumPy, and few enough for the processor's cache."""


def chunks(run: Run, columns: int) -> Iterator[tuple[slice, Run]]:
    """Cut a stack into stacks so small that ``columns`` of each of their replicas fit the processor's cache.

    Yields:
        Which replicas, and the run of these alone. What a replica gives does not depend on how the stack is cut.
    """
    together = max(1, _COLUMNS // columns)
    for start in range(0, run.replicas, together):
        replicas = slice(start, min(start + together, run.replicas))
        yield (
            replicas,
            replace(
                run,
                experiments=run.experiments[replicas],
                parameters=run.parameters[replicas],
                slots=run.slots[:, replicas],
                diverged=run.diverged[replicas],
                stopped=run.stopped[replicas],
                best=run.best.part(replicas),
            ),
        )
