"""Chunks: nothing is lost, and a replica is what it was."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine import Experiment, advance, begin
from engine.insight.chunks import chunks
from tests.support.strategies import law, stacks


@law(40)
@given(stack=stacks(), columns=st.integers(1, 9000))
def test_the_chunks_are_the_replicas_in_their_order(stack, columns):
    run, _ = advance(begin(stack), steps=2)

    cut = list(chunks(run, columns))

    assert [i for replicas, _ in cut for i in range(replicas.start, replicas.stop)] == list(
        range(run.replicas)
    )
    for replicas, chunk in cut:
        assert chunk.experiments == run.experiments[replicas]
        np.testing.assert_array_equal(chunk.parameters, run.parameters[replicas])
        np.testing.assert_array_equal(chunk.slots, run.slots[:, replicas])
        np.testing.assert_array_equal(chunk.diverged, run.diverged[replicas])
        assert (chunk.epoch, chunk.step, chunk.position) == (run.epoch, run.step, run.position)
        assert chunk.replicas == 1 or chunk.replicas * columns <= 8192


@pytest.mark.parametrize(("columns", "replicas"), [(100_000, [1, 1, 1]), (4096, [2, 1]), (10, [3])])
def test_the_more_columns_the_fewer_replicas(columns, replicas):
    run = begin([Experiment()] * 3)

    assert [chunk.replicas for _, chunk in chunks(run, columns)] == replicas
