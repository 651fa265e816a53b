"""Every field of the catalogue has a control, and what is set there reaches the server."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from server.protocol.catalog import CatalogField, catalog
from tests.support.page import Playground

FIELDS = catalog().fields

ELSEWHERE = {
    "data.dataset",
    "data.points",
    "data.point_classes",
    "data.classic_seed",
    "features",
    "network.hidden",
}
"""Their controls are pictures; own points are tested in test_own_points.py; a seed of the original comes with its links
and can be left."""

PLAIN = {
    name: field
    for name, field in FIELDS.items()
    if field.kind in ("integer", "number", "switch", "choice") and name not in ELSEWHERE
}


def another_value(name: str, field: CatalogField) -> Any:
    """Return a value that is not the default."""
    if field.kind == "switch":
        return not field.default
    if field.kind == "choice":
        keys = [row.key for row in getattr(catalog().choices, field.choices or "")]
        if name == "objective.loss":
            return "hinge"
        return next(key for key in keys if key != field.default)
    if field.suggestions:
        return next(value for value in reversed(field.suggestions[:-1]) if value != field.default)
    return 7 if field.step is None else field.default + field.step


def change(playground: Playground, name: str, value: Any) -> None:
    """Set a field by its control, whatever that is."""
    control = playground[f'[data-field="{name}"]']
    expect(control).to_have_count(1)
    kind = control.evaluate("(element) => element.type")
    if kind == "select-one":
        control.select_option(str(value))
    elif kind == "checkbox":
        control.set_checked(value)
    elif kind == "range":
        suggestions = FIELDS[name].suggestions
        playground.slide(name, suggestions.index(value) if suggestions else value)
    else:
        control.fill(str(value))
        control.press("Enter")


def test_every_field_is_known_to_these_tests() -> None:
    options = {name for name, field in FIELDS.items() if field.kind == "options"}

    assert set(PLAIN) | ELSEWHERE | options == set(FIELDS)


def step(playground: Playground) -> None:
    """Train one epoch."""
    before = playground.epoch
    playground["#step"].click()
    playground.until(lambda: playground.epoch == before + 1, "one more epoch")


def reach(playground: Playground, name: str) -> None:
    """Give a field another value by its control, and find that value on the server."""
    value = another_value(name, FIELDS[name])
    assert playground.field(name) == FIELDS[name].default, name

    change(playground, name, value)

    playground.until(lambda: bool(playground.field(name) == pytest.approx(value)), f"{name} is {value}")
    assert playground['[role="alert"]'].count() == 0, name


@pytest.mark.parametrize("group", ["data", "network", "objective", "training"])
def test_every_control_reaches_the_server(playground: Playground, group: str) -> None:
    playground.open_all()

    for name in (name for name in PLAIN if name.startswith(f"{group}.")):
        reach(playground, name)
        playground["#reset"].click()
        playground.until(lambda: playground.epoch == 0, "a new start")
        step(playground)


def test_every_dataset_can_be_chosen_and_trains(playground: Playground) -> None:
    for row in catalog().choices.datasets:
        playground.choose_dataset(row.key)

        step(playground)

        expect(playground["#problem"]).to_have_value(row.problem)
        assert len(playground.experiment["data"]["dataset_options"]) == len(row.options)
        expect(playground["#legend .legend__class"]).to_have_count(row.classes)
        expect(playground[".unit--output"]).to_have_count(row.classes if row.classes > 2 else 1)


def test_a_field_that_means_nothing_for_the_problem_is_hidden_and_reset(playground: Playground) -> None:
    playground.open_all()
    control = playground['[data-field="data.minority_share"]']
    playground.slide("data.minority_share", 0.2)
    playground.until(lambda: playground.field("data.minority_share") == 0.2, "a rare class")

    playground["#problem"].select_option("regression")
    expect(control).to_be_hidden()
    playground.until(lambda: playground.field("data.dataset") == "plane", "a regression")
    assert playground.field("data.minority_share") == 0
    assert playground['[role="alert"]'].count() == 0

    playground["#problem"].select_option("multi-class")
    expect(control).to_be_visible()
    expect(control).to_have_value("0")


def more_training(playground: Playground) -> None:
    playground.slide("data.train_fraction", 0.9)


def more_validation(playground: Playground) -> None:
    playground.slide("data.train_fraction", 0.7)
    playground.slide("data.validation_fraction", 0.5)


@pytest.mark.parametrize(
    ("move", "training", "validation"), [(more_training, 0.9, 0.05), (more_validation, 0.4, 0.5)]
)
def test_shares_leave_something_for_the_test(
    playground: Playground, move: Callable[[Playground], None], training: float, validation: float
) -> None:
    playground.open_all()
    playground.slide("data.validation_fraction", 0.2)

    move(playground)

    playground.until(
        lambda: (
            playground.field("data.train_fraction") == training
            and playground.field("data.validation_fraction") == validation
        ),
        "shares that fit",
    )
    expect(playground["#toasts"]).to_contain_text("so that samples remain for the test")
    expect(playground['[data-field="data.train_fraction"]']).to_have_value(str(training))
    expect(playground['[data-field="data.validation_fraction"]']).to_have_value(str(validation))
    assert playground['[role="alert"]'].count() == 0
