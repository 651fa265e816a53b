"""Training: steps by hand, laws about cutting and stacking, divergence."""

import itertools
import math
import pickle
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine import Experiment, advance, begin, evaluate, reconfigure, set_parameter
from engine.registries.activations import ACTIVATIONS
from engine.registries.batch_orders import BATCH_ORDERS
from engine.registries.datasets import DATASETS
from engine.registries.optimizers import OPTIMIZERS
from engine.registries.penalties import PENALTIES
from engine.registries.schedules import SCHEDULES
from engine.registries.stop_rules import STOP_RULES
from engine.samples import input_noise, order, points, rows
from tests.support.numeric import (
    OBJECTIVES,
    PLAIN_ACTIVATIONS,
    PLAIN_FEATURES,
    flatten,
    plain_gradient,
    plain_inputs,
    plain_sgd_step,
    unflatten,
)
from tests.support.runs import assert_replica_is, assert_same_state, never_updates
from tests.support.strategies import experiments, law, stacks, varied

SMALL = varied(Experiment(), data={"samples": 60}, training={"batch_size": 7})


class Ticks:
    """A clock that is one second later each time it is asked."""

    def __init__(self):
        self._count = itertools.count()

    def __call__(self):
        return float(next(self._count))


# --------------------------------------------------------------------------------------------------- steps by hand


def plain_batches(experiment, samples):
    """Yield the batches of one epoch after the other, for ever."""
    size = experiment.training.batch_size
    waiting = []
    for epoch in itertools.count():
        if experiment.training.batching == "shuffled":
            visited = [samples[i] for i in order(experiment.training.seed, len(samples), epoch)]
        else:
            visited = samples
        for start in range(0, len(visited), size):
            batch = visited[start : start + size]
            if experiment.training.batching == "carried":
                waiting += batch
                if len(batch) < size:
                    continue
                batch, waiting = waiting, []
            yield batch


def plain_training(experiment, parameters, steps):
    """Train in plain loops, in the engine's order of samples, by plain SGD."""
    drawn, targets = points(experiment.data)
    count = experiment.data.training_samples
    inputs = plain_inputs(experiment.features, experiment.data.scaling, drawn.tolist(), count)
    samples = list(zip(inputs, targets[:, 0].tolist(), strict=True))[:count]
    layers = unflatten(experiment.sizes, parameters)
    dead: set[tuple[int, int, int]] = set()
    for batch in itertools.islice(plain_batches(experiment, samples), steps):
        slopes = plain_gradient(
            layers,
            experiment.network.activations,
            (experiment.objective.loss, experiment.problem),
            batch,
        )
        layers = plain_sgd_step(
            layers,
            slopes,
            learning_rate=experiment.training.learning_rate,
            penalty=experiment.objective.penalty,
            penalty_rate=experiment.objective.penalty_rate,
            clip_norm=experiment.training.clip_norm,
            dead=dead,
            **experiment.objective.penalty_options,
        )
    return flatten(layers)


@pytest.mark.parametrize("objective", OBJECTIVES, ids="-".join)
@pytest.mark.parametrize("activation", PLAIN_ACTIVATIONS)
def test_one_step_is_the_one_made_by_hand(activation, objective):
    loss, problem = objective
    dataset = next(key for key, row in DATASETS.items() if row.problem == problem)
    experiment = varied(
        Experiment(),
        data={"dataset": dataset},
        network={"activation": activation},
        objective={"loss": loss},
    )
    run = begin(experiment)

    after, report = advance(run, steps=1)

    assert report.steps == after.step == 1
    # Two orders of adding up ten samples: rounding of numbers below 1.
    np.testing.assert_allclose(
        after.parameters[0], plain_training(experiment, run.parameters[0], 1), rtol=0, atol=1e-15
    )


MANY = {"objective": {"loss": "softmax-cross-entropy"}}


