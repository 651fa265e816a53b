"""A session with a clock that is turned by hand and an engine at the same desk."""

import pickle
from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeVar

from engine import Experiment
from engine.user_messages import UserMessage
from server.protocol.commands import Watch
from server.protocol.events import ErrorEvent, Event, Limits
from server.protocol.parsing import parse
from server.sessions.frame_schedule import FrameSchedule, FrameUpdate
from server.sessions.session import Session
from server.sessions.slices import Outcome, Slice, run_slice
from tests.support.frames import of_one_network
from tests.support.messages import text

Value = TypeVar("Value")

LIMITS = Limits(message_bytes=131_072, window=2, hello_seconds=10)


class Desk:
    """A session with one viewer, a clock that is turned by hand and an engine at the same desk."""

    def __init__(self, **experiment: Any) -> None:
        self.session = Session(LIMITS, lambda: 4711, Experiment.model_validate(experiment))
        self.schedule = FrameSchedule()
        self.now = 0.0
        self.can_send = True
        self.numbers: list[FrameUpdate] = []
        self.last = dump(self.session.welcome())

    def say(self, type_: str, **fields: Any) -> list[dict[str, Any]]:
        message = parse(text(type_, **fields))
        if isinstance(message, ErrorEvent):
            return dump([message])
        if isinstance(message, Watch):
            return dump(self.schedule.watch(message, self.session.wanted.experiment))
        events = dump(self.session.receive(message))
        if self.session.has_changes:
            self.schedule.run_changed(self.session.wanted.experiment)
        return events

    @property
    def frames(self) -> list[FrameSchedule]:
        """Schedules of the viewers to which a frame could be sent."""
        return [self.schedule] if self.can_send else []

    def is_due(self) -> bool:
        return self.session.is_due(self.now, self.frames)

    def seconds_until_due(self) -> float | None:
        return self.session.seconds_until_due(self.now, self.frames)

    def next(self, seconds: float = 0.001) -> Slice | None:
        return self.session.next_slice(self.now, self.frames, seconds=seconds)

    def work(self, work: Slice) -> list[dict[str, Any]]:
        """Compute a slice as another process does, which gets and returns copies."""
        return self.absorb(work, copied(run_slice(copied(work))))

    def absorb(self, work: Slice, outcome: Outcome) -> list[dict[str, Any]]:
        events, update = self.session.absorb(work, outcome)
        if update is not None:
            frame = self.schedule.frame(update)
            self.numbers.append(replace(frame, tensors=of_one_network(frame.tensors)))
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


def copied(value: Value) -> Value:
    """Return what another process gets of a value."""
    copy: Value = pickle.loads(pickle.dumps(value, pickle.HIGHEST_PROTOCOL))
    return copy


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
