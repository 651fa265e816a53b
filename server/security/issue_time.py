"""Ages of tokens and cookies, judged with tolerance for clocks that are wrong."""

WRITTEN = 1_767_225_600.0
"""The beginning of 2026, in seconds since 1970: no clock that is right shows an earlier time to this program."""

LEEWAY_SECONDS = 300.0
"""How far the clocks of two servers may differ."""


def is_outdated(issued: float, now: float, lasting: float) -> bool:
    """Tell whether something is older than it may be.

    What is issued is signed, so only a server with the key can have written its time. A time to come means that a clock
    was set back, and a time before `WRITTEN` that a machine without a battery for its clock had just started: neither
    says how old the thing is, so it is not refused.

    Args:
        issued: seconds since 1970, by the clock of the server that issued it.
        now: seconds since 1970, by the clock of this server.
        lasting: for how many seconds it can be used.
    """
    return issued >= WRITTEN and now - issued >= lasting + LEEWAY_SECONDS
