"""What all tests may ask for."""

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
from threadpoolctl import threadpool_limits

from tests.support.live_server import LiveServer, live_server


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mix the files of all folders for several processes, as some folders wait most of the time and others compute."""
    if not hasattr(config, "workerinput"):
        return
    folders: dict[str, dict[Path, None]] = {}
    for item in items:
        folders.setdefault(_folder(item), {})[item.path] = None
    place = {
        path: (number + 0.5) / len(files) for files in folders.values() for number, path in enumerate(files)
    }
    items.sort(key=lambda item: place[item.path])


def _folder(item: pytest.Item) -> str:
    return item.path.relative_to(Path(__file__).parent).parts[0]


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


@pytest.fixture(autouse=True)
def uvicorn_logging() -> Iterator[None]:
    """Restore the loggers that uvicorn configures when a test runs it in this process."""
    loggers = [logging.getLogger(name) for name in ("uvicorn", "uvicorn.error", "uvicorn.access")]
    before = [(logger.handlers[:], logger.level, logger.propagate) for logger in loggers]
    yield
    for logger, (handlers, level, propagate) in zip(loggers, before, strict=True):
        logger.handlers[:], logger.level, logger.propagate = handlers, level, propagate


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
