"""Signals that end the process: SIGINT, SIGTERM, SIGHUP, SIGBREAK.

Imports little, as it is imported before everything else.
"""

import os
import signal
from types import FrameType


def end_signals() -> tuple[signal.Signals, ...]:
    """Return those that the platform has, without SIGHUP if it is ignored, as under nohup."""
    known = [
        getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK") if hasattr(signal, name)
    ]
    return tuple(sig for sig in known if sig.name != "SIGHUP" or signal.getsignal(sig) is not signal.SIG_IGN)


def exit_on_signals() -> None:
    """Let each of them exit the process silently with status 128 + signal.

    For use during the start, when there are no clients and no engine processes. The default action would not do, as it
    does not apply to the first process of a container.
    """
    for sig in end_signals():
        signal.signal(sig, _end)


def _end(sig: int, frame: FrameType | None) -> None:
    os._exit(128 + sig)
