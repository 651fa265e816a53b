"""Resume tokens: what is genuine goes on bit by bit, whatever else is refused by a code of its own."""

import base64
import json
import struct
import typing
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine import Experiment, Run, advance, begin
from engine.checkpoint import ENGINE
from server.protocol.events import ResumeRefusal
from server.security.signing import Signing
from server.sessions.resume.tokens import AUDIENCE, MAX_CHARACTERS, Claims, RefusedToken, seal, unseal
from tests.support.runs import assert_same_state
from tests.support.strategies import experiments, law

KEYS = Signing([b"the key that signs this", b"the one before, still good"])
NOW = 1_800_000_000.0


def claim(**changes: Any) -> Claims:
    values: dict[str, Any] = {
        "aud": AUDIENCE,
        "iat": NOW,
        "serial": 7,
        "engine": ENGINE,
        "session": "public",
        "secret": "0123456789abcdef",
        "run": 3,
        "history": 2,
        "playing": True,
        "speed": 60.0,
    }
    return Claims(**{**values, **changes})


def trained(**experiment: Any) -> Run:
    run, _ = advance(begin(Experiment.model_validate(experiment)), steps=30)
    return run


def token(**changes: Any) -> str:
    return seal(KEYS, claim(**changes), trained())[0]


DAY = 86_400.0


def opened(text: str, *, keys: Signing = KEYS, now: float = NOW + 60) -> Run | None:
    token = unseal(keys, text)
    token.check_age(now, DAY)
    return token.run()


def code_of(text: str, **how: Any) -> str:
    with pytest.raises(RefusedToken) as refused:
        opened(text, **how)
    assert str(refused.value)
    return refused.value.code


def signed(content: bytes, version: int = 2) -> str:
    """Sign anything, as only somebody with the key could."""
    text = base64.urlsafe_b64encode(content).rstrip(b"=")
    return KEYS.sign("resume", b"%d." % version + text).decode()


def with_header(**changes: Any) -> str:
    header = json.dumps({**claim().model_dump(), **changes}).encode()
    return signed(struct.pack("<H", len(header)) + header)


@law(25)
@given(experiment=experiments(), steps=st.integers(0, 20))
def test_a_token_brings_back_the_same_run_and_what_was_said_about_it(experiment, steps):
    run, _ = advance(begin(experiment), steps=steps, epochs=2)

    text, whole = seal(KEYS, claim(), run)
    back = unseal(KEYS, text)

    assert whole
    assert back.claims == claim()
    again = back.run()
    assert again is not None
    assert again.experiments == run.experiments
    assert_same_state(again, run)


def test_a_key_that_signed_before_is_still_believed():
    text, _ = seal(Signing([b"the one before, still good"]), claim(), trained())

    assert opened(text) is not None


def test_the_token_of_a_small_network_takes_about_a_kilobyte_and_a_half():
    assert len(token()) < 1600


def test_a_run_too_large_for_a_token_stays_on_the_server():
    large = {"network": {"hidden": [64, 64]}, "training": {"optimizer": "adam"}}

    text, whole = seal(KEYS, claim(), trained(**large))

    assert not whole
    assert len(text) < 1000
    assert opened(text) is None


@pytest.mark.parametrize("hidden", [[64, 60], [64, 64, 24], [64, 64, 26]])
def test_no_token_is_longer_than_what_is_read(hidden):
    text, whole = seal(KEYS, claim(session="s" * 32, secret="x" * 64), trained(network={"hidden": hidden}))

    assert len(text) <= MAX_CHARACTERS
    assert (opened(text) is not None) == whole


@pytest.mark.parametrize(
    "issued",
    [NOW - DAY, NOW - DAY - 200, NOW + 3600, NOW + 400 * DAY, 30.0],
    ids=["a day ago", "by a clock that differs a little", "an hour ahead", "a year ahead", "in 1970"],
)
def test_a_genuine_token_whose_age_no_clock_can_tell_is_good(issued: float) -> None:
    assert opened(token(iat=issued)) is not None


