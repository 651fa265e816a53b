"""Other platforms: a real server does without what only this one has (tests/support/without)."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from server.cli import console
from server.security.lan import lan_address
from server.settings import Settings
from server.transport.uvicorn_protocols import listen
from tests.support.live_server import ROOT, live_server
from tests.support.platforms import without
from tests.support.processes import descendants, kill, needs_proc
from tests.support.wire import ClosedError, connect

WINDOWS = (
    *("affinity", "default_encoding", "fcntl", "forkserver", "nice", "proc"),
    *("resource", "sigkill", "signal_handlers", "user_timeout"),
)


def spawned(server: int) -> list[int]:
    """Return the engine processes of a server that has no fork server."""
    below = descendants(server)
    return [pid for pid in below if b"spawn_main" in Path(f"/proc/{pid}/cmdline").read_bytes()]


@needs_proc
@pytest.mark.anyio
async def test_with_no_more_than_windows_has_it_trains_replaces_a_process_and_ends_on_ctrl_c() -> None:
    with live_server("--workers", "1", environment=without(*WINDOWS)) as server:
        (before,) = spawned(server.process.pid)
        wire = await connect(server.socket_url)
        await wire.hello()
        wire.send("play")
        epoch = (await wire.frame(lambda arrival: arrival.epoch > 5)).epoch

        kill(before)

        await wire.frame(lambda arrival: arrival.epoch > epoch + 5)
        assert before not in spawned(server.process.pid)
        server.process.send_signal(signal.SIGINT)
        assert (await wire.event("closing"))["reason"] == "restarting"
        with pytest.raises(ClosedError) as closed:
            await wire.frame(lambda arrival: False)
        await asyncio.to_thread(server.process.wait, 20)

        assert closed.value.code == 1012
        (line,) = server.log.read_text(encoding="utf-8").splitlines()
        assert "an engine process died" in line


@needs_proc
@pytest.mark.anyio
async def test_where_no_temporary_file_can_be_made_processes_start_without_a_fork_server() -> None:
    with live_server("--workers", "1", environment=without("temporary_folder")) as server:
        wire = await connect(server.socket_url)
        await wire.hello()
        wire.send("play")
        await wire.frame(lambda arrival: arrival.epoch > 5)
        wire.reset()

        assert len(spawned(server.process.pid)) == 1
        (line,) = server.log.read_text(encoding="utf-8").splitlines()
        assert "no fork server" in line


def test_the_command_that_is_installed_starts_engine_processes_without_a_fork_server() -> None:
    command = (str(Path(sys.executable).with_name("neural-playground")),)

    with live_server("--workers", "1", command=command, environment=without("forkserver")) as server:
        assert server.log.read_text(encoding="utf-8") == ""


@pytest.mark.parametrize("home", [[], ["HOME="], ["HOME=/dev/null/nobody"]], ids=str)
def test_without_a_home_it_starts_and_says_once_that_no_key_is_kept(home: list[str]) -> None:
    command = ("env", "-u", "HOME", "-u", "XDG_STATE_HOME", *home, sys.executable, "-m", "server")

    with live_server("--compute", "inline", command=command, environment=without("known_user")) as server:
        (line,) = server.log.read_text(encoding="utf-8").splitlines()

    assert "no key can be kept" in line
    assert "PLAYGROUND_STATE_FOLDER" in line


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "utf-8"])
def test_a_start_is_told_in_any_encoding_with_the_qr_code_where_it_can_be_drawn(encoding: str) -> None:
    environment = {"PYTHONIOENCODING": encoding}
    with live_server("--compute", "inline", "--lan", environment=environment) as server:
        log = server.log.read_text(encoding="utf-8")

    assert "Join code: " in server.told
    assert ("▀" in server.told) is (encoding == "utf-8" and lan_address() is not None)
    assert "??" not in server.told
    assert log == ""


@pytest.mark.parametrize("command", [["--help"], ["train", "--help"]], ids=" ".join)
def test_help_is_told_in_any_encoding(command: list[str]) -> None:
    result = subprocess.run(
        [sys.executable, "-m", "server", *command],
        cwd=ROOT,
        env={**os.environ, "PYTHONIOENCODING": "ascii"},
        capture_output=True,
        encoding="ascii",
        timeout=30,
        check=False,
    )

    assert (result.returncode, result.stderr) == (0, "")
    assert "usage: neural-playground" in result.stdout


class Options(socket.socket):
    """A socket that remembers its options, and knows those of Windows."""

    set_options: list[tuple[int, int]]

    def setsockopt(self, level: int, option: int, value: int) -> None:  # type: ignore[override]
        self.set_options = [*getattr(self, "set_options", []), (level, option)]
        if option != EXCLUSIVE:
            super().setsockopt(level, option, value)


EXCLUSIVE = -5


def test_on_windows_nobody_else_can_listen_on_the_same_port(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "socket", Options)
    monkeypatch.setattr(socket, "SO_EXCLUSIVEADDRUSE", EXCLUSIVE, raising=False)

    with listen(Settings(port=0)) as listener:
        assert isinstance(listener, Options)
        assert (socket.SOL_SOCKET, EXCLUSIVE) in listener.set_options
        assert (socket.SOL_SOCKET, socket.SO_REUSEADDR) not in listener.set_options


def test_a_system_that_does_not_know_an_option_of_sockets_is_served_without(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(socket, "TCP_USER_TIMEOUT", 9999, raising=False)  # ENOPROTOOPT

    with listen(Settings(port=0)) as listener:
        assert listener.getsockname()[1] > 0


def test_where_there_is_no_proc_the_use_of_a_process_is_unknown() -> None:
    program = "from server.compute.cpu_time import usage; import os; print(usage(os.getpid()))"
    told = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        env={**os.environ, **without("proc")},
        capture_output=True,
        text=True,
        check=True,
    )

    assert told.stdout.strip() == "None"


DEAF = """
import os, signal

def refuse(by):
    raise PermissionError

signal.SIGBREAK, os.nice = signal.SIGUSR1, refuse
from server.compute.worker_setup import initialize_worker
initialize_worker(1 << 40)
for number in (signal.SIGINT, signal.SIGUSR1):
    os.kill(os.getpid(), number)
print("alive")
"""


def test_an_engine_process_is_deaf_to_ctrl_break_too_and_does_without_another_priority() -> None:
    done = subprocess.run([sys.executable, "-c", DEAF], cwd=ROOT, capture_output=True, text=True, check=False)

    assert (done.returncode, done.stdout) == (0, "alive\n")


class Unchanged:
    """A stream without an encoding of its own to change, as there may be in place of the standard output."""

    encoding = None


@pytest.mark.parametrize("stream", [None, Unchanged()])
def test_a_standard_output_of_another_kind_is_left_alone(
    monkeypatch: pytest.MonkeyPatch, stream: object
) -> None:
    monkeypatch.setattr(sys, "stdout", stream)

    console.replace_unknown_characters()

    assert sys.stdout is stream
