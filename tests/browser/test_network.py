"""Look at units and weights, and set them."""

from playwright.sync_api import expect

from tests.support.page import Playground


def test_pointing_at_a_unit_shows_it_large_and_leaving_shows_the_output(playground: Playground) -> None:
    output = playground.map()

    playground.hidden_units().first.hover()
    playground.until(lambda: bool((playground.map() != output).any()), "the unit's map")
    playground.page.mouse.move(5, 5)

    playground.until(lambda: bool((playground.map() == output).all()), "the output's map")


def test_a_unit_can_be_looked_at_by_keyboard(playground: Playground) -> None:
    output = playground.map()
    first = playground.hidden_units().first

    first.focus()
    playground.page.keyboard.press("ArrowDown")
    playground.page.keyboard.press("Enter")

    playground.until(lambda: bool((playground.map() != output).any()), "the unit's map")
    expect(playground.hidden_units().nth(1)).to_have_attribute("aria-pressed", "true")
    playground.page.keyboard.press("Escape")
    playground.until(lambda: bool((playground.map() == output).all()), "the output's map")


def test_a_unit_that_is_looked_at_goes_on_learning(playground: Playground) -> None:
    playground.hidden_units().first.click()
    playground.until(
        lambda: playground.hidden_units().first.get_attribute("aria-pressed") == "true", "pinned"
    )
    playground.settle()
    before = playground.map()

    playground.train(50)

    assert (playground.map() != before).any()


def test_a_weight_is_read_and_set_by_keyboard(playground: Playground) -> None:
    scores = playground.scores()
    playground[".diagram__cursor"].focus()
    playground.page.keyboard.press("Enter")
    editor = playground["#editor-value"]
    expect(editor).to_be_visible()
    float(editor.input_value().replace("−", "-"))

    editor.fill("4,5")
    editor.press("Enter")

    expect(playground["#editor"]).to_be_hidden()
    playground.until(lambda: playground.scores() != scores, "other losses at once")
    assert playground.epoch == 0


def test_escape_leaves_a_weight_as_it_is(playground: Playground) -> None:
    scores = playground.scores()
    playground[".diagram__cursor"].focus()
    playground.page.keyboard.press("Enter")

    editor = playground["#editor-value"]
    value = editor.input_value()
    editor.fill("9")

    editor.press("Escape")
    expect(editor).to_have_value(value)
    editor.press("Escape")

    expect(playground["#editor"]).to_be_hidden()
    playground.settle()
    assert playground.scores() == scores


def test_nonsense_is_not_a_weight(playground: Playground) -> None:
    scores = playground.scores()
    playground[".diagram__cursor"].focus()
    playground.page.keyboard.press("Enter")

    playground["#editor-value"].fill("much")
    playground["#editor-value"].press("Enter")

    expect(playground["#editor-hint"]).to_contain_text("number")
    assert playground.scores() == scores


def test_the_help_lists_every_shortcut(playground: Playground) -> None:
    playground.page.keyboard.press("?")

    expect(playground["#help"]).to_be_visible()
    for text in ("Play or pause", "Train one epoch", "Reset to the same start"):
        expect(playground["#help-keys"]).to_contain_text(text)
    playground.page.keyboard.press("Escape")
    expect(playground["#help"]).to_be_hidden()
