"""The start of a real process: broken off, with streams that lead nowhere, with engine processes that die."""

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path

import httpx2 as httpx
import pytest

from tests.support.client import PATIENCE_SECONDS, greeted
from tests.support.live_server import ROOT, live_server
from tests.support.processes import descendants, engine_processes, needs_proc
from tests.support.waiting import until

MISHAPS = str(ROOT / "tests/support/mishaps")
COMMAND = (sys.executable, "-m", "server")


SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"]


def start(*arguments: str, **variables: str) -> "subprocess.CompletedProcess[str]":
    """Run a command with a mishap, to its end."""
    return subprocess.run(
        [*COMMAND, *arguments],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": MISHAPS, **variables},
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
        check=False,
    )


def test_a_signal_during_the_start_ends_it_without_a_word(tmp_path: Path) -> None:
    """One process is started; its copies get the signals at one place after the other."""
    modules = ["argparse", "numpy", "fastapi", "prometheus_client"]
    results = tmp_path / "results"

    result = start("--port", "0", "--workers", "1", SIGNALS_AT=f"{results}:{','.join(modules)}")

    assert (result.returncode, result.stderr, result.stdout) == (0, "", "")
    ends = dict(line.rsplit(maxsplit=1) for line in results.read_text().splitlines())
    assert ends == {
        f"{module} {name}": str(128 + getattr(signal, name)) for module in modules for name in SIGNALS
    }


@pytest.mark.parametrize("sig", SIGNALS)
def test_a_signal_while_engine_processes_start_ends_it_without_a_word(sig: str) -> None:
    """Within uvicorn, which ends in order."""
    result = start("--port", "0", "--workers", "1", SIGNAL_AT=f"server.compute.processes:{sig}")

    assert result.stderr == result.stdout == ""
    assert result.returncode in (0, -getattr(signal, sig))


@pytest.mark.parametrize("command", ["train", "health"])
def test_a_signal_while_another_command_starts_ends_it_without_a_word(command: str) -> None:
    result = start(command, SIGNAL_AT="argparse:SIGINT")

    assert (result.returncode, result.stderr) == (128 + signal.SIGINT, "")


def dying(folder: Path, count: int) -> dict[str, str]:
    """Return variables for a server of whose engine processes so many die while they start."""
    folder.mkdir()
    return {"PYTHONPATH": MISHAPS, "DEATHS": f"{folder}:{count}"}


@needs_proc
@pytest.mark.anyio
async def test_an_engine_process_that_dies_while_the_server_starts_is_started_again(tmp_path: Path) -> None:
    variables = dying(tmp_path / "died", 3)
    with live_server("--workers", "2", "--log-level", "info", environment=variables) as server:
        async with greeted(server.socket_url) as connected:
            await connected.ask("play")
            await connected.frame()
        assert len(engine_processes(server.process.pid)) == 2
        told = server.log.read_text()

    assert len(list((tmp_path / "died").iterdir())) == 3
    assert "does not start" in told
    assert "Traceback" not in told


@needs_proc
@pytest.mark.parametrize(("form", "workers"), [("text", "2"), ("json", "1")])
def test_that_no_engine_process_starts_is_one_sentence_and_status_1(
    tmp_path: Path, form: str, workers: str
) -> None:
    variables = dying(tmp_path / "died", 1000)

    result = start("--port", "0", "--workers", workers, "--log-format", form, **variables)

    assert result.returncode == 1
    assert result.stdout == ""
    (line,) = result.stderr.splitlines()
    assert "PLAYGROUND_WORKER_MEMORY" in line, "the sentence was cut"
    assert "Traceback" not in line


def shell(script: str) -> tuple[str, ...]:
    """Return a command that runs a server as ``"$@"`` in a shell."""
    return ("sh", "-c", script, "sh", *COMMAND)


def started(url: str) -> bool:
    try:
        return httpx.get(url, timeout=PATIENCE_SECONDS).status_code == 200
    except httpx.TransportError:
        return False