@pytest.mark.parametrize(
    "groups",
    [
        pytest.param({}, id="default"),
        pytest.param({"training": {"batching": "sequential"}}, id="sequential"),
        pytest.param({"training": {"batch_size": 1}}, id="batch size 1"),
        pytest.param({"training": {"batch_size": 7}}, id="a smaller last batch"),
        pytest.param({"training": {"batch_size": 100}}, id="all samples in one batch"),
        pytest.param({"objective": {"penalty": "l2", "penalty_rate": 0.03}}, id="l2"),
        pytest.param({"objective": {"penalty": "l1", "penalty_rate": 0.03}}, id="l1"),
        pytest.param({"objective": {"penalty": "l1-classic", "penalty_rate": 0.03}}, id="l1-classic"),
        pytest.param({"objective": {"penalty": "elastic-net", "penalty_rate": 0.03}}, id="elastic-net"),
        pytest.param(
            {"objective": {"penalty": "max-norm", "penalty_options": {"limit": 0.4}}}, id="max-norm"
        ),
        pytest.param({"training": {"clip_norm": 0.05}}, id="clipped gradients"),
        pytest.param(
            {"training": {"clip_norm": 0.05}, "objective": {"penalty": "l2", "penalty_rate": 0.03}},
            id="clipped gradients beside a penalty",
        ),
        pytest.param({"training": {"batching": "carried", "batch_size": 7}}, id="carried over"),
        pytest.param({"training": {"batching": "carried"}}, id="carried over with nothing left"),
        pytest.param({"data": {"shuffled": False}}, id="not shuffled"),
        pytest.param({"data": {"classic_seed": "0.12345"}}, id="classic seed"),
        pytest.param({"objective": {"loss": "hinge"}}, id="hinge"),
        pytest.param({"objective": {"loss": "huber"}}, id="huber"),
        pytest.param({"objective": {"loss": "absolute-error"}}, id="absolute error"),
        pytest.param({"objective": {"penalty": "none", "penalty_rate": 0.03}}, id="a rate without a penalty"),
        pytest.param({"objective": {"loss": "logistic-cross-entropy"}}, id="cross-entropy"),
        pytest.param({"data": {"dataset": "multi-gauss"}}, id="regression"),
        pytest.param({**MANY, "data": {"dataset": "blobs"}}, id="four classes"),
        pytest.param(
            {**MANY, "data": {"dataset": "spiral-3"}, "network": {"hidden": ()}}, id="three classes"
        ),
        pytest.param(
            {**MANY, "data": {"dataset": "blobs", "dataset_options": {"classes": 6}}}, id="six classes"
        ),
        pytest.param({"data": {"scaling": "standardise"}}, id="standardised"),
        pytest.param({"data": {"scaling": "unit-range", "dataset": "step"}}, id="unit range"),
        pytest.param({"data": {"label_flips": 0.3}}, id="wrong labels"),
        pytest.param({"data": {"validation_fraction": 0.3}}, id="validation"),
        pytest.param({"data": {"minority_share": 0.1}}, id="a rare class"),
        pytest.param({"network": {"hidden": (), "activation": "tanh"}}, id="no hidden layer"),
        pytest.param(
            {"network": {"hidden": (3, 2, 3), "activation": ("relu", "tanh", "sigmoid")}}, id="mixed layers"
        ),
        pytest.param({"network": {"hidden": (4, 2), "activation": "relu"}}, id="relu"),
        pytest.param({"network": {"hidden": (1, 1), "activation": "sigmoid"}}, id="single units"),
        pytest.param({"network": {"initializer": "zeros"}}, id="zeros"),
    ],
)
def test_three_epochs_are_those_of_plain_loops(groups):
    data = {"samples": 60, "seed": 3, **groups.get("data", {})}
    experiment = varied(
        Experiment.model_validate({"features": ["x1", "x2", "sin x1"]}), **{**groups, "data": data}
    )
    run = begin(experiment)

    after, _ = advance(run, epochs=3)

    expected = plain_training(experiment, run.parameters[0], after.step)
    # At most 90 steps, each adding a rounding of 1e-16 or so.
    np.testing.assert_allclose(after.parameters[0], expected, rtol=1e-12, atol=1e-12)


def test_l2_is_the_originals_rule():
    experiment = varied(SMALL, objective={"penalty": "l2", "penalty_rate": 0.2})
    run = begin(experiment)
    w, rate = run.parameters[0], experiment.training.learning_rate
    is_weight = run.layout.is_weight()

    without = advance(begin(SMALL), steps=1)[0].parameters[0]
    with_penalty = advance(run, steps=1)[0].parameters[0]

    gradient = (w - without) / rate
    expected = w - rate * (gradient + np.where(is_weight, 0.2 * w, 0.0))
    np.testing.assert_allclose(with_penalty, expected, rtol=0, atol=1e-15)  # a few roundings


def test_the_last_batch_of_an_epoch_is_smaller_and_averaged_over_what_it_has():
    run = begin(SMALL)  # 30 training samples in batches of 7: 7, 7, 7, 7, 2

    after, report = advance(run, epochs=1)

    assert report.steps == 5
    np.testing.assert_allclose(
        after.parameters[0],
        plain_training(SMALL, run.parameters[0], 5),
        rtol=0,
        atol=1e-14,  # five steps' roundings
    )


# ------------------------------------------------------------------------------------------------------ reports


def test_there_is_a_loss_for_every_finished_epoch():
    run, report = advance(begin([SMALL, varied(SMALL, network={"seed": 1})]), epochs=4)

    assert report.epoch.tolist() == [1, 2, 3, 4]
    assert report.train_loss.shape == report.validation_loss.shape == report.test_loss.shape == (2, 4)
    assert (report.steps, run.step, run.epoch, run.position) == (20, 20, 4, 0)


