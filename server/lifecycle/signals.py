"""Signals that end the process: SIGINT, SIGTERM, SIGHUP, SIGBREAK.

Imports next to nothing, as it comes before everything else.
"""

import os
import signal
from types import FrameType


def heeded() -> tuple[signal.Signals, ...]:
    """Return those signals, as far as the platform has them; not SIGHUP where it is ignored, as below nohup."""
    known = [
        getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK") if hasattr(signal, name)
    ]
    return tuple(sig for sig in known if sig.name != "SIGHUP" or signal.getsignal(sig) is not signal.SIG_IGN)


def end_at_once() -> None:
    """Let each of them end the process without a word, with the status by which shells tell of it.

    So nothing is left of a start that was broken off: there are no clients yet, and no engine processes. Not by the
    system's own way, which spares the first process of a container.
    """
    for sig in heeded():
        signal.signal(sig, _end)


def _end(sig: int, frame: FrameType | None) -> None:
    os._exit(128 + sig)
