"""Press play, and watch it learn."""

from collections.abc import Callable

import numpy as np
from playwright.sync_api import expect

from engine import Experiment
from engine.saved import write_address
from tests.support.page import Playground


def test_playing_raises_the_epoch_lowers_the_loss_and_bends_the_boundary(playground: Playground) -> None:
    before, untrained = playground.scores(), playground.map()
    assert playground.epoch == 0

    playground.train(300)

    after = playground.scores()
    assert playground.epoch >= 300
    assert after["test"] < 0.02 < before["test"]
    assert after["train"] < 0.02 < before["train"]
    assert (playground.map() != untrained).mean() > 0.3


def test_the_two_classes_end_up_on_two_colours(playground: Playground) -> None:
    playground.train(300)

    assert playground.colour_at(0, 0) == "blue"
    for x1, x2 in [(4, 0), (-4, 0), (0, 4), (0, -4)]:
        assert playground.colour_at(x1, x2) == "orange"


def test_the_map_is_the_right_way_up(playground: Playground) -> None:
    playground['input[name="dataset"][value="gauss"]'].check(force=True)
    playground.until(lambda: playground.epoch == 0, "a new start")
    playground.train(50)

    assert playground.colour_at(2, 2) == "blue"
    assert playground.colour_at(-2, -2) == "orange"
    assert playground.colour_at(1, 3) == "blue"
    assert playground.colour_at(-3, -1) == "orange"


def test_a_step_trains_one_epoch(playground: Playground) -> None:
    playground["#step"].click()
    playground.until(lambda: playground.epoch == 1, "one epoch")
    playground["#step"].click()
    playground.until(lambda: playground.epoch == 2, "two epochs")

    expect(playground["html"]).to_have_attribute("data-playing", "false")


def test_a_step_of_one_batch_changes_the_map_and_no_epoch(playground: Playground) -> None:
    before = playground.map()

    playground['[data-action="step-batch"]:visible'].first.click()
    playground.until(lambda: bool((playground.map() != before).any()), "another map")

    assert playground.epoch == 0


def test_reset_returns_to_the_same_start(playground: Playground) -> None:
    scores, picture = playground.scores(), playground.map()
    playground.train(50)

    playground["#reset"].click()
    # The epoch comes with the answer, the scores with the next frame.
    playground.until(lambda: playground.epoch == 0 and playground.scores() == scores, "the start")
    playground.settle()

    assert playground.scores() == scores
    assert np.array_equal(playground.map(), picture)
    expect(playground["html"]).to_have_attribute("data-playing", "false")


def test_new_weights_are_other_weights(playground: Playground) -> None:
    scores = playground.scores()

    playground['[data-action="new-weights"]'].click()
    playground.until(lambda: playground.scores() != scores, "other losses")

    assert playground.epoch == 0
    expect(playground['input[data-field="network.seed"]']).not_to_have_value("0")


def test_at_one_epoch_a_second_it_crawls(playground: Playground) -> None:
    playground["#speed"].select_option("0")
    playground.play()
    playground.until(lambda: playground.epoch >= 1, "the first epoch")
    epoch, start = playground.epoch, playground.page.evaluate("performance.now()")
    playground.until(lambda: playground.epoch >= epoch + 2, "two more")
    elapsed = playground.page.evaluate("performance.now()") - start

    assert 1000 < elapsed < 5000


def test_a_diverging_run_stops_and_says_why(playground: Playground) -> None:
    playground["#problem"].select_option("regression")
    playground['.feature__box[value="x1²"]'].check(force=True)
    playground['.feature__box[value="x2²"]'].check(force=True)
    playground.choose("training.learning_rate", "10")
    playground.settle()

    playground["#play"].click()

    alert = playground['[role="alert"]'].first
    expect(alert).to_contain_text("learning rate")
    expect(playground["html"]).to_have_attribute("data-playing", "false")
    assert playground["#epoch"].is_visible()


def test_losses_that_overflow_are_shown_as_infinite(visit: Callable[..., Playground]) -> None:
    experiment = Experiment.model_validate(
        {
            "data": {"dataset": "step", "samples": 60},
            "network": {"hidden": [8, 8, 8], "activation": "linear"},
            "objective": {"penalty": "l2", "penalty_rate": 10.0},
            "training": {"optimizer": "lion", "learning_rate": 1.0},
        }
    )
    playground = visit(fragment=f"#{write_address(experiment)}")
    playground["#play"].click()
    expect(playground['[role="alert"]'].first).to_be_visible()

    playground.until(lambda: playground["#test-loss"].inner_text() == "∞", "the last losses")

    assert playground["#train-loss"].inner_text() == "∞"
    assert "NaN" not in playground["main"].inner_text()
    assert "Infinity" not in playground["main"].inner_text()
    assert playground.problems == []


def test_keys_play_step_and_reset(playground: Playground) -> None:
    page = playground.page
    page.keyboard.press("s")
    playground.until(lambda: playground.epoch == 1, "one epoch")

    page.keyboard.press(" ")
    playground.until(lambda: playground.epoch > 20, "epochs")
    page.keyboard.press(" ")
    expect(playground["html"]).to_have_attribute("data-playing", "false")

    page.keyboard.press("r")
    playground.until(lambda: playground.epoch == 0, "epoch 0")


def test_the_live_region_tells_what_the_run_does(playground: Playground) -> None:
    expect(playground["#status"]).to_have_attribute("aria-live", "polite")

    playground.play()

    playground.until(lambda: playground["#status"].inner_text() != "", "something is said")