def test_losses_over_the_validation_samples_are_reported_where_there_are_some():
    _, without = advance(begin(SMALL), epochs=3)
    _, with_some = advance(begin(varied(SMALL, data={"validation_fraction": 0.2})), epochs=3)

    assert np.isnan(without.validation_loss).all()
    assert np.isfinite(with_some.validation_loss).all()
    # The same training samples as before: only what is left for the test is less.
    np.testing.assert_array_equal(with_some.train_loss, without.train_loss)
    assert (with_some.test_loss != without.test_loss).all()


def test_no_loss_is_reported_of_an_epoch_that_is_not_finished():
    run, report = advance(begin(SMALL), steps=4)

    assert report.epoch.shape == (0,)
    assert report.train_loss.shape == report.validation_loss.shape == report.test_loss.shape == (1, 0)
    assert (run.epoch, run.position) == (0, 28)


@law(30)
@given(stack=stacks(smallest=1))
def test_the_last_loss_reported_is_what_evaluate_says(stack):
    run, report = advance(begin(stack), epochs=1)

    if report.epoch.size:
        evaluation = evaluate(run)
        expected = [evaluation.train_loss, evaluation.validation_loss, evaluation.test_loss]
        np.testing.assert_array_equal(losses_of(report)[:, :, -1], expected)


@pytest.mark.parametrize("limits", [{"epochs": 0}, {"steps": 0}, {"epochs": 0, "steps": 5}], ids=str)
def test_nothing_happens_in_no_epochs_or_no_steps(limits):
    run = begin(SMALL)

    after, report = advance(run, **limits)

    assert_same_state(after, run)
    assert report.steps == 0


def test_no_time_is_enough_for_one_step():
    after, report = advance(begin(SMALL), seconds=0, clock=Ticks())

    assert after.step == report.steps == 1


def test_no_time_is_enough_for_one_step_even_where_samples_left_over_come_first():
    carried = varied(SMALL, training={"batching": "carried"})  # 30 samples: four batches of 7, and 2 wait
    run, _ = advance(begin(carried), steps=4)

    after, report = advance(run, seconds=0, clock=Ticks())

    assert (after.epoch, after.step, report.steps) == (1, 5, 1)


def test_an_epoch_that_is_begun_counts_as_one():
    run, _ = advance(begin(SMALL), steps=2)

    after, report = advance(run, epochs=1)

    assert (after.epoch, report.steps) == (1, 3)


@pytest.mark.parametrize(
    ("limits", "steps"),
    [
        ({"epochs": 3, "steps": 4}, 4),
        ({"epochs": 1, "steps": 100}, 5),
        ({"epochs": 2, "seconds": 1000}, 10),
        ({"steps": 3, "seconds": 1000}, 3),
        ({"steps": 1000, "seconds": 2}, 2),
    ],
    ids=str,
)
def test_the_first_limit_that_is_reached_holds(limits, steps):
    _, report = advance(begin(SMALL), **limits, clock=Ticks())

    assert report.steps == steps


def test_some_limit_has_to_be_given():
    with pytest.raises(ValueError, match="give at least one of epochs, steps and seconds"):
        advance(begin(SMALL))


@pytest.mark.parametrize(
    ("name", "value"),
    [("epochs", -1), ("steps", -1), ("seconds", -1), ("seconds", -0.5), ("seconds", float("nan"))],
)
def test_limits_are_not_negative(name, value):
    with pytest.raises(ValueError, match=f"{name} is {value}; it must be at least 0"):
        advance(begin(SMALL), **{name: value})


@pytest.mark.parametrize("name", ["epochs", "steps"])
@pytest.mark.parametrize("value", [1.5, 0.1, -1.5, float("nan"), float("inf")])
def test_epochs_and_steps_are_whole_numbers(name, value):
    with pytest.raises(ValueError, match=rf"^{name} is {value}; it must be a whole number"):
        advance(begin(SMALL), **{name: value})


# ---------------------------------------------------------------------------------------------------------- laws

cuts = st.lists(
    st.tuples(st.sampled_from(["epochs", "steps", "seconds"]), st.integers(0, 9)), min_size=1, max_size=12
)


def losses_of(report):
    return np.stack([report.train_loss, report.validation_loss, report.test_loss])


