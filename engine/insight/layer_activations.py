"""The activations of each layer of a run, a few replicas at a time."""

from collections.abc import Iterator
from dataclasses import replace

from engine.experiment import Experiment
from engine.registries.activations import ACTIVATIONS, Activation
from engine.registries.losses import LOSSES
from engine.run import Run

_COLUMNS = 8192
"""Columns × replicas looked at together: enough for NumPy, and few enough for the processor's cache."""


def activations(experiment: Experiment) -> list[Activation]:
    """Return the activation of every layer, the output's last."""
    output = LOSSES[experiment.objective.loss].outputs[experiment.problem]
    return [*(ACTIVATIONS[name] for name in experiment.network.activations), output]


def parts(run: Run, columns: int) -> Iterator[tuple[slice, Run]]:
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
