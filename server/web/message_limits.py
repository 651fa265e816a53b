"""Limits of a client's messages: rate, size and number of invalid ones. Takes the time as a parameter."""

import json
from typing import Any

from server.protocol.commands import Ack, Command, Configure, Hello
from server.protocol.events import ErrorEvent
from server.security.token_bucket import TokenBucket
from server.sessions.flow_control import FlowControl

MESSAGE_RATE = 20.0
MESSAGE_BURST = 60
"""Messages per second, and at once; faster ones are read later, which slows down their sender only."""

MAX_SMALL_MESSAGE_BYTES = 2**16
"""Of messages without an experiment or a token; those may have `MAX_MESSAGE_BYTES`."""

MAX_INVALID = 10
"""The last of this many invalid messages ends the connection; one is forgiven every minute."""

_FORGIVEN = 1 / 60

TOO_BIG = (1009, "too long a message")
TOO_MANY_INVALID = (1008, "too many invalid messages")


class MessageLimits:
    """Applies the limits to one connection.

    Attributes:
        flow: frames whose acknowledgements are free, as the window bounds their number; None before the hello.
    """

    def __init__(self) -> None:
        """Start a connection."""
        self._messages = TokenBucket(MESSAGE_RATE, MESSAGE_BURST)
        self._patience = TokenBucket(_FORGIVEN, MAX_INVALID)
        self.flow: FlowControl[Any] | None = None

    def delay(self, message: Command | ErrorEvent, now: float) -> float:
        """Return how long to wait before reading on, in seconds.

        Args:
            message: the message, parsed.
            now: seconds on a monotonic clock.
        """
        if isinstance(message, Ack) and self.flow is not None and self.flow.awaits(message.frame):
            return 0.0
        return self._messages.spend(now)

    def violation(
        self, text: str | None, message: Command | ErrorEvent, now: float
    ) -> tuple[int, str] | None:
        """Return the close code and reason with which the connection has to end, or None.

        Args:
            text: of the message, or None if it is binary.
            message: the message, parsed.
            now: seconds on a monotonic clock.
        """
        if text is not None and _is_long(text) and not _may_be_long(text, message):
            return TOO_BIG
        if isinstance(message, ErrorEvent):
            self._patience.take(now)
            if self._patience.level(now) < 1:
                return TOO_MANY_INVALID
        return None


def _is_long(text: str) -> bool:
    return (
        len(text) > MAX_SMALL_MESSAGE_BYTES // 4
        and len(text.encode(errors="surrogatepass")) > MAX_SMALL_MESSAGE_BYTES
    )


def _may_be_long(text: str, message: Command | ErrorEvent) -> bool:
    if isinstance(message, ErrorEvent):  # a refused experiment gets an answer
        try:
            type_ = json.loads(text).get("type")
        except (ValueError, AttributeError, RecursionError):
            return False
        return type_ in ("hello", "configure")
    return isinstance(message, Hello | Configure)
