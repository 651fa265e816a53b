"""Reads resume tokens of version 1, which were not signed by itsdangerous.

They are valid until they are too old; no new ones are made.
"""

import base64
import binascii
import hashlib
import hmac
import json
import struct

from server.security.signing import Signing

_FRONT = struct.Struct("<B4sH")  # version, name of the key, bytes of the header
_VERSION = 1
_SIGNATURE_BYTES = 32


def read_former(signing: Signing, token: str) -> tuple[str, bytes] | None:
    """Return the claims, as JSON of the present form, and the run of a token of version 1.

    Args:
        signing: with one of which it must be signed.
        token: base64url without padding of front, header, run and an HMAC-SHA256 over all before.

    Returns:
        None if it is no genuine token of version 1.
    """
    try:
        data = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return None
    signed, signature = data[:-_SIGNATURE_BYTES], data[-_SIGNATURE_BYTES:]
    if len(signed) < _FRONT.size or signed[0] != _VERSION:
        return None
    if not any(hmac.compare_digest(_signature(key, signed), signature) for key in signing.secrets):
        return None
    _, _, length = _FRONT.unpack_from(signed)
    claims = json.loads(signed[_FRONT.size : _FRONT.size + length])
    del claims["exp"]
    return json.dumps(claims), signed[_FRONT.size + length :]


def _signature(key: bytes, data: bytes) -> bytes:
    return hmac.digest(hmac.digest(key, b"resume", hashlib.sha256), data, hashlib.sha256)
