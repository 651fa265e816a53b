"""Limits of a client's messages: rate, size and number of invalid ones. Takes the time as an argument."""

import json

from server.protocol.messages import Ack, Command, Configure, ErrorEvent, Hello
from server.security.token_bucket import TokenBucket

MESSAGE_RATE = 20.0
MESSAGE_BURST = 60
"""Messages a second, and at once; what comes faster is read later, so that it slows nobody but its sender."""

MAX_SMALL_MESSAGE_BYTES = 2**16
"""Of a message but those that carry an experiment or a token (`MAX_MESSAGE_BYTES`)."""

MAX_INVALID = 10
"""The last of so many messages that are none ends the connection; one is forgiven every minute."""

_FORGIVEN = 1 / 60

TOO_BIG = (1009, "too long a message")
TOO_MANY_INVALID = (1008, "too many invalid messages")


class MessageLimits:
    """What one connection has sent."""

    def __init__(self) -> None:
        """Begin with a clean slate."""
        self._messages = TokenBucket(MESSAGE_RATE, MESSAGE_BURST)
        self._patience = TokenBucket(_FORGIVEN, MAX_INVALID)
        self._frames = 0

    def frame_sent(self) -> None:
        """Take note of a frame: its acknowledgement will not count, as the window bounds those."""
        self._frames += 1

    def delay(self, message: Command | ErrorEvent, now: float) -> float:
        """Return how long to wait before reading on, in seconds.

        Args:
            message: what came.
            now: seconds.
        """
        if isinstance(message, Ack) and self._frames > 0:
            self._frames -= 1
            return 0.0
        return self._messages.spend(now)

    def violation(
        self, text: str | None, message: Command | ErrorEvent, now: float
    ) -> tuple[int, str] | None:
        """Return with which close code and reason the connection has to end, or None.

        Args:
            text: what came, or None if it was binary.
            message: what it was taken for.
            now: seconds.
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
            claimed = json.loads(text).get("type")
        except (ValueError, AttributeError, RecursionError):
            return False
        return claimed in ("hello", "configure")
    return isinstance(message, Hello | Configure)
