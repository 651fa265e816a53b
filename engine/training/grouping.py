"""Stacks: sort any experiments into those that can train together, and put results back in order."""

from collections.abc import Sequence
from typing import Any, TypeVar

from engine.experiment import MAX_REPLICAS, Experiment, field_value, fields
from engine.run import MAY_DIFFER

Result = TypeVar("Result")


def group(experiments: Sequence[Experiment]) -> list[tuple[int, ...]]:
    """Sort experiments into stacks for ``begin``.

    Args:
        experiments: any, in any order.

    Returns:
        The positions of those that belong together, at most 256 in a stack, as few stacks as that allows; positions
        grow inside a stack, and stacks are in the order of their first position.
    """
    stacks: dict[Any, list[list[int]]] = {}
    for position, experiment in enumerate(experiments):
        alike = stacks.setdefault(_shape(experiment), [])
        if not alike or len(alike[-1]) == MAX_REPLICAS:
            alike.append([])
        alike[-1].append(position)
    return sorted(tuple(stack) for alike in stacks.values() for stack in alike)


def in_order(groups: Sequence[Sequence[int]], results: Sequence[Sequence[Result]]) -> list[Result]:
    """Put results back in the order in which the experiments came.

    Args:
        groups: what ``group`` returned.
        results: for each stack, one result per replica (the rows of an array will do).

    Raises:
        ValueError: the numbers of results do not fit the groups.
    """
    pairs = [
        pair for stack, rows in zip(groups, results, strict=True) for pair in zip(stack, rows, strict=True)
    ]
    return [result for _, result in sorted(pairs, key=lambda pair: pair[0])]


def _shape(experiment: Experiment) -> tuple[Any, ...]:
    """Return what all experiments of a stack must share."""
    shared = [field_value(experiment, name) for name in fields() if name not in MAY_DIFFER]
    return (experiment.problem, experiment.outputs, *shared)
