"""A session with a clock that is turned by hand and an engine at the same desk."""

from collections.abc import Callable
from typing import Any

from engine import Experiment
from engine.user_messages import UserMessage
from server.protocol.messages import Event, Limits, parse
from server.sessions.session import FrameUpdate, Session
from server.sessions.slices import Slice, run_slice
from tests.support.messages import text

LIMITS = Limits(message_bytes=131_072, window=2, hello_seconds=10)


class Desk:
    """A session with a clock that is turned by hand and an engine at the same desk."""

    def __init__(self, **experiment: Any) -> None:
        self.session = Session(LIMITS, lambda: 4711, Experiment.model_validate(experiment))
        self.now = 0.0
        self.can_send = True
        self.numbers: list[FrameUpdate] = []
        self.last = dump(self.session.welcome())

    def say(self, type_: str, **fields: Any) -> list[dict[str, Any]]:
        return dump(self.session.receive(parse(text(type_, **fields))))

    def next(self, seconds: float = 0.001) -> Slice | None:
        return self.session.next_slice(self.now, can_send=self.can_send, seconds=seconds)

    def work(self, work: Slice) -> list[dict[str, Any]]:
        events, numbers = self.session.absorb(work, run_slice(work))
        if numbers is not None:
            self.numbers.append(numbers)
        return dump(events)

    def settle(self, until: Callable[[], bool] = lambda: False) -> list[dict[str, Any]]:
        """Compute until nothing is due, letting time pass between."""
        events: list[dict[str, Any]] = []
        for _ in range(1000):
            self.now += 0.1
            work = self.next()
            if work is None or until():
                return events
            events += self.work(work)
        raise AssertionError("something is always due")

    @property
    def epoch(self) -> int:
        return int(self.numbers[-1].metadata["epoch"])

    @property
    def step(self) -> int:
        return int(self.numbers[-1].metadata["step"])


def dump(events: list[Event]) -> list[dict[str, Any]]:
    """Return events as the client gets them, with the keys of their texts, and the values of their message."""
    return [
        event.model_dump(mode="json")
        | _keyed(getattr(event, "user_message", None))
        | {"note_keys": [note.key for note in getattr(event, "user_notes", ())]}
        for event in events
    ]


def _keyed(sentence: UserMessage | None) -> dict[str, Any]:
    return {} if sentence is None else {"key": sentence.key, "values": dict(sentence.values)}
