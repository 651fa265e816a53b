"""Parts: nothing is lost, and a replica is what it was."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine import Experiment, advance, begin
from engine.insight.layer_activations import activations, parts
from engine.registries.activations import ACTIVATIONS, LOGISTIC_OUTPUT
from tests.support.strategies import law, stacks, varied


@law(40)
@given(stack=stacks(), columns=st.integers(1, 9000))
def test_the_parts_are_the_replicas_in_their_order(stack, columns):
    run, _ = advance(begin(stack), steps=2)

    cut = list(parts(run, columns))

    assert [i for replicas, _ in cut for i in range(replicas.start, replicas.stop)] == list(
        range(run.replicas)
    )
    for replicas, part in cut:
        assert part.experiments == run.experiments[replicas]
        np.testing.assert_array_equal(part.parameters, run.parameters[replicas])
        np.testing.assert_array_equal(part.slots, run.slots[:, replicas])
        np.testing.assert_array_equal(part.diverged, run.diverged[replicas])
        assert (part.epoch, part.step, part.position) == (run.epoch, run.step, run.position)
        assert part.replicas == 1 or part.replicas * columns <= 8192


@pytest.mark.parametrize(("columns", "replicas"), [(100_000, [1, 1, 1]), (4096, [2, 1]), (10, [3])])
def test_the_more_columns_the_fewer_replicas(columns, replicas):
    run = begin([Experiment()] * 3)

    assert [part.replicas for _, part in parts(run, columns)] == replicas


def test_there_is_an_activation_for_every_layer_the_outputs_last():
    experiment = varied(
        Experiment(),
        network={"hidden": (3, 2), "activation": ("relu", "sine")},
        objective={"loss": "logistic-cross-entropy"},
    )

    assert activations(experiment) == [ACTIVATIONS["relu"], ACTIVATIONS["sine"], LOGISTIC_OUTPUT]
