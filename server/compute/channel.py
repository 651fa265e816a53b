"""The channel between the server and an engine process: calls and their answers over a pair of connected sockets.

A message is its length (8 bytes, little-endian) and the pickle of a call or an answer. The event loop reads the answers
itself, so that no thread has to be woken for a call; the process answers its calls in the order in which they came.
"""

import asyncio
import pickle
import socket
import struct
import traceback
from collections import deque
from typing import Any, cast

from server.compute.backend import Answer, Call
from server.compute.worker_setup import initialize_worker

_LENGTH = struct.Struct("<Q")

_BUFFER_BYTES = 1 << 18
"""Size of the receive buffer, which grows for a larger message only."""


class ChannelLost(ConnectionError):
    """The process at the other end has ended, or was killed."""


def _encode(message: tuple[Any, Any]) -> bytes:
    pickled = pickle.dumps(message, pickle.HIGHEST_PROTOCOL)
    return _LENGTH.pack(len(pickled)) + pickled


class Channel(asyncio.BufferedProtocol):
    """The server's end of a channel."""

    def __init__(self) -> None:
        """Create the protocol of a connection that has not been made yet."""
        self._transport: asyncio.Transport | None = None
        self._unanswered: deque[Answer] = deque()
        self._buffer = bytearray(_BUFFER_BYTES)
        self._filled = 0

    def call(self, function: Call, arguments: tuple[Any, ...], answer: Answer) -> None:
        """Send a call; ``answer`` is called with its result or error, or with `ChannelLost`.

        Raises:
            ChannelLost: the process has ended already.
            Exception: the function or its arguments cannot be pickled.
        """
        if self._transport is None or self._transport.is_closing():
            raise ChannelLost("the engine process has ended")
        message = _encode((function, arguments))
        self._unanswered.append(answer)
        self._transport.write(message)

    def close(self) -> None:
        """Close the channel, whereupon the process ends; calls without an answer fail."""
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        self._transport = cast(asyncio.Transport, transport)  # other event loops have classes of their own

    def connection_lost(self, exc: Exception | None) -> None:
        """Let all calls without an answer fail."""
        self._transport = None
        while self._unanswered:
            self._unanswered.popleft()(None, ChannelLost("the engine process has ended"))

    def get_buffer(self, sizehint: int) -> memoryview:
        """Return where to write what is received."""
        return memoryview(self._buffer)[self._filled :]

    def buffer_updated(self, nbytes: int) -> None:
        """Answer the calls whose messages are complete."""
        self._filled += nbytes
        start = needed = 0
        while self._filled - start >= _LENGTH.size:
            needed = _LENGTH.size + _LENGTH.unpack_from(self._buffer, start)[0]
            if self._filled - start < needed:
                break
            self._answer(memoryview(self._buffer)[start + _LENGTH.size : start + needed])
            start, needed = start + needed, 0
        self._keep_rest(start, needed)

    def _answer(self, pickled: memoryview) -> None:
        try:
            result, error = pickle.loads(pickled)
        except Exception as failure:  # noqa: BLE001 - it is the caller's
            result, error = None, failure
        self._unanswered.popleft()(result, error)

    def _keep_rest(self, start: int, needed: int) -> None:
        """Move an incomplete message to the front of a buffer in which it has room."""
        rest = self._filled - start
        size = max(needed, _BUFFER_BYTES)
        buffer = self._buffer if len(self._buffer) == size else bytearray(size)
        if rest and (start or buffer is not self._buffer):
            buffer[:rest] = self._buffer[start : self._filled]
        self._buffer, self._filled = buffer, rest


async def connect(end: socket.socket) -> Channel:
    """Return the server's end of a channel, over one of a pair of sockets."""
    _send_at_once(end)
    _, channel = await asyncio.get_running_loop().create_connection(Channel, sock=end)
    return channel


def serve(end: socket.socket, memory: int) -> None:
    """Set up this process, an engine process, and answer calls until the server closes the channel.

    Args:
        end: the other socket of the pair.
        memory: bytes of address space that the process may have.
    """
    initialize_worker(memory)
    _send_at_once(end)
    with end, end.makefile("rb", _BUFFER_BYTES) as calls:
        while len(length := calls.read(_LENGTH.size)) == _LENGTH.size:
            end.sendall(_result(calls.read(*_LENGTH.unpack(length))))


def _result(pickled: bytes) -> bytes:
    """Return the answer to a call."""
    try:
        function, arguments = pickle.loads(pickled)
        return _encode((function(*arguments), None))
    except BaseException as error:  # noqa: BLE001 - it is the caller's
        error.add_note(traceback.format_exc())
        return _encode_error(error)


def _encode_error(error: BaseException) -> bytes:
    try:
        message = _encode((None, error))
        pickle.loads(message[_LENGTH.size :])  # some errors can be pickled, but not loaded
    except Exception:  # noqa: BLE001 - whatever it is, the server needs an answer
        message = _encode((None, RuntimeError(f"{type(error).__name__}: {error}")))
    return message


def _send_at_once(end: socket.socket) -> None:
    """Turn off Nagle's algorithm where the pair is one of TCP sockets (Windows)."""
    if end.family in (socket.AF_INET, socket.AF_INET6):
        end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
