"""Frame schedules: when frames of several viewers are due, and which of them share a picture."""

from typing import Any

import pytest

from engine import Experiment
from server.protocol.commands import Watch
from server.protocol.views import ViewRequest
from server.sessions.frame_schedule import FrameSchedule, RunUpdate, next_frames
from tests.support.views import watched


def schedule(*, resolution: int = 100, **watch: Any) -> FrameSchedule:
    made = FrameSchedule()
    command = Watch.model_validate({"type": "watch", "views": watched(resolution=resolution), **watch})
    assert made.watch(command, Experiment()) == []
    return made


def drawn_in(schedules: list[FrameSchedule], seconds: float) -> tuple[list[int], int]:
    """Train at full speed for so many seconds; return the frames of each, and how many pictures were drawn."""
    frames, pictures, now = [0] * len(schedules), 0, 0.0
    while now < seconds:
        length, chosen = next_frames(schedules, now, 0.02)
        pictures += len({each.shown for each in chosen})
        for each in chosen:
            each.begin(now + length)
            frames[schedules.index(each)] += 1
        now += length
    return frames, pictures


def test_viewers_with_the_same_view_and_rate_share_every_picture_wherever_they_began() -> None:
    schedules = [schedule(frame_rate=20) for _ in range(30)]
    for number, each in enumerate(schedules):
        each.begin(-0.05 + number * 0.0017)

    frames, pictures = drawn_in(schedules, 10)

    assert min(frames) >= 195
    assert max(frames) <= 205
    assert pictures <= 205


def test_two_views_are_two_pictures() -> None:
    schedules = [schedule(frame_rate=20, resolution=30 + 20 * (number % 2)) for number in range(10)]

    frames, pictures = drawn_in(schedules, 10)

    assert pictures == pytest.approx(2 * max(frames), abs=4)


@pytest.mark.parametrize("rate", [5, 20])
def test_a_slow_client_slows_its_own_frames_only(rate: int) -> None:
    slow, other = schedule(frame_rate=rate), schedule(frame_rate=20)
    slow.backoff = 32

    (few, many), _ = drawn_in([slow, other], 20)

    assert few <= 22
    assert 390 <= many <= 420


def test_a_slice_ends_when_a_frame_is_due_in_it_and_lasts_its_time_otherwise() -> None:
    soon, late = schedule(), schedule(resolution=50)
    soon.begin(-0.038)
    late.begin(0.0)

    seconds, chosen = next_frames([soon, late], 0.0, 0.02)
    assert seconds == pytest.approx(0.012)
    assert chosen == [soon]
    assert next_frames([late], 0.0, 0.02) == (0.02, [])
    assert next_frames([], 0.0, 0.02) == (0.02, [])


def test_a_paused_run_is_drawn_once_for_each_viewer() -> None:
    first, second = schedule(resolution=50), schedule(resolution=60)
    for now, each in enumerate((first, second)):
        each.begin(now)
        pictures: dict[ViewRequest, dict[str, Any]] = {view: {} for view in each.shown}
        update = RunUpdate({}, {}, pictures, is_new=False, has_changed=False)
        assert [one.frame(update).due for one in (first, second)] == [one is each for one in (first, second)]

    assert not first.stale
    assert not second.stale