def in_pieces(run, pieces, epochs):
    """Advance by all pieces, as far as they go, and then to the end; return the run and the losses of every epoch."""
    samples = run.experiment.data.training_samples
    if run.experiment.training.batching == "carried":
        steps_per_epoch = samples // run.experiment.training.batch_size
    else:
        steps_per_epoch = math.ceil(samples / min(run.experiment.training.batch_size, samples))
    epochs_seen, losses = [], []

    def note(report):
        epochs_seen.extend(report.epoch.tolist())
        losses.append(losses_of(report))

    for unit, count in pieces:
        left = epochs * steps_per_epoch - run.step
        if unit == "epochs":
            run, report = advance(run, epochs=min(count % 3, epochs - run.epoch))
        elif unit == "steps":
            run, report = advance(run, steps=min(count, left))
        else:
            run, report = advance(run, seconds=count, steps=left, clock=Ticks())
        note(report)
    run, report = advance(run, epochs=epochs - run.epoch)
    note(report)
    return run, epochs_seen, np.concatenate(losses, axis=-1)


@law(60)
@given(experiment=experiments(), pieces=cuts)
def test_however_training_is_cut_the_numbers_are_the_same(experiment, pieces):
    whole, report = advance(begin(experiment), epochs=4)

    cut, epochs, losses = in_pieces(begin(experiment), pieces, 4)

    assert_same_state(cut, whole)
    assert epochs == report.epoch.tolist()
    np.testing.assert_array_equal(losses, losses_of(report))


@law(30)
@given(stack=stacks(), pieces=cuts)
def test_however_the_training_of_a_stack_is_cut_the_numbers_are_the_same(stack, pieces):
    whole, report = advance(begin(stack), epochs=4)

    cut, epochs, losses = in_pieces(begin(stack), pieces, 4)

    assert_same_state(cut, whole)
    assert epochs == report.epoch.tolist()
    np.testing.assert_array_equal(losses, losses_of(report))


def assert_stack_equals_singles(stack, epochs):
    together, report = advance(begin(stack), epochs=epochs)
    for i, one in enumerate(stack):
        alone, own = advance(begin(one), epochs=epochs)
        assert_replica_is(together, i, alone)
        # Alone, a network that has diverged or stopped ends; in a stack what is left of it goes on being reported.
        seen = len(own.epoch)
        np.testing.assert_array_equal(losses_of(report)[:, i, :seen], losses_of(own)[:, 0])
        assert seen == epochs or alone.diverged[0] or alone.stopped[0]


@law(80)
@given(stack=stacks())
def test_a_stack_trains_as_its_networks_would_alone(stack):
    assert_stack_equals_singles(stack, epochs=3)


@pytest.mark.parametrize("batch_size", [1, 2, 7, 10, 30, 250])
@pytest.mark.parametrize("hidden", [(), (1,), (4, 2), (8, 8, 8), (33,)], ids=str)
def test_a_stack_is_bit_equal_at_every_shape(hidden, batch_size):
    # 121 training samples: the last batch is ragged for most sizes, and has one column for 30 and for 10.
    first = varied(
        Experiment(),
        data={"samples": 242},
        network={"hidden": hidden},
        training={"batch_size": batch_size},
    )
    stack = [varied(first, network={"seed": seed}) for seed in range(3)]

    assert_stack_equals_singles(stack, epochs=1)


@pytest.mark.parametrize(
    "changes",
    [
        {"data": {"dataset": "xor"}},
        {"data": {"noise": 0.3}},
        {"data": {"label_flips": 0.3}},
        {"data": {"minority_share": 0.2}},
        {"data": {"scaling": "standardise"}},
        {"data": {"seed": 1}},
        {"network": {"initializer": "zeros"}},
        {"network": {"seed": 1}},
        {"objective": {"penalty_rate": 0.0}},
        {"objective": {"penalty_rate": 0.1}},
        {"objective": {"dropout": 0.3}},
        {"objective": {"input_noise": 0.3}},
        {"training": {"learning_rate": 0.3}},
        {"training": {"seed": 1}},
    ],
    ids=str,
)
@pytest.mark.parametrize("penalty", PENALTIES)
def test_a_stack_is_bit_equal_whatever_differs_alone(penalty, changes):
    first = varied(SMALL, objective={"penalty": penalty, "penalty_rate": 0.02})

    assert_stack_equals_singles([first, varied(first, **changes), first], epochs=3)


@pytest.mark.parametrize("batching", BATCH_ORDERS)
@pytest.mark.parametrize("schedule", SCHEDULES)
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_a_stack_is_bit_equal_with_every_optimizer_schedule_and_order(optimizer, schedule, batching):
    first = varied(
        SMALL,
        objective={"dropout": 0.2, "input_noise": 0.1},
        training={"optimizer": optimizer, "schedule": schedule, "batching": batching, "clip_norm": 1.0},
    )
    stack = [
        first,
        varied(first, training={"learning_rate": 0.1, "clip_norm": 0.0}, objective={"dropout": 0.0}),
        varied(first, training=other_options(first), network={"seed": 3}),
        varied(first, objective={"seed": 3, "input_noise": 0.0}),
    ]

    assert_stack_equals_singles(stack, epochs=3)


