"""What the tests that mistreat a server share."""

from collections.abc import Callable, Iterator

import pytest

from tests.support.live_server import LiveServer, live_server
from tests.support.processes import needs_proc


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "tests/chaos" in item.path.as_posix():
            item.add_marker(needs_proc)


Start = Callable[..., LiveServer]


@pytest.fixture
def start() -> Iterator[Start]:
    """Start servers of one's own; in the end, none may have died or been surprised."""
    import contextlib

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
