"""Sessions: all trainers of this process, from a client's hello until nobody needs them any more."""

import asyncio
import secrets
from collections.abc import Iterator

from engine.schema import MAX_SEED
from server.compute import Compute
from server.languages import Language, Languages
from server.languages.accepting import choose
from server.messages import Hello, Limits
from server.session import Session
from server.settings import MAX_MESSAGE_BYTES, Settings
from server.trainer import Trainer


class Sessions:
    """Opens sessions, and ends them."""

    def __init__(self, settings: Settings, compute: Compute, languages: Languages) -> None:
        """Begin with none."""
        self._languages = languages
        self._settings = settings
        self._compute = compute
        self._trainers: set[Trainer] = set()

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self._trainers)

    def __iter__(self) -> Iterator[Trainer]:
        """Go through them."""
        return iter(list(self._trainers))

    def language(self, asked: str | None, accepted: str | None) -> Language:
        """Return the language to tell things in: the one that a hello asks for, else what the browser likes best."""
        return choose(self._languages, asked, accepted)

    def enter(self, hello: Hello, language: Language) -> Trainer:
        """Open a session; its welcome is the first thing in its outbox."""
        settings = self._settings
        limits = Limits(
            message_bytes=MAX_MESSAGE_BYTES, window=settings.window, hello_seconds=settings.hello_seconds
        )
        session = Session(limits, _new_seed, hello.experiment)
        trainer = Trainer(
            session,
            self._compute,
            language,
            window=settings.window,
            slice_seconds=settings.slice_seconds,
            encoding=hello.encoding,
        )
        trainer.post(session.welcome(hello.id))
        trainer.start()
        self._trainers.add(trainer)
        return trainer

    async def leave(self, trainer: Trainer) -> None:
        """Take note that the connection of a session has ended."""
        self._trainers.discard(trainer)
        await trainer.close()

    async def close(self) -> None:
        """End all."""
        await asyncio.gather(*(self.leave(trainer) for trainer in list(self._trainers)))


def _new_seed() -> int:
    return secrets.randbelow(MAX_SEED + 1)
