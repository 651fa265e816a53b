"""Readiness: whether this server should get more clients."""

import asyncio
import logging
import time
from collections.abc import Callable, Coroutine
from typing import Literal

log = logging.getLogger(__name__)

Missing = Literal["engine", "capacity", "accepting"]
"""Why a server is not ready: no engine process answers, no place is free, or it is shutting down."""

_MAX_AGE_SECONDS = 1.0


class Readiness:
    """Checks whether the server is ready; probes the engine once a second at most."""

    def __init__(
        self,
        probe: Callable[[], Coroutine[object, object, bool]],
        *,
        has_capacity: Callable[[], bool],
        is_draining: Callable[[], bool],
        max_age: float = _MAX_AGE_SECONDS,
    ) -> None:
        """Create a check that has not probed the engine.

        Args:
            probe: returns, soon, whether an engine process answers.
            has_capacity: whether a place for another session is free.
            is_draining: whether the server is shutting down.
            max_age: seconds for which the result of a probe is used.
        """
        self._probe = probe
        self._has_capacity = has_capacity
        self._is_draining = is_draining
        self._max_age = max_age
        self._probing: asyncio.Task[bool] | None = None
        self._valid_until = 0.0

    async def missing(self) -> tuple[Missing, ...]:
        """Return why the server is not ready; nothing if it is."""
        if self._is_draining():
            return ("accepting",)  # at once: the engine need not answer any more
        missing: list[Missing] = []
        if not await self._engine_answers():
            missing.append("engine")
        if not self._has_capacity():
            missing.append("capacity")
        if self._is_draining():
            missing.append("accepting")
        return tuple(missing)

    async def _engine_answers(self) -> bool:
        if self._probing is None or (self._probing.done() and time.monotonic() >= self._valid_until):
            self._probing = asyncio.create_task(self._run_probe())
        return await asyncio.shield(self._probing)  # a cancelled request must not cancel the probe of others

    async def _run_probe(self) -> bool:
        answers = await self._probe()
        self._valid_until = time.monotonic() + self._max_age
        if not answers:
            log.warning("no engine process answers; the server says that it is not ready")
        return answers