def other_options(experiment):
    """Return numbers other than the defaults for the optimizer and the schedule."""
    training = experiment.training
    rows = {"optimizer": OPTIMIZERS[training.optimizer], "schedule": SCHEDULES[training.schedule]}
    return {
        f"{name}_options": {option.name: option.suggestions[1] for option in row.options}
        for name, row in rows.items()
    }


@pytest.mark.parametrize("batching", BATCH_ORDERS)
@pytest.mark.parametrize("penalty", PENALTIES)
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_training_is_the_same_however_it_is_cut_with_every_optimizer_penalty_and_order(
    optimizer, penalty, batching
):
    experiment = varied(
        SMALL,
        training={
            "optimizer": optimizer,
            "batching": batching,
            "schedule": "one-cycle",
            "schedule_options": {"horizon": 12.0},
            "clip_norm": 0.5,
            "stop": "early-stopping",
            "stop_options": {"patience": 2.0},
        },
        objective={"penalty": penalty, "penalty_rate": 0.05, "dropout": 0.2, "input_noise": 0.1},
        data={"validation_fraction": 0.2},
    )
    whole, _ = advance(begin(experiment), epochs=4)

    cut = begin(experiment)
    while cut.epoch < whole.epoch:
        cut, report = advance(cut, steps=3, epochs=4 - cut.epoch)
        cut = pickle.loads(pickle.dumps(cut))
        assert report.steps <= 3

    assert_same_state(cut, whole)


def test_a_stack_is_bit_equal_when_everything_that_may_differ_does():
    first = varied(SMALL, objective={"penalty": "l1", "penalty_rate": 0.01})
    stack = [
        first,
        varied(first, data={"dataset": "xor", "noise": 0.2, "seed": 4}, training={"learning_rate": 0.3}),
        varied(
            first, network={"initializer": "zeros"}, objective={"penalty_rate": 0.0}, training={"seed": 9}
        ),
        varied(first, network={"seed": 2}, data={"dataset": "spiral"}, objective={"penalty_rate": 0.3}),
        varied(
            first, objective={"dropout": 0.4, "input_noise": 0.2, "seed": 7}, data={"scaling": "standardise"}
        ),
    ]

    assert_stack_equals_singles(stack, epochs=5)


def many_classes(seed, **data):
    """Return an experiment with three classes."""
    return varied(
        SMALL,
        data={"dataset": "spiral-3", "seed": seed, **data},
        network={"seed": seed},
        objective={"loss": "softmax-cross-entropy"},
    )


def test_a_stack_of_many_classes_is_bit_equal_whatever_its_data_are():
    stack = [
        many_classes(0, validation_fraction=0.2),
        many_classes(1, validation_fraction=0.2, scaling="unit-range", label_flips=0.2),
        many_classes(
            2, validation_fraction=0.2, dataset="blobs", dataset_options={"classes": 3}, minority_share=0.1
        ),
    ]

    assert_stack_equals_singles(stack, epochs=5)


@law(60)
@given(experiment=experiments(), steps=st.integers(0, 20))
def test_a_run_that_was_stored_goes_on_as_if_it_had_not_been(experiment, steps):
    half, _ = advance(begin(experiment), steps=steps)

    resumed, _ = advance(pickle.loads(pickle.dumps(half)), steps=20)

    uninterrupted, _ = advance(begin(experiment), steps=steps + 20)
    if never_updates(experiment):  # every call ends after an epoch, lest it go on for ever
        np.testing.assert_array_equal(resumed.parameters, uninterrupted.parameters)
        assert resumed.step == uninterrupted.step == 0
    else:
        assert_same_state(resumed, uninterrupted)


def test_runs_that_take_turns_do_not_disturb_each_other():
    experiments_ = [varied(SMALL, network={"seed": seed}, data={"seed": seed}) for seed in range(3)]
    alone = [advance(begin(one), epochs=6)[0] for one in experiments_]

    runs = [begin(one) for one in experiments_]
    for _ in range(10):
        runs = [advance(run, steps=3)[0] for run in runs]

    for run, expected in zip(runs, alone, strict=True):
        assert_same_state(run, expected)


def test_threads_do_not_disturb_each_other():
    experiments_ = [varied(SMALL, network={"seed": seed}) for seed in range(8)]
    alone = [advance(begin(one), epochs=20)[0] for one in experiments_]

    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(lambda one: advance(begin(one), epochs=20)[0], experiments_))

    for run, expected in zip(together, alone, strict=True):
        assert_same_state(run, expected)


# ----------------------------------------------------------------------------------------------------- divergence

