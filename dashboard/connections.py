"""What one connection may take of the server: how long, how much, and how many there are.

uvicorn with httptools waits for a request for ever and reads headers of any size. Without a proxy
in front, a few hundred sockets that say nothing would keep everybody else out.
"""

import asyncio
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, ClassVar

import structlog
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

LOG = structlog.get_logger()
#: How long a connection is kept on that is told why it is closed, so that it can read it; and how
#: many more than are taken may be kept for that.
_LINGER_SECONDS = 2.0
_LINGERING = 64


@dataclass(frozen=True)
class Limits:
    """Times in seconds, sizes in bytes; `head` is the request line with all headers.

    A request arrives whole within `seconds` from its first byte, a new connection's first one from
    its opening. Of an answer that is not taken as fast as it is made, some is taken within
    `reading` seconds. Nothing here asks for a body: that of a form without fields is empty.
    """

    seconds: float = 10.0
    reading: float = 60.0
    head: int = 32 * 1024
    headers: int = 100
    body: int = 16 * 1024
    connections: int = 512


class _Excess(Exception):
    """Stops the parser: the request is larger than is taken."""


class LimitedProtocol(HttpToolsProtocol):
    """A connection within limits.

    When there are too many, those give way that have waited longest for a request to come in whole.
    Only if all are being answered is a new one refused.
    """

    limits: ClassVar[Limits]
    #: The connections without a request to answer, in the order in which they began to wait.
    waiting: ClassVar[dict["LimitedProtocol", None]]

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._deadline: asyncio.TimerHandle | None = None
        self._abort: asyncio.TimerHandle | None = None
        self._messages = 0
        self._in_head = False
        self._in_message = False
        self._has_begun = False
        self._head_bytes = 0
        self._body_bytes = 0
        self._excess: HTTPStatus | None = None
        self._is_refused = False

    # A connection ----------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Take a new connection, if need be in the place of one that waits."""
        super().connection_made(transport)
        if len(self.connections) > self.limits.connections:
            # Who still takes the last answer does not only wait.
            waiting = (one for one in self.waiting if not one.transport.get_write_buffer_size())
            longest = next(waiting, None)
            if longest is None:
                self._refuse(HTTPStatus.SERVICE_UNAVAILABLE)
                return
            longest._give_way()
        self.waiting[self] = None
        self._expect_request()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget it."""
        self.waiting.pop(self, None)
        self._unset_deadline()
        self._unset_abort()
        super().connection_lost(exc)

    def _give_way(self) -> None:
        self.waiting.pop(self, None)
        self.connections.discard(self)
        self.transport.abort()

    # Time ------------------------------------------------------------------------------------

    def _expect_request(self) -> None:
        if self._deadline is None:
            self._deadline = self.loop.call_later(self.limits.seconds, self._too_late)

    def _unset_deadline(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _too_late(self) -> None:
        self._deadline = None
        if self._is_answering():
            self._expect_request()  # the rest of it comes while the one before is answered
        elif self._has_begun and (self._in_head or not self._is_answered()):
            self._refuse(HTTPStatus.REQUEST_TIMEOUT)
        else:
            self.transport.close()

    def _is_answering(self) -> bool:
        return self.cycle is not None and not (self.cycle.response_complete or self.cycle.more_body)

    def _is_answered(self) -> bool:
        return self.cycle is not None and self.cycle.response_complete

    def timeout_keep_alive_handler(self) -> None:
        """Close a connection that waits."""
        super().timeout_keep_alive_handler()
        self._abort_unread()

    def pause_writing(self) -> None:
        """Wait for whoever does not read, but not for ever."""
        super().pause_writing()
        self._abort_unread()

    def resume_writing(self) -> None:
        """They do read."""
        super().resume_writing()
        if not self.transport.is_closing():
            self._unset_abort()

    def _abort_unread(self) -> None:
        """Give up what is not taken: a connection that is closed is there until all of it is."""
        if self.transport.get_write_buffer_size() and self._abort is None:
            self._abort = self.loop.call_later(self.limits.reading, self.transport.abort)

    def _unset_abort(self) -> None:
        if self._abort is not None:
            self._abort.cancel()
            self._abort = None

    # Size ------------------------------------------------------------------------------------

    def data_received(self, data: bytes) -> None:
        """Read on: a request, some of it, or several."""
        if self._is_refused:
            return
        self._has_begun = True
        message = self._messages if self._in_head else -1
        super().data_received(data)
        if self._is_refused:
            return
        if self._in_head and self._messages == message:
            # A line that does not end is nothing that the parser tells of.
            self._head_bytes += len(data)
            if self._head_bytes > self.limits.head:
                self._refuse(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)
                return
        if self._in_message or self.cycle is None or self._is_answered():
            self._expect_request()
        else:
            self._has_begun = False
            self._unset_deadline()

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002
        """Refuse what is no request, or too large a one."""
        self._refuse(self._excess or HTTPStatus.BAD_REQUEST)

    def on_message_begin(self) -> None:
        """A request begins."""
        super().on_message_begin()
        self._messages += 1
        self._in_head = self._in_message = True
        self._head_bytes = self._body_bytes = 0

    def on_url(self, url: bytes) -> None:
        """The address, or a piece of it."""
        super().on_url(url)
        self._count(len(url))

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header."""
        super().on_header(name, value)
        self._count(len(name) + len(value))
        if len(self.headers) > self.limits.headers:
            self._stop(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)
        if name.lower() == b"content-length" and int(value) > self.limits.body:
            self._stop(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)

    def _count(self, size: int) -> None:
        self._head_bytes += size
        if self._head_bytes > self.limits.head:
            self._stop(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)

    def on_headers_complete(self) -> None:
        """All is known that a request is answered by."""
        self._in_head = False
        self.waiting.pop(self, None)
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Some of a body."""
        self._body_bytes += len(body)
        if self._body_bytes > self.limits.body:
            self._stop(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        super().on_body(body)

    def on_message_complete(self) -> None:
        """The request is here."""
        self._in_message = False
        super().on_message_complete()

    def on_response_complete(self) -> None:
        """The request is answered."""
        super().on_response_complete()
        if self.transport.is_closing():
            self._abort_unread()
        elif self.timeout_keep_alive_task is not None:
            self.waiting[self] = None

    # Refusing --------------------------------------------------------------------------------

    def _stop(self, status: HTTPStatus) -> None:
        self._excess = status
        raise _Excess

    def _refuse(self, status: HTTPStatus) -> None:
        """Say why, and close once it is read: sooner, what still comes in would take it away."""
        self._is_refused = True
        self.waiting.pop(self, None)
        self._unset_deadline()
        self._unset_keepalive_if_required()
        LOG.info("request refused", status=status.value, client=self.client and self.client[0])
        if self.cycle is not None and not self.cycle.response_complete:
            has_answer = self.cycle.response_started
            self.cycle.disconnected = True
            self.cycle.message_event.set()
            if has_answer:
                self.transport.abort()
                return
        self.flow.resume_reading()
        text = f"{status.phrase}\n".encode()
        self.transport.write(
            b"HTTP/1.1 %d %s\r\ncontent-type: text/plain; charset=utf-8\r\ncontent-length: %d\r\n"
            b"cache-control: no-store\r\nconnection: close\r\n\r\n%s"
            % (status, status.phrase.encode(), len(text), text)
        )
        if len(self.connections) > self.limits.connections + _LINGERING:
            self.transport.close()
            return
        self.transport.write_eof()
        self._deadline = self.loop.call_later(_LINGER_SECONDS, self.transport.abort)


def limited(limits: Limits) -> type[LimitedProtocol]:
    """The connections of one server, which share their limits."""
    return type("Connection", (LimitedProtocol,), {"limits": limits, "waiting": {}})
