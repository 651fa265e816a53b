"""Receipts: what a run came to, and whether it comes to that again."""

import json

import pytest

from engine import Experiment, Timeline, advance, begin, issue, verify
from engine.checkpoint import ENGINE
from engine.timeline import RecipeError, SetParameter, read_receipt, write_receipt
from engine.timeline.kernel import present_kernel
from scripts.find_kernel import present_kernel as kernel_of_threadpoolctl
from tests.support.pasts import diverging
from tests.support.strategies import varied

SMALL = varied(
    Experiment(),
    data={"samples": 40, "validation_fraction": 0.2},
    training={"batch_size": 7, "optimizer": "adam"},
)


def timeline_of(experiment=SMALL, epochs=20):
    timeline = Timeline.begin(begin(experiment))
    for _ in range(3):
        run, report = advance(timeline.newest, epochs=epochs)
        timeline = timeline.record(run, report)
        if not run.diverged.any():
            timeline = timeline.changed(SetParameter(layer=0, unit=0, input=0, value=0.25))
    return timeline.record(advance(timeline.newest, steps=2)[0])


RECEIPT = issue(timeline_of())


def forged(change, receipt=RECEIPT):
    content = json.loads(write_receipt(receipt))
    change(content)
    return read_receipt(json.dumps(content))


def test_a_receipt_has_losses_at_powers_of_two_the_figures_at_the_end_and_what_computed_it():
    assert [figures.epoch for figures in RECEIPT.losses] == [0, 1, 2, 4, 8, 16, 32]
    assert (RECEIPT.final.epoch, RECEIPT.final.step) == (60, 182)
    assert len(RECEIPT.final.validation) == 1
    assert RECEIPT.engine == ENGINE
    assert RECEIPT.kernel == present_kernel()


def test_what_computes_here_is_named_as_by_threadpoolctl():
    theirs = kernel_of_threadpoolctl()

    assert (present_kernel().core, present_kernel().instructions) == (theirs.core, theirs.instructions)


@pytest.mark.parametrize(
    "experiment", [[SMALL], [varied(SMALL, network={"seed": seed}) for seed in range(4)], diverging(3)]
)
def test_a_receipt_written_and_read_is_found_to_be_identical(experiment):
    receipt = issue(timeline_of(experiment))

    verdict = verify(read_receipt(write_receipt(receipt)))

    assert verdict.kind == "identical"
    assert str(verdict.message).startswith("identical to the last bit: all parameters at epoch")


def test_losses_at_an_epoch_are_those_after_the_changes_made_there():
    receipt = issue(timeline_of(epochs=4))

    assert [figures.epoch for figures in receipt.losses] == [0, 1, 2, 4, 8]
    assert verify(receipt).kind == "identical"


def test_the_progress_comes_to_the_end():
    seen = []

    verify(RECEIPT, lambda run: seen.append(run.epoch))

    assert seen[-1] == RECEIPT.final.epoch


def test_other_last_digits_of_the_parameters_are_equal_but_not_identical():
    verdict = verify(forged(lambda content: content.update(sha256="0" * 64)))

    assert verdict.kind == "equal"
    assert "equal within 1e-9" in str(verdict.message)


def test_losses_may_differ_by_a_billionth():
    def change(content, factor):
        content["losses"][3]["test"][0] *= factor
        content["sha256"] = "0" * 64

    assert verify(forged(lambda content: change(content, 1 + 1e-10))).kind == "equal"
    assert verify(forged(lambda content: change(content, 1 + 1e-7))).kind == "parted"


@pytest.mark.parametrize("group", ["train", "validation", "test"])
def test_the_epochs_between_which_runs_part_are_named(group):
    def change(content):
        content["losses"][4][group][0] += 0.001

    verdict = verify(forged(change))

    assert (verdict.kind, verdict.agreed, verdict.parted) == ("parted", 4, 8)
    assert "they part after epoch 4 and not later than epoch 8; it was computed by NumPy" in str(
        verdict.message
    )


@pytest.mark.parametrize(
    "change",
    [
        lambda content: content.update(diverged=[True]),
        lambda content: content.update(stopped=[True]),
        lambda content: content["final"].update(step=181),
        lambda content: content["final"].update(test=[None]),
        lambda content: content["recipe"]["entries"][1].update(value=0.26),
    ],
)
def test_other_figures_at_the_end_part(change):
    assert verify(forged(change)).kind == "parted"


def test_a_difference_at_the_beginning_is_named():
    def change(content):
        content["losses"][0]["test"][0] += 0.001

    verdict = verify(forged(change))

    assert (verdict.kind, verdict.agreed, verdict.parted) == ("parted", None, 0)
    assert "they differ at epoch 0 already" in str(verdict.message)


def test_training_that_ends_elsewhere_parts_there():
    def change(content):
        content["recipe"]["begin"]["experiment"]["training"].update(
            stop="epochs", stop_options={"epochs": 10}
        )

    verdict = verify(forged(change))

    assert (verdict.kind, verdict.agreed, verdict.parted) == ("parted", 8, 10)


def test_a_receipt_of_another_engine_is_not_replayed():
    verdict = verify(forged(lambda content: content.update(engine=ENGINE + 1)))

    assert verdict.kind == "unreplayable"
    assert f"cannot be replayed, because version {ENGINE + 1} of the engine has computed it" in str(
        verdict.message
    )


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda content: content.update(version=2), "version is 2; this version of the playground reads 1"),
        (lambda content: content.update(sha256="0"), "sha256 is '0'"),
        (lambda content: content.update(sing=1), "sing is not known"),
        (
            lambda content: content["final"].update(epoch=10**9),
            "final.epoch is 1,000,000,000; the recipe ends at",
        ),
        (lambda content: content["losses"].reverse(), "losses are not in the order of their epochs"),
        (
            lambda content: content["losses"][-1].update(epoch=99),
            "losses are not in the order of their epochs",
        ),
        (lambda content: content.pop("recipe"), "recipe is missing"),
        (lambda content: content.update(recipe=3), "recipe is 3; it must be an object"),
        (
            lambda content: content["recipe"]["begin"]["experiment"]["data"].update(points="own"),
            "stands for points that are not in the file",
        ),
    ],
)
def test_a_receipt_that_cannot_be_read_is_refused_in_words(change, words):
    with pytest.raises(RecipeError, match=words):
        forged(change)
