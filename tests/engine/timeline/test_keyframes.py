"""Timeline: which keyframes are kept, and which moments are held."""

import tracemalloc

import numpy as np
import pytest

from engine import Experiment, Timeline, advance, begin
from engine.timeline import MAX_KEYFRAMES, MAX_PINNED, Moment, SetParameter
from engine.user_messages import LocalizedError
from tests.support.pasts import diverging
from tests.support.runs import assert_same_state
from tests.support.strategies import varied

TINY = varied(
    Experiment(),
    data={"samples": 10},
    network={"hidden": []},
    training={"batch_size": 10, "learning_rate": 0.1},
)
"""One step an epoch."""


def trained(timeline, epochs, each=1):
    for _ in range(epochs // each):
        run, report = advance(timeline.newest, epochs=each)
        timeline = timeline.record(run, report)
    return timeline


def edited(timeline, value=0.5):
    return timeline.changed(SetParameter(layer=0, unit=0, input=-1, value=value))


def why(timeline, moment):
    return next((held.why for held in timeline.held if held.moment == moment), frozenset())


def test_there_are_at_most_256_keyframes_spread_over_all_epochs():
    timeline = trained(Timeline.begin(begin(TINY)), 1500)

    epochs = sorted(moment.epoch for moment in timeline.keyframes)
    assert MAX_KEYFRAMES // 3 < len(epochs) <= MAX_KEYFRAMES
    assert timeline.stride == 8
    assert np.diff(epochs).max() <= timeline.stride
    assert (epochs[0], epochs[-1]) == (0, 1500)


def test_a_stride_has_one_keyframe_however_training_is_cut():
    timeline = trained(trained(Timeline.begin(begin(TINY)), 512), 500, each=100)

    assert timeline.stride > 1
    ordinary = timeline.keyframes.keys() - {held.moment for held in timeline.held} - {Moment(1012)}
    strides = [moment.epoch // timeline.stride for moment in ordinary]
    assert len(set(strides)) == len(strides)


def test_held_moments_keep_their_keyframes_when_the_others_are_thinned():
    timeline = trained(Timeline.begin(begin(TINY)), 33).pin(17)
    timeline = trained(edited(timeline), 4)
    forked = trained(timeline.fork(35), 1400)

    kept = {held.moment: held.why for held in forked.held if held.is_kept}

    assert forked.stride == 8
    assert kept[Moment(0)] == {"begin"}
    assert kept[Moment(17)] == {"pinned"}
    assert kept[Moment(33)] == {"change"}
    assert kept[Moment(35)] >= {"fork"}
    assert Moment(18) not in forked.keyframes


def test_a_pinned_moment_without_a_run_is_computed_again_and_one_with_it_is_there():
    timeline = trained(Timeline.begin(begin(TINY)), 100, each=50)

    pinned = timeline.pin(20)
    kept = timeline.pin(20, run=timeline.at(20))

    assert Moment(20) not in pinned.keyframes
    assert_same_state(kept.keyframes[Moment(20)], pinned.at(20))
    assert why(kept.unpin(20), Moment(20)) == frozenset()


def test_only_so_many_moments_can_be_pinned():
    timeline = trained(Timeline.begin(begin(TINY)), 100)
    for epoch in range(MAX_PINNED):
        timeline = timeline.pin(epoch)

    timeline.pin(3)
    with pytest.raises(LocalizedError, match="at most 64 moments can be pinned"):
        timeline.pin(MAX_PINNED)


@pytest.mark.parametrize("each", [1, 7, 60])
def test_the_best_epoch_is_that_of_the_lowest_loss_however_training_is_cut(each):
    noisy = varied(Experiment(), data={"samples": 60, "noise": 0.5}, training={"learning_rate": 1.0})
    _, report = advance(begin(noisy), epochs=420)

    timeline = trained(Timeline.begin(begin(noisy)), 420, each=each)

    assert timeline.best.epoch == report.test_loss[0].argmin() + 1
    assert timeline.best.loss == report.test_loss[0].min()
    assert "best" in why(timeline, Moment(timeline.best.epoch))
    if each == 1:
        assert Moment(timeline.best.epoch) in timeline.keyframes


def test_the_best_epoch_is_by_the_loss_that_the_stop_rule_watches_else_by_validation():
    data = {"samples": 60, "noise": 0.5, "validation_fraction": 0.2}
    validated = varied(Experiment(), data=data, training={"learning_rate": 1.0})
    watched = varied(validated, training={"stop": "plateau", "stop_options": {"patience": 1000.0}})
    _, report = advance(begin(validated), epochs=60)

    assert trained(Timeline.begin(begin(validated)), 60).best.loss == report.validation_loss.min()
    assert trained(Timeline.begin(begin(watched)), 60).best.loss == report.train_loss.min()


def test_losses_before_another_loss_do_not_count():
    timeline = trained(Timeline.begin(begin(TINY)), 30)
    other = varied(TINY, objective={"loss": "logistic-cross-entropy"})

    timeline = trained(timeline.changed(other), 1)

    assert timeline.best.epoch == 31
    assert timeline.best.measure == ("test", "logistic-cross-entropy")


def test_the_best_epoch_of_a_stack_is_by_the_median_and_diverged_networks_count_as_infinite():
    stack = [
        *diverging(1),
        *(varied(diverging(1)[0], training={"learning_rate": rate}) for rate in (0.01, 0.1)),
    ]
    _, report = advance(begin(stack), epochs=30)
    losses = np.where(np.isfinite(report.test_loss), report.test_loss, np.inf)

    timeline = trained(Timeline.begin(begin(stack)), 30, each=10)

    assert timeline.newest.diverged.tolist() == [True, False, False]
    assert timeline.best.loss == np.median(losses, axis=0).min()


def test_the_last_recorded_run_before_divergence_is_held():
    hot = diverging(1)[0]
    run, _ = advance(begin(hot), epochs=1)
    timeline = Timeline.begin(begin(hot)).record(run)
    diverged, _ = advance(run, epochs=1000)

    timeline = timeline.record(diverged)

    assert diverged.diverged.all()
    assert why(timeline, Moment(1)) == {"finite"}
    assert Moment(1) in timeline.keyframes


def test_more_changes_than_keyframes_leave_none_out_and_no_stretch_without():
    timeline = Timeline.begin(begin(TINY))
    for number in range(400):
        timeline = edited(trained(timeline, 1), value=number / 400)
    seen = timeline.at(211)
    timeline = trained(timeline, 2000)

    assert len(timeline.keyframes) <= MAX_KEYFRAMES
    assert len(timeline.changes) == 400
    assert sum("change" in held.why for held in timeline.held) == 400
    late = sorted(moment.epoch for moment in timeline.keyframes if moment.epoch >= 400)
    assert np.diff(late).max() <= 2 * timeline.stride <= 64
    assert_same_state(timeline.at(211), seen)


@pytest.mark.parametrize("share", [0.5, 0.1, 0.0])
def test_a_timeline_fits_into_the_bytes_it_is_given_and_gives_the_same_runs(share):
    timeline = trained(edited(trained(Timeline.begin(begin(TINY)), 30)).pin(7), 270)
    ends = Timeline.begin(begin(TINY)).bytes + timeline.within(0).bytes
    limit = max(int(share * timeline.bytes), ends)

    less = timeline.within(limit)

    assert less.bytes <= limit
    assert less.held[1].moment == Moment(7)
    for epoch in (1, 7, 30, 31, 299):
        assert_same_state(less.at(epoch), timeline.at(epoch))
    assert len(trained(less, 100).keyframes) <= len(less.keyframes) + 100 // less.stride + 2


def test_within_nothing_the_first_and_the_newest_run_stay():
    timeline = trained(edited(trained(Timeline.begin(begin(TINY)), 30)).pin(7), 20).within(0)

    assert list(timeline.keyframes) == [Moment(0), Moment(50)]
    assert [held.is_kept for held in timeline.held] == [True, False, False, True]


@pytest.mark.parametrize("replicas", [1, 64])
def test_the_estimate_of_bytes_is_near_the_memory_taken(replicas):
    adam = [
        varied(Experiment(), network={"seed": seed}, training={"optimizer": "adam"})
        for seed in range(replicas)
    ]
    start, _ = advance(begin(adam), steps=1)
    tracemalloc.start()
    timeline = trained(Timeline.begin(start), 20)
    before, _ = tracemalloc.get_traced_memory()

    longer = trained(timeline, 40)

    after, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    # Not nearer: the orders of the epochs are cached as well, and objects take other space in other versions of Python.
    assert 0.5 < (longer.bytes - timeline.bytes) / (after - before) < 1.5


@pytest.mark.parametrize(
    ("hold", "reason"),
    [(lambda timeline: timeline.pin(1101), "pinned"), (lambda timeline: timeline.fork(1101), "fork")],
)
def test_a_moment_held_while_it_is_the_newest_keeps_its_keyframe_within_a_stride(hold, reason):
    timeline = trained(Timeline.begin(begin(TINY)), 1101)
    assert timeline.stride == 8

    held, others = trained(hold(timeline), 3), trained(timeline, 3)

    assert why(held, Moment(1101)) >= {reason}
    assert Moment(1101) in held.keyframes
    assert Moment(1102) not in held.keyframes
    assert Moment(1101) not in others.keyframes
