"""Logging: one line per event, as text or JSON, without secrets and without control characters.

Control characters are escaped, so that text of a client can neither forge a line nor control a terminal; strings that
look like secrets are removed. The same event is logged at most once a second.
"""

import json
import logging
import re
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from datetime import UTC, datetime
from hashlib import sha256
from types import TracebackType
from typing import Any, TextIO

from pydantic import ValidationError

from server.telemetry.standard_streams import discard_output

LEVELS = ("critical", "error", "warning", "info", "debug")
FORMATS = ("text", "json")

MAX_TEXT = 2000
"""Characters of a message; of a longer one, the start and the end are logged, and the number of characters between."""

_MAX_ERROR = 400
"""Likewise of an exception's message."""

_current_session: ContextVar[str | None] = ContextVar("session", default=None)

_SECRET = re.compile(
    r"(?<![A-Za-z0-9_~-])(?!PLAYGROUND_[A-Z0-9_]+\b)[A-Za-z0-9_~-]{24,}(?:[.=+][A-Za-z0-9_~=+-]*)*"
)
"""Strings as long as a token, except for names of environment variables."""

_QUERY = re.compile(r"\?[^\s\"']*")
_REMOVED = "[…]"

_UVICORN_MESSAGES = {
    "Exception in ASGI application\n": (
        "a request failed through a fault of the server; all others go on. Please report it with these lines"
    ),
    "Exception in 'lifespan' protocol\n": "the server could not start or end in order",
    "Cancel %s running task(s), timeout graceful shutdown exceeded": (
        "%s connections did not close in time and were cut"
    ),
}
"""Replacements of uvicorn's messages that explain the event and what to do."""

_DROPPED_MESSAGES = frozenset({"Application startup failed. Exiting."})  # the reason is logged already


def session_hash(session: str) -> str:
    """Return a hash that identifies a session in logs without revealing its name."""
    return sha256(session.encode()).hexdigest()[:12]


def set_session(session: str) -> None:
    """Add a session's hash to all later log records of the current task."""
    _current_session.set(session_hash(session))


class _StreamHandler(logging.StreamHandler[TextIO]):
    """Writes lines to a stream until writing fails."""

    def handleError(self, record: logging.LogRecord) -> None:
        """Discard all further output after an OSError: buffered text would make every later flush fail."""
        if isinstance(sys.exc_info()[1], OSError):
            discard_output(self.stream)
        else:
            super().handleError(record)


def configure(form: str, level: str) -> None:
    """Send all log records of this process, uvicorn's and warnings included, to standard error.

    Args:
        form: one of `FORMATS`.
        level: minimum severity, one of `LEVELS`.
    """
    handler = _StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter() if form == "json" else TextFormatter())
    handler.addFilter(RepeatFilter())
    number = getattr(logging, level.upper())
    logging.basicConfig(handlers=[handler], level=number, force=True)
    for name in ("uvicorn.error", "websockets", "asyncio"):
        # On lower levels they log all transferred bytes.
        logging.getLogger(name).setLevel(max(number, logging.INFO))
    logging.captureWarnings(True)
    if form == "json":
        sys.excepthook = _log_uncaught


def _log_uncaught(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    if issubclass(kind, KeyboardInterrupt):
        return
    logging.getLogger(__name__).critical(
        "the server cannot go on; please report it with these lines", exc_info=(kind, error, trace)
    )


def one_line(text: str) -> str:
    """Escape line ends, control characters and all others that are not printable."""
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode()
        for character in text
    )


def clean(text: str) -> str:
    """Return a text fit for a log: without secrets, on one line, at most `MAX_TEXT` characters."""
    return shortened(one_line(_SECRET.sub(_REMOVED, shortened(text, 2 * MAX_TEXT))), MAX_TEXT)


