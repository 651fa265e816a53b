"""What all tests may ask for."""

from collections.abc import Iterator

import pytest
from threadpoolctl import threadpool_limits

from tests.support.live_server import LiveServer, live_server


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session", autouse=True)
def state_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep what servers keep away from the home of whoever runs the tests."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_STATE_HOME", str(tmp_path_factory.mktemp("state")))
        yield


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> Iterator[None]:
    """Compute on one thread, as engine processes do: several wait for each other where processors are busy."""
    with threadpool_limits(1, "blas"):
        yield


@pytest.fixture(scope="session")
def server() -> Iterator[LiveServer]:
    """One real server for all tests that do it no harm."""
    # A page that was left need not train on, at the cost of the next ones.
    with live_server(settings={"alone_seconds": 2}) as running:
        yield running
        assert running.process.poll() is None, "the server died during the tests"
        log = running.log.read_text()
    assert "Traceback" not in log, log
    assert "Warning" not in log, log
