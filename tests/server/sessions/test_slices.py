"""Work: slices as pure functions."""

import pickle
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from engine import Experiment, advance, begin, boundary, evaluate, layer_maps
from engine.insight import confusion
from server.protocol.frames import quantise
from server.protocol.views import DEFAULT_VIEWS, draw
from server.sessions import slices
from server.sessions.slices import Edit, Slice, run_slice
from tests.support.desk import copied
from tests.support.runs import assert_same_state
from tests.support.slices import all_tensors, drawn
from tests.support.views import requested

EXPERIMENT = Experiment.model_validate({"data": {"samples": 60}})


def test_a_first_slice_begins_the_run() -> None:
    outcome = run_slice(Slice(None, EXPERIMENT))

    assert outcome.run.epoch == 0
    assert outcome.tensors["losses/epochs"].tolist() == [[0]]
    assert outcome.tensors["losses/train"].tolist() == [evaluate(begin(EXPERIMENT)).train_loss.tolist()]


def test_a_slice_trains_as_the_engine_does() -> None:
    run, report = advance(begin(EXPERIMENT), epochs=3)

    outcome = run_slice(Slice(begin(EXPERIMENT), EXPERIMENT, epochs=3))

    assert np.array_equal(outcome.run.parameters, run.parameters)
    assert outcome.tensors["losses/epochs"].tolist() == [[1, 2, 3]]
    assert np.array_equal(outcome.tensors["losses/test"], report.test_loss)


def test_a_slice_measures_its_training_and_its_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 0.0

    def taking(seconds: float, function: Callable[..., Any]) -> Callable[..., Any]:
        def slow(*arguments: Any, **options: Any) -> Any:
            nonlocal now
            now += seconds
            return function(*arguments, **options)

        return slow

    monkeypatch.setattr(slices, "_CLOCK", lambda: now)
    monkeypatch.setattr(slices, "advance", taking(5, advance))
    monkeypatch.setattr(slices, "draw", taking(1, draw))

    outcome = run_slice(Slice(begin(EXPERIMENT), EXPERIMENT, epochs=1, views=requested(tiles=True)))

    assert (outcome.training_seconds, outcome.pictures_seconds) == (5, len(outcome.pictures))


def test_a_slice_brings_the_run_to_the_experiment() -> None:
    other = Experiment.model_validate({"data": {"samples": 60}, "training": {"learning_rate": 1}})

    outcome = run_slice(Slice(begin(EXPERIMENT), other))

    assert outcome.run.experiment == other


def test_edits_come_before_training() -> None:
    outcome = run_slice(
        Slice(begin(EXPERIMENT), EXPERIMENT, edits=(Edit(0, 1, -1, 7.0), Edit(2, 0, 1, -3.0)))
    )

    first, _, output = outcome.run.layout.layers(outcome.run.parameters)
    assert first[0, 1, -1] == 7.0
    assert output[0, 0, 1] == -3.0


def test_a_view_shows_what_the_engine_sees() -> None:
    run = begin(EXPERIMENT)

    tensors = drawn(Slice(run, EXPERIMENT, views=requested(tiles=True, unit=(0, 2), resolution=50)))

    maps = layer_maps(run, 50)
    assert np.array_equal(tensors["map/values"], quantise(maps[0][0, 2]))
    tiles = [tile for layer in layer_maps(run, 20) for tile in layer[0]]
    assert np.array_equal(tensors["tiles/values"], quantise(np.stack(tiles)))
    assert np.array_equal(tensors["parameters/values"], run.parameters[0].astype(np.float32))


def test_several_views_are_drawn_of_the_same_run() -> None:
    views = (*requested(resolution=30), requested(unit=(0, 2), resolution=50)[-1])

    outcome = run_slice(Slice(begin(EXPERIMENT), EXPERIMENT, epochs=1, views=views))

    for view, picture in zip(views, outcome.pictures, strict=True):
        alone = drawn(Slice(outcome.run, EXPERIMENT, views=(view,)))
        assert all(np.array_equal(tensor[0], alone[name]) for name, tensor in picture.items())
    assert "map/values" not in outcome.tensors


def test_the_output_is_shown_by_default() -> None:
    run = begin(EXPERIMENT)

    tensors = drawn(Slice(run, EXPERIMENT, views=requested()))

    assert np.array_equal(tensors["map/values"], quantise(boundary(run)[0, 0]))
    assert "tiles/values" not in tensors


