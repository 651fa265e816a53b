"""Run: what may change while it trains."""

import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine import Experiment, advance, begin, reconfigure
from engine.experiment import changed_fields, fields, is_live
from engine.registries.optimizers import OPTIMIZERS
from engine.registries.penalties import PENALTIES
from engine.registries.stop_rules import STOP_RULES
from tests.support.runs import assert_same_state, never_updates
from tests.support.strategies import experiments, law, live_changes, varied
from tests.support.validation import raises_naming

DEFAULT = Experiment()


VALIDATED = varied(DEFAULT, data={"validation_fraction": 0.2})


def started(epochs=2, **groups):
    run, _ = advance(begin(varied(DEFAULT, **groups)), epochs=epochs)
    return run


def many_classes(**data):
    return Experiment.model_validate({"data": {"samples": 60, **data}})


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
    with raises_naming(name):
        reconfigure(started(), varied(DEFAULT, **groups))


def test_many_classes_train_on_after_a_live_change():
    experiment = many_classes(dataset="spiral-3")
    run, _ = advance(begin(experiment), epochs=2)

    after, report = advance(
        reconfigure(run, varied(experiment, training={"optimizer": "adam"}, network={"activation": "relu"})),
        epochs=1,
    )

    assert report.epoch.tolist() == [3]
    assert (after.parameters != run.parameters).any()


def test_other_features_and_another_number_of_classes_need_a_new_start():
    with raises_naming("features"):
        reconfigure(started(), Experiment(features=("x1",)))
    with raises_naming("data.dataset_options"):
        reconfigure(
            begin(many_classes(dataset="blobs")),
            many_classes(dataset="blobs", dataset_options={"classes": 3}),
        )


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


@law(30)
@given(experiment=experiments(), other=experiments())
def test_a_run_can_be_reconfigured_exactly_if_all_changes_are_live(experiment, other):
    run, _ = advance(begin(experiment), steps=3)
    changed = changed_fields(experiment, other)

    if all(is_live(name) for name in changed):
        assert reconfigure(run, other).experiment == other
    else:
        with raises_naming(next(name for name in changed if not is_live(name))):
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
