"""Logging: one line per event, as text or JSON, without secrets and without control characters.

A line never holds what a client sent as it came: control characters are escaped, so that nobody forges a line or
steers a terminal, and whatever looks like a secret is left out. The same event is logged once a second at most.
"""

import json
import logging
import re
import sys
import time
import traceback
from collections.abc import Iterator
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
"""Characters of a line; of longer ones, beginning and end are logged, and how much is left out between."""

_MAX_ERROR = 400
"""Likewise of what an exception tells."""

_about: ContextVar[str | None] = ContextVar("session", default=None)

_SECRET = re.compile(
    r"(?<![A-Za-z0-9_~-])(?!PLAYGROUND_[A-Z0-9_]+\b)[A-Za-z0-9_~-]{24,}(?:[.=+][A-Za-z0-9_~=+-]*)*"
)
"""Whatever is as long as a token, except for names of variables."""

_QUERY = re.compile(r"\?[^\s\"']*")
_REMOVED = "[…]"

_ADVICE = {
    "Exception in ASGI application\n": (
        "a request failed through a fault of the server; all others go on. Please report it with these lines"
    ),
    "Exception in 'lifespan' protocol\n": "the server could not start or end in order",
    "Cancel %s running task(s), timeout graceful shutdown exceeded": (
        "%s connections did not close in time and were cut"
    ),
}
"""What uvicorn says, in words that say what it means and what to do."""


_UNSAID = frozenset({"Application startup failed. Exiting."})


def session_hash(session: str) -> str:
    """Return what stands for a session in logs: the same for the same one, and no way back to it."""
    return sha256(session.encode()).hexdigest()[:12]


def set_session(session: str) -> None:
    """Let whatever the present task logs from now on name a session, by its hash."""
    _about.set(session_hash(session))


class _Lines(logging.StreamHandler[TextIO]):
    """Writes lines to a stream, as long as it takes them."""

    def handleError(self, record: logging.LogRecord) -> None:
        """Let later lines get lost if the stream takes none; what it still holds would fail whatever flushes it."""
        if isinstance(sys.exc_info()[1], OSError):
            discard_output(self.stream)
        else:
            super().handleError(record)


def configure(form: str, level: str) -> None:
    """Let everything that is logged in this process, uvicorn's lines and warnings too, go to standard error.

    Args:
        form: one of `FORMATS`.
        level: one of `LEVELS`, in lower case.
    """
    handler = _Lines(sys.stderr)
    handler.setFormatter(JsonFormatter() if form == "json" else TextFormatter())
    handler.addFilter(RepeatFilter())
    number = getattr(logging, level.upper())
    logging.basicConfig(handlers=[handler], level=number, force=True)
    for name in ("uvicorn.error", "websockets", "asyncio"):
        # Below that they tell what is on the wire, byte by byte.
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
    """Escape whatever ends a line, steers a terminal or cannot be seen."""
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode()
        for character in text
    )


def clean(text: str) -> str:
    """Return a text as it may stand in a log: without secrets, on one line, not too long."""
    return shortened(one_line(_SECRET.sub(_REMOVED, shortened(text, 2 * MAX_TEXT))), MAX_TEXT)


def shortened(text: str, most: int) -> str:
    """Return a text, or its beginning and end in ``most`` characters and how many there are between."""
    if len(text) <= most:
        return text
    mark = f" … {len(text) - most} characters and more left out … "
    kept = most - len(mark)
    return text[: kept - kept // 2] + mark + text[len(text) - kept // 2 :]


class RepeatFilter(logging.Filter):
    """Lets the same event pass once a second; the next one that passes tells how many were left out.

    What uvicorn adds to a reason that is logged already does not pass at all.
    """

    def __init__(self, interval: float = 1.0, most: int = 1000) -> None:
        """Begin with nothing seen.

        Args:
            interval: seconds between two of the same.
            most: how many different events are remembered.
        """
        super().__init__()
        self._interval = interval
        self._most = most
        self._seen: dict[tuple[object, ...], tuple[float, int]] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Tell whether a record may pass; one session's events do not hold up another's."""
        if record.msg in _UNSAID:
            return False
        key = (record.name, record.levelno, record.msg, _session(record))
        now = time.monotonic()
        until, left_out = self._seen.get(key, (0.0, 0))
        if now < until:
            self._seen[key] = until, left_out + 1
            return False
        if len(self._seen) >= self._most:
            self._seen.clear()
        self._seen[key] = now + self._interval, 0
        record.left_out = left_out
        return True


def _session(record: logging.LogRecord) -> str | None:
    session: str | None = getattr(record, "session", None) or _about.get()
    return session


def _details(record: logging.LogRecord) -> dict[str, str]:
    """Return what a record says by name as well; its writer has made sure that there is no secret in it."""
    details: dict[str, str] = getattr(record, "details", {})
    return details


def _text(record: logging.LogRecord) -> str:
    """Return what a record tells."""
    message = record.msg if isinstance(record.msg, str) else str(record.msg)
    message = _ADVICE.get(message, message)
    if record.args:
        try:
            message = message % record.args
        except (TypeError, ValueError, KeyError):
            message = f"{message} {record.args!r}"
    if record.name.startswith("uvicorn"):
        message = _QUERY.sub("", message)  # it logs addresses whole
    message = message.strip()
    return shortened(one_line(message), MAX_TEXT) if _details(record) else clean(message)


class TextFormatter(logging.Formatter):
    """Lines for people; what belongs to one event is indented below its first line."""

    def format(self, record: logging.LogRecord) -> str:
        """Write a record."""
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
    """One JSON object per line."""

    def format(self, record: logging.LogRecord) -> str:
        """Write a record."""
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
    if isinstance(error, ValidationError):  # it would quote what it was given
        kinds = sorted({each["type"] for each in error.errors(include_input=False, include_context=False)})
        return clean(f"ValidationError of {error.title}: {', '.join(kinds)}")
    return clean(shortened(f"{type(error).__name__}: {error}", _MAX_ERROR))


def _chain(error: BaseException) -> Iterator[BaseException]:
    """Yield an exception and those that it came from."""
    seen: set[int] = set()
    link: BaseException | None = error
    while link is not None and id(link) not in seen and len(seen) < 8:
        seen.add(id(link))
        yield link
        link = link.__cause__ or (None if link.__suppress_context__ else link.__context__)
