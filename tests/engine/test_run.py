"""Runs: beginnings, stacks, pickles, changes while training, parameters by hand."""

import pickle
from dataclasses import FrozenInstanceError, replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine import Experiment, advance, begin, evaluate, reconfigure, set_parameter
from engine.experiment import changed_fields, fields, is_live
from engine.registries.batch_orders import BATCH_ORDERS
from engine.registries.initializers import INITIALIZERS
from engine.registries.optimizers import OPTIMIZERS
from engine.registries.penalties import PENALTIES
from engine.registries.stop_rules import STOP_RULES
from engine.run import MAY_DIFFER, set_parameters
from tests.support import strategies
from tests.support.runs import assert_same_state, never_updates
from tests.support.strategies import experiments, law, live_changes, stacks, varied

DEFAULT = Experiment()
VALIDATED = varied(DEFAULT, data={"validation_fraction": 0.2})


def started(epochs=2, **groups):
    run, _ = advance(begin(varied(DEFAULT, **groups)), epochs=epochs)
    return run


# ------------------------------------------------------------------------------------------------------- beginnings


@law(50)
@given(experiment=experiments())
def test_a_beginning_has_the_shapes_of_its_experiment(experiment):
    run = begin(experiment)

    assert run.parameters.shape == (1, experiment.parameters)
    assert run.parameters.dtype == np.float64
    remembered = (
        OPTIMIZERS[experiment.training.optimizer].slots
        + PENALTIES[experiment.objective.penalty].slots
        + BATCH_ORDERS[experiment.training.batching].slots
    )
    assert run.slots.shape == (remembered, 1, experiment.parameters)
    assert not run.slots.any()
    assert (run.epoch, run.step, run.position, run.replicas) == (0, 0, 0, 1)
    assert (run.carried, run.since) == (0, 0)
    assert not run.diverged.any()
    assert run.experiment is experiment


@pytest.mark.parametrize("initializer", INITIALIZERS)
def test_the_network_seed_alone_decides_the_start(initializer):
    one = begin(varied(DEFAULT, network={"initializer": initializer, "seed": 5}))
    same = begin(
        varied(
            DEFAULT,
            network={"initializer": initializer, "seed": 5},
            data={"seed": 9, "noise": 0.3},
            training={"seed": 8, "learning_rate": 1.0},
        )
    )

    np.testing.assert_array_equal(one.parameters, same.parameters)


def test_another_network_seed_gives_other_weights_and_the_same_samples_and_order():
    one, other = started(epochs=0), started(epochs=0, network={"seed": 1})

    assert (one.parameters != other.parameters).any()
    np.testing.assert_array_equal(
        advance(replace(other, parameters=one.parameters), epochs=2)[0].parameters,
        advance(one, epochs=2)[0].parameters,
    )


@pytest.mark.parametrize("group", ["data", "training"])
def test_another_seed_of_data_or_order_changes_the_training_but_not_the_start(group):
    one, other = begin(DEFAULT), begin(varied(DEFAULT, **{group: {"seed": 1}}))

    np.testing.assert_array_equal(one.parameters, other.parameters)
    assert (advance(one, epochs=1)[0].parameters != advance(other, epochs=1)[0].parameters).any()


def test_the_order_has_no_seed_when_it_is_sequential():
    one, other = (started(training={"batching": "sequential", "seed": seed}) for seed in (0, 1))

    np.testing.assert_array_equal(one.parameters, other.parameters)


def test_classic_weights_lie_between_minus_and_plus_a_half_and_biases_are_a_tenth():
    run = begin(DEFAULT)

    is_weight = run.layout.is_weight()
    assert np.abs(run.parameters[0, is_weight]).max() <= 0.5
    assert (run.parameters[0, ~is_weight] == 0.1).all()


# ----------------------------------------------------------------------------------------------------------- stacks


