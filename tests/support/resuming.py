"""Clients that lose their connection, their tokens, and servers that are restarted."""

import contextlib
import signal
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

from engine import Run
from server.security.signing_keys import load_keys
from server.sessions.resume.tokens import Claims, seal, unseal
from tests.support.client import Client, cut, greeted
from tests.support.live_server import free_port, live_server


def run_of(token: str, folder: Path) -> Run:
    run = unseal(load_keys((), folder), token).run()
    assert run is not None
    return run


def claim_of(token: str, folder: Path) -> Claims:
    return unseal(load_keys((), folder), token).claims


def losses(*clients: Client) -> dict[int, float]:
    """Return the training losses that clients have seen one after the other, by epoch."""
    seen: dict[int, float] = {}
    for connected in clients:
        for frame in connected.frames:
            seen |= dict(zip(frame["losses/epochs"].tolist(), frame["losses/train"].tolist(), strict=True))
    return seen


@contextlib.asynccontextmanager
async def dropped(
    url: str, *, play: bool = True, acknowledge: bool = True, **experiment: Any
) -> AsyncIterator[Client]:
    """Play for a while, then lose the line without a word; some frames may be unacknowledged."""
    async with greeted(url, **experiment) as connected:
        await connected.kept()
        if play:
            await connected.ask("play")
            await connected.kept(epoch=3)
            connected.acknowledge = acknowledge
            await connected.frame()
        cut(connected)
    yield connected


def resealed(token: str, folder: Path, **changes: Any) -> str:
    """Sign a token again with other claims, as a server with another clock would have written it."""
    keys = load_keys((), folder)
    opened = unseal(keys, token)
    return seal(keys, opened.claims.model_copy(update=changes), opened.run())[0]


@contextlib.contextmanager
def restarted(first: signal.Signals) -> Iterator[Any]:
    """Yield a server's address and what ends it by a signal and starts another at the same address."""
    port = str(free_port())
    with contextlib.ExitStack() as stack:
        one = stack.enter_context(live_server("--workers", "1", "--port", port))

        def again() -> None:
            one.process.send_signal(first)
            one.process.wait(30)
            stack.enter_context(live_server("--workers", "1", "--port", port))

        yield one, again