@pytest.mark.parametrize("dataset", ["blobs", "spiral-3", "spiral-5"])
def test_a_network_of_many_classes_trains_and_is_drawn(dataset: str) -> None:
    experiment = Experiment.model_validate({"data": {"dataset": dataset, "samples": 60}})

    outcome = run_slice(Slice(None, experiment, epochs=2, views=requested(tiles=True, resolution=50)))

    now, tensors = evaluate(outcome.run), all_tensors(outcome)
    assert tensors["losses/epochs"].tolist() == [0, 1, 2]
    assert tensors["scores/values"].tolist() == [
        [now.train_loss[0], now.train_accuracy[0]],
        [now.test_loss[0], now.test_accuracy[0]],
    ]
    assert tensors["map/values"].shape == (50, 50)
    assert tensors["tiles/values"].shape == (4 + 2 + experiment.outputs, 20, 20)
    assert tensors["parameters/values"].shape == (experiment.parameters,)
    assert set(tensors["points/train"][:, 2]) == set(range(experiment.outputs))


def test_a_network_without_hidden_layers_has_the_output_as_its_only_tile() -> None:
    experiment = Experiment.model_validate({"network": {"hidden": []}})

    tensors = drawn(Slice(None, experiment, views=requested(tiles=True)))

    assert tensors["tiles/values"].shape == (1, 20, 20)


@pytest.mark.parametrize(("dataset", "score"), [("circle", "accuracy"), ("plane", "r2")])
def test_the_evaluation_has_loss_and_score_of_training_and_test(dataset: str, score: str) -> None:
    experiment = Experiment.model_validate({"data": {"dataset": dataset}})

    tensors = drawn(Slice(None, experiment, views=requested()))

    now = evaluate(begin(experiment))
    expected = [
        [now.train_loss[0], getattr(now, f"train_{score}")[0]],
        [now.test_loss[0], getattr(now, f"test_{score}")[0]],
    ]
    assert tensors["scores/values"].tolist() == expected


def test_the_points_are_sent_with_the_first_slice_only() -> None:
    first = run_slice(Slice(None, EXPERIMENT))
    second = run_slice(Slice(first.run, EXPERIMENT))

    assert first.tensors["points/train"].shape == (1, 30, 3)
    assert first.tensors["points/test"].shape == (1, 30, 3)
    assert "points/train" not in second.tensors


def test_enormous_parameters_are_sent_as_the_largest_float32() -> None:
    run = begin(EXPERIMENT)
    edits = (Edit(0, 0, 0, 1e300), Edit(0, 0, 1, -1e300))

    tensors = drawn(Slice(run, EXPERIMENT, edits=edits, views=requested()))

    assert tensors["parameters/values"][:2].tolist() == [np.finfo(np.float32).max, np.finfo(np.float32).min]


def test_a_slice_is_small_on_its_way_to_the_engine_process() -> None:
    work = Slice(
        begin(Experiment.model_validate({"network": {"hidden": [8, 8]}})), EXPERIMENT, views=requested()
    )

    assert len(pickle.dumps(work)) < 8_000


CLASSES = Experiment.model_validate(
    {"data": {"dataset": "blobs", "dataset_options": {"classes": 5}, "samples": 100}, "network": {"seed": 3}}
)


def test_of_many_classes_the_map_shows_the_most_probable_one_and_how_probable_it_is() -> None:
    run, _ = advance(begin(CLASSES), epochs=20)

    tensors = drawn(Slice(run, CLASSES, views=requested(resolution=30)))

    probabilities = boundary(run, 30)[0]
    assert probabilities.shape == (5, 30, 30)
    assert np.array_equal(tensors["map/classes"], probabilities.argmax(axis=0))
    assert tensors["map/classes"].dtype == np.int8
    assert np.array_equal(tensors["map/values"], quantise(probabilities.max(axis=0)))
    assert len(np.unique(tensors["map/classes"])) == 5


def test_one_of_many_outputs_is_shown_as_a_unit_and_as_a_tile_from_no_to_yes() -> None:
    run, _ = advance(begin(CLASSES), epochs=20)

    tensors = drawn(Slice(run, CLASSES, views=requested(tiles=True, unit=(2, 3), resolution=30)))

    assert np.array_equal(tensors["map/values"], quantise(2 * boundary(run, 30)[0, 3] - 1))
    assert "map/classes" not in tensors
    assert tensors["tiles/values"].shape == (4 + 2 + 5, 20, 20)
    assert np.array_equal(tensors["tiles/values"][6:], quantise(2 * boundary(run, 20)[0] - 1))


