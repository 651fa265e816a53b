"""Manners: a busy hand is not held up, a flood is, and nonsense has an end."""

import pytest

from server.manners import ACKS_PER_SECOND, BAD_AT_ONCE, COMMANDS_PER_SECOND, Manners, RudeError
from server.messages import Ack, ErrorEvent, Pause, parse

ACK = Ack(type="ack", frame=1)
PAUSE = Pause(type="pause")


def bad() -> ErrorEvent:
    event = parse("nonsense")
    assert isinstance(event, ErrorEvent)
    return event


def test_sixty_frames_a_second_are_acknowledged_while_a_slider_moves() -> None:
    manners = Manners()

    waits = [
        manners.hear(message, tick / 60) for tick in range(600) for message in (ACK, PAUSE)[: 1 + tick % 2]
    ]

    assert max(waits) == 0


@pytest.mark.parametrize(("message", "rate"), [(PAUSE, COMMANDS_PER_SECOND), (ACK, ACKS_PER_SECOND)])
def test_a_flood_is_read_no_faster_than_allowed(message: Ack | Pause, rate: float) -> None:
    manners, now = Manners(), 0.0
    for _ in range(1000):
        now += manners.hear(message, now)
    begun = now
    for _ in range(1000):
        now += manners.hear(message, now)

    assert 1000 / (now - begun) == pytest.approx(rate, rel=0.01)


def test_the_tenth_bad_message_in_a_row_is_one_too_many() -> None:
    manners = Manners()
    for _ in range(BAD_AT_ONCE - 1):
        manners.hear(bad(), 0)
        manners.hear(PAUSE, 0)
    with pytest.raises(RudeError):
        manners.hear(bad(), 1)


def test_a_bad_message_now_and_then_is_forgiven() -> None:
    manners = Manners()
    for minute in range(1000):
        manners.hear(bad(), 60.0 * minute)
