"""Stop rules: when training ends, and what is left then."""

import pickle

import numpy as np
import pytest

from engine import Experiment, advance, begin, evaluate, reconfigure, set_parameter
from engine.registries.stop_rules import STOP_RULES
from tests.support.runs import assert_replica_is, assert_same_state
from tests.support.strategies import varied

OVERFITS = varied(
    Experiment(),
    data={"dataset": "gauss", "noise": 0.5, "train_fraction": 0.1, "validation_fraction": 0.2},
    network={"hidden": [8, 8]},
    training={"learning_rate": 0.1},
)


def with_stop(experiment, stop, **options):
    return varied(experiment, training={"stop": stop, "stop_options": options})


def plain_stop(losses, patience, improvement):
    """Return the epoch at which waiting ends, and the best epoch until then, by a plain loop over epochs 1, 2, …"""
    best, best_epoch = np.inf, 0
    for epoch, loss in enumerate(losses, 1):
        if loss < best - improvement:
            best, best_epoch = loss, epoch
        if epoch - best_epoch >= patience:
            return epoch, best_epoch
    return None, best_epoch


def test_never_goes_on():
    run, _ = advance(begin(Experiment()), epochs=50)

    assert run.epoch == 50
    assert not run.stopped[0]


def test_after_epochs_ends_exactly_there_and_stays():
    run, report = advance(begin(with_stop(Experiment(), "epochs", epochs=7.0)), epochs=50)

    assert run.epoch == report.epoch[-1] == 7
    assert run.stopped[0]
    assert report.stopped[0]
    assert not run.diverged[0]
    again, nothing = advance(run, epochs=5)
    assert again.step == run.step
    assert len(nothing.epoch) == 0


def test_the_target_loss_ends_training_at_the_first_epoch_that_reaches_it():
    _, free = advance(begin(Experiment()), epochs=100)
    target = 0.05

    run, report = advance(begin(with_stop(Experiment(), "target-loss", loss=target)), epochs=100)

    first = int(np.flatnonzero(free.train_loss[0] <= target)[0])
    assert run.epoch == first + 1
    np.testing.assert_array_equal(report.train_loss[0], free.train_loss[0, : first + 1])


@pytest.mark.parametrize(("patience", "improvement"), [(5, 0.01), (10, 0.001), (25, 0.0001)])
def test_a_plateau_is_an_end_without_a_better_training_loss_for_so_long(patience, improvement):
    noisy = varied(OVERFITS, training={"learning_rate": 0.3})
    _, free = advance(begin(noisy), epochs=400)
    stop, best = plain_stop(free.train_loss[0], patience, improvement)

    run, _ = advance(
        begin(with_stop(noisy, "plateau", patience=float(patience), improvement=improvement)), epochs=400
    )

    assert stop is not None
    assert run.epoch == stop
    assert run.best.epoch[0] == best
    assert run.best.loss[0] == free.train_loss[0, best - 1]
    assert run.best.parameters.size == 0  # nothing is kept that is not put back


def test_early_stopping_puts_the_best_network_back():
    _, free = advance(begin(OVERFITS), epochs=400)
    stop, best = plain_stop(free.validation_loss[0], 30, 0.0001)
    at_best, _ = advance(begin(OVERFITS), epochs=best)

    run, report = advance(begin(with_stop(OVERFITS, "early-stopping", patience=30.0)), epochs=400)

    assert stop is not None
    assert best < stop == run.epoch < 400
    np.testing.assert_array_equal(run.parameters, at_best.parameters)
    np.testing.assert_array_equal(report.validation_loss[0], free.validation_loss[0, :stop])  # as it went
    assert evaluate(run).validation_loss[0] == free.validation_loss[0].min() == run.best.loss[0]


@pytest.mark.parametrize(
    ("stop", "options"),
    [
        ("epochs", {"epochs": 23.0}),
        ("target-loss", {"loss": 0.08}),
        ("plateau", {"patience": 4.0}),
        ("early-stopping", {"patience": 4.0}),
    ],
)
def test_however_training_is_cut_it_ends_in_the_same_place(stop, options):
    experiment = with_stop(OVERFITS, stop, **options)
    whole, _ = advance(begin(experiment), epochs=300)

    run = begin(experiment)
    while not run.stopped[0] and run.epoch < 300:
        run, _ = advance(pickle.loads(pickle.dumps(run)), steps=7)

    assert whole.stopped[0]
    assert_same_state(run, whole)


