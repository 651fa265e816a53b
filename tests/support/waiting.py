"""Waiting for what can only be looked at from outside."""

import asyncio
import time
from collections.abc import Callable

PATIENCE_SECONDS = 50
_LOOK_SECONDS = 0.02


async def until(condition: Callable[[], bool], patience: float = PATIENCE_SECONDS) -> float:
    """Look until something holds; return the seconds it took.

    Raises:
        TimeoutError: it never did.
    """
    start = time.monotonic()
    async with asyncio.timeout(patience):
        while not condition():  # noqa: ASYNC110 - nothing in this process tells
            await asyncio.sleep(_LOOK_SECONDS)
    return time.monotonic() - start
