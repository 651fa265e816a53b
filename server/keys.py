"""Keys: what the server signs with, so that it knows again what it gave away (resume tokens, joining)."""

import contextlib
import hashlib
import logging
import os
import secrets
import tempfile
from collections.abc import Sequence
from pathlib import Path

from itsdangerous import BadSignature, Signer
from itsdangerous.encoding import base64_decode, base64_encode

log = logging.getLogger(__name__)

MIN_KEY_CHARACTERS = 16
"""Shorter keys could be guessed."""

SIGNATURE_CHARACTERS = 44
"""What a signature adds to a signed text, its separator included."""

_SEPARATOR = "."
_FILE = "key"
_FRESH_BYTES = 32


class Keys:
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


def load_keys(configured: Sequence[str], folder: Path | None) -> Keys:
    """Return the keys that were configured, or else the one of this server, which is made at its first start.

    Args:
        configured: secrets, the first of which signs.
        folder: where the server keeps its own. If there is none, or nothing can be kept there, the key lasts as long
            as the process, and a warning says so.

    Raises:
        ValueError: a configured key is too short.
    """
    if configured:
        for number, key in enumerate(configured, 1):
            if len(key) < MIN_KEY_CHARACTERS:
                raise ValueError(
                    f"key {number} of PLAYGROUND_TOKEN_KEYS has {len(key)} characters; at least {MIN_KEY_CHARACTERS}"
                    " are needed, drawn at random: python -c 'import secrets; print(secrets.token_urlsafe())'"
                )
        return Keys([key.encode() for key in configured])
    why = "as this user has no home folder"
    if folder is not None:
        path = folder / _FILE
        try:
            return Keys([_kept(path)])
        except OSError as error:
            why = f"in {path} ({error.strerror or error})"
    log.warning(
        "no key can be kept %s: what is signed now will not be known after a restart; name a folder that this user"
        " may write with PLAYGROUND_STATE_FOLDER, or set PLAYGROUND_TOKEN_KEYS",
        why,
    )
    return Keys([secrets.token_bytes(_FRESH_BYTES)])


def _kept(path: Path) -> bytes:
    """Return the key in a file that only its owner may read; make it if there is none.

    Raises:
        OSError: it can be neither read nor made, or it is not such a file.
    """
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    if not path.exists():
        _write(path, secrets.token_hex(_FRESH_BYTES))
    if os.name == "posix" and path.stat().st_mode & 0o077:
        _take_from_others(path)
    text = path.read_text(encoding="utf-8").strip()
    if len(text) < MIN_KEY_CHARACTERS:
        raise OSError(f"the key in it is too short: {len(text)} characters")
    return text.encode()


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
