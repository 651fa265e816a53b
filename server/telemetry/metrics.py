"""Metrics for Prometheus.

Each application has its own registry. All values of labels are listed here: none comes from a client, and none is per
session, so the number of time series is bounded.
"""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from starlette.types import ASGIApp, Message, Receive, Scope, Send

CONTENT_TYPE = CONTENT_TYPE_PLAIN_0_0_4

REASONS = (
    *("host", "origin", "type", "size", "rate", "full", "too-many", "code", "hello", "invalid"),
    *("resume", "restarting", "connections"),
)
"""Why the server refuses a request or ends a connection."""

CLOSE_CODES = (
    *(1000, 1001, 1002, 1003, 1005, 1006, 1007, 1008, 1009, 1011, 1012, 1013),
    *(4001, 4003, 4408, 4409, 4426),
)
"""Close codes of WebSockets that this server or browsers use."""

RESUMES = ("live", "token", "refused")
"""How a client resumes: its session still exists, its token holds the run, or the token is refused."""

_REASONS = {413: "size", 429: "rate"}
"""Reason of requests that routes refuse, by status."""

_REFUSED = "playground.refused"

_OTHER = "other"

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)


class Metrics:
    """Counters, gauges and histograms of one application."""

    def __init__(self) -> None:
        """Create them with all label values at zero."""
        self._registry = registry = CollectorRegistry()
        ProcessCollector(registry=registry)

        def gauge(name: str, text: str) -> Gauge:
            return Gauge(f"playground_{name}", text, registry=registry)

        def counter(name: str, text: str) -> Counter:
            return Counter(f"playground_{name}", text, registry=registry)

        def histogram(name: str, text: str) -> Histogram:
            return Histogram(f"playground_{name}", text, registry=registry, buckets=_SECONDS)

        def labelled(name: str, text: str, label: str, values: tuple[object, ...]) -> Counter:
            family = Counter(f"playground_{name}", text, (label,), registry=registry)
            for value in (*values, _OTHER):
                family.labels(str(value))  # exported as 0, so that rates include the first event
            return family

        self._sessions = gauge("sessions", "Sessions that are kept, with or without a connection.")
        self._connections = gauge("connections", "Open WebSockets.")
        self._oldest_frame = gauge(
            "oldest_frame_age_seconds",
            "Age of the oldest frame that a connected client has not acknowledged.",
        )
        self._loop_lag = gauge("loop_lag_seconds", "How late the event loop was at the last look.")
        self._frames_sent = counter("frames_sent", "Frames handed to WebSockets.")
        self._frames_replaced = counter(
            "frames_replaced",
            "Times that newer numbers took the place of some for which a client had no room.",
        )
        self._bytes_sent = counter("sent_bytes", "Bytes of messages handed to WebSockets.")
        self._slice_seconds = histogram("slice_seconds", "Time that a slice took in its engine process.")
        self._training_seconds = counter(
            "training_seconds", "Processor time of slices, but for their pictures."
        )
        self._pictures_seconds = counter("pictures_seconds", "Processor time of the pictures of slices.")
        self._queue_seconds = histogram("queue_seconds", "Time that a slice waited for an engine process.")
        self._engine_restarts = counter("engine_restarts", "Engine processes that were replaced.")
        self._deadlines = counter("deadlines", "Slices that took too long and were ended.")
        self._restarts_seen = self._deadlines_seen = 0
        self._throttled = counter("throttled_messages", "Messages of clients that were made to wait.")
        self._rejects = labelled("rejects", "Requests and connections refused, by reason.", "reason", REASONS)
        self._closes = labelled("closes", "WebSockets closed, by code.", "code", CLOSE_CODES)
        self._resumes = labelled("resumes", "Clients that came back, by kind.", "kind", RESUMES)

    def text(self) -> bytes:
        """Return all metrics in Prometheus' text format."""
        return generate_latest(self._registry)

    @property
    def registry(self) -> CollectorRegistry:
        """The registry, for a metrics server."""
        return self._registry

    def observe(
        self,
        *,
        sessions: int,
        oldest_frame: float,
        lag: float,
        engine_restarts: int = 0,
        deadlines: int = 0,
    ) -> None:
        """Record the current state.

        Args:
            sessions: number of sessions.
            oldest_frame: age in seconds of the oldest unacknowledged frame.
            lag: of the event loop, in seconds.
            engine_restarts: number of engine processes replaced so far.
            deadlines: number of slices cancelled so far at their deadline.
        """
        self._engine_restarts.inc(engine_restarts - self._restarts_seen)
        self._deadlines.inc(deadlines - self._deadlines_seen)
        self._restarts_seen, self._deadlines_seen = engine_restarts, deadlines
        self._sessions.set(sessions)
        self._oldest_frame.set(oldest_frame)
        self._loop_lag.set(lag)

    def connected(self, change: int) -> None:
        """Count a WebSocket that opened (+1) or closed (−1)."""
        self._connections.inc(change)

    def sent(self, size: int, *, frame: bool) -> None:
        """Count an outgoing message of ``size`` bytes."""
        self._bytes_sent.inc(size)
        if frame:
            self._frames_sent.inc()

    def frame_replaced(self) -> None:
        """Count an unsent frame that was replaced by a newer one."""
        self._frames_replaced.inc()

    def computed(self, waited: float, ran: float) -> None:
        """Count a slice that waited for an engine process and then ran, both in seconds."""
        self._queue_seconds.observe(waited)
        self._slice_seconds.observe(ran)

    def absorbed(self, training: float, pictures: float) -> None:
        """Count the processor time of a slice, in seconds: for its pictures, and for all else."""
        self._training_seconds.inc(training)
        self._pictures_seconds.inc(pictures)

    def throttled(self) -> None:
        """Count a message that was delayed."""
        self._throttled.inc()

    def rejected(self, reason: str) -> None:
        """Count a refusal, for one of `REASONS`."""
        self._rejects.labels(reason if reason in REASONS else _OTHER).inc()

    def closed(self, code: int) -> None:
        """Count a WebSocket that either side closed with a code."""
        self._closes.labels(str(code) if code in CLOSE_CODES else _OTHER).inc()

    def resumed(self, kind: str) -> None:
        """Count a client that resumed, in one of the ways of `RESUMES`."""
        self._resumes.labels(kind if kind in RESUMES else _OTHER).inc()


