"""Window: how many frames are under way, and how often they come. Lines are simulated, so time is only counted."""

import heapq
import itertools
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.sessions.flow_control import FlowControl


@dataclass
class Line:
    """A line that carries ``rate`` bytes a second with ``delay`` seconds there and back, to a page that draws at once.

    Frames are made when they may be sent, ``per_second`` times a second at most, or less often if the window says so.
    """

    rate: float
    delay: float
    size: int = 13_500
    per_second: float = 20
    window: FlowControl[None] = field(default_factory=FlowControl)
    ages: list[float] = field(default_factory=list)
    unacknowledged: list[int] = field(default_factory=list)

    def run(self, seconds: float, now: float = 0.0) -> float:
        """Let it run; return the time at the end."""
        end = now + seconds
        count = itertools.count()
        coming: list[tuple[float, int, int, float]] = []
        free, last = now, -1.0
        while now < end:
            interval = max(1 / self.per_second, min(1.0, self.window.backoff / self.per_second))
            if self.window.has_room and now >= last + interval - 1e-9:
                free = max(free, now) + self.size / self.rate
                last = now
                number = self.window.send(now)
                self.unacknowledged.append(number - self.window.acknowledged)
                heapq.heappush(coming, (free + self.delay, next(count), number, now))
            later = [last + interval] if self.window.has_room else []
            now = min([*later, *([coming[0][0]] if coming else [])])
            while coming and coming[0][0] <= now:
                _, _, number, made = heapq.heappop(coming)
                self.window.acknowledge(number, now)
                self.ages.append(now - made)
        return now


def test_two_frames_may_be_under_way_at_first() -> None:
    window: FlowControl[None] = FlowControl()

    assert [window.send(0), window.send(0)] == [1, 2]
    assert not window.has_room
    window.acknowledge(1, 0.01)
    assert window.has_room


def test_a_short_line_needs_no_more_than_two() -> None:
    line = Line(rate=1e7, delay=0.005)

    line.run(5)

    assert line.window.size == 2
    assert len(line.ages) == pytest.approx(100, abs=2)


def test_a_long_line_is_filled() -> None:
    line = Line(rate=1e7, delay=0.3)
    now = line.run(10)
    settled = len(line.ages)

    line.run(5, now)

    assert len(line.ages) - settled > 0.85 * 5 * 20
    assert line.window.size >= 7
    assert max(line.unacknowledged) <= 8


def test_guarantee_1_on_a_slow_line_frames_are_fresh_and_fill_it() -> None:
    line = Line(rate=60_000, delay=0.02)

    line.run(20)

    assert max(line.ages) < 1
    assert len(line.ages) > 0.9 * 20 * 60_000 / 13_500
    assert line.window.backoff == 1


def test_frames_come_less_often_when_they_come_late_and_more_often_again() -> None:
    line = Line(rate=8_000, delay=0.02)
    now = line.run(20)
    assert line.window.backoff >= 8

    line.rate = 1e7
    now = line.run(20, now)

    assert line.window.backoff == 1
    before = len(line.ages)
    line.run(2, now)
    assert len(line.ages) - before == pytest.approx(40, abs=2)


def test_it_is_told_how_long_nothing_was_acknowledged_while_there_was_no_room() -> None:
    window: FlowControl[None] = FlowControl()
    window.send(10)
    assert window.blocked_seconds(99) == 0
    window.send(10.5)
    assert window.blocked_seconds(15) == 5
    window.acknowledge(1, 16)
    window.acknowledge(2, 16)
    assert window.blocked_seconds(99) == 0

    for _ in range(window.size):
        window.send(100)
    assert window.blocked_seconds(107) == 7


@given(
    st.integers(1, 8),
    st.lists(st.tuples(st.sampled_from(["send", "acknowledge"]), st.integers(-3, 12), st.floats(0, 3))),
)
def test_guarantee_4_never_more_than_the_window_is_unacknowledged(
    largest: int, moves: list[tuple[str, int, float]]
) -> None:
    window, now = FlowControl[None](largest), 0.0
    for move, offset, seconds in moves:
        now += seconds
        if move == "acknowledge":
            window.acknowledge(window.acknowledged + offset, now)
        elif window.has_room:
            window.send(now)
        assert 0 <= window.sent - window.acknowledged <= largest
        assert min(2, largest) <= window.size <= largest
        assert 1 <= window.backoff <= 32
