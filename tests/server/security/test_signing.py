"""Signatures."""

import pytest

from server.security.signing import SIGNATURE_CHARACTERS, Signing

OLD, NEW = b"an old key of the server, long enough", b"a new key of the server, long enough"


def test_what_was_signed_is_known_again_and_stands_in_plain_text_before_its_signature() -> None:
    keys = Signing([NEW])

    signed = keys.sign("resume", b"text")

    assert signed.startswith(b"text.")
    assert len(signed) == len(b"text") + SIGNATURE_CHARACTERS
    assert keys.unsign("resume", signed) == b"text"


def test_other_texts_another_purpose_another_key_and_any_changed_character_are_refused() -> None:
    keys = Signing([NEW])
    signed = keys.sign("resume", b"text")

    assert keys.unsign("join", signed) is None
    assert Signing([OLD]).unsign("resume", signed) is None
    for text in (b"", b".", b"text", b"text.", signed + b"=", signed + b"A", b"texts" + signed[4:]):
        assert keys.unsign("resume", text) is None
    for place in range(len(signed)):
        for bit in range(7):
            changed = signed[:place] + bytes([signed[place] ^ 1 << bit]) + signed[place + 1 :]
            assert keys.unsign("resume", changed) is None


def test_what_is_derived_depends_on_key_purpose_and_text() -> None:
    derived = {
        Signing([key]).derive(purpose, text)
        for key in (NEW, OLD)
        for purpose in ("a", "b")
        for text in (b"a", b"b")
    }

    assert len(derived) == 8
    assert Signing([NEW, OLD]).derive("a", b"a") == Signing([NEW]).derive("a", b"a")


def test_the_first_key_signs_and_all_are_believed() -> None:
    both = Signing([NEW, OLD])

    assert both.sign("resume", b"data") == Signing([NEW]).sign("resume", b"data")
    assert both.unsign("resume", Signing([OLD]).sign("resume", b"data")) == b"data"


def test_no_key_is_refused_and_none_is_ever_shown() -> None:
    with pytest.raises(ValueError, match="at least one"):
        Signing([])
    assert NEW.decode() not in repr(Signing([NEW]))
