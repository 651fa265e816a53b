"""Grouping of experiments into stacks that can train together, and results back in the original order."""

from collections.abc import Sequence
from typing import Any, TypeVar

from engine.experiment import MAX_REPLICAS, Experiment, field_value, fields
from engine.worlds.stack_rules import MAY_DIFFER

Result = TypeVar("Result")


def group(experiments: Sequence[Experiment]) -> list[tuple[int, ...]]:
    """Group experiments into stacks for ``begin``, as few as possible.

    Args:
        experiments: any, in any order.

    Returns:
        The indices of the experiments of each stack, at most 256, ascending; stacks are in the order of their first
        index.
    """
    stacks: dict[Any, list[list[int]]] = {}
    for position, experiment in enumerate(experiments):
        alike = stacks.setdefault(_shape(experiment), [])
        if not alike or len(alike[-1]) == MAX_REPLICAS:
            alike.append([])
        alike[-1].append(position)
    return sorted(tuple(stack) for alike in stacks.values() for stack in alike)


def in_order(groups: Sequence[Sequence[int]], results: Sequence[Sequence[Result]]) -> list[Result]:
    """Return results in the original order of the experiments.

    Args:
        groups: the stacks from ``group``.
        results: for each stack, one result per replica, such as the rows of an array.

    Raises:
        ValueError: the numbers of results do not match the groups.
    """
    pairs = [
        pair for stack, rows in zip(groups, results, strict=True) for pair in zip(stack, rows, strict=True)
    ]
    return [result for _, result in sorted(pairs, key=lambda pair: pair[0])]


def _shape(experiment: Experiment) -> tuple[Any, ...]:
    """Return the values that all experiments of a stack must share."""
    shared = [field_value(experiment, name) for name in fields() if name not in MAY_DIFFER]
    return (experiment.problem, experiment.outputs, *shared)