def note_refusal(scope: Scope, reason: str) -> None:
    """Record that a request or connection is refused for one of `REASONS`; only the first call counts."""
    scope.get(_REFUSED, []).append(reason)


class MetricsMiddleware:
    """Counts messages and closes of WebSockets, and refused requests."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        """Wrap an application."""
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on every scope; refusals are recorded with `note_refusal`."""
        refused: list[str] = []
        scope[_REFUSED] = refused
        serve = {"websocket": self._socket, "http": self._request}.get(scope["type"], self._app)
        try:
            await serve(scope, receive, send)
        finally:
            for reason in refused[:1]:
                self._metrics.rejected(reason)

    async def _request(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def watched_send(message: Message) -> None:
            reason = _REASONS.get(message.get("status", 0))
            if message["type"] == "http.response.start" and reason is not None:
                note_refusal(scope, reason)
            await send(message)

        await self._app(scope, receive, watched_send)

    async def _socket(self, scope: Scope, receive: Receive, send: Send) -> None:
        metrics = self._metrics
        is_open = False

        def end(code: int) -> None:
            nonlocal is_open
            if is_open:
                is_open = False
                metrics.connected(-1)
                metrics.closed(code)

        async def watched_receive() -> Message:
            message = await receive()
            if message["type"] == "websocket.disconnect":
                end(message.get("code", 1005))
            return message

        async def watched_send(message: Message) -> None:
            nonlocal is_open
            kind = message["type"]
            if kind == "websocket.send":
                data = message.get("bytes")
                metrics.sent(len(message["text"].encode() if data is None else data), frame=data is not None)
            elif kind == "websocket.accept":
                is_open = True
                metrics.connected(1)
            elif kind == "websocket.close":
                end(message.get("code", 1000))
            await send(message)

        try:
            await self._app(scope, watched_receive, watched_send)
        finally:
            end(1006)
