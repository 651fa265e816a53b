"""Weight transfer: initialize a network of another shape from a trained one."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from engine.arrays import FloatArray, IndexArray
from engine.experiment import Experiment, changed_fields, is_live, with_fields_of
from engine.network.layout import Layout
from engine.run import Run, begin, reconfigure
from engine.worlds.stack_rules import for_replicas

_SHAPE = frozenset({"features", "network.hidden"})
"""Fields that change nothing but the shape of a network."""

_SMALL = 0.1
"""Factor of new parameters, so that they change the network's outputs little."""

_NEW = -1
"""Origin of a parameter that the old network does not have."""


def can_transplant(before: Experiment, after: Experiment) -> bool:
    """Return whether two experiments differ in the network's shape, and otherwise in live fields at most."""
    return _obstacle(before, after) is None


def _obstacle(before: Experiment, after: Experiment) -> str | None:
    """Return why weights cannot be transferred, with the field's name; None if they can."""
    changed = changed_fields(before, after)
    for name in changed:
        if name not in _SHAPE and not is_live(name):
            return f"{name} cannot change in a weight transfer; features, network.hidden and live fields can"
    if _SHAPE.isdisjoint(changed):
        return "features and network.hidden are as before, so there is nothing to transfer; use reconfigure"
    return None


def transplant(run: Run, experiment: Experiment | Sequence[Experiment]) -> Run:
    """Return the run with networks of another shape that keep the weights which both shapes have.

    Weights are matched by the key of the feature or the index of the unit that they read, and by the index of their
    own unit. Layers inserted before the output copy their inputs, unit by unit. New parameters begin with a tenth of
    the initializer's values. Epoch, step and the order of samples continue; optimizer state moves with its parameter.
    Each replica becomes what it would alone.

    Args:
        run: any run.
        experiment: a sequence with one per replica; or a single one, whose changes to the first replica's experiment
            are made in all (see ``for_replicas``).

    Raises:
        ValueError: an experiment has the same shape or differs in more than the shape and live fields, there are not
            as many as replicas, or they cannot form a stack; names the field.
    """
    experiments = []
    for before, after in zip(run.experiments, for_replicas(run.experiments, experiment), strict=True):
        if (obstacle := _obstacle(before, after)) is not None:
            raise ValueError(obstacle)
        experiments.append(after)
    # First the live fields, with the old shape; then the shape, which all replicas share.
    before, after = run.experiment, experiments[0]
    old_shape = ("features", "network.hidden", "network.activation")
    live = reconfigure(run, [with_fields_of(before, one, old_shape) for one in experiments])
    fresh = begin(experiments)
    new = fresh.layout
    origin = _origins(before, after, run.layout, new)
    known = origin != _NEW
    parameters = _SMALL * fresh.parameters
    _copy_inputs(before, after, new.layers(parameters))
    parameters[:, known] = run.parameters[:, origin[known]]
    slots = np.zeros((len(live.slots), *parameters.shape))
    slots[..., known] = live.slots[..., origin[known]]
    best = live.best
    if len(best.parameters):
        carried = parameters.copy()
        carried[:, known] = best.parameters[:, origin[known]]
        best = replace(best, parameters=carried)
    return replace(live, experiments=tuple(experiments), parameters=parameters, slots=slots, best=best)


def _origins(before: Experiment, after: Experiment, old: Layout, new: Layout) -> IndexArray:
    """Return the index of the old parameter for each of the new ones (n,); −1 if there is none."""
    origin = np.full(new.parameters, _NEW)
    last_old, last_new = len(before.network.hidden), len(after.network.hidden)
    pairs = [(layer, layer) for layer in range(min(last_old, last_new))] + [(last_old, last_new)]
    by_feature = [before.features.index(key) if key in before.features else _NEW for key in after.features]
    for there, here in pairs:
        if there == here == 0:
            inputs = by_feature
        elif 0 in (there, here):  # the output reads units instead of features now, or the other way round
            inputs = [_NEW] * (new.shapes[here][1] - 1)
        else:
            common = min(old.shapes[there][1], new.shapes[here][1]) - 1
            inputs = [*range(common), *[_NEW] * (new.shapes[here][1] - 1 - common)]
        for unit in range(min(old.shapes[there][0], new.shapes[here][0])):
            for position, input_ in enumerate(inputs):
                if input_ != _NEW:
                    origin[new.index(here, unit, position)] = old.index(there, unit, input_)
            origin[new.index(here, unit, -1)] = old.index(there, unit, -1)
    return origin


def _copy_inputs(before: Experiment, after: Experiment, layers: list[FloatArray]) -> None:
    """Make inserted hidden layers copy their inputs, unit by unit (parameters in place)."""
    first = len(before.network.hidden)
    if first == 0:  # features are no units that could be copied
        return
    for layer in layers[first:-1]:
        units, width = layer.shape[1:]
        same = np.arange(min(units, width - 1))
        layer[...] = 0
        layer[:, same, same] = 1