EXPLOSIVE = varied(
    Experiment.model_validate({"features": ["x1", "x2", "x1²"]}),
    data={"dataset": "plane", "samples": 60},
    network={"hidden": ()},
    training={"learning_rate": 3.0, "batch_size": 7},
)
"""A straight regression at a rate far above 2 / curvature: every step multiplies the error until the loss overflows."""

BURSTING = varied(EXPLOSIVE, data={"samples": 600}, training={"learning_rate": 10.0, "batch_size": 1})
"""Likewise, with so many steps in an epoch that a parameter overflows before its end."""

QUIET = varied(EXPLOSIVE, training={"learning_rate": 0.001})


by_loss_and_by_parameter = pytest.mark.parametrize(
    "experiment", [pytest.param(EXPLOSIVE, id="by its loss"), pytest.param(BURSTING, id="by a parameter")]
)


@by_loss_and_by_parameter
def test_divergence_is_reported_and_training_ends(experiment):
    run, report = advance(begin(experiment), epochs=500)

    assert run.diverged.tolist() == report.diverged.tolist() == [True]
    assert run.epoch < 500
    assert report.steps == run.step
    assert np.isfinite(run.parameters).all()


def test_a_loss_that_overflows_ends_training_after_its_epoch():
    run, report = advance(begin(EXPLOSIVE), epochs=500)

    assert run.position == 0
    assert report.epoch[-1] == run.epoch
    assert not np.isfinite([report.train_loss[0, -1], report.test_loss[0, -1]]).all()
    assert np.isfinite([report.train_loss[0, :-1], report.test_loss[0, :-1]]).all()


def next_step_by_hand(run):
    """Return the parameters after one more step of a straight regression at batch size 1."""
    experiment = run.experiment
    drawn, targets = points(experiment.data)
    i = order(experiment.training.seed, experiment.data.training_samples, run.epoch)[run.position]
    sample = np.array([*(PLAIN_FEATURES[key](*drawn[i]) for key in experiment.features), 1.0])
    error = sample @ run.parameters[0] - targets[i, 0]
    return run.parameters[0] - experiment.training.learning_rate * error * sample


def test_a_parameter_that_overflows_ends_training_before_the_step_that_does_it():
    run, report = advance(begin(BURSTING), epochs=500)

    assert run.position > 0
    assert len(report.epoch) == run.epoch
    with np.errstate(all="ignore"):
        assert not np.isfinite(next_step_by_hand(run)).all()


@by_loss_and_by_parameter
def test_the_last_finite_state_is_the_one_after_the_last_step(experiment):
    run, _ = advance(begin(experiment), epochs=500)
    before, _ = advance(begin(experiment), steps=run.step - 1)

    again, _ = advance(before, steps=1)

    np.testing.assert_array_equal(again.parameters, run.parameters)
    assert not before.diverged.any()


@by_loss_and_by_parameter
@law(40)
@given(pieces=cuts, rate=st.sampled_from([1.0, 3.0, 10.0]), penalty=st.sampled_from(["none", "l1", "l2"]))
def test_a_diverged_run_ends_in_the_same_state_however_it_is_cut(experiment, pieces, rate, penalty):
    wild = varied(
        experiment, training={"learning_rate": rate}, objective={"penalty": penalty, "penalty_rate": 0.1}
    )
    whole, report = advance(begin(wild), epochs=300)

    cut, epochs, losses = in_pieces(begin(wild), pieces * 8, 300)

    assert whole.diverged.all()
    assert_same_state(cut, whole)
    assert epochs == report.epoch.tolist()
    np.testing.assert_array_equal(losses, losses_of(report))


@pytest.mark.parametrize("limits", [{"epochs": 5}, {"steps": 5}, {"seconds": 5, "clock": Ticks()}], ids=list)
@by_loss_and_by_parameter
def test_a_diverged_run_does_not_move_on(experiment, limits):
    run, _ = advance(begin(experiment), epochs=500)

    after, report = advance(run, **limits)

    assert_same_state(after, run)
    assert (report.steps, report.epoch.size) == (0, 0)
    assert report.diverged.all()


@pytest.mark.parametrize("position", range(3))
@by_loss_and_by_parameter
def test_the_other_networks_of_a_stack_train_on_unharmed(experiment, position):
    quiet = varied(experiment, training={"learning_rate": 0.0001})
    stack = [varied(quiet, network={"seed": seed}) for seed in range(3)]
    stack[position] = experiment

    run, report = advance(begin(stack), epochs=30)

    assert run.diverged.tolist() == [i == position for i in range(3)]
    assert (run.epoch, report.train_loss.shape) == (30, (3, 30))
    assert np.isfinite(run.parameters).all()
    assert_stack_equals_singles(stack, epochs=30)


