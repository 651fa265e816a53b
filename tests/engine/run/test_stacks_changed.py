"""Run: stacks that are reconfigured, edited and carried into another shape, as their networks would be alone."""

import pickle

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from engine import Experiment, Run, advance, begin, reconfigure, set_parameter, worlds
from engine.experiment import changed_fields, field_value
from engine.run import set_parameters
from engine.training.weight_transfer import can_transplant, transplant
from tests.support.runs import assert_replica_is, assert_same_state, assert_stack_of, never_updates
from tests.support.strategies import law, stack_changes, stacks, varied
from tests.support.validation import raises_naming, raises_sentence

DEFAULT = Experiment()
THREE = worlds(DEFAULT, 3)

WILD = varied(DEFAULT, data={"dataset": "plane"}, network={"hidden": ()}, training={"learning_rate": 10.0})
QUIET = varied(WILD, training={"learning_rate": 0.001})


def alone(run: Run) -> list[Run]:
    """Return the networks of a stack as single runs."""
    return [run.part(slice(k, k + 1)) for k in range(run.replicas)]


def assert_go_on_alike(run: Run, singles: list[Run], steps: int) -> None:
    """Assert that a stack and its networks alone learn the same, also after a break."""
    # A call ends after an epoch without an update, so what never updates cannot be cut.
    part = 0 if never_updates(run.experiment) else steps // 2
    half, _ = advance(run, steps=part)
    further, _ = advance(pickle.loads(pickle.dumps(half)), steps=steps - part)
    for k, one in enumerate(singles):
        assert_replica_is(further, k, advance(one, steps=steps)[0])


before = st.integers(0, 12)
later = st.integers(0, 12)


@law(60)
@given(stack=stacks(smallest=1, largest=4), before=before, later=later)
def test_a_part_of_a_stack_goes_on_as_in_the_stack(stack, before, later):
    run, _ = advance(begin(stack), steps=before)

    singles = alone(run)

    assert_stack_of(run, singles)
    assert_go_on_alike(run, singles, later)
    for one, experiment in zip(singles, stack, strict=True):
        if not (one.diverged | one.stopped)[0]:
            assert_same_state(one, advance(begin(experiment), steps=before)[0])


def test_a_part_has_at_least_one_replica():
    with raises_naming("slice(3, None, None)", "0 … 2"):
        begin(THREE).part(slice(3, None))


@law(90)
@given(data=st.data(), stack=stacks(smallest=1, largest=4), before=before, later=later)
def test_a_stack_is_reconfigured_as_its_networks_are_alone_and_goes_on_alike(data, stack, before, later):
    run, _ = advance(begin(stack), steps=before)
    changes = data.draw(stack_changes(stack))

    after = reconfigure(run, changes)

    singles = [reconfigure(one, next_) for one, next_ in zip(alone(run), after.experiments, strict=True)]
    assert_stack_of(after, singles)
    assert_go_on_alike(after, singles, later)
    if not isinstance(changes, Experiment):
        assert after.experiments == tuple(changes)


@law(60)
@given(data=st.data(), stack=stacks(smallest=2, largest=4))
def test_what_one_experiment_changes_is_changed_in_all_and_nothing_else_is(data, stack):
    changed = data.draw(stack_changes(stack).filter(lambda changes: isinstance(changes, Experiment)))
    names = changed_fields(stack[0], changed)

    after = reconfigure(begin(stack), changed).experiments

    assert after[0] == changed
    for one, next_ in zip(stack, after, strict=True):
        assert set(changed_fields(one, next_)) <= set(names)
        assert all(field_value(next_, name) == field_value(changed, name) for name in names)


def test_the_worlds_of_an_experiment_become_those_of_the_changed_one():
    changed = varied(DEFAULT, training={"optimizer": "adam", "learning_rate": 0.01})

    assert reconfigure(begin(THREE), changed).experiments == worlds(changed, 3)


def test_a_stack_without_a_change_is_the_same_run():
    run = begin(THREE)

    assert reconfigure(run, DEFAULT) is run
    assert reconfigure(run, THREE) is run


def test_only_networks_with_a_change_get_another_chance():
    run, _ = advance(begin([WILD, WILD, QUIET]), epochs=300)

    after = reconfigure(run, [WILD, QUIET, QUIET])

    assert run.diverged.tolist() == [True, True, False]
    assert after.diverged.tolist() == [True, False, False]


def test_the_patience_of_stopped_networks_with_a_change_begins_anew():
    early = varied(
        DEFAULT, training={"stop": "plateau", "stop_options": {"patience": 1.0, "improvement": 1.0}}
    )
    run, _ = advance(
        begin([early, early, varied(early, training={"stop_options": {"patience": 9.0}})]), epochs=5
    )

    after = reconfigure(run, [early, varied(early, training={"learning_rate": 0.1}), run.experiments[2]])

    assert run.stopped.tolist() == [True, True, False]
    assert after.stopped.tolist() == [True, False, False]
    assert after.best.epoch.tolist() == [run.best.epoch[0], run.epoch, run.best.epoch[2]]


