"""Expiry of tokens and cookies, with tolerance for wrong clocks."""

WRITTEN = 1_767_225_600.0
"""The start of 2026, in seconds since 1970: a correct clock shows no earlier time to this program."""

LEEWAY_SECONDS = 300.0
"""How far the clocks of two servers may differ."""


def is_outdated(issued: float, now: float, lasting: float) -> bool:
    """Return whether a token or cookie has expired.

    It is signed, so only a server with the key can have written its time. A time in the future means that a clock was
    set back, and a time before `WRITTEN` that a machine without a clock battery had just started: neither reveals the
    age, so neither is refused.

    Args:
        issued: seconds since 1970, by the clock of the server that issued it.
        now: seconds since 1970, by the clock of this server.
        lasting: lifetime in seconds.
    """
    return issued >= WRITTEN and now - issued >= lasting + LEEWAY_SECONDS
