"""The update rule: schedule, clipping, penalty and optimizer compute new parameters of a stack from a gradient."""

import math
from collections.abc import Mapping, Sequence

import numpy as np

from engine.arrays import FloatArray, constant
from engine.registries.optimizers import OPTIMIZERS
from engine.registries.penalties import PENALTIES, add_decay, soft_threshold
from engine.registries.schedules import SCHEDULES
from engine.run import Run, slot_counts
from engine.training.workspace import Workspace


class Update:
    """The update rule of a run, bound to the parameters and the gradient of a workspace.

    Attributes:
        is_plain: whether an update is ``optimize`` alone: no schedule, clipping or penalty.
        optimize: ``optimize(updates)`` makes the optimizer's part of an update; ``updates`` is its number since the
            slots were zero, from 1.
    """

    def __init__(self, run: Run, workspace: Workspace, slots: FloatArray) -> None:
        """Bind to the optimizer state ``slots`` (slots, replicas, n), which is updated in place."""
        one, experiments = run.experiment, run.experiments
        self._since = run.since
        self._workspace = workspace
        optimizer = OPTIMIZERS[one.training.optimizer]
        self._penalty = PENALTIES[one.objective.penalty]
        counts = slot_counts(one)
        self._penalty_slots = slots[counts[0] : counts[0] + counts[1]]
        self._decoupled = optimizer.decoupled
        self._penalty_options = _options([other.objective.penalty_options for other in experiments])
        self._schedule = SCHEDULES[one.training.schedule].factor
        self._schedule_options = _options([other.training.schedule_options for other in experiments])
        self._learning_rate = _per_replica([other.training.learning_rate for other in experiments])
        self._rate = self._learning_rate  # of a step, with the schedule applied
        if self._schedule is not None:
            shapes = [number.shape for number in (self._rate, *self._schedule_options.values())]
            self._rate = np.empty(np.broadcast_shapes(*shapes))
        self.optimize = optimizer.bind(
            workspace.parameters,
            workspace.work,
            slots[: counts[0]],
            self._rate,
            _options([other.training.optimizer_options for other in experiments]),
        )
        clips = [other.training.clip_norm or math.inf for other in experiments]
        self._clip = _per_replica(clips) if min(clips) < math.inf else None
        rates = _per_replica([other.objective.penalty_rate for other in experiments])
        self._decay = rates * self._penalty.l2(self._penalty_options)
        self._thresholds = rates * self._penalty.l1(self._penalty_options)
        self._has_decay = bool(self._decay.any())
        self._has_thresholds = bool(self._thresholds.any())
        if self._has_decay:
            self._decay = self._decay * workspace.is_weight
        if self._has_thresholds or self._penalty.shrink_from is not None:
            self._thresholds = self._thresholds * workspace.is_weight
        self.is_plain = not (
            self._has_decay
            or self._has_thresholds
            or self._schedule is not None
            or self._clip is not None
            or self._penalty.project is not None
            or self._penalty.shrink_from is not None
        )

    def __call__(self, step: int) -> None:
        """Make the update number ``step`` of the run, from 0, with schedule, clipping, penalty and optimizer."""
        workspace, penalty, rate = self._workspace, self._penalty, self._rate
        parameters, gradient = workspace.parameters, workspace.gradient
        if self._schedule is not None:
            rate[...] = self._learning_rate * self._schedule(step, self._schedule_options)
        if self._clip is not None:
            _clip(gradient, self._clip)
        before = parameters.copy() if penalty.shrink_from is not None else None
        if self._has_decay:
            if self._decoupled:
                parameters *= 1 - rate * self._decay
            else:
                add_decay(parameters, self._decay, gradient, workspace.scratch)
        self.optimize(step + 1 - self._since)
        if before is not None and penalty.shrink_from is not None:
            penalty.shrink_from(before, parameters, rate * self._thresholds, self._penalty_slots)
        elif self._has_thresholds:
            soft_threshold(parameters, rate * self._thresholds, workspace.scratch)
        if penalty.project is not None:
            penalty.project(workspace.weights, self._penalty_options)


def _per_replica(values: Sequence[float]) -> FloatArray:
    """Return one number for all replicas, or (replicas, 1) if they differ."""
    return constant(values[0]) if len(set(values)) == 1 else np.array(values)[:, None]


def _options(values: Sequence[Mapping[str, float]]) -> dict[str, FloatArray]:
    return {name: _per_replica([each[name] for each in values]) for name in values[0]}


def _clip(gradient: FloatArray, limit: FloatArray) -> None:
    """Scale each replica's gradient (replicas, n) down to the norm ``limit``, in place."""
    largest = np.maximum(np.abs(gradient).max(axis=1, keepdims=True), np.finfo(np.float64).tiny)
    # Divided by the largest entry before squaring, so that nothing overflows.
    norms = largest * np.sqrt(np.sum(np.square(gradient / largest), axis=1, keepdims=True))
    gradient *= np.minimum(limit / norms, 1.0)
