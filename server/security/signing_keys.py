"""Signing keys: configured ones, or the server's own key file, created at its first start."""

import contextlib
import importlib
import itertools
import logging
import os
import secrets
import stat
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from server.security.signing import Signing

log = logging.getLogger(__name__)

MIN_KEY_CHARACTERS = 32
"""Shorter keys could be guessed; as hexadecimal digits, these are 128 bits."""

MIN_DIFFERENT_CHARACTERS = 10
"""A key with fewer is damaged or not random: of random keys with 32 hexadecimal digits, one in ten million is such."""

MAX_FILE_BYTES = 4096
"""A longer file is not a key file."""

_FILE = "key"
_NEW_KEY_BYTES = 32


def fault(key: str) -> str | None:
    """Return what is wrong with a key, without quoting it; None if it is valid."""
    if not key:
        return "is empty"
    if not (key.isascii() and key.isprintable()):
        return "has characters that are not printable ASCII"
    if len(key) < MIN_KEY_CHARACTERS:
        return f"has {len(key)} characters; at least {MIN_KEY_CHARACTERS} are needed"
    if len(set(key)) < MIN_DIFFERENT_CHARACTERS:
        return f"has {len(set(key))} different characters; at least {MIN_DIFFERENT_CHARACTERS} are needed"
    return None


class _DamagedError(OSError):
    """The key file has no valid key; the message says why."""


def load_keys(configured: Sequence[str], folder: Path | None) -> Signing:
    """Return the configured keys, or else the server's own key, which is created at its first start.

    Args:
        configured: secrets; the first one signs.
        folder: where the server stores its own key. A file there without a valid key is renamed, and a new key drawn.
            Without a folder that can be written, the key lasts as long as the process. Either is logged as a warning.

    Raises:
        ValueError: a configured key is not valid (`fault`).
    """
    if configured:
        for number, key in enumerate(configured, 1):
            wrong = fault(key.strip())
            if wrong is not None:
                raise ValueError(
                    f"key {number} of PLAYGROUND_TOKEN_KEYS {wrong}. Draw one at random:"
                    " python3 -c 'import secrets; print(secrets.token_urlsafe())'"
                )
        return Signing([key.strip().encode() for key in configured])
    why = "as this user has no home folder"
    if folder is not None:
        path = folder / _FILE
        try:
            return Signing([_load_or_create(path)])
        except OSError as error:
            why = f"in {path} ({error.strerror or error})"
    log.warning(
        "no key can be kept %s: what is signed now will not be known after a restart; name a folder that this user"
        " may write with PLAYGROUND_STATE_FOLDER, or set PLAYGROUND_TOKEN_KEYS",
        why,
    )
    return Signing([secrets.token_bytes(_NEW_KEY_BYTES)])


def _load_or_create(path: Path) -> bytes:
    """Return the key in a file that only its owner may read; create it if the file or a valid key is missing.

    Raises:
        OSError: it can be neither read nor created, or is not a regular file.
    """
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with contextlib.suppress(FileNotFoundError, _DamagedError):
        return _read(path)
    with _locked(path.parent):
        _replace(path)
    return _read(path)


def _read(path: Path) -> bytes:
    """Return the key in a file.

    Raises:
        OSError: it cannot be read, or is not a regular file; that is not opened, as opening a pipe may block.
        _DamagedError: it has no valid key.
    """
    mode = path.stat().st_mode
    if not stat.S_ISREG(mode):
        raise OSError(f"{_file_kind(mode)}, not a regular file")
    with path.open("rb") as file:
        content = file.read(MAX_FILE_BYTES + 1)
    if len(content) > MAX_FILE_BYTES:
        raise _DamagedError(f"has more than {MAX_FILE_BYTES} bytes")
    key = content.strip()
    wrong = fault(key.decode("latin-1"))  # decodes any bytes
    if wrong is not None:
        raise _DamagedError(wrong)
    if os.name == "posix" and mode & 0o077:
        _restrict_to_owner(path)
    return key


def _file_kind(mode: int) -> str:
    for is_kind, name in (
        (stat.S_ISDIR, "a folder"),
        (stat.S_ISFIFO, "a named pipe"),
        (stat.S_ISSOCK, "a socket"),
    ):
        if is_kind(mode):
            return name
    return "a device"


def _replace(path: Path) -> None:
    """Create a key file, and rename one without a valid key; unless another process has done so by now.

    Raises:
        OSError: a file cannot be created or renamed there.
    """
    try:
        _read(path)
        return
    except FileNotFoundError:
        pass
    except _DamagedError as damaged:
        names = itertools.chain(("",), (f".{number}" for number in itertools.count(2)))
        aside = next(
            free for name in names if not os.path.lexists(free := path.with_name(f"{_FILE}.damaged{name}"))
        )
        try:
            path.rename(aside)
        except OSError as error:
            raise OSError(f"the key in it {damaged}, and it cannot be set aside: {error.strerror}") from error
        log.warning(
            "the key in %s %s; the file is now %s, and another key is drawn: what was signed before, as saved runs"
            " and joined browsers, is not known any more",
            path,
            damaged,
            aside,
        )
    _write(path, secrets.token_hex(_NEW_KEY_BYTES))


@contextlib.contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Lock a folder against other processes, where the system can.

    Otherwise a process that starts at the same moment could rename the key that another one has just created.
    """
    with contextlib.ExitStack() as stack:
        with contextlib.suppress(ImportError, OSError):  # Windows and some network drives have no such locks
            fcntl: Any = importlib.import_module("fcntl")
            handle = os.open(folder, os.O_RDONLY)
            stack.callback(os.close, handle)
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def _restrict_to_owner(path: Path) -> None:
    """Make a file readable by its owner only, where the file system has permissions."""
    with contextlib.suppress(OSError):  # a read-only or foreign file system
        path.chmod(0o600)
    if path.stat().st_mode & 0o077:
        log.warning("%s can be read by others, and this cannot be changed here", path)
    else:
        log.warning(
            "%s could be read by others; now only its owner may. To be safe, remove it and restart", path
        )


def _write(path: Path, text: str) -> None:
    """Create a file atomically; if several processes do so at once, the first one's file stays.

    Where the file system has no hard links (exFAT, some network drives), the last one's stays.
    """
    handle, name = tempfile.mkstemp(dir=path.parent)  # mode 0600
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text + "\n")
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(name, path)
        except FileExistsError:
            pass
        except OSError:
            os.replace(name, path)
    finally:
        Path(name).unlink(missing_ok=True)
    # Otherwise the file could be missing from its folder after a power failure.
    with contextlib.suppress(OSError):  # Windows cannot open folders, some network drives cannot sync them
        handle = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