# ------------------------------------------------------------------------------------------------------ forgeries


def test_every_changed_character_of_a_token_is_refused():
    text = token()
    codes = set()
    for place, character in enumerate(text):
        for other in "A", "B", ".":
            if other != character:
                codes.add(code_of(text[:place] + other + text[place + 1 :]))
    assert codes == {"resume-forged", "resume-malformed"}


def test_there_is_one_way_to_write_a_token():
    for more in "=", "\n", "A":
        assert code_of(token() + more) in ("resume-malformed", "resume-forged")


@law(300)
@given(text=st.text(max_size=80) | st.from_regex(r"\A[0-9]{0,2}\.[\w-]{0,80}\.[\w-]{0,44}\Z"))
def test_random_tokens_are_refused_with_a_code(text):
    assert code_of(text) in typing.get_args(ResumeRefusal)


def not_finite() -> str:
    run = trained()
    parameters = run.parameters.copy()
    parameters[0, 0] = np.nan
    return seal(KEYS, claim(), replace(run, parameters=parameters))[0]


FORGED: dict[str, tuple[str, str]] = {
    "empty": ("", "resume-malformed"),
    "no base64": ("this is none!", "resume-malformed"),
    "cut short": (token()[:-4], "resume-forged"),
    "too long": ("A" * (MAX_CHARACTERS + 1), "resume-too-long"),
    "of another version": (signed(b"", version=3), "resume-version"),
    "of a foreign key": (seal(Signing([b"somebody else's key"]), claim(), None)[0], "resume-forged"),
    "for another purpose": (
        KEYS.sign("join", token().rpartition(".")[0].encode()).decode(),
        "resume-forged",
    ),
    "not in ASCII": ("2.é.é", "resume-malformed"),
    "with half a character": ("2.\ud800.A", "resume-malformed"),
    "for another audience": (token(aud="neural-playground/room"), "resume-audience"),
    "expired": (token(iat=NOW - 1.1 * DAY), "resume-expired"),
    "of another engine": (token(engine=ENGINE + 1), "resume-engine"),
    "with a strange header": (with_header(admin=True), "resume-malformed"),
    "with a speed that is no number": (with_header(speed="fast"), "resume-malformed"),
    "of a run that is not finite": (not_finite(), "resume-invalid"),
    "of a stack": (seal(KEYS, claim(), begin([Experiment(), Experiment()]))[0], "resume-invalid"),
}


@pytest.mark.parametrize("name", FORGED)
def test_a_token_that_is_not_right_is_refused_by_a_code_of_its_own(name):
    text, code = FORGED[name]

    assert code_of(text) == code


# --------------------------------------------------------------------------------------------- the former format

FORMER = json.loads(Path(__file__).with_name("fixtures").joinpath("token-1.json").read_text())


def test_a_token_of_version_1_opens_to_the_same_run():
    keys = Signing([b"a newer key of this server", FORMER["key"].encode()])

    back = unseal(keys, FORMER["token"])

    assert back.claims == claim(serial=0)
    again = back.run()
    assert again is not None
    assert_same_state(again, trained())


def test_a_token_of_version_1_ends_with_its_age():
    keys = Signing([FORMER["key"].encode()])

    assert opened(FORMER["token"], keys=keys, now=NOW + DAY) is not None
    assert code_of(FORMER["token"], keys=keys, now=NOW + 1.1 * DAY) == "resume-expired"


def test_a_changed_token_of_version_1_or_one_of_another_key_is_refused():
    keys = Signing([FORMER["key"].encode()])
    text = FORMER["token"]

    assert code_of(text) == "resume-malformed"
    for place in range(0, len(text), 7):
        changed = text[:place] + ("A" if text[place] != "A" else "B") + text[place + 1 :]
        assert code_of(changed, keys=keys) == "resume-malformed"
