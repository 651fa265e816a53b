"""Logs requests that were refused because of a proxy or a setting, with what mends it.

The operator sees there what a proxy in between gets wrong. The same refusal is logged once in a while only, and all of
a kind together seldom, so that strangers cannot fill the log.
"""

import logging
import re
import time
from collections.abc import Callable

from engine.sentences import Sentence
from server.security.token_bucket import TokenBucket, TokenBuckets

log = logging.getLogger(__name__)

SAME_SECONDS = 300.0
"""How long the same is not logged again."""

_BURST = 10
_EACH_SECONDS = 30.0  # on average, between two of a kind

_PLAIN = re.compile(r"(https?://)?([A-Za-z0-9.-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(:[0-9]{1,5})?")
_HIDDEN = "…"


class RefusalLog:
    """Tells the log; bounded in what it remembers and in how much it tells."""

    def __init__(self, say: Callable[[Sentence], str], clock: Callable[[], float] = time.monotonic) -> None:
        """Begin with nothing logged.

        Args:
            say: writes a sentence.
            clock: seconds.
        """
        self._say = say
        self._clock = clock
        self._same = TokenBuckets(1 / SAME_SECONDS, burst=1, most=1000)
        self._kinds: dict[str, TokenBucket] = {}

    def note(self, sentence: Sentence) -> None:
        """Log why a request was refused, unless that was logged lately.

        Values that are no host, address or origin are not shown: they are whatever a client likes to send.
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
            self._say(Sentence(sentence.key, seen)), extra={"details": {"refused": sentence.key, **seen}}
        )
