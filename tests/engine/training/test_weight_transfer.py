"""Transplant: networks that change their shape and keep what they know."""

import numpy as np
from hypothesis import assume, given
from hypothesis import strategies as st

from engine import Experiment, advance, begin, boundary, evaluate
from engine.registries.features import FEATURES
from engine.training.weight_transfer import can_transplant, transplant
from tests.support.strategies import experiments, law, varied
from tests.support.validation import raises_naming

LINEAR = varied(Experiment(), network={"activation": "linear", "hidden": [3]})


def shaped(experiment, *, hidden=None, features=None):
    values = experiment.model_dump()
    if hidden is not None:
        values["network"]["hidden"] = hidden
        if isinstance(experiment.network.activation, tuple):
            values["network"]["activation"] = "tanh"
    if features is not None:
        values["features"] = features
    return Experiment.model_validate(values)


def trained(experiment=None):
    return advance(begin(experiment or Experiment()), epochs=60)[0]


def weights(run):
    return [layer[0] for layer in run.layout.layers(run.parameters)]


def test_a_new_unit_leaves_all_others_as_they_are_and_says_little():
    run = trained()

    grown = transplant(run, shaped(run.experiment, hidden=[5, 2]))

    old, new = weights(run), weights(grown)
    np.testing.assert_array_equal(new[0][:4], old[0])
    np.testing.assert_array_equal(np.delete(new[1], 4, axis=1), old[1])
    np.testing.assert_array_equal(new[2], old[2])
    assert 0 < np.abs(new[0][4]).max() <= 0.05  # a tenth of the original's −½ … ½
    assert 0 < np.abs(new[1][:, 4]).max() <= 0.05
    assert np.abs(boundary(grown) - boundary(run)).max() < 0.2


def test_a_unit_that_goes_takes_only_its_own_weights_along():
    run = trained()

    pruned = transplant(run, shaped(run.experiment, hidden=[3, 2]))

    old, new = weights(run), weights(pruned)
    np.testing.assert_array_equal(new[0], old[0][:3])
    np.testing.assert_array_equal(new[1], np.delete(old[1], 3, axis=1))
    np.testing.assert_array_equal(new[2], old[2])


def test_a_new_layer_passes_on_what_it_reads():
    run = trained(LINEAR)

    deeper = transplant(run, shaped(LINEAR, hidden=[3, 3]))

    # With a linear activation exactly: the same sums of the same numbers, in float32 pictures.
    np.testing.assert_allclose(boundary(deeper), boundary(run), rtol=0, atol=1e-6)


def test_a_new_narrower_layer_passes_on_what_fits():
    run = trained(LINEAR)

    deeper = transplant(run, shaped(LINEAR, hidden=[3, 2]))

    np.testing.assert_array_equal(weights(deeper)[1], [[1, 0, 0, 0], [0, 1, 0, 0]])
    np.testing.assert_array_equal(weights(deeper)[2][0], weights(run)[1][0][[0, 1, 3]])


def test_features_keep_their_weights_wherever_they_stand():
    run = trained(shaped(Experiment(), features=["x1", "x2", "x1²"]))

    other = transplant(run, shaped(run.experiment, features=["x1²", "sin x1", "x1"]))

    old, new = weights(run)[0], weights(other)[0]
    np.testing.assert_array_equal(new[:, 0], old[:, 2])
    np.testing.assert_array_equal(new[:, 2], old[:, 0])
    np.testing.assert_array_equal(new[:, 3], old[:, 3])
    assert np.abs(new[:, 1]).max() <= 0.05


def test_training_goes_on_and_the_optimizer_remembers():
    adam = varied(Experiment(), training={"optimizer": "adam", "learning_rate": 0.01})
    run, _ = advance(begin(adam), steps=80)

    grown = transplant(run, shaped(adam, hidden=[5, 2]))

    assert (grown.epoch, grown.step, grown.position) == (run.epoch, run.step, run.position)
    np.testing.assert_array_equal(grown.slots[:, 0, : 4 * 3], run.slots[:, 0, : 4 * 3])
    assert not grown.slots[:, 0, 4 * 3 : 5 * 3].any()
    after, report = advance(grown, epochs=100)
    assert report.train_loss[0, -1] < evaluate(run).train_loss[0]
    assert after.experiment.network.hidden == (5, 2)


def test_live_fields_may_change_with_the_shape():
    run = trained()

    grown = transplant(
        run,
        varied(shaped(run.experiment, hidden=[4, 3]), training={"optimizer": "adam", "learning_rate": 0.1}),
    )

    assert grown.slots.shape == (2, 1, grown.layout.parameters)
    assert grown.since == run.step
    assert advance(grown, epochs=1)[1].steps == 25


def test_the_best_network_of_early_stopping_is_carried_over_too():
    run = trained(
        varied(Experiment(), data={"validation_fraction": 0.2}, training={"stop": "early-stopping"})
    )

    grown = transplant(run, shaped(run.experiment, hidden=[4, 3]))

    assert grown.best.parameters.shape == grown.parameters.shape
    np.testing.assert_array_equal(grown.best.parameters[0, : 4 * 3], run.best.parameters[0, : 4 * 3])
    assert grown.best.loss == run.best.loss


@law(60)
@given(
    experiment=experiments(),
    more=st.tuples(*[st.integers(0, 3)] * 3),
    features=st.lists(st.sampled_from(list(FEATURES)), min_size=1, unique=True),
)
def test_there_and_back_to_a_larger_shape_changes_nothing(experiment, more, features):
    larger = shaped(
        experiment,
        hidden=[sum(pair) for pair in zip(more, experiment.network.hidden, strict=False)],
        features=[*experiment.features, *(key for key in features if key not in experiment.features)],
    )
    assume(can_transplant(experiment, larger))
    run, _ = advance(begin(experiment), steps=3)

    back = transplant(transplant(run, larger), experiment)

    np.testing.assert_array_equal(back.parameters, run.parameters)
    np.testing.assert_array_equal(back.slots, run.slots)


@law(60)
@given(
    experiment=experiments(),
    hidden=st.lists(st.integers(1, 5), max_size=4),
)
def test_any_shape_can_follow_any_other_and_trains(experiment, hidden):
    other = shaped(experiment, hidden=hidden)
    assume(can_transplant(experiment, other))
    run, _ = advance(begin(experiment), steps=2)

    moved = transplant(run, other)

    assert np.isfinite(moved.parameters).all()
    assert advance(moved, steps=1)[0].parameters.shape == (1, other.parameters)


def test_what_is_no_change_of_shape_is_refused():
    run = trained()

    assert not can_transplant(run.experiment, run.experiment)
    with raises_naming("data.seed", "features", "network.hidden"):
        transplant(run, varied(shaped(run.experiment, hidden=[5]), data={"seed": 1}))
    with raises_naming("features", "network.hidden"):
        transplant(run, varied(run.experiment, training={"learning_rate": 0.1}))
