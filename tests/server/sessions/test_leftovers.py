"""What a session leaves in the server's memory when it has ended: nothing, and at once."""

import asyncio
import gc
import weakref
from collections.abc import AsyncIterator

import pytest
import uvicorn

from server.sessions.runner import SessionRunner
from server.settings import Settings
from server.transport.uvicorn_protocols import listen, serving_config
from server.web.app import create_app
from tests.support.waiting import until
from tests.support.wire import connect

pytestmark = pytest.mark.anyio


@pytest.fixture
async def url() -> AsyncIterator[str]:
    """Serve from this process, so that one can look into it."""
    settings = Settings(port=0, workers=1, kept_seconds=0, alone_seconds=0)
    listener = listen(settings)
    server = uvicorn.Server(serving_config(create_app(settings), settings, log_level="warning"))
    serving_ = asyncio.create_task(server.serve([listener]))
    await until(lambda: server.started)
    yield f"ws://127.0.0.1:{listener.getsockname()[1]}/ws"
    server.should_exit = True
    await serving_


async def test_a_session_that_has_ended_does_not_wait_for_the_garbage_collector(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[weakref.ref[SessionRunner]] = []
    start = SessionRunner.start

    def noted(runner: SessionRunner) -> None:
        made.append(weakref.ref(runner))
        start(runner)

    monkeypatch.setattr(SessionRunner, "start", noted)
    gc.disable()
    try:
        for goodbye in (True, False) * 3:
            wire = await connect(url)
            await wire.hello()
            await wire.ask("play")
            await wire.ask("pause")
            if goodbye:
                await wire.close()
            else:
                wire.reset()
                await wire.over.wait()
        # Whoever looks after sessions may still have the last one in hand.
        await until(lambda: sum(runner() is not None for runner in made) <= 1)
    finally:
        gc.enable()
    assert len(made) == 6
