"""Logs: whatever is sent to the server, each line is one event, and no secret is in it (guarantees 22 and 35)."""

import contextlib
import json
import logging
import socket
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest
from pydantic import ValidationError

from server.protocol.commands import Configure
from server.telemetry import logs
from server.telemetry.logs import (
    MAX_TEXT,
    JsonFormatter,
    RepeatFilter,
    TextFormatter,
    clean,
    one_line,
    session_hash,
)
from tests.support.client import client, greeted
from tests.support.live_server import LiveServer, live_server

SECRET = "tok_9f8e7d6c5b4a39281706f5e4d3c2b1a0.c2lnbmF0dXJl"

HOSTILE = [
    "line\nbreak\r\nX-Forged: yes",
    "\x1b[2J\x1b]0;title\x07",
    "%s %d %(levelname)s %n",
    "{0} {record.args} {{}}",
    '"}\n{"level":"critical","event":"forged"}',
    "\u2028\u2029\x85\x00\ud800",
    "\u202eright to left",
    f"/?token={SECRET}",
    SECRET,
    "x" * 60_000,
]


def written(
    formatter: logging.Formatter, *arguments: Any, error: BaseException | None = None, **extra: Any
) -> str:
    """Return what is written for a record."""
    record = logging.LogRecord("server.any", logging.WARNING, "any.py", 1, arguments[0], arguments[1:], None)
    record.__dict__.update(extra)
    if error is not None:
        record.exc_info = (type(error), error, error.__traceback__)
    return formatter.format(record)


@pytest.mark.parametrize("text", HOSTILE)
def test_whatever_is_told_takes_one_json_object_on_one_line(text: str) -> None:
    line = written(JsonFormatter(), "the client said %s", text)

    entry = json.loads(line)
    assert line.isprintable()
    assert entry["level"] == "warning"
    assert entry["event"].startswith("the client said ")
    assert entry["event"].isprintable()
    assert SECRET not in line
    assert len(line) < 5000


def test_names_of_variables_are_no_secrets() -> None:
    cleaned = clean(
        f"set PLAYGROUND_ALLOWED_ORIGINS, not PLAYGROUND_ALLOWED_ORIGINS={SECRET} or PLAYGROUND_{SECRET}"
    )

    assert cleaned == "set PLAYGROUND_ALLOWED_ORIGINS, not PLAYGROUND_ALLOWED_ORIGINS=[…] or […]"


def test_what_is_known_to_be_no_secret_is_shown_whole() -> None:
    host = "a-name-that-is-as-long-as-a-secret.example"
    details = {"host": host, "kind": "a\nb"}

    entry = json.loads(written(JsonFormatter(), f"a request for {host}", details=details))

    assert details.items() <= entry.items()
    assert host in entry["event"]
    assert host in written(TextFormatter(), f"a request for {host}", details=details)
    assert host not in written(TextFormatter(), f"a request for {host}")


@pytest.mark.parametrize("text", HOSTILE)
def test_whatever_is_told_takes_one_line_of_text(text: str) -> None:
    line = written(TextFormatter(), "the client said %s", text)

    assert line.isprintable()
    assert SECRET not in line


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("formatter", [JsonFormatter(), TextFormatter()])
def test_a_message_that_is_hostile_itself_or_does_not_fit_its_arguments_is_told_all_the_same(
    formatter: logging.Formatter, text: str
) -> None:
    for arguments in ((text,), (text, 1, 2, 3), ("%d", text)):
        assert written(formatter, *arguments).isprintable()


@pytest.mark.parametrize("text", HOSTILE)
def test_an_error_is_told_with_its_causes_and_where_it_was_but_not_with_what_the_client_sent(
    text: str,
) -> None:
    try:
        try:
            raise KeyError(text)
        except KeyError as cause:
            raise ValueError(text) from cause
    except ValueError as error:
        line = written(JsonFormatter(), "failed", error=error)
        text_lines = written(TextFormatter(), "failed", error=error).split("\n")

    entry = json.loads(line)
    assert [each["error"].partition(":")[0] for each in entry["errors"]] == ["ValueError", "KeyError"]
    assert "test_logs.py" in entry["errors"][0]["Traceback"][0]
    assert SECRET not in line
    assert "\n" not in line
    assert all(each.startswith("    ") and each.isprintable() for each in text_lines[1:])
    assert SECRET not in "\n".join(text_lines)


def test_what_a_client_sent_is_not_quoted_from_an_error_of_validation() -> None:
    with pytest.raises(ValidationError) as caught:
        Configure.model_validate(
            {"type": "configure", "experiment": {"network": {"hidden": "my private points"}}}
        )

    for formatter in (JsonFormatter(), TextFormatter()):
        line = written(formatter, "failed", error=caught.value)
        assert "private" not in line
        assert "ValidationError" in line


def test_a_session_is_named_by_its_hash() -> None:
    entry = json.loads(written(JsonFormatter(), "it went on", session=session_hash("the-public-id")))

    assert entry["session"] == session_hash("the-public-id")
    assert "public" not in entry["session"]
    assert session_hash("another") != entry["session"]


def test_the_addresses_that_uvicorn_logs_lose_their_queries() -> None:
    record = logging.LogRecord(
        "uvicorn.error",
        logging.INFO,
        "x.py",
        1,
        '%s - "WebSocket %s" [accepted]',
        ("::1", "/ws?code=4711"),
        None,
    )

    assert "4711" not in TextFormatter().format(record)


