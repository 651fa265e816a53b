"""Weight transfer: initialize a network of another shape from a trained one."""

from dataclasses import replace

import numpy as np

from engine.arrays import FloatArray, IndexArray
from engine.experiment import Experiment, changed_fields, is_live
from engine.network.layout import Layout
from engine.run import Run, begin, reconfigure

_SHAPE = frozenset({"features", "network.hidden"})
"""Fields that change nothing but the shape of a network."""

_SMALL = 0.1
"""Factor of new parameters, so that they change the network's outputs little."""

_NEW = -1
"""Origin of a parameter that the old network does not have."""


def can_transplant(before: Experiment, after: Experiment) -> bool:
    """Return whether two experiments differ in the network's shape, and otherwise in live fields at most."""
    changed = set(changed_fields(before, after))
    return bool(changed & _SHAPE) and all(name in _SHAPE or is_live(name) for name in changed)


def transplant(run: Run, experiment: Experiment) -> Run:
    """Return the run with a network of another shape that keeps the weights which both networks have.

    Weights are matched by the key of the feature or the index of the unit that they read, and by the index of their
    own unit. Layers inserted before the output copy their inputs, unit by unit. New parameters begin with a tenth of
    the initializer's values. Epoch, step and the order of samples continue; optimizer state moves with its parameter.

    Raises:
        ValueError: the run is a stack, or the experiments differ in more than the shape and live fields.
    """
    if run.replicas != 1:
        raise ValueError(f"weights of a single network can be transferred, this is a stack of {run.replicas}")
    before = run.experiment
    if not can_transplant(before, experiment):
        raise ValueError("only features, network.hidden and live fields may differ in a weight transfer")
    # First the live fields, with the old shape; then the shape.
    old = Layout(before.sizes)
    fresh = begin(experiment)
    new = fresh.layout
    origin = _origins(before, experiment, old, new)
    known = origin != _NEW
    parameters = _SMALL * fresh.parameters
    _copy_inputs(before, experiment, new.layers(parameters))
    parameters[:, known] = run.parameters[:, origin[known]]
    live = reconfigure(run, _with_shape_of(experiment, before))
    slots = np.zeros((len(live.slots), *parameters.shape))
    slots[..., known] = live.slots[..., origin[known]]
    best = live.best
    if len(best.parameters):
        carried = parameters.copy()
        carried[:, known] = best.parameters[:, origin[known]]
        best = replace(best, parameters=carried)
    return replace(live, experiments=(experiment,), parameters=parameters, slots=slots, best=best)


def _with_shape_of(experiment: Experiment, other: Experiment) -> Experiment:
    """Return the experiment with the features and layers of the other one."""
    values = experiment.model_dump()
    values["features"] = other.features
    values["network"]["hidden"] = other.network.hidden
    values["network"]["activation"] = other.network.activation
    return Experiment.model_validate(values)


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
        layer[0] = 0
        layer[0, same, same] = 1
