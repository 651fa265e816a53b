"""Workspaces: batches cut from an epoch, buffers that never leak numbers, and how much of them is kept."""

import gc
import tracemalloc
import weakref
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from engine import Experiment, advance, begin
from engine.network.layout import Layout
from engine.registries.activations import ACTIVATIONS
from engine.registries.losses import LOSSES
from engine.samples import rows
from engine.training.workspace import POOL, Workspace, WorkspacePool, borrow
from tests.support.numeric import gradient
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


# ------------------------------------------------------------------------------------------------------ spare memory


def workspace(units):
    return Workspace((2, units, 1), [ACTIVATIONS["tanh"], ACTIVATIONS["linear"]], "half-squared-error", 1)


def test_a_store_hands_out_what_it_was_given_and_only_once():
    pool, one = WorkspacePool(10_000), workspace(4)

    pool.release("shape", one)

    assert pool.bytes == one.bytes > 0
    assert pool.acquire("another shape") is None
    assert pool.acquire("shape") is one
    assert pool.acquire("shape") is None
    assert pool.bytes == 0


def test_those_not_used_for_the_longest_time_go_first():
    spaces = [workspace(4) for _ in range(4)]
    pool = WorkspacePool(3 * spaces[0].bytes)
    for name, one in zip("abc", spaces, strict=False):
        pool.release(name, one)
    pool.release("a", pool.acquire("a") or workspace(1))

    pool.release("d", spaces[3])

    assert pool.bytes == pool.max_bytes
    assert [pool.acquire(name) for name in "abcd"] == [spaces[0], None, spaces[2], spaces[3]]
    assert pool.bytes == 0


def test_one_above_the_allowance_is_not_kept_and_drives_nobody_out():
    small, large = workspace(4), workspace(400)
    pool = WorkspacePool(large.bytes - 1)

    pool.release("small", small)
    pool.release("large", large)

    assert pool.acquire("large") is None
    assert pool.acquire("small") is small


def test_a_cleared_store_is_empty():
    pool = WorkspacePool(10_000)
    pool.release("shape", workspace(4))

    pool.clear()

    assert (pool.bytes, pool.acquire("shape")) == (0, None)


def test_threads_that_take_and_give_neither_share_nor_lose_the_count():
    pool = WorkspacePool(5 * workspace(4).bytes)

    def use(number):
        one = pool.acquire(number % 3) or workspace(4)
        one.parameters[...] = number
        alone = bool((one.parameters == number).all())
        pool.release(number % 3, one)
        return alone

    with ThreadPoolExecutor(8) as executor:
        assert all(executor.map(use, range(2000)))

    taken = (pool.acquire(shape) for shape in range(3) for _ in range(5))
    kept = [one for one in taken if one is not None]
    assert 1 <= len(kept) <= 5
    assert len({id(one) for one in kept}) == len(kept)
    assert pool.bytes == 0


@pytest.mark.parametrize(
    "stack",
    [
        pytest.param([Experiment()], id="default"),
        pytest.param([varied(Experiment(), training={"batch_size": 1})], id="batch size 1"),
        pytest.param([varied(Experiment(), network={"hidden": (8,) * 10})], id="ten layers"),
        pytest.param(
            [varied(Experiment(), network={"seed": i}, data={"seed": i}) for i in range(20)], id="stack"
        ),
        pytest.param(
            [varied(Experiment(), network={"hidden": (64,) * 4}, training={"batch_size": 250})], id="wide"
        ),
    ],
)
def test_a_workspace_knows_what_it_takes(stack):
    run = begin(stack)
    advance(run, epochs=1)  # samples are cached elsewhere
    POOL.clear()
    gc.collect()

    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        advance(run, epochs=1)
        gc.collect()
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert POOL.bytes == pytest.approx(after - before, rel=0.3)


def test_networks_of_the_largest_shapes_leave_no_more_than_the_allowance():
    POOL.clear()
    shapes = [(64, 64, 64, 64, 64), (40,) * 10, (64, 64), (60, 60), (4, 2), (56, 56), (64, 64, 64, 64, 8)]
    kept = []

    for hidden in shapes:
        experiment = varied(
            Experiment(),
            data={"samples": 10_000, "train_fraction": 0.9},
            network={"hidden": hidden},
            objective={"dropout": 0.1},  # otherwise large batches go through in small pieces
            training={"batch_size": 10_000},
        )
        advance(begin(experiment), epochs=1)
        kept.append(POOL.bytes)

    assert max(kept) <= POOL.max_bytes == 64 * 2**20
    gc.collect()
    alive = [one for one in gc.get_objects() if isinstance(one, Workspace)]
    assert sum(one.bytes for one in alive) == POOL.bytes
    sizes = [Layout((2, *hidden, 1)).parameters for hidden in shapes]
    assert 1 < len(alive) < len(shapes)
    # The last ones, but for the very last, which is larger than the allowance.
    assert [one.parameters.shape[1] for one in alive] == sizes[-1 - len(alive) : -1]


def test_large_batches_of_large_networks_take_little_memory():
    POOL.clear()
    experiment = varied(
        Experiment(),
        data={"samples": 10_000, "train_fraction": 0.9},
        network={"hidden": (64,) * 10},
        training={"batch_size": 10_000},
    )

    advance(begin(experiment), epochs=1)

    assert 0 < POOL.bytes < 40 * 2**20  # in one piece 200 MB


@pytest.mark.parametrize("replicas", [1, 2])
def test_a_batch_in_pieces_has_the_gradient_of_the_whole(replicas):
    stack = [
        varied(
            Experiment(),
            data={"samples": 3000, "train_fraction": 0.9, "seed": seed},
            network={"hidden": (64,) * 6, "seed": seed, "initializer": "glorot"},
            training={"batch_size": 2700, "batching": "sequential", "learning_rate": 0.1},
        )
        for seed in range(replicas)
    ]
    start = begin(stack)
    POOL.clear()

    after, _ = advance(start, steps=1)

    for i, one in enumerate(stack):
        table = rows(one.data, one.features)[:2700]
        slopes = gradient(
            start.layout,
            [ACTIVATIONS["tanh"]] * 7,
            LOSSES["half-squared-error"],
            start.parameters[i : i + 1],
            table[:, :2],
            table[:, 3:],
        )
        step = start.parameters[i] - 0.1 * slopes[0]
        # Sums of 2,700 terms in another order: rounding of numbers far below 1.
        np.testing.assert_allclose(after.parameters[i], step, rtol=0, atol=1e-14)
    with borrow(start) as used:
        in_pieces = used.bytes
        assert in_pieces < used.training_pass(2700).bytes  # in one piece


def test_changing_the_batch_size_again_and_again_does_not_pile_up_buffers():
    used = workspace(4)
    empty = used.bytes

    feeds = [weakref.ref(used.feed(1, 1000, 4, 0, size)) for size in range(1, 100)]
    gc.collect()

    alive = [feed for reference in feeds if (feed := reference()) is not None]
    passes = {batch.columns: used.training_pass(batch.columns) for feed in alive for batch in feed.batches(0)}
    assert 1 <= len(alive) <= 8
    assert used.bytes == empty + sum(one.bytes for one in (*alive, *passes.values()))


def test_a_store_keeps_few_shapes_however_small():
    pool = WorkspacePool(10**9)

    for shape in range(100):
        pool.release(shape, workspace(1))

    assert [shape for shape in range(100) if pool.acquire(shape)] == list(range(68, 100))