def shortened(text: str, most: int) -> str:
    """Return a text, or its start and end with the number of omitted characters, in at most ``most`` characters."""
    if len(text) <= most:
        return text
    mark = f" … {len(text) - most} characters and more left out … "
    shown = most - len(mark)
    return text[: shown - shown // 2] + mark + text[len(text) - shown // 2 :]


class RepeatFilter(logging.Filter):
    """Passes the same event at most once per interval, with the number of those left out since.

    Messages in `_DROPPED_MESSAGES` never pass.
    """

    def __init__(
        self, interval: float = 1.0, most: int = 1000, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Start with nothing logged.

        Args:
            interval: seconds between two equal events.
            most: number of different events that are remembered.
            clock: seconds on a monotonic clock.
        """
        super().__init__()
        self._interval = interval
        self._most = most
        self._clock = clock
        self._seen: dict[tuple[object, ...], tuple[float, int]] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Return whether a record passes; equal events of different sessions count separately."""
        if record.msg in _DROPPED_MESSAGES:
            return False
        key = (record.name, record.levelno, record.msg, _session(record))
        now = self._clock()
        until, left_out = self._seen.get(key, (now, 0))
        if now < until:
            self._seen[key] = until, left_out + 1
            return False
        if len(self._seen) >= self._most:
            self._seen.clear()
        self._seen[key] = now + self._interval, 0
        record.left_out = left_out
        return True


def _session(record: logging.LogRecord) -> str | None:
    session: str | None = getattr(record, "session", None) or _current_session.get()
    return session


def _details(record: logging.LogRecord) -> dict[str, str]:
    """Return the named values of a record, of which the caller has made sure that they contain no secret."""
    details: dict[str, str] = getattr(record, "details", {})
    return details


def _text(record: logging.LogRecord) -> str:
    """Return the message of a record, fit for a log."""
    message = record.msg if isinstance(record.msg, str) else str(record.msg)
    message = _UVICORN_MESSAGES.get(message, message)
    if record.args:
        try:
            message = message % record.args
        except (TypeError, ValueError, KeyError):
            message = f"{message} {record.args!r}"
    if record.name.startswith("uvicorn"):
        message = _QUERY.sub("", message)  # uvicorn logs addresses with their queries
    message = message.strip()
    return shortened(one_line(message), MAX_TEXT) if _details(record) else clean(message)


class TextFormatter(logging.Formatter):
    """Formats a record as text; further lines of the same record are indented."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the lines of a record."""
        clock = datetime.fromtimestamp(record.created, UTC).astimezone().strftime("%Y-%m-%d %H:%M:%S")
        session = _session(record)
        about = f" [{session}]" if session else ""
        left_out = getattr(record, "left_out", 0)
        more = f" (and {left_out} more like it)" if left_out else ""
        lines = [f"{clock} {record.levelname.lower()} {record.name}{about}: {_text(record)}{more}"]
        error = record.exc_info[1] if record.exc_info else None
        if error is not None:
            lines.append("Traceback (most recent call last):")
            for link in reversed(list(_chain(error))):
                lines += [
                    f"{frame.filename}:{frame.lineno} in {frame.name}: {frame.line}"
                    for frame in traceback.extract_tb(link.__traceback__)
                ]
                lines.append(_summary(link))
        return "\n    ".join(map(one_line, lines))


class JsonFormatter(logging.Formatter):
    """Formats a record as a JSON object on one line."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line of a record."""
        entry: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "source": record.name,
            "event": _text(record),
        }
        session = _session(record)
        if session:
            entry["session"] = session
        entry |= _details(record)
        if left_out := getattr(record, "left_out", 0):
            entry["left_out"] = left_out
        error = record.exc_info[1] if record.exc_info else None
        if error is not None:
            entry["errors"] = [
                {
                    "error": _summary(link),
                    "Traceback": [
                        f"{frame.filename}:{frame.lineno} in {frame.name}"
                        for frame in traceback.extract_tb(link.__traceback__)
                    ],
                }
                for link in _chain(error)
            ]
        return json.dumps(entry)


def _summary(error: BaseException) -> str:
    if isinstance(error, ValidationError):  # its message quotes the input
        kinds = sorted({each["type"] for each in error.errors(include_input=False, include_context=False)})
        return clean(f"ValidationError of {error.title}: {', '.join(kinds)}")
    return clean(shortened(f"{type(error).__name__}: {error}", _MAX_ERROR))


def _chain(error: BaseException) -> Iterator[BaseException]:
    """Yield an exception, its cause or context, and so on."""
    seen: set[int] = set()
    link: BaseException | None = error
    while link is not None and id(link) not in seen and len(seen) < 8:
        seen.add(id(link))
        yield link
        link = link.__cause__ or (None if link.__suppress_context__ else link.__context__)
