"""Takes features of the platform away from every Python process that has this folder on its path.

The variable ``WITHOUT`` names them, separated by commas. So what Windows or macOS do not have can be missing on Linux,
too, in the server as well as in its engine processes.
"""

import os


def forkserver() -> None:
    """As on Windows, which cannot pass descriptors on."""
    from multiprocessing import reduction

    reduction.HAVE_SEND_HANDLE = False  # type: ignore[misc]


def resource() -> None:
    """As on Windows."""
    import sys

    sys.modules["resource"] = None  # type: ignore[assignment]


def nice() -> None:
    """As on Windows."""
    del os.nice


def affinity() -> None:
    """As on macOS and Windows."""
    del os.sched_getaffinity


def sigkill() -> None:
    """As on Windows, where the standard library has another way to end a process."""
    import signal
    from multiprocessing import popen_fork
    from subprocess import Popen

    number = int(signal.SIGKILL)
    popen_fork.Popen.kill = lambda self: self._send_signal(number)  # type: ignore[method-assign, attr-defined]
    Popen.kill = lambda self: self.send_signal(number)  # type: ignore[method-assign]
    del signal.SIGKILL


def proc() -> None:
    """As on macOS and Windows: there is neither /proc nor /sys."""
    import builtins
    import io

    opened = io.open

    def guarded(file, *arguments, **options):
        if str(file).startswith(("/proc/", "/sys/")):
            raise FileNotFoundError(2, "No such file or directory", str(file))
        return opened(file, *arguments, **options)

    builtins.open = io.open = guarded


def user_timeout() -> None:
    """As on macOS and Windows."""
    import socket

    del socket.TCP_USER_TIMEOUT


def signal_handlers() -> None:
    """As with the event loops of Windows."""
    import asyncio

    def refuse(*_: object) -> None:
        raise NotImplementedError

    asyncio.SelectorEventLoop.add_signal_handler = refuse  # type: ignore[assignment]


def default_encoding() -> None:
    """A file that is opened without naming its encoding is an error, as it is another one on Windows."""
    import sys
    import warnings

    if not sys.flags.warn_default_encoding:
        raise RuntimeError("PYTHONWARNDEFAULTENCODING is not set")
    warnings.simplefilter("error", EncodingWarning)


def temporary_folder() -> None:
    """As in a container whose file system is read-only."""
    import tempfile

    def refuse() -> str:
        raise FileNotFoundError(2, "No usable temporary directory found")

    tempfile._get_default_tempdir = refuse  # type: ignore[attr-defined]


def renaming() -> None:
    """As on a volume that can only be read."""

    def refuse(*_: object, **__: object) -> None:
        raise OSError(30, "Read-only file system")

    os.rename = refuse


def fcntl() -> None:
    """As on Windows."""
    import sys

    sys.modules["fcntl"] = None  # type: ignore[assignment]


def known_user() -> None:
    """As in a container that is started with a user id of its own: the machine has no entry for it."""
    import pwd

    def refuse(uid: int) -> None:
        raise KeyError(f"getpwuid(): uid not found: {uid}")

    pwd.getpwuid = refuse  # type: ignore[assignment]


for name in filter(None, os.environ.get("WITHOUT", "").split(",")):
    globals()[name]()
