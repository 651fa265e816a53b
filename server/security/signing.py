"""Signatures of resume tokens and join cookies."""

import hashlib
from collections.abc import Sequence

from itsdangerous import BadSignature, Signer
from itsdangerous.encoding import base64_decode, base64_encode

SIGNATURE_CHARACTERS = 44
"""Length of a signature with its separator."""

_SEPARATOR = "."


class Signing:
    """One or more secrets: the first one signs, all of them verify, so that keys can be rotated.

    Attributes:
        secrets: the secrets; the first one signs.
    """

    def __init__(self, secrets_: Sequence[bytes]) -> None:
        """Create it from at least one secret.

        Raises:
            ValueError: there is none.
        """
        if not secrets_:
            raise ValueError("there is no key; give at least one")
        self.secrets = tuple(secrets_)

    def __repr__(self) -> str:
        """Return the number of secrets, and nothing of their content."""
        return f"Signing({len(self.secrets)})"

    def sign(self, purpose: str, text: bytes) -> bytes:
        """Return a text followed by a full stop and its signature (HMAC-SHA256, base64url).

        Args:
            purpose: what the text is for; a signature is valid for one purpose only.
            text: to sign.
        """
        return self._signer(purpose).sign(text)

    def unsign(self, purpose: str, signed: bytes) -> bytes | None:
        """Return a signed text without its signature, or None if none of the keys signed it for this purpose."""
        try:
            text = self._signer(purpose).unsign(signed)
        except BadSignature:
            return None
        # The last base64 character has unused bits; only the canonical encoding is accepted.
        signature = signed[len(text) + 1 :]
        return text if base64_encode(base64_decode(signature)) == signature else None

    def derive(self, purpose: str, text: bytes) -> bytes:
        """Derive 32 secret bytes from the first key, the purpose and the text; deterministic."""
        return self._signer(purpose).algorithm.get_signature(self._signer(purpose).derive_key(), text)

    def _signer(self, purpose: str) -> Signer:
        return Signer(
            self.secrets[::-1],  # itsdangerous signs with the last one
            salt=f"neural-playground {purpose}",
            sep=_SEPARATOR,
            key_derivation="hmac",
            digest_method=hashlib.sha256,
        )
