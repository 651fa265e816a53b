"""Worlds: the same experiment from other seeds, each of them as it would be alone."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine import Experiment, advance, begin, worlds
from engine.experiment import changed_fields, field_value, fields
from engine.samples import points
from engine.schema import MAX_SEED
from engine.worlds.variations import VARIATIONS, fixed_by
from tests.support.runs import assert_replica_is
from tests.support.strategies import experiments, law, varied
from tests.support.training import assert_cutting_changes_nothing, cuts
from tests.support.validation import raises_sentence, within

DEFAULT = Experiment()
variations = st.sampled_from(list(VARIATIONS))


@law(60)
@given(experiment=experiments(), count=st.integers(1, 6), vary=variations)
def test_worlds_differ_in_the_seeds_of_their_variation_and_in_nothing_else(experiment, count, vary):
    made = worlds(experiment, count, vary)

    assert len(made) == count
    assert made[0] is experiment
    for k, world in enumerate(made):
        assert Experiment.model_validate(world.model_dump()) == world
        assert set(changed_fields(experiment, world)) == (set(VARIATIONS[vary].seeds) if k else set())
        for name in VARIATIONS[vary].seeds:
            assert field_value(world, name) == (field_value(experiment, name) + k) % 2**32


@law(60)
@given(experiment=experiments(), count=st.integers(1, 4), vary=variations, pieces=cuts)
def test_a_world_of_a_stack_is_that_run_alone_however_training_is_cut(experiment, count, vary, pieces):
    made = worlds(experiment, count, vary)

    together = assert_cutting_changes_nothing(begin(made), pieces, epochs=3)

    for k, world in enumerate(made):
        assert_replica_is(together, k, advance(begin(world), epochs=3)[0])


def test_fewer_worlds_are_the_first_ones_of_more():
    assert worlds(DEFAULT, 64)[:8] == worlds(DEFAULT, 8)


def test_by_default_the_weights_vary_and_everything_has_a_seed():
    assert worlds(DEFAULT, 3) == worlds(DEFAULT, 3, next(iter(VARIATIONS)))
    assert set(changed_fields(*worlds(DEFAULT, 2))) == {"network.seed"}
    assert set(VARIATIONS["all"].seeds) == {name for name in fields() if name.endswith(".seed")}


def test_behind_the_greatest_seed_comes_the_first():
    last = varied(DEFAULT, network={"seed": MAX_SEED - 1})

    assert [one.network.seed for one in worlds(last, 4)] == [MAX_SEED - 1, MAX_SEED, 0, 1]


def test_as_many_worlds_as_a_stack_takes_are_all_different():
    made = worlds(varied(DEFAULT, network={"seed": MAX_SEED - 100}), 256)

    assert begin(made).replicas == 256
    assert len({one.network.seed for one in made}) == 256


@pytest.mark.parametrize("count", [0, -1, 257, 1.5, "8"])
def test_a_count_out_of_range_is_refused(count):
    allowed = within(1, 256, "whole")
    with raises_sentence("value", "count", name="count", value=repr(count), allowed=allowed):
        worlds(DEFAULT, count)


def test_an_unknown_variation_is_refused():
    allowed = ", ".join(VARIATIONS)
    with raises_sentence("unknown-choice", subject="vary", choice="'colour'", allowed=allowed):
        worlds(DEFAULT, 2, "colour")
    with raises_sentence("unknown-choice", subject="vary", choice="'colour'", allowed=allowed):
        fixed_by(DEFAULT, "colour")


OWN = [[0.1 * i, 0.5, (-1.0) ** i] for i in range(20)]
CLASSIC = {"data": {"classic_seed": "0.5"}}


@pytest.mark.parametrize(
    ("groups", "vary", "field"),
    [
        ({}, "weights", None),
        ({"network": {"initializer": "zeros"}}, "weights", "network.initializer"),
        ({"network": {"initializer": "constant"}}, "weights", "network.initializer"),
        (CLASSIC, "weights", "data.classic_seed"),
        ({}, "order", None),
        ({"training": {"batching": "carried"}}, "order", "training.batching"),
        (CLASSIC, "order", None),
        ({}, "data", None),
        (CLASSIC, "data", "data.classic_seed"),
        ({"data": {"classic_seed": "0.5", "label_flips": 0.2}}, "data", None),
        ({"data": {"points": OWN}}, "data", None),
        ({"data": {"points": OWN, "shuffled": False}}, "data", "data.points"),
        ({"data": {"points": OWN, "shuffled": False, "label_flips": 0.2}}, "data", None),
        (CLASSIC, "all", None),
        (CLASSIC | {"training": {"batching": "sequential"}}, "all", "data.classic_seed"),
        (CLASSIC | {"training": {"batching": "sequential"}, "objective": {"dropout": 0.1}}, "all", None),
        (CLASSIC | {"training": {"batching": "sequential"}, "objective": {"input_noise": 0.1}}, "all", None),
    ],
    ids=str,
)
def test_worlds_that_would_all_be_the_same_name_the_field_that_makes_them_so(groups, vary, field):
    assert fixed_by(Experiment.model_validate(groups), vary) == field


@law(120)
@given(experiment=experiments(), vary=variations)
def test_worlds_are_the_same_to_the_last_bit_where_a_field_makes_them_so_and_else_begin_differently(
    experiment, vary
):
    one, other = (begin(world) for world in worlds(experiment, 2, vary))
    same = fixed_by(experiment, vary) is not None

    if same:
        np.testing.assert_array_equal(
            advance(one, epochs=2)[0].parameters, advance(other, epochs=2)[0].parameters
        )
    elif vary == "weights":
        # Only of an initializer that draws: a scale of 0 draws nothing.
        assert (one.parameters != other.parameters).any()
    elif vary == "data":
        drawn = [np.hstack(points(run.experiment.data)) for run in (one, other)]
        assert (drawn[0] != drawn[1]).any()