@pytest.mark.parametrize("stop", ["plateau", "early-stopping"])
def test_every_replica_ends_as_it_would_alone(stop):
    experiments = [
        with_stop(varied(OVERFITS, network={"seed": seed}), stop, patience=patience, improvement=0.001)
        for seed, patience in [(0, 5.0), (1, 20.0), (2, 10.0)]
    ]

    together, report = advance(begin(experiments), epochs=500)

    assert together.stopped.all()
    for i, experiment in enumerate(experiments):
        assert_replica_is(together, i, advance(begin(experiment), epochs=500)[0])
    assert report.stopped.tolist() == [True, True, True]


def test_another_rule_or_any_change_lets_a_stopped_run_go_on():
    stopped, _ = advance(begin(with_stop(Experiment(), "epochs", epochs=5.0)), epochs=9)

    for changed in (
        with_stop(Experiment(), "never"),
        with_stop(Experiment(), "epochs", epochs=20.0),
    ):
        run, _ = advance(reconfigure(stopped, changed), epochs=3)
        assert run.epoch == 8
        assert not run.stopped[0]
    by_hand, _ = advance(set_parameter(stopped, 0, 0, 0, 1.0), epochs=3)
    assert by_hand.epoch == 6  # asked again after the next epoch, the rule says the same


def test_patience_begins_anew_after_a_change():
    stopped, _ = advance(begin(with_stop(OVERFITS, "plateau", patience=5.0, improvement=1.0)), epochs=99)
    more = reconfigure(stopped, varied(stopped.experiment, training={"learning_rate": 0.01}))

    run, _ = advance(more, epochs=99)

    assert stopped.epoch == 6  # only the first epoch is better than nothing by 1
    assert run.epoch == 6 + 5


@pytest.mark.parametrize(
    "change",
    [
        {"objective": {"loss": "huber"}},
        {"training": {"stop": "early-stopping"}},
        {"network": {"activation": "relu"}},
    ],
    ids=str,
)
def test_another_loss_rule_or_activation_forgets_what_was_best(change):
    run, _ = advance(begin(with_stop(OVERFITS, "plateau")), epochs=9)

    changed = reconfigure(run, varied(run.experiment, **change))

    assert changed.best.loss[0] == np.inf
    assert changed.best.epoch[0] == run.epoch


def test_what_is_put_back_was_best_with_the_activation_that_the_network_has():
    run, _ = advance(begin(with_stop(OVERFITS, "early-stopping", patience=20.0, improvement=0.0)), epochs=10)

    after, report = advance(
        reconfigure(run, varied(run.experiment, network={"activation": "relu"})), epochs=400
    )

    assert after.stopped[0]
    assert after.best.epoch[0] > run.epoch
    assert evaluate(after).validation_loss[0] == after.best.loss[0] == report.validation_loss[0].min()


def test_any_other_change_remembers_what_was_best():
    run, _ = advance(begin(with_stop(OVERFITS, "early-stopping")), epochs=9)

    changed = reconfigure(run, varied(run.experiment, training={"learning_rate": 0.01}))

    assert np.isfinite(run.best.loss).all()
    np.testing.assert_array_equal(changed.best.loss, run.best.loss)
    np.testing.assert_array_equal(changed.best.parameters, run.best.parameters)


def test_a_run_that_diverges_has_not_stopped():
    wild = varied(
        Experiment(),
        data={"dataset": "plane"},
        network={"activation": "relu"},
        training={"learning_rate": 10.0},
    )

    run, _ = advance(begin(with_stop(wild, "plateau", patience=1000.0)), epochs=50)

    assert run.diverged[0]
    assert not run.stopped[0]


@pytest.mark.parametrize("row", [row for row in STOP_RULES.values() if row.reached], ids=lambda row: row.key)
def test_a_rule_says_why_training_has_ended(row):
    options = {option.name: option.default for option in row.options}

    said = row.ended.format(best=1234, **options)

    assert said.endswith(".")
    assert "{" not in said