def test_changes_of_a_stack_that_cannot_be_are_refused_by_name():
    run = begin(THREE)

    with raises_naming("data.noise"):
        reconfigure(run, varied(DEFAULT, data={"noise": 0.1}))
    with raises_naming("network.seed", "experiment 2"):
        reconfigure(run, [THREE[0], THREE[1], THREE[1]])
    with raises_naming(2, 3, "replicas"):
        reconfigure(run, THREE[:2])
    with raises_naming("experiment 2", "training.optimizer"):
        reconfigure(run, [*THREE[:2], varied(THREE[2], training={"optimizer": "adam"})])


# ------------------------------------------------------------------------------------------------ parameters by hand


@law(60)
@given(data=st.data(), stack=stacks(smallest=1, largest=4), before=before, later=later)
def test_parameters_are_set_in_one_network_or_in_all(data, stack, before, later):
    run, _ = advance(begin(stack), steps=before)
    replica = data.draw(st.none() | st.integers(0, len(stack) - 1))
    start = data.draw(st.integers(0, run.parameters.shape[1] - 1))
    values = data.draw(
        st.lists(st.floats(-3, 3), min_size=1, max_size=min(4, run.parameters.shape[1] - start))
    )

    after = set_parameters(run, start, values, replica=replica)

    singles = [
        set_parameters(one, start, values) if replica in (None, k) else one
        for k, one in enumerate(alone(run))
    ]
    assert_stack_of(after, singles)
    assert_go_on_alike(after, singles, later)


def test_without_a_replica_the_first_one_is_set():
    run = begin(THREE)

    after = set_parameter(run, 1, 0, 3, 2.5)

    assert after.parameters[:, run.layout.index(1, 0, 3)].tolist() == [
        2.5,
        *run.parameters[1:, run.layout.index(1, 0, 3)],
    ]
    np.testing.assert_array_equal(after.parameters[1:], run.parameters[1:])
    assert (set_parameter(run, 1, 0, 3, 2.5, replica=None).parameters[:, 15] == 2.5).all()


def test_only_networks_that_are_set_train_again():
    run, _ = advance(begin([WILD, WILD, QUIET]), epochs=300)

    assert set_parameter(run, 0, 0, 0, 0.1, replica=1).diverged.tolist() == [True, False, False]
    assert set_parameter(run, 0, 0, 0, 0.1, replica=None).diverged.tolist() == [False] * 3


@pytest.mark.parametrize("replica", [-1, 3])
def test_a_network_that_is_not_there_is_refused(replica):
    with raises_naming("replica", replica, "0 … 2", "None"):
        set_parameter(begin(THREE), 0, 0, 0, 1.0, replica=replica)
    with raises_sentence("no-layer", "layer", layer=7, last=2):
        set_parameter(begin(THREE), 7, 0, 0, 1.0, replica=1)


# ------------------------------------------------------------------------------------------------------ other shapes


@law(60)
@given(
    data=st.data(),
    stack=stacks(smallest=1, largest=4),
    hidden=st.lists(st.integers(1, 5), max_size=4),
    features=st.permutations(["x1", "x2", "x1²", "sin x1"]).map(lambda keys: keys[:3]),
    before=before,
    later=later,
)
def test_a_stack_takes_another_shape_as_its_networks_do_alone_and_goes_on_alike(
    data, stack, hidden, features, before, later
):
    run, _ = advance(begin(stack), steps=before)
    live = data.draw(stack_changes(stack))
    changes = [in_shape(one, hidden, features) for one in (live if isinstance(live, list) else [live])]
    assume(can_transplant(stack[0], changes[0]))

    after = transplant(run, changes if isinstance(live, list) else changes[0])

    singles = [transplant(one, next_) for one, next_ in zip(alone(run), after.experiments, strict=True)]
    assert_stack_of(after, singles)
    assert_go_on_alike(after, singles, later)


def in_shape(experiment: Experiment, hidden: list[int], features: list[str]) -> Experiment:
    values = experiment.model_dump()
    values["features"] = features
    values["network"] |= {"hidden": hidden, "activation": "tanh"}
    return Experiment.model_validate(values)


def test_each_network_of_a_stack_grows_from_its_own_seed():
    run, _ = advance(begin(THREE), epochs=3)

    grown = transplant(run, varied(DEFAULT, network={"hidden": (5, 2)}))

    assert grown.experiments == worlds(grown.experiment, 3)
    new = grown.layout.layers(grown.parameters)[0][:, 4]
    assert len(np.unique(new[:, :2])) == 6


def test_weight_transfers_of_a_stack_that_cannot_be_are_refused_by_name():
    run = begin(THREE)
    wider = worlds(varied(DEFAULT, network={"hidden": (5, 2)}), 3)

    with raises_naming(2, 3, "replicas"):
        transplant(run, wider[:2])
    with raises_naming("network.seed"):
        transplant(run, wider[::-1])
    with raises_naming("experiment 2", "network.hidden"):
        transplant(run, [*wider[:2], varied(wider[2], network={"hidden": (6, 2)})])
