"""Readiness: whether this server should get more learners."""

import asyncio
import logging
import time
from collections.abc import Callable, Coroutine
from typing import Literal

log = logging.getLogger(__name__)

Lack = Literal["engine", "capacity", "accepting"]
"""What may be missing: engine processes that answer, room for a session, or the will, as when the server is to end."""

_FRESH_SECONDS = 1.0


class Readiness:
    """Finds out what is missing; however often it is asked, the engine gets one probe a second."""

    def __init__(
        self,
        probe: Callable[[], Coroutine[object, object, bool]],
        *,
        has_room: Callable[[], bool],
        is_draining: Callable[[], bool],
        fresh: float = _FRESH_SECONDS,
    ) -> None:
        """Begin without knowledge of the engine.

        Args:
            probe: tells whether an engine process answers, soon.
            has_room: whether one more session would be admitted.
            is_draining: whether the server is about to end.
            fresh: seconds for which an answer is believed.
        """
        self._probe = probe
        self._has_room = has_room
        self._is_draining = is_draining
        self._fresh = fresh
        self._asked: asyncio.Task[bool] | None = None
        self._until = 0.0

    async def lacks(self) -> tuple[Lack, ...]:
        """Return what is missing; nothing if the server is ready."""
        if self._is_draining():
            return ("accepting",)  # at once: the engine need not answer any more
        missing: list[Lack] = []
        if not await self._answers():
            missing.append("engine")
        if not self._has_room():
            missing.append("capacity")
        if self._is_draining():
            missing.append("accepting")
        return tuple(missing)

    async def _answers(self) -> bool:
        if self._asked is None or (self._asked.done() and time.monotonic() >= self._until):
            self._asked = asyncio.create_task(self._ask())
        return await asyncio.shield(self._asked)  # who asked first may leave, the others still want to know

    async def _ask(self) -> bool:
        answers = await self._probe()
        self._until = time.monotonic() + self._fresh
        if not answers:
            log.warning("no engine process answers; the server says that it is not ready")
        return answers
