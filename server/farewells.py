"""Farewells: why the server closes a connection, with the close code that says whether to come back, and a sentence.

1012 and 1013: come back. 4409: come back without the token. 4001: do not come back by yourself; a person may.
"""

from server.messages import Closing

RESTARTING = Closing(
    code=1012, reason="restarting", message="The server restarts; the page comes back by itself and goes on."
)
TAKEN_OVER = Closing(
    code=4001, reason="taken-over", message="This run has been taken up in another tab or window."
)
IDLE = Closing(
    code=4001,
    reason="idle",
    message="Nobody has done anything here for a long time, so the server has made room for others.",
)
AGE = Closing(
    code=4001,
    reason="age",
    message="This session has lasted as long as sessions may; a new one can go on from here.",
)
UNREAD = Closing(
    code=1013, reason="unread", message="Too many messages were waiting to be read.", retry_after=5.0
)
REFUSED_TOKEN = Closing(
    code=4409, reason="resume", message="The run cannot be taken up again; the experiment begins anew."
)


def full(retry_after: float) -> Closing:
    """Return what is said while all sessions are taken."""
    message = "All places on this server are taken at the moment. As soon as one is free, the page goes on by itself."
    return Closing(code=1013, reason="full", message=message, retry_after=retry_after)


def too_many(sessions: int, whose: str, retry_after: float) -> Closing:
    """Return what is said to somebody who has had more than a fair share."""
    message = (
        f"There are {sessions} open sessions of {whose} already, as many as are allowed; close one of them."
    )
    return Closing(code=1013, reason="too-many", message=message, retry_after=retry_after)
