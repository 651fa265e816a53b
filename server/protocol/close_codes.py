"""Close codes: why the server closes a connection, whether the client should reconnect, and a sentence.

1012, 1013 and 4408: reconnect. 4409: reconnect without the token. 4001: reconnect only when the user asks for it.
"""

from server.protocol.events import Closing, localized

RESTARTING = Closing(code=1012, reason="restarting", **localized("closing.restarting"))
TAKEN_OVER = Closing(code=4001, reason="taken-over", **localized("closing.taken-over"))
IDLE = Closing(code=4001, reason="idle", **localized("closing.idle"))
AGE = Closing(code=4001, reason="age", **localized("closing.age"))
UNREAD = Closing(code=1013, reason="unread", **localized("closing.unread"), retry_after=5.0)
SLOW = Closing(code=4408, reason="slow", **localized("closing.slow"), retry_after=5.0)
REFUSED_TOKEN = Closing(code=4409, reason="resume", **localized("closing.resume"))


def full(retry_after: float) -> Closing:
    """Return the event that closes a connection while all sessions are taken.

    Args:
        retry_after: seconds after which the client may try again.
    """
    return Closing(code=1013, reason="full", **localized("closing.full"), retry_after=retry_after)


def too_many(sessions: int, retry_after: float) -> Closing:
    """Return the event that closes a connection of a person with too many sessions.

    Args:
        sessions: how many the person has.
        retry_after: seconds after which the client may try again.
    """
    return Closing(
        code=1013,
        reason="too-many",
        **localized("closing.too-many", sessions=sessions),
        retry_after=retry_after,
    )