@needs_proc
@pytest.mark.anyio
@pytest.mark.parametrize(
    ("script", "compute"),
    [
        ('exec "$@" >&-', "inline"),
        ('exec "$@" 2>&-', "inline"),
        ('exec "$@" <&- >&- 2>&-', "processes"),  # of each kind, one with a process that inherits the streams
        ('exec "$@" >/dev/full', "inline"),
        ('exec "$@" 2>/dev/full', "inline"),
        ('exec "$@" >/dev/full 2>&1', "processes"),
        ('"$@" | true', "inline"),
        ('"$@" 2>&1 | true', "processes"),
    ],
)
async def test_streams_that_lead_nowhere_keep_nobody_from_being_served(
    tmp_path: Path, script: str, compute: str
) -> None:
    address = tmp_path / "address"
    process = subprocess.Popen(  # noqa: ASYNC220 - no input or output is waited for
        [*shell(script), "--port", "0", "--compute", compute, "--workers", "1", "--log-level", "info"],
        cwd=ROOT,
        # What a stream has not taken stays in its buffer, if it has one, and fails whatever flushes it.
        env={**os.environ, "PLAYGROUND_ADDRESS_FILE": str(address), "PYTHONUNBUFFERED": ""},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        await until(address.exists, PATIENCE_SECONDS)
        url = address.read_text().strip()
        assert await asyncio.to_thread(started, f"{url}/healthz")
        server = next(pid for pid in (process.pid, *descendants(process.pid)) if serves(pid))
        for number in range(3):
            kind = os.readlink(f"/proc/{server}/fd/{number}")
            assert not kind.startswith(("socket:", "anon_inode:")), f"{number} is {kind}"
        async with greeted(url.replace("http", "ws") + "/ws") as connected:
            await connected.ask("play")
            await connected.frame()
        os.kill(server, signal.SIGTERM)
        _, told = await asyncio.to_thread(process.communicate, timeout=PATIENCE_SECONDS)
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
    assert "Traceback" not in told
    assert "Exception ignored" not in told


def serves(pid: int) -> bool:
    """Tell whether a process is the server itself."""
    return Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")[1:3] == [b"-m", b"server"]


@pytest.mark.parametrize(
    ("script", "arguments"),
    [
        ('"$@" | true', ("--version",)),
        ('"$@" | true', ("--help",)),
        ('"$@" >&-', ("--help",)),
        ('"$@" >/dev/full', ("--help",)),
        ('"$@" | true', ("train", "--help")),
        ('"$@" >/dev/full', ("health", "--help")),
    ],
)
def test_what_nobody_reads_is_no_reason_to_complain(script: str, arguments: tuple[str, ...]) -> None:
    result = subprocess.run(
        [*shell(script), *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
        check=False,
    )

    assert (result.returncode, result.stderr) == (0, "")


@pytest.mark.parametrize("script", ['"$@" | true', '"$@" | head -1'])
def test_training_ends_quietly_when_nobody_reads_on(script: str) -> None:
    result = train(f"{{ {script[:4]}; echo $? >&2; }}{script[4:]}", "--epochs", "1000000")

    assert int(result.stderr) == 128 + signal.SIGPIPE


def test_what_is_to_be_saved_is_trained_although_nobody_reads_on(tmp_path: Path) -> None:
    saved = tmp_path / "trained.safetensors"

    result = train('{ "$@"; echo $? >&2; } | true', "--epochs", "300", "--save", str(saved))

    assert int(result.stderr) == 0
    assert saved.stat().st_size > 100


def test_training_says_that_the_disk_is_full() -> None:
    result = train('"$@" >/dev/full', "--epochs", "10")

    assert result.returncode == 1
    assert result.stderr.splitlines() == [
        "neural-playground train: cannot write to standard output: No space left on device"
    ]


def train(script: str, *options: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [*shell(script), "train", "#dataset=circle", *options],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
        check=False,
    )
