"""Close codes: why the server closes a connection, whether the client should come back, and a sentence.

1012, 1013 and 4408: come back. 4409: come back without the token. 4001: do not come back by yourself; a person may.
"""

from server.protocol.messages import Closing, told

RESTARTING = Closing(code=1012, reason="restarting", **told("closing.restarting"))
TAKEN_OVER = Closing(code=4001, reason="taken-over", **told("closing.taken-over"))
IDLE = Closing(code=4001, reason="idle", **told("closing.idle"))
AGE = Closing(code=4001, reason="age", **told("closing.age"))
UNREAD = Closing(code=1013, reason="unread", **told("closing.unread"), retry_after=5.0)
SLOW = Closing(code=4408, reason="slow", **told("closing.slow"), retry_after=5.0)
REFUSED_TOKEN = Closing(code=4409, reason="resume", **told("closing.resume"))


def full(retry_after: float) -> Closing:
    """Return what is said while all sessions are taken."""
    return Closing(code=1013, reason="full", **told("closing.full"), retry_after=retry_after)


def too_many(sessions: int, retry_after: float) -> Closing:
    """Return what is said to somebody who has had more than a fair share."""
    return Closing(
        code=1013, reason="too-many", **told("closing.too-many", sessions=sessions), retry_after=retry_after
    )
