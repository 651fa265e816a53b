"""Timeline: any moment of a run again, to the last bit."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine import Experiment, Timeline, advance, begin, evaluate, replay, set_parameter
from engine.timeline import Moment, SetParameter, SetParameters
from engine.user_messages import LocalizedError
from tests.support.pasts import Past, diverging, pasts
from tests.support.runs import assert_same_state
from tests.support.strategies import law, varied

SMALL = varied(Experiment(), data={"samples": 40}, training={"batch_size": 7})  # 20 for training: 3 batches


def at(timeline, moment):
    return timeline.at(moment.epoch, moment.step or None)


def assert_same(run, other):
    assert run.experiments == other.experiments
    assert_same_state(run, other)


def trained(timeline, *, epochs=None, steps=None):
    run, report = advance(timeline.newest, epochs=epochs, steps=steps)
    return timeline.record(run, report)


@law(60)
@given(past=pasts(), data=st.data())
def test_any_moment_is_what_training_up_to_there_gave(past: Past, data):
    timeline = past.timeline
    limit = data.draw(st.none() | st.integers(0, timeline.bytes))
    if limit is not None:
        timeline = timeline.within(limit)
    for moment in data.draw(st.permutations(list(past.seen)))[:12]:
        assert_same(at(timeline, moment), past.seen[moment])
        if (
            not moment.step and past.seen[moment].step
        ):  # the step at which an epoch begins is one of its moments
            assert_same(timeline.at(moment.epoch, past.seen[moment].step), past.seen[moment])


@law(25)
@given(past=pasts(), data=st.data())
def test_a_fork_without_a_change_goes_on_as_the_run_did(past: Past, data):
    moment = data.draw(st.sampled_from(list(past.seen)))

    fork = past.timeline.fork(moment.epoch, moment.step or None)

    assert_same(fork.newest, past.seen[moment])
    assert_same(trained(fork, epochs=2).newest, trained(Timeline.begin(past.seen[moment]), epochs=2).newest)
    for earlier in (one for one in past.seen if one <= moment):
        assert_same(at(fork, earlier), past.seen[earlier])


@law(25)
@given(past=pasts())
def test_going_through_the_epochs_gives_the_run_at_the_beginning_of_each(past: Past):
    whole = [run for moment, run in sorted(past.seen.items()) if moment.step == 0]

    found = list(past.timeline.epochs())

    assert [run.epoch for run in found] == [run.epoch for run in whole]
    for run, expected in zip(found, whole, strict=True):
        assert_same(run, expected)


@law(20)
@given(past=pasts(), data=st.data())
def test_a_seek_in_pieces_comes_to_the_same_run(past: Past, data):
    moment = data.draw(st.sampled_from(list(past.seen)))
    left, pieces = [], 0
    way = past.timeline.seek(moment.epoch, moment.step or None)

    while not way.is_done:
        way = way.advance(seconds=0.0)  # one update at least
        left.append(way.epochs_left)
        pieces += 1

    assert_same(way.run, past.seen[moment])
    assert left == sorted(left, reverse=True)
    assert left[-1] == 0


def test_a_change_belongs_to_the_moment_at_which_it_was_made():
    timeline = trained(Timeline.begin(begin(SMALL)), epochs=3)
    before = timeline.newest
    timeline = timeline.changed(SetParameter(layer=0, unit=0, input=-1, value=2.5))
    timeline = timeline.changed(varied(SMALL, training={"learning_rate": 0.5}))

    timeline = trained(timeline, epochs=2)

    changed = timeline.at(3)
    assert changed.experiment.training.learning_rate == 0.5
    assert_same_state(changed, set_parameter(before, 0, 0, -1, 2.5))
    assert timeline.at(2).experiment == SMALL


def test_a_change_of_nothing_is_not_recorded():
    timeline = Timeline.begin(begin(SMALL))

    assert timeline.changed(SMALL) is timeline


@pytest.mark.parametrize(
    ("epoch", "step", "words"),
    [
        (1, None, "epoch 1 is not in this timeline, which goes from epoch 2, step 6 to epoch 5, step 16"),
        (6, None, "epoch 6 is not in this timeline"),
        (-1, None, "epoch −1 is not in this timeline"),
        (5, 17, "epoch 5, step 17 is not in this timeline"),
        (3, 8, "step is 8; epoch 3 has the steps 9 … 11"),
        (3, 12, "step is 12; epoch 3 has the steps 9 … 11"),
        (2, 99, "step is 99; epoch 2 has the steps 6 … 8"),
    ],
)
def test_moments_that_are_not_there_are_refused_in_words(epoch, step, words):
    run, _ = advance(begin(SMALL), epochs=2)
    timeline = trained(trained(Timeline.begin(run), epochs=3), steps=1)

    with pytest.raises(LocalizedError, match=words):
        timeline.at(epoch, step)


def test_the_last_step_of_an_epoch_whose_last_samples_are_carried_over_is_one_of_its_moments():
    carried = varied(
        SMALL, training={"batching": "carried"}
    )  # 20 samples: two batches of 7, and 6 are carried
    timeline = trained(Timeline.begin(begin(carried)), epochs=3)

    assert timeline.at(1, 4).position == 14
    with pytest.raises(LocalizedError, match="step is 5; epoch 1 has the steps 2 … 4"):
        timeline.at(1, 5)


def test_a_timeline_that_begins_within_an_epoch_has_its_moments_from_there_on():
    run, _ = advance(begin(SMALL), steps=4)
    timeline = trained(Timeline.begin(run), epochs=2)

    assert_same_state(timeline.at(1, 4), run)
    assert timeline.at(1, 5).step == 5
    with pytest.raises(
        LocalizedError, match="epoch 1 is not in this timeline, which goes from epoch 1, step 4"
    ):
        timeline.at(1)
    with pytest.raises(LocalizedError, match="step is 7; epoch 1 has the steps 4 … 5"):
        timeline.at(1, 7)


def test_what_is_not_the_newest_run_trained_on_is_not_recorded():
    timeline = trained(Timeline.begin(begin(SMALL)), epochs=3)

    with pytest.raises(ValueError, match="must not be before epoch 3"):
        timeline.record(begin(SMALL))
    with pytest.raises(ValueError, match="use changed before training"):
        timeline.record(advance(begin(varied(SMALL, network={"seed": 9})), epochs=4)[0])


def test_stacks_are_rewound_like_single_networks():
    stack = [varied(SMALL, network={"seed": seed}) for seed in range(8)]
    timeline = Timeline.begin(begin(stack))
    for _ in range(5):
        timeline = trained(timeline, epochs=3)

    run = timeline.at(7)

    alone, _ = advance(begin(stack[5]), epochs=7)
    assert run.replicas == 8
    assert (run.parameters[5] == alone.parameters[0]).all()
    assert evaluate(run).test_loss[5] == evaluate(alone).test_loss[0]
    assert Moment.of(run) == Moment(7)


def test_edits_of_a_stack_are_recorded_as_they_were_called():
    timeline = Timeline.begin(begin([varied(SMALL, network={"seed": seed}) for seed in range(2)]))
    timeline = trained(timeline, epochs=1).changed(SetParameters(start=3, values=(1.0, 2.0)))

    run = trained(timeline, epochs=1).at(1)

    assert run.parameters[0, 3:5].tolist() == [1.0, 2.0]
    assert run.parameters[1, 3:5].tolist() != [1.0, 2.0]


def test_a_fork_that_goes_another_way_has_nothing_of_the_former_future():
    timeline = Timeline.begin(begin(SMALL))
    for _ in range(10):
        timeline = trained(timeline, epochs=1)
    timeline = timeline.pin(8).changed(SetParameter(layer=0, unit=0, input=0, value=9.0))

    fork = timeline.fork(5).changed(varied(SMALL, training={"learning_rate": 1.0}))
    fork = trained(fork, epochs=5)

    other, _ = advance(fork.at(5), epochs=3)
    assert_same(fork.at(8), other)
    assert_same(fork.at(4), timeline.at(4))
    assert [held.moment.epoch for held in fork.held if held.why & {"change", "pinned"}] == [5]


@pytest.mark.parametrize("replicas", [1, 3])
def test_training_that_could_not_go_on_is_marked_at_its_moment_and_can_be_changed_there(replicas):
    timeline = Timeline.begin(begin(diverging(replicas)))
    before, _ = advance(timeline.newest, steps=1000, epochs=1000)
    assert before.diverged.all()
    timeline = timeline.record(before)

    marked = replay(timeline.recipe())
    edited = timeline.changed(SetParameters(start=0, values=(0.1,) * 25))
    longer = trained(edited, steps=2).within(0)

    assert_same(timeline.at(before.epoch, before.step), before)
    assert_same(marked, before)
    assert_same(longer.at(before.epoch, before.step), edited.newest)
    assert_same(replay(longer.recipe()), longer.newest)
