"""Signing keys, and signatures of resume tokens and join cookies."""

import contextlib
import hashlib
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

from itsdangerous import BadSignature, Signer
from itsdangerous.encoding import base64_decode, base64_encode

log = logging.getLogger(__name__)

MIN_KEY_CHARACTERS = 32
"""Shorter keys could be guessed; in hexadecimal digits these are 128 bits."""

MIN_DIFFERENT_CHARACTERS = 10
"""A key with fewer is damaged or not drawn at random: of 32 hexadecimal digits, one in ten million has so few."""

MAX_FILE_BYTES = 4096
"""A longer file holds something else."""

SIGNATURE_CHARACTERS = 44
"""What a signature adds to a signed text, its separator included."""

_SEPARATOR = "."
_FILE = "key"
_FRESH_BYTES = 32


class Signing:
    """One or more secrets: the first signs, all of them are believed, so that keys can be replaced one by one.

    Attributes:
        secrets: they, the first of which signs.
    """

    def __init__(self, secrets_: Sequence[bytes]) -> None:
        """Keep the secrets.

        Args:
            secrets_: at least one.

        Raises:
            ValueError: there is none.
        """
        if not secrets_:
            raise ValueError("there is no key; give at least one")
        self.secrets = tuple(secrets_)

    def __repr__(self) -> str:
        """Tell how many there are, and nothing of what they are."""
        return f"Keys({len(self.secrets)})"

    def sign(self, purpose: str, text: bytes) -> bytes:
        """Return a text with its signature behind it (HMAC-SHA256, base64url, after a full stop).

        Args:
            purpose: what the text is for; a signature for one purpose is none for another.
            text: what is signed.
        """
        return self._signer(purpose).sign(text)

    def unsign(self, purpose: str, signed: bytes) -> bytes | None:
        """Return the text of a signed one, or None if none of the keys signed it for this purpose."""
        try:
            text = self._signer(purpose).unsign(signed)
        except BadSignature:
            return None
        # The last character of a signature has bits to spare; there is one way to write it.
        signature = signed[len(text) + 1 :]
        return text if base64_encode(base64_decode(signature)) == signature else None

    def derive(self, purpose: str, text: bytes) -> bytes:
        """Return 32 bytes that only somebody with the first key could know, the same for the same purpose and text."""
        return self._signer(purpose).algorithm.get_signature(self._signer(purpose).derive_key(), text)

    def _signer(self, purpose: str) -> Signer:
        return Signer(
            self.secrets[::-1],  # the last one signs there
            salt=f"neural-playground {purpose}",
            sep=_SEPARATOR,
            key_derivation="hmac",
            digest_method=hashlib.sha256,
        )


def fault(key: str) -> str | None:
    """Return what is wrong with a key, without quoting it; None if it is one."""
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
    """The file of the key holds no key; says why."""


def load_keys(configured: Sequence[str], folder: Path | None) -> Signing:
    """Return the keys that were configured, or else the one of this server, which is made at its first start.

    Args:
        configured: secrets, the first of which signs.
        folder: where the server keeps its own. A file there that holds no key is set aside, and another key is drawn.
            If there is no folder, or nothing can be kept there, the key lasts as long as the process. A warning says
            either.

    Raises:
        ValueError: a configured key is none (`fault`).
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
            return Signing([_kept(path)])
        except OSError as error:
            why = f"in {path} ({error.strerror or error})"
    log.warning(
        "no key can be kept %s: what is signed now will not be known after a restart; name a folder that this user"
        " may write with PLAYGROUND_STATE_FOLDER, or set PLAYGROUND_TOKEN_KEYS",
        why,
    )
    return Signing([secrets.token_bytes(_FRESH_BYTES)])


def _kept(path: Path) -> bytes:
    """Return the key in a file that only its owner may read; make it if there is none, or none in it.

    Raises:
        OSError: it can be neither read nor made, or it is no regular file.
    """
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with contextlib.suppress(FileNotFoundError, _DamagedError):
        return _read(path)
    with _alone(path.parent):
        _mend(path)
    return _read(path)


def _read(path: Path) -> bytes:
    """Return the key in a file.

    Raises:
        OSError: it cannot be read, or is no regular file, which is not even opened: that might wait for ever.
        _DamagedError: it holds no key.
    """
    mode = path.stat().st_mode
    if not stat.S_ISREG(mode):
        raise OSError(f"{_kind(mode)}, not a regular file")
    with path.open("rb") as file:
        content = file.read(MAX_FILE_BYTES + 1)
    if len(content) > MAX_FILE_BYTES:
        raise _DamagedError(f"has more than {MAX_FILE_BYTES} bytes")
    key = content.strip()
    wrong = fault(key.decode("latin-1"))  # any bytes are characters there
    if wrong is not None:
        raise _DamagedError(wrong)
    if os.name == "posix" and mode & 0o077:
        _take_from_others(path)
    return key


def _kind(mode: int) -> str:
    for is_kind, name in (
        (stat.S_ISDIR, "a folder"),
        (stat.S_ISFIFO, "a named pipe"),
        (stat.S_ISSOCK, "a socket"),
    ):
        if is_kind(mode):
            return name
    return "a device"


def _mend(path: Path) -> None:
    """Make a key, and set aside a file that holds none; unless another process has done so by now.

    Raises:
        OSError: that cannot be done here.
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
    _write(path, secrets.token_hex(_FRESH_BYTES))


@contextlib.contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Let one process at a time through, where the system has locks for folders.

    Otherwise one that starts in the same moment could set aside the key that another has just made.
    """
    with contextlib.ExitStack() as stack:
        with contextlib.suppress(ImportError, OSError):  # Windows has none, nor have some network drives
            fcntl: Any = importlib.import_module("fcntl")
            handle = os.open(folder, os.O_RDONLY)
            stack.callback(os.close, handle)
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def _take_from_others(path: Path) -> None:
    """Let only the owner of a file read it, where the file system has such rights."""
    with contextlib.suppress(OSError):  # a read-only volume, or one of another system
        path.chmod(0o600)
    if path.stat().st_mode & 0o077:
        log.warning("%s can be read by others, and this cannot be changed here", path)
    else:
        log.warning(
            "%s could be read by others; now only its owner may. To be safe, remove it and restart", path
        )


def _write(path: Path, text: str) -> None:
    """Make a file whole or not at all; of several processes that do so at once, the first one's stays.

    Where the file system has no links (exFAT, some network drives), the last one's stays.
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
    # Else a power cut could leave the folder without the file.
    with contextlib.suppress(OSError):  # Windows opens no folders, some network drives sync none
        handle = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
