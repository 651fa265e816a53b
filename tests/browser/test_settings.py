"""Change anything, at any time."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import expect

from server.protocol.catalog import catalog
from tests.support.page import Playground


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("training.learning_rate", "0.1"),
        ("network.activation", "relu"),
        ("objective.loss", "logistic-cross-entropy"),
        ("objective.penalty", "l2"),
        ("objective.penalty_rate", "0.01"),
        ("training.batching", "sequential"),
    ],
)
def test_a_live_setting_keeps_what_was_learned(playground: Playground, name: str, value: str) -> None:
    playground.train(20)
    epoch = playground.epoch
    playground.open_all()

    playground.choose(name, value)
    playground["#step"].click()

    playground.until(lambda: playground.epoch == epoch + 1, "one more epoch")
    expect(playground[f'select[data-field="{name}"]']).to_have_value(value)


def test_the_batch_size_is_live_too(playground: Playground) -> None:
    playground.train(20)
    epoch = playground.epoch

    playground.slide("training.batch_size", 0)
    playground["#step"].click()

    playground.until(lambda: playground.epoch == epoch + 1, "one more epoch")


def add_a_layer(playground: Playground) -> None:
    playground["#add-layer"].click()


def remove_a_layer(playground: Playground) -> None:
    playground["#remove-layer"].click()


def add_a_feature(playground: Playground) -> None:
    playground['.feature__box[value="x1x2"]'].check(force=True)


def choose_xor(playground: Playground) -> None:
    playground['input[name="dataset"][value="xor"]'].check(force=True)


def add_noise(playground: Playground) -> None:
    playground.slide("data.noise", 0.2)


def change_the_split(playground: Playground) -> None:
    playground.slide("data.train_fraction", 0.3)


def regenerate(playground: Playground) -> None:
    playground["#regenerate"].click()


def choose_zeros(playground: Playground) -> None:
    playground.choose("network.initializer", "zeros")


@pytest.mark.parametrize(
    "change",
    [
        add_a_layer,
        remove_a_layer,
        add_a_feature,
        choose_xor,
        add_noise,
        change_the_split,
        regenerate,
        choose_zeros,
    ],
)
def test_structure_and_data_start_anew(playground: Playground, change: Callable[[Playground], None]) -> None:
    playground.train(20)
    before = playground.map()

    change(playground)

    playground.until(lambda: playground.epoch == 0, "epoch 0")
    playground.until(lambda: bool((playground.map() != before).any()), "another map")


def test_layers_and_units_come_and_go(playground: Playground) -> None:
    units = playground.hidden_units()
    expect(units).to_have_count(6)

    playground["#add-layer"].click()
    expect(playground["#layer-count"]).to_have_text("3")
    expect(units).not_to_have_count(6)
    for _ in range(3):
        playground["#remove-layer"].click()

    expect(playground["#layer-count"]).to_have_text("0")
    expect(units).to_have_count(0)
    expect(playground["#remove-layer"]).to_be_disabled()


def test_as_many_layers_as_the_engine_allows(playground: Playground) -> None:
    limit = catalog().fields["network.hidden"].maximum_layers
    assert limit is not None

    for _ in range(limit - 2):
        playground["#add-layer"].click()

    expect(playground["#layer-count"]).to_have_text(str(limit))
    expect(playground["#add-layer"]).to_be_disabled()
    playground["#step"].click()
    playground.until(lambda: playground.epoch == 1, "one epoch")


def test_without_features_is_refused_in_words_and_nothing_is_lost(playground: Playground) -> None:
    playground['.feature__box[value="x2"]'].uncheck(force=True)
    playground['.feature__box[value="x1"]'].click(force=True)

    playground.until(
        lambda: (
            playground['[role="alert"]'].count() > 0 or playground['.feature__box[value="x1"]'].is_disabled()
        ),
        "a refusal",
    )
    expect(playground['.feature__box[value="x1"]']).to_be_checked()


def test_regression_has_its_own_data_sets_and_scores(playground: Playground) -> None:
    playground["#problem"].select_option("regression")

    expect(playground['input[name="dataset"][value="plane"]']).to_be_checked()
    expect(playground['[data-part="test"] .score__kind']).to_have_text("R²")
    playground.until(lambda: playground.epoch == 0, "a new start")
    playground.train(20)
    assert playground.scores()["test"] < 0.01


def test_a_regression_offers_no_loss_for_classes(playground: Playground) -> None:
    playground.choose("objective.loss", "logistic-cross-entropy")

    playground["#problem"].select_option("regression")

    expect(playground['select[data-field="objective.loss"]']).to_have_value("half-squared-error")
    assert playground['[role="alert"]'].count() == 0


def test_discretize_leaves_two_colours(playground: Playground) -> None:
    playground.train(50)
    smooth = len(np.unique(playground.map().reshape(-1, 3), axis=0))

    playground["#discretize"].check(force=True)

    playground.until(lambda: len(np.unique(playground.map().reshape(-1, 3), axis=0)) == 2, "two colours")
    assert smooth > 20


def test_test_points_can_be_shown(playground: Playground) -> None:
    def picture() -> bytes:
        return playground["#map"].locator("xpath=..").screenshot()

    without = picture()

    playground["#show-test"].check(force=True)

    playground.until(lambda: picture() != without, "more points")


def test_every_choice_of_the_catalogue_is_offered(playground: Playground) -> None:
    for name, field in catalog().fields.items():
        if field.kind != "choice" or field.choices in ("datasets", None):
            continue
        rows: list[Any] = getattr(catalog().choices, field.choices)
        if field.choices == "losses":
            rows = [row for row in rows if "classification" in row.problems]
        offered = playground[f'select[data-field="{name}"] option']
        if len(rows) > 1:
            assert [option.get_attribute("value") for option in offered.all()] == [row.key for row in rows]


def test_numbers_offered_are_those_of_the_catalogue(playground: Playground) -> None:
    for name in ("training.learning_rate", "objective.penalty_rate"):
        suggestions = catalog().fields[name].suggestions
        offered = playground[f'select[data-field="{name}"] option'].all()
        assert [float(str(option.get_attribute("value"))) for option in offered] == suggestions