@by_loss_and_by_parameter
def test_networks_that_diverge_at_different_times_are_those_that_diverge_alone(experiment):
    stack = [varied(experiment, training={"learning_rate": rate}) for rate in (1.0, 10.0, 0.0001, 3.0)]

    run, _ = advance(begin(stack), epochs=40)

    assert run.diverged.tolist() == [True, True, False, True]
    assert_stack_equals_singles(stack, epochs=40)


@by_loss_and_by_parameter
def test_a_stack_whose_networks_have_all_diverged_stops(experiment):
    stack = [varied(experiment, training={"learning_rate": rate}) for rate in (3.0, 10.0)]

    run, _ = advance(begin(stack), epochs=500)

    assert run.diverged.all()
    assert run.epoch < 500


@pytest.mark.parametrize("steps", [1, 2, 7, 400])
@by_loss_and_by_parameter
def test_a_diverged_network_stays_so_in_a_stack_that_goes_on(experiment, steps):
    stack = [experiment, varied(experiment, training={"learning_rate": 0.0001})]
    whole, _ = advance(begin(stack), epochs=20)

    run = begin(stack)
    while run.epoch < 20:
        run, _ = advance(run, steps=steps, epochs=20 - run.epoch)

    assert whole.diverged.tolist() == [True, False]
    assert_same_state(run, whole)


def test_a_loss_that_overflows_is_divergence_even_if_the_parameters_are_finite():
    still = varied(QUIET, training={"learning_rate": 0.0})
    run = set_parameter(begin(still), 0, 0, 0, 1e200)

    after, report = advance(run, epochs=3)

    np.testing.assert_array_equal(after.parameters, run.parameters)
    assert after.diverged.all()
    assert (after.epoch, after.position) == (1, 0)
    assert not np.isfinite(report.train_loss).any()


def far_off(part):
    """Return a run whose answers overflow for the samples of one part alone, and stay where they are."""
    own = [[0.001 * i, 0.0, 0.5] for i in range(12)]
    own[{"train": 3, "validation": 7, "test": 11}[part]][0] = (
        1000.0  # six are for training, three for validation
    )
    experiment = Experiment.model_validate(
        {
            "data": {"points": own, "validation_fraction": 0.25, "shuffled": False},
            "features": ["x1"],
            "network": {"hidden": []},
            "training": {"learning_rate": 0.0},
        }
    )
    # 10¹⁵⁵ squared is beyond all numbers, 10¹⁵⁰ is not.
    return set_parameter(begin(experiment), 0, 0, 0, 1e152)


@pytest.mark.parametrize("part", ["train", "validation", "test"])
def test_a_loss_that_overflows_over_one_part_of_the_samples_alone_is_divergence(part):
    run = far_off(part)

    after, report = advance(run, epochs=3)

    overflown = [
        not np.isfinite(getattr(report, f"{name}_loss")[0, 0]) for name in ("train", "validation", "test")
    ]
    assert overflown == [part == name for name in ("train", "validation", "test")]
    assert after.diverged.tolist() == report.diverged.tolist() == [True]
    assert (after.epoch, after.position) == (1, 0)
    np.testing.assert_array_equal(after.parameters, run.parameters)


@pytest.mark.parametrize("stop", STOP_RULES)
def test_a_validation_loss_that_overflows_is_divergence_and_never_the_end_that_a_rule_waits_for(stop):
    run = far_off("validation")
    options = {option.name: option.minimum for option in STOP_RULES[stop].options}
    impatient = varied(run.experiment, training={"stop": stop, "stop_options": options})

    after, _ = advance(reconfigure(run, impatient), epochs=3)

    assert after.diverged.tolist() == [True]
    assert after.stopped.tolist() == [False]
    np.testing.assert_array_equal(after.parameters, run.parameters)


def test_where_there_are_no_validation_samples_their_missing_loss_is_no_divergence():
    run, report = advance(begin([SMALL, varied(SMALL, network={"seed": 1})]), epochs=2)

    assert np.isnan(report.validation_loss).all()
    assert not run.diverged.any()


def test_a_validation_loss_that_overflows_leaves_the_other_networks_of_a_stack_alone():
    run = far_off("validation")
    calm = begin(run.experiment)
    stack = replace(begin([run.experiment] * 2), parameters=np.concatenate([calm.parameters, run.parameters]))

    after, _ = advance(stack, epochs=3)

    assert after.diverged.tolist() == [False, True]
    assert after.epoch == 3


