"""The reader of all saved forms, which it recognizes by their content."""

import binascii
import codecs
import re
from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from engine.saved import tf_playground
from engine.saved.address import read_address
from engine.saved.files import MAX_BYTES, PARAMETERS, read_experiment, read_network
from engine.saved.link_repair import MAX_LENGTH, parse
from engine.saved.opened import Opened, SavedError, bounded
from engine.saved.safetensors import decode_one
from engine.user_messages import LocalizedError, UserMessage, quoted
from engine.validation_errors import explain

_ADDRESS = re.compile(r"[<\"'`(]*\w+://")
_ENCODINGS = (
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def read(saved: str | bytes, own: Mapping[str, Any] | None = None) -> Opened:
    """Read a file or link of the page or of ``neural-playground train``, or a link of TensorFlow Playground.

    Args:
        saved: the bytes of a file: a saved experiment (JSON in UTF-8, or UTF-16 with a byte order mark), a saved
            network (safetensors), or a text with a link; or such a text. A link is a whole address or its fragment,
            repaired if a mail has changed it (``engine.saved.link_repair``).
        own: own points that ``data.points=own`` in a link stands for, if they are there: ``points``, and
            ``point_classes`` if there are not two.

    Raises:
        SavedError: it is none of these, or no part of it can be used; says why, and what can be read.
    """
    try:
        return _read_text(saved, own) if isinstance(saved, str) else _read_bytes(saved, own)
    except SavedError:
        raise
    except LocalizedError as error:
        raise SavedError(error.user_message.key, error.field, **error.user_message.values) from None
    except ValidationError as error:
        refusal = explain(error)[0]
        raise SavedError(refusal.user_message.key, refusal.field, **refusal.user_message.values) from None
    except RecursionError:
        raise SavedError("file-other-text", kinds=UserMessage("saved-kinds")) from None


def read_base64(file: str) -> Opened:
    """Read a file as ``read`` does, from its bytes in base64.

    Raises:
        SavedError: it is not base64, or cannot be read; says why.
    """
    try:
        content = binascii.a2b_base64(file, strict_mode=True)
    except ValueError:
        value, allowed = quoted(file[:100]), UserMessage("base64")
        raise SavedError("value", "file", name="file", value=value, allowed=allowed) from None
    return read(content)


def _read_bytes(data: bytes, own: Mapping[str, Any] | None) -> Opened:
    if len(data) > MAX_BYTES:
        raise SavedError("file-too-large", most=MAX_BYTES)
    arrays = decode_one(data, PARAMETERS)
    if arrays is not None:
        return read_network(*arrays)
    encoding = next((name for mark, name in _ENCODINGS if data.startswith(mark)), "utf-8")
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError:
        text = "\0"
    if "\0" in text:
        raise SavedError("file-binary", kinds=UserMessage("saved-kinds"))
    return _read_text(text, own)


def _read_text(text: str, own: Mapping[str, Any] | None) -> Opened:
    text = text.removeprefix("\ufeff").strip()
    if text == "":
        raise SavedError("file-empty", kinds=UserMessage("saved-kinds"))
    if text.startswith(("{", "[")):
        return read_experiment(text)
    if _ADDRESS.match(text) or parse(text[:MAX_LENGTH]) is not None:
        return _read_link(text, own)
    raise SavedError("file-other-text", kinds=UserMessage("saved-kinds"))


def _read_link(text: str, own: Mapping[str, Any] | None) -> Opened:
    if len(text) > MAX_LENGTH:
        raise SavedError("link-too-long", length=len(text), most=MAX_LENGTH)
    link = parse(text)
    if link is None or not link.pairs:
        raise SavedError("link-empty")
    if tf_playground.is_link(link):
        experiment, notes = tf_playground.read_link(link)
        return Opened(experiment, bounded(notes))
    return Opened(*read_address(link, own))
