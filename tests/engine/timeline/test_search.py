"""Search: the first epoch at which something holds."""

import pytest

from engine import Experiment, Timeline, advance, begin, evaluate, first_epoch
from tests.support.strategies import varied

TINY = varied(Experiment(), data={"samples": 20}, training={"batch_size": 10})


def timeline_of(epochs, each=1, start=0):
    run, _ = advance(begin(TINY), epochs=start)
    timeline = Timeline.begin(run)
    for _ in range(epochs // each):
        timeline = timeline.record(advance(timeline.newest, epochs=each)[0])
    return timeline


@pytest.mark.parametrize(
    "wanted", [{0}, {7}, {23, 24, 25}, {13, 40, 41}, {59}, {60}, {20}, {19, 20}, {1, 60}]
)
def test_it_is_the_first_of_all_epochs_however_often_the_predicate_changes(wanted):
    timeline = timeline_of(60, each=20)

    assert first_epoch(timeline, lambda run: run.epoch in wanted) == min(wanted)


def test_it_is_that_of_the_run_itself():
    _, report = advance(begin(TINY), epochs=300)
    losses = report.train_loss[0]
    limit = (losses[0] + losses[-1]) / 2

    found = first_epoch(timeline_of(300, each=50), lambda run: evaluate(run).train_loss[0] < limit)

    assert found == 1 + int((losses < limit).argmax())


def test_nothing_is_found_where_it_never_holds():
    assert first_epoch(timeline_of(60, each=20), lambda run: False) is None


def test_epochs_behind_the_first_keyframe_at_which_it_holds_are_not_trained():
    seen, reported = [], []

    def predicate(run):
        seen.append(run.epoch)
        return run.epoch >= 35

    found = first_epoch(
        timeline_of(100, each=20), predicate, lambda epoch, bound: reported.append((epoch, bound))
    )

    assert found == 35
    assert max(seen) == 40
    assert len(seen) == len(set(seen))
    assert reported == [(epoch, 40) for epoch in range(35)]


def test_a_timeline_that_begins_later_is_searched_from_there():
    assert first_epoch(timeline_of(20, each=10, start=5), lambda run: run.epoch % 4 == 0) == 8