def test_a_network_set_right_by_hand_trains_again():
    still = varied(QUIET, training={"learning_rate": 0.0})
    run, _ = advance(set_parameter(begin(still), 0, 0, 0, 1e200), epochs=1)

    after, report = advance(set_parameter(run, 0, 0, 0, 0.1), epochs=2)

    assert not after.diverged.any()
    assert report.epoch.tolist() == [2, 3]


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("penalty", PENALTIES)
def test_the_wildest_settings_give_no_warning_and_finite_parameters(activation, penalty):
    experiment = varied(
        Experiment.model_validate({"features": ["x1", "x2", "x1²", "x2²"]}),
        data={"dataset": "multi-gauss", "samples": 100},
        network={"activation": activation, "hidden": (8, 8, 8)},
        objective={"penalty": penalty, "penalty_rate": 10.0},
        training={"learning_rate": 10.0},
    )

    run, _ = advance(begin(experiment), epochs=30)
    evaluate(run)

    assert np.isfinite(run.parameters).all()


@pytest.mark.parametrize("noise", [{}, {"dropout": 0.9, "input_noise": 10.0}], ids=["plain", "with noise"])
@pytest.mark.parametrize("batch_size", [1, 10, 50])
def test_the_largest_rates_on_unscaled_squares_diverge_silently_and_leave_the_last_finite_state(
    batch_size, noise, caplog, capfd
):
    experiment = varied(
        Experiment.model_validate({"features": ["x1", "x2", "x1²", "x2²"]}),
        data={"dataset": "multi-gauss", "samples": 100},
        network={"activation": "relu"},
        objective={"penalty": "l2", "penalty_rate": 10.0, **noise},
        training={"learning_rate": 10.0, "batch_size": batch_size},
    )

    run, report = advance(begin(experiment), epochs=500)
    again, _ = advance(begin(experiment), steps=run.step)

    assert run.diverged.tolist() == report.diverged.tolist() == [True]
    assert run.epoch < 500
    assert np.isfinite(run.parameters).all()
    assert (run.parameters != begin(experiment).parameters).any()
    np.testing.assert_array_equal(again.parameters, run.parameters)
    assert caplog.records == []
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("loss", ["half-squared-error", "huber", "absolute-error"])
def test_no_optimizer_warns_at_its_wildest_or_leaves_what_is_not_finite(loss, optimizer):
    experiment = varied(
        Experiment.model_validate({"features": ["x1", "x2", "x1²", "x2²"]}),
        data={"dataset": "multi-gauss", "samples": 100},
        network={"activation": "relu", "hidden": (8, 8)},
        objective={"loss": loss},
        training={"learning_rate": 10.0, "optimizer": optimizer},
    )

    run, _ = advance(begin(experiment), epochs=30)
    evaluate(run)

    assert np.isfinite(run.parameters).all()
    assert np.isfinite(run.slots).all()


# ------------------------------------------------------------------------------------------------------ input noise

NOISY = varied(SMALL, objective={"input_noise": 0.3, "seed": 5})


def test_input_noise_moves_what_the_network_reads_in_every_step():
    run = begin(NOISY)
    samples = NOISY.data.training_samples

    after, _ = advance(run, steps=2)

    table = rows(NOISY.data, NOISY.features)[order(0, samples, 0)].copy()
    table[:, :2] += 0.3 * input_noise(5, samples, 2, 0)
    layers = unflatten(NOISY.sizes, run.parameters[0])
    for start in (0, 7):
        batch = [(row[:2].tolist(), row[3]) for row in table[start : start + 7]]
        slopes = plain_gradient(layers, ("tanh", "tanh"), ("half-squared-error", "classification"), batch)
        layers = plain_sgd_step(layers, slopes, learning_rate=0.03)
    # Two orders of adding up ten samples: rounding of numbers below 1.
    np.testing.assert_allclose(after.parameters[0], flatten(layers), rtol=0, atol=1e-15)


def test_input_noise_is_new_in_every_epoch_and_with_every_seed_and_takes_no_part_in_evaluations():
    assert (input_noise(5, 30, 2, 0) != input_noise(5, 30, 2, 1)).all()
    assert (input_noise(5, 30, 2, 0) != input_noise(6, 30, 2, 0)).all()
    trained, report = advance(begin(NOISY), epochs=2)

    assert report.train_loss[0, 1] == evaluate(trained).train_loss[0]
    assert evaluate(begin(NOISY)).train_loss == evaluate(begin(SMALL)).train_loss


def test_replicas_with_noise_of_their_own_train_as_they_would_alone():
    stack = [
        varied(SMALL, objective={"input_noise": noise, "seed": seed})
        for noise, seed in [(0.3, 5), (0.3, 6), (0.0, 6), (1.0, 5)]
    ]

    together, _ = advance(begin(stack), epochs=2)

    for i, one in enumerate(stack):
        np.testing.assert_array_equal(together.parameters[i], advance(begin(one), epochs=2)[0].parameters[0])
