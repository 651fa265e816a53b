"""Manners: how many messages a client may send in a while, and how many that make no sense. Pure: the time is told."""

from server.buckets import Bucket
from server.messages import Ack, Command, ErrorEvent

COMMANDS_PER_SECOND, COMMANDS_AT_ONCE = 40.0, 120.0
"""What a client may send for long, and at once: more than the fastest hand on a slider. The rest is read later."""

ACKS_PER_SECOND, ACKS_AT_ONCE = 80.0, 160.0
"""Likewise of acknowledgements, which come with every frame, at most sixty times a second."""

BAD_AT_ONCE, BAD_FORGIVEN_PER_SECOND = 10, 0.1
"""So many messages in a row that make no sense are one too many, unless some of them are long ago."""


class RudeError(Exception):
    """A client has sent too much that makes no sense."""


class Manners:
    """What one client may still do."""

    def __init__(self) -> None:
        """Think the best of it."""
        self._commands = Bucket(COMMANDS_PER_SECOND, COMMANDS_AT_ONCE)
        self._acks = Bucket(ACKS_PER_SECOND, ACKS_AT_ONCE)
        self._bad = Bucket(BAD_FORGIVEN_PER_SECOND, BAD_AT_ONCE - 1)

    def hear(self, message: Command | ErrorEvent, now: float) -> float:
        """Take note of a message, or of what is wrong with it; return how many seconds not to listen.

        Args:
            message: as it was parsed.
            now: seconds of a clock that only goes forward.

        Raises:
            RudeError: that was one bad message too many.
        """
        if isinstance(message, ErrorEvent) and self._bad.take(now) > 0:
            raise RudeError
        return (self._acks if isinstance(message, Ack) else self._commands).spend(now)