def test_points_of_many_classes_carry_the_number_of_the_class() -> None:
    tensors = drawn(Slice(None, CLASSES))

    assert set(tensors["points/train"][:, 2]) == {0, 1, 2, 3, 4}


def test_validation_samples_have_losses_scores_and_points_of_their_own() -> None:
    experiment = Experiment.model_validate({"data": {"samples": 60, "validation_fraction": 0.2}})
    run, report = advance(begin(experiment), epochs=3)
    now = evaluate(run)

    first = drawn(Slice(None, experiment))
    tensors = drawn(Slice(begin(experiment), experiment, epochs=3, views=requested()))

    assert [len(first[f"points/{part}"]) for part in ("train", "validation", "test")] == [30, 12, 18]
    assert len(first["losses/validation"]) == 1
    assert np.array_equal(tensors["losses/validation"], report.validation_loss[0])
    assert tensors["scores/values"].tolist() == [
        [now.train_loss[0], now.train_accuracy[0]],
        [now.test_loss[0], now.test_accuracy[0]],
        [now.validation_loss[0], now.validation_accuracy[0]],
    ]


def test_without_validation_samples_nothing_is_said_of_them() -> None:
    tensors = drawn(Slice(None, EXPERIMENT, views=requested()))

    assert not [name for name in tensors if name.endswith("validation")]
    assert tensors["scores/values"].shape == (2, 2)


def test_which_classes_are_taken_for_which_is_counted_when_looked_at() -> None:
    run, _ = advance(begin(EXPERIMENT), epochs=5)

    counts = drawn(Slice(run, EXPERIMENT, views=requested(confusion=True)))["confusion/counts"]

    expected = confusion(run)
    assert counts.dtype == np.uint32
    assert np.array_equal(counts, [expected.train[0], expected.test[0]])
    assert "confusion/counts" not in drawn(Slice(run, EXPERIMENT, views=requested()))


def test_validation_samples_and_many_classes_are_counted_too() -> None:
    experiment = Experiment.model_validate(
        {"data": {"dataset": "blobs", "samples": 60, "validation_fraction": 0.2}}
    )

    counts = drawn(Slice(None, experiment, views=requested(confusion=True)))["confusion/counts"]

    assert counts.shape == (3, experiment.data.classes, experiment.data.classes)
    assert counts.sum(axis=(1, 2)).tolist() == [30, 18, 12]


def test_values_have_no_classes_to_count() -> None:
    experiment = Experiment.model_validate({"data": {"dataset": "plane", "samples": 60}})

    assert "confusion/counts" not in drawn(Slice(None, experiment, views=requested(confusion=True)))


def test_without_views_there_are_losses_and_points_only() -> None:
    outcome = run_slice(Slice(run=None, experiment=Experiment(), epochs=2))

    assert set(all_tensors(outcome)) == {
        "losses/epochs",
        "losses/train",
        "losses/test",
        "points/train",
        "points/test",
    }


def test_an_experiment_is_pickled_and_loaded_once_in_each_process() -> None:
    run = advance(begin(Experiment()), epochs=1)[0]
    work = Slice(run, Experiment(network={"hidden": (3,)}), epochs=1)  # type: ignore[arg-type]

    first, second = copied(work), copied(work)

    assert (first.experiment, first.run and first.run.experiment) == (work.experiment, run.experiment)
    assert first.experiment is second.experiment


def test_an_outcome_comes_back_whole_but_for_the_experiment() -> None:
    outcome = run_slice(Slice(None, Experiment(), epochs=2, views=DEFAULT_VIEWS))

    back = copied(outcome)

    assert back.run.experiments == ()
    assert_same_state(replace(back.run, experiments=outcome.run.experiments), outcome.run)
    for ours, theirs in zip(
        (outcome.tensors, *outcome.pictures), (back.tensors, *back.pictures), strict=True
    ):
        assert ours.keys() == theirs.keys()
        for name, tensor in ours.items():
            assert (tensor.dtype, tensor.shape) == (theirs[name].dtype, theirs[name].shape)
            assert tensor.tobytes() == theirs[name].tobytes()
    assert (back.training_seconds, back.pictures_seconds) == (
        outcome.training_seconds,
        outcome.pictures_seconds,
    )
