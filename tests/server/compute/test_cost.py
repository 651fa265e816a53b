"""Cost: estimates that are not below what is really done, and refusals that say what would do."""

import time
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine import Experiment, advance, begin
from engine.insight import VIEWS
from engine.network import passes
from engine.registries.activations import ACTIVATIONS
from engine.training.workspace import POOL
from server.compute.cost import MAX_STEP_SECONDS, estimate, slice_seconds, too_much, view_seconds
from tests.support.strategies import experiments, law, varied

MIB = 1 << 20

MOST_BYTES = 256 * MIB
"""What one slice may take, so that with the caches of a process it stays within its cap of 1 GiB by far."""


def heavy(hidden: list[int], batch: int, samples: int = 10_000, **groups: dict[str, Any]) -> Experiment:
    return Experiment.model_validate(
        {
            "data": {"samples": samples, "train_fraction": 0.9},
            "network": {"hidden": hidden, **groups.pop("network", {})},
            "training": {"batch_size": batch, **groups.pop("training", {})},
            **groups,
        }
    )


def shape(experiment: Experiment) -> str:
    training = experiment.training
    return f"{experiment.network.hidden} of {experiment.data.samples} by {training.batch_size}"


@pytest.fixture
def operations(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """Count the multiplications and additions of all products of passes made from now on."""
    counted: list[int] = []

    def counting(bind: Any) -> Any:
        def bound(left: Any) -> Any:
            product = bind(left)

            def multiply(right: Any, out: Any) -> None:
                counted.append(2 * left.size * right.shape[-1])
                product(right, out)

            return multiply

        return bound

    for name in ("_bound_dot", "_bound_matmul"):
        monkeypatch.setattr(passes, name, counting(getattr(passes, name)))
    POOL.clear()
    yield counted
    POOL.clear()


SHAPES = [
    heavy([4, 2], 10, 100),
    heavy([64, 64], 500, 1000),
    heavy([64] * 10, 80, 100),
    heavy([], 50, 100),
    heavy([64, 1, 64], 800, 1000),
    heavy([64] * 10, 1000, 2000),  # cut into pieces
    heavy([8, 8], 5, 10, objective={"dropout": 0.5}),
]


@pytest.mark.parametrize("experiment", SHAPES, ids=shape)
def test_the_operations_of_a_step_are_as_many_as_estimated(
    experiment: Experiment, operations: list[int]
) -> None:
    advance(begin(experiment), steps=1)

    assert sum(operations) == estimate(experiment).operations


@law(60)
@given(experiments())
def test_of_any_experiment_the_arrays_are_not_larger_than_estimated(experiment: Experiment) -> None:
    POOL.clear()

    advance(begin(experiment), steps=1, epochs=1)

    assert POOL.bytes <= estimate(experiment).bytes
    assert too_much(experiment) is None
    POOL.clear()


@pytest.mark.parametrize(
    "experiment",
    [
        heavy([64] * 10, 1000),
        heavy([64] * 10, 1000, objective={"dropout": 0.5}),
        heavy([64, 64], 9000, network={"hidden": [64, 64], "activation": "relu"}),
        heavy([1], 1),
    ],
    ids=shape,
)
def test_of_large_experiments_neither(experiment: Experiment) -> None:
    POOL.clear()
    POOL.max_bytes, before = 1 << 40, POOL.max_bytes
    try:
        advance(begin(experiment), steps=1, epochs=1)
        assert POOL.bytes <= estimate(experiment).bytes
    finally:
        POOL.max_bytes = before
        POOL.clear()


corners = st.builds(
    heavy,
    st.lists(st.sampled_from([1, 8, 64]), max_size=10),
    st.sampled_from([1, 10, 100, 1000, 2000, 4000, 9000, 10_000]),
    st.sampled_from([10, 500, 10_000]),
    objective=st.fixed_dictionaries({"dropout": st.sampled_from([0.0, 0.5])}),
    network=st.fixed_dictionaries({"activation": st.sampled_from(list(ACTIVATIONS))}),
    training=st.fixed_dictionaries({"optimizer": st.sampled_from(["sgd", "adam"])}),
)


@law(300)
@given(corners)
def test_whatever_is_not_refused_fits_into_a_process(experiment: Experiment) -> None:
    if too_much(experiment) is None:
        assert estimate(experiment).step_seconds <= MAX_STEP_SECONDS
        assert estimate(experiment).bytes <= MOST_BYTES


@law(300)
@given(corners)
def test_a_refusal_names_a_batch_size_that_is_allowed(experiment: Experiment) -> None:
    refusal = too_much(experiment)
    if refusal is None:
        return
    assert refusal.values["batch"] == experiment.training.batch_size
    allowed = refusal.values["allowed"]
    assert too_much(varied(experiment, training={"batch_size": allowed})) is None
    assert too_much(varied(experiment, training={"batch_size": int(str(allowed)) + 100})) is not None


@pytest.mark.parametrize("activation", ["tanh", "relu", "sigmoid"])
@pytest.mark.parametrize("hidden", [[], [4, 2], [8, 8, 8], [16] * 4, [32, 32], [64, 64]])
@pytest.mark.parametrize("batch", [1, 10, 100, 1000, 10_000])
def test_ordinary_networks_are_never_refused(hidden: list[int], batch: int, activation: str) -> None:
    experiment = heavy(hidden, batch, network={"hidden": hidden, "activation": activation})

    assert too_much(experiment) is None


def test_the_extreme_corner_is_refused_with_what_would_be_allowed() -> None:
    refusal = too_much(heavy([64] * 10, 9000))

    assert refusal is not None
    assert refusal.key == "too-much"
    assert refusal.values["batch"] == refusal.values["samples"] == 9000
    assert refusal.values["hidden"] == str([64] * 10)
    assert refusal.values["most"] == 50
    assert 1 <= int(str(refusal.values["allowed"])) < 9000


@pytest.mark.parametrize("activation", ["tanh", "gelu"])  # slopes from outputs, slopes from sums
def test_a_step_takes_about_as_long_as_estimated_beside_a_product(activation: str) -> None:
    """Measured in products of the same run, so that the speed of the machine and of the moment cancels out."""
    experiment = heavy([64] * 4, 1000, network={"hidden": [64] * 4, "activation": activation})
    left, right = np.ones((64, 65)), np.ones((65, 1000))
    out = np.empty((64, 1000))
    run, _ = advance(begin(experiment), steps=1)

    ratio = min(_ratio(lambda: advance(run, steps=2), lambda: np.dot(left, right, out)) for _ in range(5))

    estimated = 2 * estimate(experiment).step_seconds / (2 * left.size * 1000 / 30e9)
    assert ratio <= 4 * estimated


def _ratio(work: Any, unit: Any) -> float:
    """Return how many units of 40 each the work takes."""
    start = time.process_time()
    work()
    middle = time.process_time()
    for _ in range(40):
        unit()
    return (middle - start) / ((time.process_time() - middle) / 40)


def test_the_longest_slice_counts_the_evaluation_and_the_views() -> None:
    experiment = heavy([64] * 10, 10)
    cost = estimate(experiment)
    watched = [row.cost(experiment, row.options()) for row in VIEWS.values()]

    views = slice_seconds(experiment, watched) - slice_seconds(experiment)

    assert slice_seconds(experiment) > cost.step_seconds
    assert views == pytest.approx(sum(map(view_seconds, watched)))


@pytest.mark.parametrize("key", VIEWS)
def test_a_view_takes_no_longer_than_estimated_beside_a_product(key: str) -> None:
    """Measured in products of the same run, so that the speed of the machine and of the moment cancels out."""
    experiment = heavy([64] * 4, 1000, network={"hidden": [64] * 4})
    row, run = VIEWS[key], begin(experiment)
    left, right = np.ones((64, 65)), np.ones((65, 1000))
    out = np.empty((64, 1000))

    ratio = min(
        _ratio(lambda: row.compute(run, row.options()), lambda: np.dot(left, right, out)) for _ in range(5)
    )

    estimated = view_seconds(row.cost(experiment, row.options())) / (2 * left.size * 1000 / 30e9)
    assert ratio <= 4 * (estimated + 1)  # copying arrays takes less than a product
