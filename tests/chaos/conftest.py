"""What the tests that mistreat a server share."""

import asyncio
import contextlib
import sys
import urllib.request
from collections.abc import Callable, Iterator

import pytest

from tests.support.live_server import LiveServer, live_server
from tests.support.processes import descriptors, needs_proc

FORGETFUL = {"kept_seconds": "0", "alone_seconds": "0"}
"""Settings of a server that keeps no session for a client that has left."""

Start = Callable[..., LiveServer]
Tell = Callable[[str], None]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "tests/chaos" in item.path.as_posix():
            item.add_marker(needs_proc)


@pytest.fixture
def start() -> Iterator[Start]:
    """Start servers of one's own; in the end, none may have been surprised."""
    running: list[LiveServer] = []
    with contextlib.ExitStack() as stack:

        def start(*options: str, **environment: str) -> LiveServer:
            variables = {f"PLAYGROUND_{name.upper()}": value for name, value in environment.items()}
            running.append(stack.enter_context(live_server(*options, environment=variables)))
            return running[-1]

        yield start
        logs = [server.log.read_text() for server in running]
    for log in logs:
        assert "Traceback" not in log, log
        assert "never awaited" not in log, log


@pytest.fixture
def tell(capsys: pytest.CaptureFixture[str]) -> Tell:
    """Print a figure, whatever becomes of the test."""

    def tell(line: str) -> None:
        with capsys.disabled():
            sys.stdout.write(f"\n  {line}\n")

    return tell


async def health(server: LiveServer) -> int:
    """Ask /healthz and return the status."""

    def ask() -> int:
        with urllib.request.urlopen(f"{server.url}/healthz", timeout=20) as response:
            status: int = response.status
            return status

    return await asyncio.to_thread(ask)


async def at_rest(server: LiveServer) -> int:
    """Return the descriptors of a server that nobody uses: the fewest of some looks, as it opens files now and then."""
    counts = []
    for _ in range(20):
        counts.append(descriptors(server.process.pid))
        await asyncio.sleep(0.01)
    return min(counts)
