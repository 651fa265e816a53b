"""Splitting of a stack into chunks that fit the processor's cache."""

from collections.abc import Iterator

from engine.run import Run

_COLUMNS = 8192
"""Columns × replicas computed at once: enough for NumPy, and few enough for the processor's cache."""


def chunks(run: Run, columns: int) -> Iterator[tuple[slice, Run]]:
    """Split a stack into smaller ones so that ``columns`` columns of their replicas fit the processor's cache.

    Yields:
        The slice of replicas, and the run of these alone. Results of a replica do not depend on the split.
    """
    size = max(1, _COLUMNS // columns)
    for start in range(0, run.replicas, size):
        replicas = slice(start, min(start + size, run.replicas))
        yield replicas, run.part(replicas)
