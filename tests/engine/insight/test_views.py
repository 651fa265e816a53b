"""Views: every row computes what it announces, for stacks as for single networks."""

from typing import Any

import numpy as np
import pytest

from engine import Experiment, Run, advance, begin, boundary, evaluate, layer_maps
from engine.insight import VIEWS, confusion
from engine.insight.views import TILE
from engine.samples import points
from engine.user_messages import LocalizedError
from tests.support.strategies import varied

EXPERIMENTS: dict[str, dict[str, Any]] = {
    "two classes": {},
    "many classes": {"data": {"dataset": "blobs", "samples": 60, "validation_fraction": 0.2}},
    "regression": {"data": {"dataset": "plane", "samples": 60}},
    "no hidden layer": {"network": {"hidden": []}, "data": {"samples": 60}},
}
OPTIONS: dict[str, list[dict[str, Any]]] = {
    "map": [{}, {"unit": {"layer": 0, "unit": 0}, "resolution": 30}],
    "parameters": [{}, {"exact": True}],
}


def compute(key: str, run: Run, **options: Any) -> Any:
    row = VIEWS[key]
    return row.compute(run, row.options.model_validate(options))


def stack(groups: dict[str, Any], replicas: int = 3) -> Run:
    one = Experiment.model_validate(groups)
    seeds = [varied(one, network={"seed": seed}, data={"seed": seed}) for seed in range(replicas)]
    return advance(begin(seeds), epochs=2)[0]


@pytest.mark.parametrize("key", VIEWS)
@pytest.mark.parametrize("name", ["two classes", "many classes", "regression"])
def test_a_view_of_a_stack_is_the_views_of_its_networks(key: str, name: str) -> None:
    run = stack(EXPERIMENTS[name])

    for options in OPTIONS.get(key, [{}]):
        arrays = compute(key, run, **options)
        assert set(arrays) <= set(VIEWS[key].arrays)
        for replica, experiment in enumerate(run.experiments):
            alone = compute(key, advance(begin(experiment), epochs=2)[0], **options)
            assert set(alone) == set(arrays)
            for array, whole in arrays.items():
                assert alone[array].shape == (1, *whole.shape[1:])
                assert alone[array].dtype == whole.dtype
                assert np.array_equal(alone[array][0], whole[replica], equal_nan=True)


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_every_announced_array_is_computed_where_it_makes_sense(name: str) -> None:
    run = begin(Experiment.model_validate(EXPERIMENTS[name]))
    classes, validation = run.experiment.data.classes, run.experiment.data.validation_samples
    missing = {
        ("map", "classes"): classes <= 2,
        ("confusion", "counts"): classes == 0,
        ("points", "validation"): not validation,
    }

    for key, row in VIEWS.items():
        arrays = compute(key, run, **({"exact": True} if key == "parameters" else {}))
        assert set(arrays) == {array for array in row.arrays if not missing.get((key, array), False)}


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_the_map_and_the_tiles_are_those_of_the_layers(name: str) -> None:
    run = stack(EXPERIMENTS[name])
    outputs = boundary(run)
    scaled = [*layer_maps(run, TILE)]
    if run.experiment.outputs > 1:
        scaled[-1] = 2 * scaled[-1] - 1

    shown = compute("map", run)["values"]

    assert np.array_equal(shown, outputs.max(axis=1))
    assert np.array_equal(compute("tiles", run)["values"], np.concatenate(scaled, axis=1))


def test_one_of_many_outputs_is_shown_from_no_to_yes_and_a_hidden_unit_as_it_is() -> None:
    run = stack(EXPERIMENTS["many classes"])

    output = compute("map", run, unit={"layer": 2, "unit": 3}, resolution=30)
    hidden = compute("map", run, unit={"layer": 1, "unit": 1}, resolution=30)

    assert np.array_equal(output["values"], 2 * boundary(run, 30)[:, 3] - 1)
    assert np.array_equal(hidden["values"], layer_maps(run, 30)[1][:, 1])
    assert set(output) == set(hidden) == {"values"}


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_scores_counts_points_and_parameters_are_the_engines(name: str) -> None:
    run = stack(EXPERIMENTS[name])
    now, data = evaluate(run), run.experiment.data
    score = "r2" if data.problem == "regression" else "accuracy"
    parts = ["train", "test", "validation"] if data.validation_samples else ["train", "test"]

    scores = compute("scores", run)["values"]
    assert scores.shape == (3, len(parts), 2)
    for row, part in enumerate(parts):
        assert np.array_equal(scores[:, row, 0], getattr(now, f"{part}_loss"))
        assert np.array_equal(scores[:, row, 1], getattr(now, f"{part}_{score}"))
        if data.problem != "regression":
            counts = compute("confusion", run)["counts"]
            assert np.array_equal(counts[:, row], getattr(confusion(run), part))

    table = compute("points", run)
    everything = np.concatenate([table[part] for part in ("train", "validation", "test") if part in table], 1)
    for replica, experiment in enumerate(run.experiments):
        assert np.array_equal(everything[replica], np.hstack(points(experiment.data)))
    assert compute("parameters", run, exact=True)["exact"] is run.parameters


def test_a_loss_that_overflowed_is_infinite() -> None:
    groups = {
        "data": {"dataset": "multi-gauss", "samples": 60},
        "network": {"hidden": [2], "activation": "linear"},
    }
    run = begin(Experiment.model_validate(groups))
    run = Run(**{**_fields(run), "parameters": np.full_like(run.parameters, 1e200)})

    assert np.isinf(compute("scores", run)["values"][:, :, 0]).all()


def _fields(run: Run) -> dict[str, Any]:
    return {name: getattr(run, name) for name in run.__slots__}


@pytest.mark.parametrize(
    ("name", "unit", "key"),
    [
        ("two classes", (2, 0), "no-such-unit"),
        ("two classes", (1, 2), "no-such-unit"),
        ("no hidden layer", (0, 0), "no-such-unit"),
        ("many classes", (2, 6), "no-such-unit-or-output"),
        ("many classes", (3, 0), "no-such-unit-or-output"),
    ],
)
def test_a_map_of_a_unit_that_there_is_not_does_not_fit(name: str, unit: tuple[int, int], key: str) -> None:
    row, experiment = VIEWS["map"], Experiment.model_validate(EXPERIMENTS[name])

    with pytest.raises(LocalizedError) as error:
        row.check(experiment, row.options(unit={"layer": unit[0], "unit": unit[1]}))

    assert (error.value.user_message.key, error.value.field) == (key, "unit")
    row.check(experiment, row.options())


@pytest.mark.parametrize("key", VIEWS)
def test_options_have_defaults_and_nothing_else_is_accepted(key: str) -> None:
    model = VIEWS[key].options

    assert model() == model.model_validate({})
    with pytest.raises(ValueError, match="extra"):
        model.model_validate({"colour": "red"})


def test_a_finer_map_costs_more_and_one_of_an_early_layer_less() -> None:
    experiment, row = Experiment(), VIEWS["map"]

    def operations(**options: Any) -> int:
        return row.cost(experiment, row.options.model_validate(options)).operations

    assert operations(resolution=200) == 4 * operations()
    assert operations(unit={"layer": 0, "unit": 0}) < operations(unit={"layer": 1, "unit": 0}) < operations()
    # 2-4-2-1 with a bias to each unit
    assert operations() == 2 * (3 * 4 + 5 * 2 + 3 * 1) * 100 * 100
