"""Logs requests that were refused because of a proxy or a setting, and how to fix that.

Rates are limited per refusal and per kind of refusal, so that clients cannot flood the log.
"""

import logging
import re
import time
from collections.abc import Callable

from engine.user_messages import UserMessage
from server.security.token_bucket import TokenBucket, TokenBuckets

log = logging.getLogger(__name__)

SAME_SECONDS = 300.0
"""How long the same refusal is not logged again."""

_BURST = 10
_EACH_SECONDS = 30.0  # on average, between two of a kind

_PLAIN = re.compile(r"(https?://)?([A-Za-z0-9.-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(:[0-9]{1,5})?")
_HIDDEN = "…"


class RefusalLog:
    """Logs refusals, with bounded memory and rate."""

    def __init__(
        self, translate: Callable[[UserMessage], str], clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Start with nothing logged.

        Args:
            translate: returns the text of a sentence.
            clock: seconds on a monotonic clock.
        """
        self._translate = translate
        self._clock = clock
        self._same = TokenBuckets(1 / SAME_SECONDS, burst=1, most=1000)
        self._kinds: dict[str, TokenBucket] = {}

    def note(self, sentence: UserMessage) -> None:
        """Log why a request was refused, unless that was logged recently.

        Values that are not a host, address or origin are hidden: a client may send any text.
        """
        seen = {
            name: text if _PLAIN.fullmatch(text) else _HIDDEN
            for name, text in ((name, str(value)) for name, value in sentence.values.items())
        }
        now = self._clock()
        kind = self._kinds.setdefault(sentence.key, TokenBucket(1 / _EACH_SECONDS, _BURST))
        if kind.wait_time(now) > 0 or self._same[sentence.key, *seen.values()].take(now) > 0:
            return
        kind.take(now)
        log.warning(
            self._translate(UserMessage(sentence.key, seen)),
            extra={"details": {"refused": sentence.key, **seen}},
        )
