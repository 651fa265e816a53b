"""Every choice of the catalogue, and the numbers that belong to some of them."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Locator, expect

from server.protocol.catalog import Choice, LossChoice, StopChoice, catalog
from tests.support.page import Playground

CHOICES = [
    name
    for name, field in catalog().fields.items()
    if field.kind == "choice"
    and field.choices != "datasets"
    and len(getattr(catalog().choices, field.choices or "")) > 1
]
OPTIONED = [name for name in CHOICES if f"{name}_options" in catalog().fields]


def rows(name: str) -> list[Choice]:
    listed: list[Choice] = getattr(catalog().choices, catalog().fields[name].choices or "")
    return listed


def show(playground: Playground) -> None:
    """Open the settings that are closed at first."""
    playground.open_all()


def select(playground: Playground, name: str) -> Locator:
    return playground[f'select[data-field="{name}"]']


def options(playground: Playground, name: str) -> Locator:
    return playground[f'[data-options="{name}"] [data-option]']


def option(playground: Playground, name: str, key: str) -> Locator:
    return playground[f'[data-options="{name}"] [data-option="{key}"]']


def step(playground: Playground) -> None:
    """Train one epoch, and find that nothing was refused."""
    before = playground.epoch
    playground["#step"].click()
    playground.until(lambda: playground.epoch == before + 1, "one more epoch")
    assert playground['[role="alert"]'].count() == 0


@pytest.mark.parametrize("name", CHOICES)
def test_every_row_can_be_chosen_and_trains(playground: Playground, name: str) -> None:
    show(playground)

    for row in rows(name):
        if isinstance(row, LossChoice) and playground["#problem"].input_value() not in row.problems:
            playground["#problem"].select_option(row.problems[0])
            playground.until(lambda: playground.epoch == 0, f"a new start with {row.problems[0]}")
        playground.choose(name, row.key)
        # A change that starts anew is answered before the step is, so the counter begins at 0 again.
        if not catalog().fields[name].live or (isinstance(row, StopChoice) and row.needs_validation):
            playground.until(lambda: playground.epoch == 0, f"a new start with {row.key}")
        step(playground)

        expect(select(playground, name)).to_have_value(row.key)
        assert playground.field(name) == row.key


@pytest.mark.parametrize("name", OPTIONED)
def test_the_options_are_those_of_the_chosen_row(playground: Playground, name: str) -> None:
    show(playground)

    for row in rows(name):
        playground.choose(name, row.key)

        expect(options(playground, name)).to_have_count(len(row.options))
        for number in row.options:
            control = option(playground, name, number.name)
            expect(control).to_have_attribute("title", number.text)
            assert float(control.input_value()) == number.default
            assert playground[f'label[for="{control.get_attribute("id")}"]'].inner_text() == number.label


def test_an_option_is_live_and_goes_with_its_optimizer(playground: Playground) -> None:
    show(playground)
    playground.choose("training.optimizer", "adam")
    playground.train(20)
    before = playground.epoch

    option(playground, "training.optimizer", "beta1").select_option("0.5")
    step(playground)
    assert playground.epoch == before + 1
    playground.choose("training.optimizer", "momentum")
    step(playground)

    assert playground.epoch == before + 2
    expect(options(playground, "training.optimizer")).to_have_count(1)
    expect(option(playground, "training.optimizer", "momentum")).to_have_value("0.9")
    playground.choose("training.optimizer", "adam")
    expect(option(playground, "training.optimizer", "beta1")).to_have_value("0.9")


def test_a_changed_option_outlives_a_reset(playground: Playground) -> None:
    show(playground)
    playground.choose("training.optimizer", "momentum")
    option(playground, "training.optimizer", "momentum").select_option("0.5")
    step(playground)

    playground["#reset"].click()
    playground.until(lambda: playground.epoch == 0, "a new start")

    expect(option(playground, "training.optimizer", "momentum")).to_have_value("0.5")


def test_options_of_the_initializer_start_anew(playground: Playground) -> None:
    playground.choose("network.initializer", "normal")
    playground.train(5)

    option(playground, "network.initializer", "scale").select_option("2")

    playground.until(lambda: playground.epoch == 0, "a new start")
    expect(option(playground, "network.initializer", "scale")).to_have_value("2")


def loss_after(playground: Playground, epochs: int) -> float:
    for _ in range(epochs):
        step(playground)
    playground.settle()
    return playground.scores()["train"]


def clip(playground: Playground) -> None:
    playground.choose("training.clip_norm", "0.01")


def fall(playground: Playground) -> None:
    playground.choose("training.schedule", "step")
    option(playground, "training.schedule", "factor").select_option("0.1")
    option(playground, "training.schedule", "every").select_option("100")


@pytest.mark.parametrize("change", [clip, fall])
def test_clipping_and_a_falling_rate_slow_it_down(
    visit: Callable[..., Playground], change: Callable[[Playground], None]
) -> None:
    free, slowed = visit(), visit()
    show(slowed)

    change(slowed)

    assert loss_after(slowed, 12) > loss_after(free, 12)


def test_the_split_can_be_left_unshuffled(playground: Playground) -> None:
    show(playground)
    playground.train(5)
    before = playground.scores()
    switch = playground['input[type=checkbox][data-field="data.shuffled"]']
    expect(switch).to_be_checked()

    switch.uncheck()

    playground.until(lambda: playground.epoch == 0, "a new start")
    playground.until(lambda: playground.scores() != before, "other losses")
    expect(switch).not_to_be_checked()
    step(playground)


def test_more_settings_open_and_change_by_keyboard(visit: Callable[..., Playground]) -> None:
    playground = visit("wide")
    press = playground.page.keyboard.press
    playground["#problem"].focus()

    press("Tab")
    press("Enter")
    press("Tab")
    expect(select(playground, "training.optimizer")).to_be_focused()
    press("ArrowDown")
    expect(options(playground, "training.optimizer")).to_have_count(1)
    press("Tab")

    expect(option(playground, "training.optimizer", "momentum")).to_be_focused()


PLACES = """() => [...document.querySelectorAll(
    '.settings > .field, .settings__fields > .field, .settings__pair, .more__fields > *, .network, .seed')]
  .map((element) => Object.values(element.getBoundingClientRect().toJSON()))"""


def test_nothing_else_moves_when_options_come(visit: Callable[..., Playground]) -> None:
    playground = visit("wide")
    show(playground)
    before = playground.page.evaluate(PLACES)

    for name in OPTIONED:
        most = max(rows(name), key=lambda row: len(row.options))
        playground.choose(name, most.key)
        expect(options(playground, name)).to_have_count(len(most.options))

    assert playground.page.evaluate(PLACES) == before


@pytest.mark.parametrize("size", ["wide", "medium", "phone"])
def test_everything_fits_with_all_options_shown(visit: Callable[..., Playground], size: str) -> None:
    playground = visit(size, touch=size == "phone")
    playground.open_all()
    playground.choose_dataset("blobs")

    for name in OPTIONED:
        playground.choose(name, max(rows(name), key=lambda row: len(row.options)).key)

    measured: dict[str, Any] = playground.page.evaluate(
        """() => ({
          wide: document.documentElement.scrollWidth - document.documentElement.clientWidth,
          small: [...document.querySelectorAll('select, summary, .check, input[type=number], input[type=range]')]
            .map((element) => element.getBoundingClientRect().height).filter((height) => height > 0 && height < 43.5),
        })"""
    )
    assert measured["wide"] <= 0
    assert size != "phone" or measured["small"] == []
