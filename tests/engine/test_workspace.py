"""Workspaces: batches cut from an epoch, and buffers that never leak numbers."""

import numpy as np
import pytest

from engine import Experiment, advance, begin
from engine.workspace import borrow
from tests.support.strategies import varied


def test_a_borrowed_workspace_holds_the_parameters_of_the_run():
    run = begin(Experiment())

    with borrow(run) as workspace:
        held = workspace.parameters.copy()

    np.testing.assert_array_equal(held, run.parameters)


def test_a_workspace_in_use_is_not_lent_again():
    run = begin(Experiment())

    with borrow(run) as one, borrow(run) as other:
        shared = np.shares_memory(one.parameters, other.parameters)

    assert not shared


def test_a_workspace_comes_back_after_an_error():
    run = begin(varied(Experiment(), network={"hidden": (5, 3, 2)}))

    with pytest.raises(RuntimeError), borrow(run) as first:
        raise RuntimeError
    with borrow(run) as second:
        pass

    assert second is first


@pytest.mark.parametrize(
    ("position", "size", "expected"),
    [
        (0, 10, [(0, 10), (10, 20), (20, 25)]),
        (0, 25, [(0, 25)]),
        (0, 1, [(i, i + 1) for i in range(25)]),
        (10, 10, [(10, 20), (20, 25)]),
        (3, 10, [(3, 13), (13, 23), (23, 25)]),
        (13, 10, [(13, 23), (23, 25)]),
        (25, 10, []),
    ],
)
def test_batches_cover_what_is_left_of_the_epoch_in_order(position, size, expected):
    with borrow(begin(Experiment())) as workspace:
        feed = workspace.feed(1, 25, 4, position, size)
        table = np.arange(100.0).reshape(25, 4)
        feed.fill([table], [np.arange(25)])

        batches = feed.batches(position)

        assert [batch.stop for batch in batches] == [stop for _, stop in expected]
        assert [batch.columns for batch in batches] == [stop - start for start, stop in expected]
        for (_, features, samples, targets, *_), (start, stop) in zip(batches, expected, strict=True):
            np.testing.assert_array_equal(samples, table[start:stop, :3])
            np.testing.assert_array_equal(features, table[start:stop, :3].T)
            np.testing.assert_array_equal(targets, table[start:stop, 3:].T)


def test_an_epoch_is_filled_in_its_order():
    with borrow(begin(Experiment())) as workspace:
        feed = workspace.feed(1, 3, 4, 0, 3)
        table = np.arange(16.0).reshape(4, 4)  # the last row is for the test
        feed.fill([table], [np.array([2, 0, 1])])

        (batch,) = feed.batches(0)

        np.testing.assert_array_equal(batch.samples, table[[2, 0, 1], :3])


def test_replicas_are_fed_from_their_own_tables_in_their_own_orders():
    with borrow(begin([Experiment(), varied(Experiment(), data={"seed": 1})])) as workspace:
        feed = workspace.feed(2, 5, 4, 0, 3)
        tables = [np.arange(20.0).reshape(5, 4), np.arange(20.0, 40.0).reshape(5, 4)]
        orders = [np.array([4, 2, 0, 1, 3]), np.array([0, 1, 2, 3, 4])]
        feed.fill(tables, orders)

        first, rest = feed.batches(0)

        for i, (table, order) in enumerate(zip(tables, orders, strict=True)):
            np.testing.assert_array_equal(first.samples[i], table[order[:3], :3])
            np.testing.assert_array_equal(rest.targets[i], table[order[3:], 3:].T)


def test_a_feed_is_used_again_for_the_same_cut_only():
    with borrow(begin(Experiment())) as workspace:
        feed = workspace.feed(1, 25, 4, 0, 10)

        assert workspace.feed(1, 25, 4, 20, 10) is feed  # the same batches, two of them used up
        assert workspace.feed(1, 25, 4, 3, 10) is not feed
        assert workspace.feed(1, 25, 4, 0, 5) is not feed


def test_many_shapes_and_batch_sizes_do_not_mix_up_their_buffers():
    experiments = [
        varied(Experiment(), network={"hidden": hidden}, training={"batch_size": size})
        for hidden in ((4,), (4, 2), (3, 3, 3))
        for size in range(1, 14)
    ]
    first = [advance(begin(one), steps=30)[0].parameters for one in experiments]

    again = [advance(begin(one), steps=30)[0].parameters for one in reversed(experiments)]

    for one, other in zip(first, reversed(again), strict=True):
        np.testing.assert_array_equal(one, other)
