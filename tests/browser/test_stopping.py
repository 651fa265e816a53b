"""Validation, and the rules by which training ends."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, expect

from server.protocol.catalog import catalog
from tests.support.page import Playground

STOP = 'select[data-field="training.stop"]'


def option(playground: Playground, name: str) -> Locator:
    return playground[f'[data-options="training.stop"] [data-option="{name}"]']


def ended(playground: Playground) -> Locator:
    return playground['.notice[data-key="ended"]']


@pytest.fixture
def stopped(playground: Playground) -> Playground:
    """A run that has come to its end by its rule."""
    playground.open_all()
    playground.choose("training.stop", "epochs")
    option(playground, "epochs").select_option("50")
    playground["#speed"].select_option("5")
    playground["#play"].click()
    expect(ended(playground)).to_contain_text("The 50 epochs are done.")
    playground.settle()
    return playground


def test_a_run_ends_by_its_rule_and_says_what_can_be_done(stopped: Playground) -> None:
    assert stopped.epoch == 50
    expect(stopped["html"]).to_have_attribute("data-playing", "false")
    assert stopped['[role="alert"]'].count() == 0
    expect(ended(stopped).get_by_role("button")).to_have_text(
        ["Train on anyway", "Change the rule", "Reset", ""]
    )


def test_play_after_the_end_tells_again(stopped: Playground) -> None:
    ended(stopped).get_by_role("button", name="Dismiss").click()
    expect(ended(stopped)).to_have_count(0)

    stopped["#play"].click()

    expect(ended(stopped)).to_contain_text("The 50 epochs are done.")
    assert stopped.epoch == 50
    expect(stopped["html"]).to_have_attribute("data-playing", "false")


def test_after_another_rule_it_plays_on(stopped: Playground) -> None:
    ended(stopped).get_by_role("button", name="Change the rule").click()
    expect(stopped[STOP]).to_be_focused()

    option(stopped, "epochs").select_option("100")

    expect(ended(stopped)).to_have_count(0)
    stopped["#play"].click()
    expect(ended(stopped)).to_contain_text("The 100 epochs are done.")
    stopped.settle()
    assert stopped.epoch == 100


def test_train_on_anyway_takes_the_rule_away(stopped: Playground) -> None:
    ended(stopped).get_by_role("button", name="Train on anyway").click()

    stopped.until(lambda: stopped.epoch > 60, "more epochs")
    expect(ended(stopped)).to_have_count(0)
    expect(stopped[STOP]).to_have_value("never")


@pytest.mark.parametrize("how", ["reset", "weight", "live"])
def test_any_change_takes_the_notice_away(stopped: Playground, how: str) -> None:
    if how == "reset":
        stopped["#reset"].click()
    elif how == "weight":
        stopped[".diagram__cursor"].focus()
        stopped.page.keyboard.press("Enter")
        stopped["#editor-value"].fill("1")
        stopped["#editor-value"].press("Enter")
    else:
        stopped.choose("training.learning_rate", "0.1")

    expect(ended(stopped)).to_have_count(0)


def test_early_stopping_brings_validation_and_goes_back_to_the_best(playground: Playground) -> None:
    playground.open_all()
    playground.slide("data.noise", 0.3)
    playground.slide("data.train_fraction", 0.2)
    playground.choose("training.stop", "early-stopping")

    expect(playground["#toasts"]).to_contain_text("Early stopping watches validation samples: 20")
    playground.until(lambda: playground.field("training.stop") == "early-stopping", "the rule")
    assert playground.field("data.validation_fraction") == 0.2
    option(playground, "patience").select_option("10")
    playground["#speed"].select_option("5")
    playground["#play"].click()

    expect(ended(playground)).to_contain_text("the network is back at epoch")
    playground.settle()
    expect(playground["#validation-loss"]).to_be_visible()
    best = float(playground["#validation-loss"].inner_text())
    # The curve keeps what happened: its last value is worse than that of the network that was put back.
    cursor = playground[".chart__cursor"]
    cursor.focus()
    playground.page.keyboard.press("End")
    told = playground["#loss-readout"].inner_text()
    last = float(told.rpartition("validation ")[2].partition(",")[0])
    assert last > best
    assert ", validation " in told

    playground["#play"].click()
    expect(ended(playground)).to_be_visible()
    playground.choose("training.stop", "never")
    expect(ended(playground)).to_have_count(0)
    epoch = playground.epoch
    playground["#play"].click()
    playground.until(lambda: playground.epoch > epoch + 20, "more epochs")


def test_without_validation_early_stopping_is_taken_back(playground: Playground) -> None:
    playground.open_all()
    playground.choose("training.stop", "early-stopping")
    playground.until(lambda: playground.field("training.stop") == "early-stopping", "the rule")

    playground.slide("data.validation_fraction", 0)

    playground.until(lambda: playground.field("training.stop") == "never", "no rule")
    expect(playground[STOP]).to_have_value("never")
    expect(playground["#toasts"]).to_contain_text("nothing to watch")
    expect(playground['[data-part="validation"]']).to_be_hidden()
    assert playground['[role="alert"]'].count() == 0


CURVE = """() => {
  const canvas = document.querySelector('.chart__canvas');
  const probe = document.body.appendChild(document.createElement('span'));
  probe.style.color = 'var(--curve-validation)';
  const [red, green, blue] = getComputedStyle(probe).color.match(/[\\d.]+/g).map(Number);
  probe.remove();
  // A copy: reading the page's own canvas again and again would change how the browser keeps it.
  const copy = new OffscreenCanvas(canvas.width, canvas.height).getContext('2d', { willReadFrequently: true });
  copy.drawImage(canvas, 0, 0);
  const { data } = copy.getImageData(0, 0, canvas.width, canvas.height);
  let count = 0;
  for (let at = 0; at < data.length; at += 4) {
    const far = Math.abs(data[at] - red) + Math.abs(data[at + 1] - green) + Math.abs(data[at + 2] - blue);
    if (data[at + 3] > 200 && far < 12) count += 1;
  }
  return count;
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_validation_has_a_curve_and_points_of_its_own(visit: Callable[..., Playground], scheme: str) -> None:
    playground = visit(scheme=scheme)
    playground.open_all()
    playground.train(20)
    assert playground.page.evaluate(CURVE) == 0

    playground.slide("data.validation_fraction", 0.25)
    playground.until(lambda: playground.epoch == 0, "a new start")
    playground.train(40)

    assert playground.page.evaluate(CURVE) > 200
    assert "validation" in str(playground[".chart__canvas"].get_attribute("aria-label"))
    float(playground["#validation-loss"].inner_text())
    note = playground[".plot__note--validation"]
    expect(note).to_be_hidden()
    playground["#show-test"].check(force=True)
    expect(note).to_be_visible()


def test_the_catalogue_has_a_rule_that_needs_validation() -> None:
    assert [row.key for row in catalog().choices.stops if row.needs_validation] == ["early-stopping"]
