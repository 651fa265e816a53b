"""HEAD for every route that answers GET: the same status and headers without a body."""

from collections.abc import Callable, Iterable
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send


class HeadAsGet:
    """Passes on a HEAD request as GET, and sends the response without its body.

    It wraps all other middleware, so that none of them has to handle HEAD. ``Allow`` headers with GET get HEAD too.
    """

    def __init__(self, app: ASGIApp) -> None:
        """Wrap an application."""
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on a request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        is_head = scope["method"] == "HEAD"

        async def send_response(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                if "allow" in headers:
                    headers["allow"] = _with_head(headers["allow"])
            elif is_head:
                message = {**message, "body": b""}
            await send(message)

        await self._app({**scope, "method": "GET"} if is_head else scope, receive, send_response)


def _with_head(allowed: str) -> str:
    """Add HEAD to the methods of an ``Allow`` header that has GET."""
    methods = [method.strip() for method in allowed.split(",")]
    return ", ".join([*methods, "HEAD"]) if "GET" in methods and "HEAD" not in methods else allowed


def wsgi_with_head(app: WSGIApplication) -> WSGIApplication:
    """Return a WSGI application that answers HEAD as ``app`` answers GET, without the body."""

    def answer(environment: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        is_head = environment["REQUEST_METHOD"] == "HEAD"
        started: list[tuple[str, list[tuple[str, str]]]] = []
        body: list[bytes] = []

        def note(
            status: str, headers: list[tuple[str, str]], _: object = None, /
        ) -> Callable[[bytes], object]:
            started.append((status, headers))
            return body.append

        body.extend(app({**environment, "REQUEST_METHOD": "GET"} if is_head else environment, note))
        for status, headers in started:
            kept = [(name, _with_head(value) if name == "Allow" else value) for name, value in headers]
            start_response(status, [*kept, ("Content-Length", str(sum(map(len, body))))])
        return [] if is_head else body

    return answer