def test_what_repeats_is_logged_once_an_interval_with_the_number_left_out() -> None:
    now = 0.0
    repeats = RepeatFilter(interval=60, clock=lambda: now)
    record = logging.LogRecord("server.any", logging.WARNING, "any.py", 1, "a slice failed", (), None)
    other = logging.LogRecord("server.any", logging.WARNING, "any.py", 1, "a slice failed", (), None)
    other.session = session_hash("another")

    assert [repeats.filter(record) for _ in range(42)] == [True] + [False] * 41
    assert repeats.filter(other), "one session silenced another"
    now = 59.9
    assert not repeats.filter(record)
    now = 60.0
    assert repeats.filter(record)
    assert json.loads(JsonFormatter().format(record))["left_out"] == 42
    assert "42 more" in TextFormatter().format(record)


def test_warnings_and_what_uvicorn_says_go_the_same_way(capfd: pytest.CaptureFixture[str]) -> None:
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    try:
        logs.configure("json", "debug")
        logging.getLogger("uvicorn.error").error("Exception in ASGI application\n", exc_info=ValueError("no"))
        logging.getLogger("uvicorn.error").debug("< TEXT 'what a client sent'")
        logging.getLogger("py.warnings").warning("%s", "any.py:1: RuntimeWarning: overflow\n  x * x")
    finally:
        logging.captureWarnings(False)
        root.handlers[:], root.level = before, level

    lines = capfd.readouterr().err.splitlines()
    entries = [json.loads(line) for line in lines]
    assert len(entries) == 2
    assert "report" in entries[0]["event"]
    assert entries[1]["source"] == "py.warnings"


def test_control_characters_are_escaped_and_letters_of_all_languages_are_not() -> None:
    assert one_line("Fehler: größer 大\n") == "Fehler: größer 大\\n"
    assert clean(f"Bearer {SECRET}") == "Bearer […]"


@pytest.fixture(scope="module")
def talkative() -> Iterator[LiveServer]:
    with live_server("--workers", "1", "--log-format", "json", "--log-level", "debug") as server:
        yield server


def raw(server: LiveServer, request: bytes) -> bytes:
    """Send bytes and return the beginning of what comes back."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=50) as connection:
        connection.sendall(request)
        with contextlib.suppress(ConnectionError):
            return connection.recv(4096)
    return b""


@pytest.mark.anyio
async def test_hostile_paths_hosts_origins_ids_and_messages_leave_nothing_in_the_log_of_a_real_server(
    talkative: LiveServer,
) -> None:
    server = talkative
    for text in HOSTILE:
        for hidden in (
            quote(text, errors="surrogatepass"),
            text.encode("utf-8", "replace").decode("latin-1"),
        ):
            value = hidden.replace("\r", "").replace("\n", "").encode("latin-1")[:8000]
            for request in (
                b"GET /"
                + value.replace(b" ", b"")
                + b" HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
                b"GET / HTTP/1.1\r\nHost: " + value + b"\r\nConnection: close\r\n\r\n",
                b"GET /ws?ticket="
                + value.replace(b" ", b"")
                + b" HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade"
                b"\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: eA==\r\nOrigin: "
                + value
                + b"\r\n\r\n",
                value + b"\r\n\r\n",
            ):
                raw(server, request)
        async with client(server.socket_url) as connected:
            await connected.ask("hello", protocol=2)
            for message in (
                text,
                json.dumps({"type": text}),
                json.dumps({"type": "play", "id": text}),
                json.dumps({"type": "configure", "experiment": {text[:100]: text}}),
            ):
                await connected.connection.send(message.encode("utf-8", "replace").decode())
                await connected.event("error" if "play" not in message else None)

    text = server.log.read_text()
    lines = text.splitlines()
    assert "/ws" in text, "nothing was logged, so nothing was tested"
    assert "Invalid HTTP request" in text
    for line in lines:
        entry = json.loads(line)
        assert {"time", "level", "source", "event"} <= entry.keys()
        assert line.isprintable()
    assert SECRET not in text
    assert SECRET[:20] not in text
    assert "forged" not in text.lower()
    assert "Traceback" not in text


@pytest.mark.anyio
async def test_a_run_that_diverges_says_nothing_in_the_log() -> None:
    with live_server("--workers", "1", "--log-level", "info") as server:
        before = len(server.log.read_text().splitlines())
        async with greeted(
            server.socket_url,
            data={"dataset": "plane"},
            features=["x1²", "x2²"],
            training={"learning_rate": 10},
        ) as connected:
            for _ in range(20):
                await connected.send("play")
                await connected.event("diverged")
                await connected.send("reset")
        lines = server.log.read_text().splitlines()[before:]

    assert [line for line in lines if "uvicorn" not in line] == []
    assert "Warning" not in "\n".join(lines)


@pytest.mark.anyio
async def test_clients_that_leave_are_not_worth_a_line() -> None:
    with live_server("--workers", "1") as server:
        for _ in range(5):
            async with greeted(server.socket_url) as connected:
                await connected.send("play")
                await connected.frame()
                connected.connection.transport.abort()
        assert server.log.read_text() == ""


def test_what_is_left_out_of_a_long_line_is_said() -> None:
    text = clean("begin " + "a b " * 5_000 + "end")

    assert len(text) <= MAX_TEXT
    assert text.startswith("begin a")
    assert text.endswith("b end")
    assert "left out" in text
    assert clean("a b " * 100) == "a b " * 100
