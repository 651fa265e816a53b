"""Insight: each network of a stack is seen as it would be alone, to the last bit."""

from dataclasses import fields

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from engine import advance, begin, confusion, evaluate, gradient, layer_maps, layer_statistics
from engine.insight import LayerStatistics
from engine.training.evaluation import Evaluation
from tests.support.strategies import law, stacks


def views(run, resolution):
    """Yield what can be looked at by name, as arrays (replicas, …)."""
    for field in fields(Evaluation):
        yield field.name, getattr(evaluate(run), field.name)
    yield "gradient", gradient(run)
    for layer, computed in enumerate(layer_maps(run, resolution)):
        yield f"map of layer {layer}", computed
    for layer, statistics in enumerate(layer_statistics(run)):
        for field in fields(LayerStatistics):
            yield f"{field.name} of layer {layer}", getattr(statistics, field.name)
    problem = run.experiment.problem
    if problem != "regression":
        counted = confusion(run, threshold=0.6 if problem == "classification" else 0.5)
        for part in ("train", "validation", "test"):
            yield f"confusion, {part}", getattr(counted, part)


@law(40)
@given(stack=stacks(), steps=st.integers(0, 3), resolution=st.integers(2, 30))
def test_whatever_is_seen_of_a_stack_is_what_is_seen_of_its_networks(stack, steps, resolution):
    together = dict(views(advance(begin(stack), steps=steps)[0], resolution))

    for i, one in enumerate(stack):
        alone = dict(views(advance(begin(one), steps=steps)[0], resolution))
        assert alone.keys() == together.keys()
        for name, (array,) in alone.items():
            np.testing.assert_array_equal(together[name][i], array, err_msg=name)