def test_stacks_are_drawn_with_everything_that_may_differ():
    with_a_choice = {"data.dataset_options", "network.initializer_options"}

    assert {*strategies.MAY_DIFFER} | with_a_choice == MAY_DIFFER


@law(30)
@given(stack=stacks())
def test_a_stack_begins_as_its_networks_would_alone(stack):
    run = begin(stack)

    np.testing.assert_array_equal(run.parameters, np.vstack([begin(one).parameters for one in stack]))


@pytest.mark.parametrize(
    ("groups", "name"),
    [
        ({"data": {"samples": 100}}, "data.samples"),
        ({"data": {"train_fraction": 0.6}}, "data.train_fraction"),
        ({"data": {"validation_fraction": 0.1}}, "data.validation_fraction"),
        ({"data": {"dataset": "plane"}}, "data.dataset"),
        ({"data": {"dataset": "blobs"}, "objective": {"loss": "softmax-cross-entropy"}}, "data.dataset"),
        ({"network": {"hidden": (4, 3)}}, "network.hidden"),
        ({"network": {"activation": "relu"}}, "network.activation"),
        ({"objective": {"loss": "logistic-cross-entropy"}}, "objective.loss"),
        ({"objective": {"penalty": "l1"}}, "objective.penalty"),
        ({"training": {"batch_size": 11}}, "training.batch_size"),
        ({"training": {"batching": "sequential"}}, "training.batching"),
        ({"training": {"optimizer": "adam"}}, "training.optimizer"),
        ({"training": {"schedule": "cosine"}}, "training.schedule"),
        ({"training": {"stop": "plateau"}}, "training.stop"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_cannot_train_together_is_refused_by_name(groups, name):
    with pytest.raises(ValueError, match="cannot form a stack") as error:
        begin([DEFAULT, DEFAULT, varied(DEFAULT, **groups)])

    assert str(error.value) == f"experiment 2 differs from the first in {name}, so they cannot form a stack"


def many_classes(**data):
    return Experiment.model_validate({"data": {"samples": 60, **data}})


def test_as_many_classes_can_train_together_wherever_they_come_from():
    own = [[0.5 * i, 1.0, float(i % 3)] for i in range(60)]
    stack = [
        many_classes(dataset="spiral-3"),
        many_classes(dataset="blobs", dataset_options={"classes": 3}),
        many_classes(points=own, point_classes=3),
    ]

    run = begin(stack)

    assert run.replicas == 3
    np.testing.assert_array_equal(run.parameters, np.vstack([begin(one).parameters for one in stack]))


@pytest.mark.parametrize(
    ("first", "other", "name"),
    [
        ({"dataset": "spiral-3"}, {"dataset": "spiral-5"}, "data.dataset"),
        ({"dataset": "spiral-3"}, {"dataset": "blobs"}, "data.dataset"),
        (
            {"dataset": "blobs"},
            {"dataset": "blobs", "dataset_options": {"classes": 5}},
            "data.dataset_options",
        ),
        (
            {"points": [[1.0, 2.0, 0.0]] * 60, "point_classes": 3},
            {"points": [[1.0, 2.0, 0.0]] * 60, "point_classes": 4},
            "data.point_classes",
        ),
        (
            {"dataset": "spiral-3"},
            {"dataset": "spiral-3", "points": [[1.0, 2.0, 0.0]] * 60, "point_classes": 5},
            "data.points",
        ),
    ],
)
def test_different_numbers_of_classes_cannot_train_together_and_the_field_is_named(first, other, name):
    with pytest.raises(ValueError, match="cannot form a stack") as error:
        begin([many_classes(**first), many_classes(**other)])

    assert str(error.value) == f"experiment 1 differs from the first in {name}, so they cannot form a stack"


def own_points(targets):
    return [[float(i), float(-i), target] for i, target in enumerate(targets)]


def test_own_points_of_one_problem_can_train_together_and_those_of_two_cannot():
    classes, other_classes, values = (
        Experiment.model_validate({"data": {"points": own_points(targets)}})
        for targets in ([1.0, -1.0] * 5, [-1.0, 1.0] * 5, [0.5, -1.0] * 5)
    )

    assert begin([classes, other_classes]).replicas == 2
    with pytest.raises(ValueError, match=r"experiment 1 differs from the first in data\.points"):
        begin([classes, values])


def test_own_points_and_a_data_set_can_train_together_if_they_pose_the_same_problem():
    points = own_points([1.0, -1.0] * 5)
    drawn = Experiment.model_validate({"data": {"samples": 10}})
    own = Experiment.model_validate({"data": {"points": points}})
    values = Experiment.model_validate({"data": {"dataset": "plane", "points": points}})  # the points decide

    assert begin([drawn, own]).replicas == 2
    assert begin([drawn, values]).replicas == 2


def test_other_features_cannot_train_together():
    with pytest.raises(ValueError, match="experiment 1 differs from the first in features"):
        begin([DEFAULT, Experiment(features=("x2", "x1"))])


@pytest.mark.parametrize("count", [0, 257])
def test_a_stack_has_one_to_256_networks(count):
    with pytest.raises(ValueError, match=f"a stack has 1 … 256 experiments, not {count}"):
        begin([DEFAULT] * count)


def test_a_stack_of_256_is_allowed():
    assert begin([DEFAULT] * 256).replicas == 256


# ----------------------------------------------------------------------------------------------- values, not objects


def test_the_pickle_of_a_small_run_is_smaller_than_four_kilobytes():
    run = started(network={"hidden": (8, 8)}, epochs=3)

    assert len(pickle.dumps(run)) < 4096


@law(40)
@given(stack=stacks(smallest=1, largest=3), steps=st.integers(0, 12))
def test_a_pickled_run_is_the_same_run_and_goes_on_the_same(stack, steps):
    run, _ = advance(begin(stack), steps=steps)

    copy = pickle.loads(pickle.dumps(run))

    assert copy.experiments == run.experiments
    assert_same_state(copy, run)
    (further, report), (expected, expected_report) = advance(copy, epochs=2), advance(run, epochs=2)
    assert_same_state(further, expected)
    np.testing.assert_array_equal(report.test_loss, expected_report.test_loss)


def test_arrays_of_a_run_are_read_only_before_and_after_pickling():
    run = started()
    stopping = begin(varied(VALIDATED, training={"stop": "early-stopping"}))

    for one in (begin(DEFAULT), run, pickle.loads(pickle.dumps(run)), pickle.loads(pickle.dumps(stopping))):
        best = one.best
        for array in (one.parameters, one.slots, one.diverged, one.stopped, best.loss, best.epoch):
            assert not array.flags.writeable
        assert not best.parameters.flags.writeable


def test_a_run_cannot_be_changed():
    run = begin(DEFAULT)

    with pytest.raises(FrozenInstanceError):
        run.epoch = 3  # type: ignore[misc]


def test_what_is_made_from_a_run_leaves_it_alone():
    run = started()
    before = pickle.dumps(run)

    advance(run, epochs=2)
    evaluate(run)
    set_parameter(run, 0, 0, 0, 3.0)
    reconfigure(run, varied(DEFAULT, training={"learning_rate": 0.5}))

    assert pickle.dumps(run) == before


# ------------------------------------------------------------------------------------------- changes while training

# Of runs with validation samples, as early stopping needs them.
LIVE_CHANGES = [
    ("network", "activation", "relu"),
    ("network", "activation", ("relu", "sigmoid")),
    ("objective", "loss", "logistic-cross-entropy"),
    ("objective", "penalty", "l2"),
    ("objective", "penalty_rate", 0.1),
    ("objective", "dropout", 0.3),
    ("objective", "input_noise", 0.2),
    ("training", "learning_rate", 0.3),
    ("training", "batch_size", 7),
    ("training", "batch_size", 1000),
    ("training", "batching", "sequential"),
    ("training", "batching", "carried"),
    ("training", "schedule", "cosine"),
    ("training", "clip_norm", 0.01),
    *(("training", "optimizer", key) for key in OPTIMIZERS if key != "sgd"),
    *(("objective", "penalty", key) for key in PENALTIES if key not in ("none", "l2")),
    *(("training", "stop", key) for key in STOP_RULES if key != "never"),
]
LIVE_OPTIONS = [
    ("objective", "penalty", "elastic-net", {"share": 0.1}),
    ("training", "optimizer", "adam", {"beta1": 0.5}),
    ("training", "schedule", "step", {"every": 10.0}),
    ("training", "stop", "epochs", {"epochs": 2.0}),
]


@pytest.mark.parametrize(("group", "name", "value"), LIVE_CHANGES)
def test_a_live_change_keeps_what_was_learned(group, name, value):
    run, _ = advance(begin(VALIDATED), steps=33)
    changed = varied(VALIDATED, **{group: {name: value}})

    after = reconfigure(run, changed)

    np.testing.assert_array_equal(after.parameters, run.parameters)
    assert (after.epoch, after.step, after.position) == (run.epoch, run.step, run.position)
    assert after.experiment == changed


@pytest.mark.parametrize(("group", "name", "value"), LIVE_CHANGES)
def test_training_goes_on_after_a_live_change_and_finishes_the_epoch(group, name, value):
    run, _ = advance(begin(VALIDATED), steps=33)  # 8 batches into the second epoch

    after, report = advance(reconfigure(run, varied(VALIDATED, **{group: {name: value}})), epochs=1)

    assert (after.epoch, after.position) == (2, 0)
    assert report.epoch.tolist() == [2]
    assert np.isfinite(after.parameters).all()
    assert (after.parameters != run.parameters).any()


def test_every_live_field_with_another_value_is_tried():
    tried = {f"{group}.{name}" for group, name, _ in LIVE_CHANGES}

    tried |= {f"{group}.{name}_options" for group, name, _, _ in LIVE_OPTIONS}
    assert tried == {name for name in fields() if is_live(name)}


@pytest.mark.parametrize(("group", "name", "key", "options"), LIVE_OPTIONS)
def test_options_may_change_while_training_and_count_from_then_on(group, name, key, options):
    experiment = varied(
        DEFAULT, **{group: {name: key, "penalty_rate": 0.1} if name == "penalty" else {name: key}}
    )
    run, _ = advance(begin(experiment), steps=33)
    changed = varied(experiment, **{group: {f"{name}_options": options}})

    after = reconfigure(run, changed)

    np.testing.assert_array_equal(after.parameters, run.parameters)
    np.testing.assert_array_equal(after.slots, run.slots)
    assert (after.epoch, after.step, after.position, after.since) == (run.epoch, run.step, run.position, 0)
    further, unchanged = advance(after, steps=30)[0], advance(run, steps=30)[0]
    assert (further.parameters != unchanged.parameters).any()


def test_samples_that_wait_are_forgotten_with_the_batching_and_only_then():
    carried = varied(DEFAULT, training={"batching": "carried", "batch_size": 40})
    run, _ = advance(begin(carried), epochs=1)  # 250 samples: six batches of 40, and 10 wait
    other_rate = varied(carried, training={"learning_rate": 0.1})

    kept = reconfigure(run, other_rate)
    dropped = reconfigure(run, varied(carried, training={"batching": "sequential"}))

    assert (run.carried, kept.carried, dropped.carried) == (10, 10, 0)
    assert run.slots.any()
    np.testing.assert_array_equal(kept.slots, run.slots)
    assert dropped.slots.shape == (0, 1, run.parameters.size)


def test_what_one_choice_remembers_stays_when_another_changes():
    experiment = varied(
        DEFAULT,
        training={"optimizer": "adam", "batching": "carried", "batch_size": 40},
        objective={"penalty": "l1-classic", "penalty_rate": 0.1},
    )
    run, _ = advance(begin(experiment), epochs=3)
    mean, squares, dead, waiting = run.slots

    without = reconfigure(run, varied(experiment, objective={"penalty": "l2"}))
    lion = reconfigure(run, varied(experiment, training={"optimizer": "lion"}))

    assert all(slot.any() for slot in run.slots)
    np.testing.assert_array_equal(without.slots, [mean, squares, waiting])
    np.testing.assert_array_equal(lion.slots, [np.zeros_like(mean), dead, waiting])
    assert (without.since, lion.since) == (0, run.step)


def test_a_new_batch_size_cuts_the_rest_of_the_epoch():
    run, _ = advance(begin(DEFAULT), steps=3)  # 30 of 250 samples used

    _, report = advance(reconfigure(run, varied(DEFAULT, training={"batch_size": 50})), epochs=1)

    assert report.steps == 5  # 220 samples: four batches of 50 and one of 20


@pytest.mark.parametrize(
    ("groups", "name"),
    [
        ({"data": {"dataset": "xor"}}, "data.dataset"),
        ({"data": {"samples": 100}}, "data.samples"),
        ({"data": {"noise": 0.1}}, "data.noise"),
        ({"data": {"train_fraction": 0.6}}, "data.train_fraction"),
        ({"data": {"validation_fraction": 0.1}}, "data.validation_fraction"),
        ({"data": {"label_flips": 0.1}}, "data.label_flips"),
        ({"data": {"minority_share": 0.1}}, "data.minority_share"),
        ({"data": {"scaling": "standardise"}}, "data.scaling"),
        ({"data": {"point_classes": 3}}, "data.point_classes"),
        ({"data": {"seed": 1}}, "data.seed"),
        ({"network": {"hidden": (4, 3)}}, "network.hidden"),
        ({"network": {"initializer": "zeros"}}, "network.initializer"),
        ({"data": {"shuffled": False}}, "data.shuffled"),
        ({"data": {"classic_seed": "0.5"}}, "data.classic_seed"),
        ({"network": {"seed": 1}}, "network.seed"),
        ({"objective": {"seed": 1}}, "objective.seed"),
        ({"training": {"seed": 1}}, "training.seed"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_change_that_needs_a_new_start_is_refused_by_name(groups, name):
    with pytest.raises(ValueError, match=f"^{name} cannot change without a new start"):
        reconfigure(started(), varied(DEFAULT, **groups))


def test_another_number_of_classes_needs_a_new_start():
    run = begin(many_classes(dataset="blobs"))

    with pytest.raises(ValueError, match=r"^data\.dataset_options cannot change without a new start"):
        reconfigure(run, many_classes(dataset="blobs", dataset_options={"classes": 3}))


def test_many_classes_train_on_after_a_live_change():
    experiment = many_classes(dataset="spiral-3")
    run, _ = advance(begin(experiment), epochs=2)

    after, report = advance(
        reconfigure(run, varied(experiment, training={"optimizer": "adam"}, network={"activation": "relu"})),
        epochs=1,
    )

    assert report.epoch.tolist() == [3]
    assert (after.parameters != run.parameters).any()


def test_other_features_need_a_new_start():
    with pytest.raises(ValueError, match=r"^features cannot change without a new start"):
        reconfigure(started(), Experiment(features=("x1",)))


def test_a_live_change_gives_a_diverged_run_another_chance():
    wild = varied(
        DEFAULT, data={"dataset": "plane"}, training={"learning_rate": 10.0}, network={"hidden": ()}
    )
    run, _ = advance(begin(wild), epochs=300)

    after = reconfigure(run, varied(wild, training={"learning_rate": 0.0}))

    assert run.diverged.all()
    assert not after.diverged.any()
    np.testing.assert_array_equal(after.parameters, run.parameters)


def test_the_same_experiment_is_no_change():
    run = started()

    assert reconfigure(run, Experiment()) is run


def test_a_stack_cannot_be_reconfigured():
    run = begin([DEFAULT, varied(DEFAULT, network={"seed": 1})])

    with pytest.raises(ValueError, match="this is a stack of 2"):
        reconfigure(run, varied(DEFAULT, training={"learning_rate": 0.1}))


@law(30)
@given(experiment=experiments(), other=experiments())
def test_a_run_can_be_reconfigured_exactly_if_all_changes_are_live(experiment, other):
    run, _ = advance(begin(experiment), steps=3)
    changed = changed_fields(experiment, other)

    if all(is_live(name) for name in changed):
        assert reconfigure(run, other).experiment == other
    else:
        with pytest.raises(ValueError, match="cannot change without a new start"):
            reconfigure(run, other)


@law(60)
@given(data=st.data(), before=st.integers(0, 12), steps=st.integers(0, 12), more=st.integers(1, 12))
def test_after_any_live_change_training_goes_on_the_same_however_it_is_cut(data, before, steps, more):
    experiment = data.draw(experiments())
    changed = data.draw(live_changes(experiment))
    run, _ = advance(begin(experiment), steps=before)

    after = reconfigure(run, changed)

    np.testing.assert_array_equal(after.parameters, run.parameters)
    assert (after.epoch, after.step, after.position) == (run.epoch, run.step, run.position)
    assert after.experiment == changed
    if changed != experiment:
        assert not after.stopped.any()
        assert not after.diverged.any()
    whole, _ = advance(after, steps=steps + more)
    half, _ = advance(after, steps=steps)
    cut, _ = advance(pickle.loads(pickle.dumps(half)), steps=more)
    if never_updates(changed):  # every call ends after an epoch, lest it go on for ever
        np.testing.assert_array_equal(cut.parameters, whole.parameters)
    else:
        assert_same_state(cut, whole)


# -------------------------------------------------------------------------------------------------- by hand


def test_one_parameter_is_set_and_no_other():
    run = started()

    after = set_parameter(run, 1, 0, 3, 2.5)

    place = run.layout.index(1, 0, 3)
    assert after.parameters[0, place] == 2.5
    np.testing.assert_array_equal(np.delete(after.parameters, place), np.delete(run.parameters, place))
    assert (after.epoch, after.step, after.position) == (run.epoch, run.step, run.position)
    assert not after.parameters.flags.writeable


def test_minus_one_sets_the_bias():
    after = set_parameter(started(), 2, 0, -1, 2.5)

    assert after.parameters[0, -1] == 2.5


def test_a_parameter_set_by_hand_is_trained_on():
    after, _ = advance(set_parameter(started(), 0, 0, 0, 0.0), epochs=1)

    assert after.parameters[0, 0] != 0


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_a_parameter_must_be_finite(value):
    with pytest.raises(ValueError, match=f"value is {value}; a parameter must be finite"):
        set_parameter(started(), 0, 0, 0, value)


def test_a_parameter_that_does_not_exist_is_refused():
    with pytest.raises(ValueError, match="layer is 3; this network has layers 0 … 2"):
        set_parameter(started(), 3, 0, 0, 1.0)


def test_consecutive_parameters_can_be_set_at_once():
    run = started()

    after = set_parameters(run, 3, [1.5, -2.5])

    assert after.parameters[0, 3:5].tolist() == [1.5, -2.5]
    assert (after.parameters != run.parameters).sum() == 2


@pytest.mark.parametrize(("start", "values"), [(-1, [1.0]), (24, [1.0, 2.0]), (0, [1.0, np.inf])])
def test_parameters_that_are_not_there_or_not_finite_are_refused(start, values):
    with pytest.raises(ValueError, match="values are"):
        set_parameters(started(), start, values)
