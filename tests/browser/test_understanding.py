"""What things are, where to begin, and what has happened: explanations, first steps, shortcuts, marks and tables."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.support.page import Playground

LIT = "[data-explainable]"


def test_asking_explains_what_is_pressed_instead_of_using_it(visit: Callable[..., Playground]) -> None:
    playground = visit("phone", touch=True)
    card = playground["#explanation"]
    before = playground.field("network.activation")
    playground["#explain"].tap()
    expect(playground["#explain"]).to_have_attribute("aria-pressed", "true")

    playground['.field[data-name="network.activation"]'].tap()
    expect(card).to_contain_text("What each hidden unit does")
    expect(card.locator(".formula").first).to_have_text("tanh z")
    card.get_by_role("button", name="Close").tap()
    expect(card).to_be_hidden()

    playground['.dataset:has([value="xor"])'].tap()
    expect(card).to_contain_text("Exclusive or")
    playground.page.keyboard.press("Escape")
    expect(card).to_be_hidden()
    playground["#play"].tap(force=True)
    expect(card).to_contain_text("Trains on and on")
    playground.page.keyboard.press("Escape")
    playground.page.keyboard.press("Escape")
    expect(playground[LIT]).to_have_count(0)

    assert playground.field("network.activation") == before
    assert playground.field("data.dataset") == "circle"
    assert playground.epoch == 0


def test_the_keyboard_explains_what_has_the_focus_and_comes_back_to_it(playground: Playground) -> None:
    playground.open_all()
    playground.choose("training.optimizer", "momentum")
    option = playground['[data-options="training.optimizer"] [data-option]'].first
    option.focus()

    playground.page.keyboard.press("F1")

    expect(playground["#explanation"]).to_contain_text("Momentum")
    expect(playground[".explanation__close"]).to_be_focused()
    playground.page.keyboard.press("Escape")
    expect(option).to_be_focused()


def test_everything_that_can_be_set_has_an_explanation(playground: Playground) -> None:
    playground.open_all()
    playground["#explain"].click()

    for place in playground[LIT].all():
        if not place.is_visible():
            continue
        place.evaluate(
            "(one) => one.dispatchEvent(new MouseEvent('click', { bubbles: true, cancelable: true }))"
        )
        expect(playground["#explanation"]).to_be_visible()
        title = playground["#explanation-title"].inner_text()
        assert len(playground[".explanation__body"].inner_text()) > 20, title
        playground.page.keyboard.press("Escape")
    fields = playground["[data-field], [data-option]"].evaluate_all(
        "(all) => all.filter((one) => one.checkVisibility() && !one.closest('[data-explainable]')).length"
    )
    assert fields == 0


def test_a_first_step_sets_the_stage_plays_and_says_what_to_look_for(playground: Playground) -> None:
    playground['[data-start="classes"]'].click()

    playground.until(lambda: bool(playground.field("data.dataset") == "spiral-5"), "five arms")
    playground.until(lambda: playground.epoch > 3, "training")
    expect(playground[".starts__text"]).to_contain_text("Five arms, one class each")
    expect(playground["#speed"]).to_have_value("2")

    playground['[data-start="features"]'].click()
    playground.until(lambda: playground.field("features") == ["x1²", "x2²"], "other features")
    playground.until(lambda: 0 < playground.epoch < 100 and playground.scores()["test"] < 0.1, "learned")


def test_first_steps_go_away_for_good_and_help_has_them(playground: Playground) -> None:
    playground[".starts__close"].click()
    expect(playground["#starts"]).to_be_hidden()

    playground.page.reload()
    playground.connected()
    expect(playground["#starts"]).to_be_hidden()
    playground.page.keyboard.press("?")
    playground["#help"].get_by_role("button", name="First steps").click()

    expect(playground["#starts"]).to_be_visible()
    expect(playground["[data-start]"].first).to_be_focused()


def test_every_shortcut_does_what_help_says_but_not_while_somebody_types(playground: Playground) -> None:
    press = playground.page.keyboard.press
    seed = playground.field("data.seed")
    for key in ("+", "+", "-", "c", "p", "y", "k"):
        press(key)
    expect(playground["#speed"]).to_have_value("4")
    for name in ("discretize", "show-test", "log-scale", "keep"):
        expect(playground[f"#{name}"]).to_be_checked()
    press("g")
    playground.until(lambda: bool(playground.field("data.seed") != seed), "other points")

    field = playground['[data-field="network.seed"]']
    field.focus()
    for key in ("c", "y", "-", "x"):
        press(key)
    expect(playground["#discretize"]).to_be_checked()
    expect(playground["#speed"]).to_have_value("4")
    field.blur()

    press("?")
    rows = playground["#help-keys tr"]
    count = """async () => {
      const { src } = document.querySelector('script[type=module]');
      return (await import(src.replace('page.js', 'model/action-table.js'))).ACTIONS.length;
    }"""
    assert rows.count() == playground.page.evaluate(count)


def test_what_is_learned_is_kept_if_so_wished_and_the_chart_marks_when(playground: Playground) -> None:
    playground.train(30)
    epoch = playground.epoch
    playground["#keep"].check()

    playground.set_units(5)

    playground.until(lambda: playground.hidden_units().count() == 7, "another unit")
    assert playground.epoch == epoch
    playground.train(10)
    chart = playground["#loss-chart"]
    chart.scroll_into_view_if_needed()
    box = chart.bounding_box()
    assert box is not None
    tip = playground[".chart__tip"]
    for x in range(60, int(box["width"]) - 80, 5):
        playground.page.mouse.move(box["x"] + x, box["y"] + 40)
        if tip.is_visible():
            break
    expect(tip).to_have_text(f"From epoch {epoch} on: Hidden layers 4–2 → 5–2")
    expect(playground["#loss-readout"]).to_contain_text("gap")

    playground["#keep"].uncheck()
    playground.set_units(6)
    playground.until(lambda: playground.epoch == 0, "a new start")
    chart.hover(position={"x": 300, "y": 40})
    expect(tip).to_be_hidden()


def test_both_axes_can_be_logarithmic_and_values_stay_exact(playground: Playground) -> None:
    playground.train(40)
    cursor = playground[".chart__cursor"]
    cursor.focus()
    for _ in range(3):
        playground.page.keyboard.press("ArrowRight")
    told = playground["#loss-readout"].inner_text()
    before = playground[".chart__canvas"].evaluate("(chart) => chart.toDataURL()")

    for box in ("#log-epochs", "#log-scale"):
        playground[box].focus()
        playground.page.keyboard.press("Space")
        expect(playground[box]).to_be_checked()

    cursor.focus()
    expect(playground["#loss-readout"]).to_have_text(told)
    playground.until(
        lambda: bool(playground[".chart__canvas"].evaluate("(chart) => chart.toDataURL()") != before),
        "other axes",
    )


def test_the_table_of_classes_counts_every_point(playground: Playground) -> None:
    cells = playground[".confusion__cell"]
    playground[".insight__summary"].click()
    expect(cells).to_have_count(8)
    total = "(all) => all.reduce((sum, cell) => sum + Number(cell.textContent), 0)"
    assert cells.evaluate_all(total) == 500

    playground.choose_dataset("blobs")
    expect(cells).to_have_count(32)
    playground.train(20)
    assert playground["[data-right]"].evaluate_all(total) > 400

    playground.choose_dataset("plane")
    expect(cells).to_have_count(0)
    expect(playground[".insight__text"]).to_contain_text("R² on the test points")


@pytest.mark.parametrize("size", ["wide", "medium"])
def test_the_look_for_a_projector_is_large_fits_and_is_remembered(
    visit: Callable[..., Playground], size: str
) -> None:
    playground = visit(size)
    height = "(value) => value.getBoundingClientRect().height"
    before = playground["#test-loss"].evaluate(height)
    for _ in range(3):
        playground["#theme"].click()

    playground.page.reload()
    playground.connected()

    expect(playground["html"]).to_have_attribute("data-theme", "projector")
    assert playground["#test-loss"].evaluate(height) > 1.15 * before
    room = playground.page.evaluate(
        "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    )
    assert room <= 0
    assert (
        playground["#loss-chart"].evaluate(
            "(chart) => getComputedStyle(chart).getPropertyValue('--chart-stroke')"
        )
        == "2"
    )
