"""Many classes: one output for each, one colour and one shape."""

from collections.abc import Callable
from math import cos, pi, sin

import numpy as np
import pytest
from playwright.sync_api import expect

from tests.support.page import Playground


def on_the_arm(arm: int, along: float) -> tuple[float, float]:
    """Return a point of the data set "Three arms"."""
    radius, angle = 0.4 + 4.8 * along, 2 * pi * (along + arm / 3)
    return radius * sin(angle), radius * cos(angle)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_three_arms_end_up_on_three_colours(visit: Callable[..., Playground], scheme: str) -> None:
    playground = visit(scheme=scheme)
    playground.choose_dataset("spiral-3")
    playground.set_units(8, 8)
    playground.choose("training.learning_rate", "0.1")
    playground["#speed"].select_option("5")

    playground.train(300)

    for arm in range(3):
        for along in (0.3, 0.6, 0.9):
            assert playground.class_at(*on_the_arm(arm, along), classes=3) == arm
    assert playground.scores()["test"] < 0.2


def test_discretize_leaves_one_plain_colour_for_each_class(playground: Playground) -> None:
    playground.choose_dataset("blobs")
    playground.train(60)
    smooth = len(np.unique(playground.map().reshape(-1, 3), axis=0))

    playground["#discretize"].check(force=True)

    playground.until(lambda: len(np.unique(playground.map().reshape(-1, 3), axis=0)) == 4, "four colours")
    assert smooth > 50


def test_the_number_of_blobs_is_that_of_outputs_and_colours(playground: Playground) -> None:
    playground.choose_dataset("blobs")
    classes = playground['[data-options="data.dataset"] [data-option="classes"]']
    expect(playground[".unit--output"]).to_have_count(4)

    classes.select_option("6")

    expect(playground[".unit--output"]).to_have_count(6)
    expect(playground["#legend .legend__class"]).to_have_text(["0", "1", "2", "3", "4", "5"])
    assert playground.field("data.dataset_options") == {"classes": 6}
    playground.train(150)
    for number in range(6):
        angle = 2 * pi * number / 6
        assert playground.class_at(3.5 * sin(angle), 3.5 * cos(angle), classes=6) == number


def test_an_output_can_be_put_on_the_map_and_goes_with_its_class(playground: Playground) -> None:
    playground.choose_dataset("blobs")
    playground.train(60)
    output = playground.map()
    fourth = playground[".unit--output"].nth(3)

    fourth.click()
    playground.page.mouse.move(5, 5)

    expect(fourth).to_have_attribute("aria-pressed", "true")
    expect(playground["#map-caption"]).to_have_text("Probability of class 3")
    expect(playground[".legend__ticks"]).to_have_text("0½1")
    playground.until(lambda: playground.map().shape[0] == 100, "the large map")
    playground.settle()
    shown = playground.map()
    assert (shown != output).any()
    # The blob of class 3 lies on the left: its colour is there, and none of the others' anywhere else.
    assert playground.class_at(-3.5, 0, classes=4) == 3
    right, top = shown[50, 80], shown[20, 50]
    assert np.abs(right - top).sum() < 30

    playground['[data-options="data.dataset"] select'].select_option("3")
    expect(playground["#map-caption"]).to_have_text("Most probable class")
    expect(playground[".legend__ticks"]).to_have_text("−101")


def test_an_output_is_looked_at_by_pointer_and_by_keyboard(playground: Playground) -> None:
    playground.choose_dataset("spiral-3")
    caption = playground["#map-caption"]

    playground[".unit--output"].nth(2).hover()
    expect(caption).to_have_text("Probability of class 2")
    playground.page.mouse.move(5, 5)
    expect(caption).to_have_text("Most probable class")

    playground.hidden_units().last.focus()
    playground.page.keyboard.press("ArrowRight")
    playground.page.keyboard.press("Enter")

    expect(playground[".unit--output"].nth(1)).to_have_attribute("aria-pressed", "true")
    expect(caption).to_have_text("Probability of class 1")
    playground.page.keyboard.press("Escape")
    expect(caption).to_have_text("Most probable class")


def test_an_output_can_be_tapped_on_a_phone(visit: Callable[..., Playground]) -> None:
    playground = visit("phone", touch=True)
    playground.open_all()
    playground.choose_dataset("blobs")

    playground[".unit--output"].first.tap()

    expect(playground[".unit--output"].first).to_have_attribute("aria-pressed", "true")
    expect(playground["#map-caption"]).to_have_text("Probability of class 0")


def test_weights_and_bias_of_every_output_are_set_by_hand(playground: Playground) -> None:
    playground.choose_dataset("spiral-3")
    playground.settle()
    cursor, scores = playground[".diagram__cursor"], playground.scores()
    cursor.focus()
    playground.page.keyboard.press("End")

    playground.page.keyboard.press("Enter")
    expect(playground["#editor-title"]).to_have_text("Bias of the output of class 2")
    playground["#editor-value"].fill("4")
    playground["#editor-value"].press("Enter")

    playground.until(lambda: playground.scores() != scores, "other losses")
    playground.settle()
    assert playground.class_at(0, 0, classes=3) == 2
    assert playground.class_at(5, 5, classes=3) == 2


def test_back_to_two_classes_everything_is_as_before(playground: Playground) -> None:
    before = playground.map()
    playground.choose_dataset("spiral-5")

    playground.choose_dataset("circle")

    playground.until(lambda: np.array_equal(playground.map(), before), "the map of the beginning")
    expect(playground[".unit--output"]).to_have_count(1)
    expect(playground["#legend .legend__class"]).to_have_text(["+1", "−1"])
    expect(playground["#map-caption"]).to_have_text("Output of the network")
    assert playground.field("objective.loss") == "half-squared-error"
