"""What one connection may take of the server, tried with plain sockets."""

import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import pytest
import uvicorn
from starlette.types import Receive, Scope, Send

from dashboard.connections import Limits, limited

#: Times are short where a test waits for their end, and long where it must not come.
SHORT, LONG = 0.2, 60.0
GET = b"GET / HTTP/1.1\r\nhost: here\r\n\r\n"
#: More than the buffers between two ends take.
MUCH = 32 * 1024 * 1024


async def answers(scope: Scope, _: Receive, send: Send) -> None:
    """Answers "ok" at once, or a lot."""
    body = b"x" * MUCH if scope["path"] == "/much" else b"ok"
    headers = [(b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


class Running:
    """A server with limits, and sockets that are connected to it."""

    def __init__(self, address: tuple[str, int], sockets: ExitStack) -> None:
        self.address = address
        self._sockets = sockets

    def connect(self, sent: bytes = b"") -> socket.socket:
        connected = self._sockets.enter_context(socket.create_connection(self.address, timeout=20))
        connected.sendall(sent)
        return connected


@contextmanager
def running(limits: Limits) -> Iterator[Running]:
    listening = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(
        answers, http=limited(limits), ws="none", lifespan="off", log_config=None, access_log=False
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    address = listening.getsockname()
    thread.start()
    try:
        with ExitStack() as sockets:
            yield Running(address, sockets)
    finally:
        server.should_exit = True
        thread.join()


@pytest.fixture(scope="module")
def patient() -> Iterator[Running]:
    with running(Limits(seconds=LONG)) as server:
        yield server


@pytest.fixture(scope="module")
def hasty() -> Iterator[Running]:
    with running(Limits(seconds=SHORT, reading=SHORT)) as server:
        yield server


def rest(connected: socket.socket) -> bytes:
    """What is said until the other end closes."""
    found = b""
    while piece := connected.recv(65_536):
        found += piece
    return found


def said(connected: socket.socket) -> int:
    """The status of an answer after which the connection is closed."""
    answer = rest(connected)
    assert b"connection: close\r\n" in answer
    return int(answer.split()[1])


def answered(connected: socket.socket) -> bool:
    """Whether an answer comes, after which the connection stays."""
    found = b""
    while not found.endswith(b"\r\n\r\nok"):
        piece = connected.recv(65_536)
        if not piece:
            return False
        found += piece
    return found.startswith(b"HTTP/1.1 200 ")


@pytest.mark.parametrize(
    "sent",
    [
        b"G",
        b"GET / HTTP/1.1\r\nhost: here\r\n",
        b"GET / HTTP/1.1\r\nhost: here\r\nx: ",
        b"\r\n",
        b"POST / HTTP/1.1\r\nhost: here\r\ncontent-length: 5\r\nexpect: 100-continue\r\n",
    ],
)
def test_a_request_that_does_not_come_whole_is_given_up(hasty: Running, sent: bytes) -> None:
    assert said(hasty.connect(sent)) == 408


def test_hundreds_of_half_open_requests_are_given_up(hasty: Running) -> None:
    half = [hasty.connect(b"GET / HTTP/1.1\r\nhost: here\r\n") for _ in range(300)]
    assert [said(connected) for connected in half] == [408] * 300


def test_who_drips_is_given_up(hasty: Running) -> None:
    """Each piece comes soon after the one before; the whole of it never does."""
    connected = hasty.connect(b"GET / HTTP/1.1\r\n")
    connected.settimeout(SHORT / 10)
    for _ in range(1_000):
        try:
            answer = connected.recv(65_536)
            break
        except TimeoutError:
            connected.sendall(b"x: y\r\n")
    assert answer.startswith(b"HTTP/1.1 408 ")


def test_who_says_nothing_is_closed_without_a_word(hasty: Running) -> None:
    assert rest(hasty.connect()) == b""


def test_a_second_request_has_as_long_as_the_first(hasty: Running) -> None:
    connected = hasty.connect(GET)
    assert answered(connected)
    connected.sendall(b"GET / HTTP/1.1\r\n")
    assert said(connected) == 408


def test_a_body_that_does_not_come_ends_the_connection(hasty: Running) -> None:
    sent = b"POST / HTTP/1.1\r\nhost: here\r\ncontent-length: 5\r\n\r\n"
    connected = hasty.connect(sent)
    assert answered(connected)
    assert rest(connected) == b""


def test_who_does_not_read_an_answer_is_given_up(hasty: Running) -> None:
    connected = hasty.connect(b"GET /much HTTP/1.1\r\nhost: here\r\n\r\n")
    read = len(connected.recv(1))
    assert said(hasty.connect(b"G")) == 408  # as long as that takes, nothing more is read
    assert read + len(rest(connected)) < MUCH


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"GET / HTTP/1.1\r\nx: " + b"y" * 300_000 + b"\r\n\r\n", 431),
        (b"GET / HTTP/1.1\r\nx: " + b"y" * 300_000, 431),
        (b"GET / HTTP/1.1\r\n" + b"x: y\r\n" * 20_000 + b"\r\n", 431),
        (b"GET / HTTP/1.1\r\n" + b"x: y\r\n" * 101 + b"\r\n", 431),
        (b"GET / HTTP/1.1\r\n" + (b"x: " + b"y" * 1_000 + b"\r\n") * 40 + b"\r\n", 431),
        (b"GET /" + b"y" * 300_000 + b" HTTP/1.1\r\n\r\n", 431),
        (b"POST / HTTP/1.1\r\ncontent-length: 16385\r\n\r\n", 413),
        (b"POST / HTTP/1.1\r\ncontent-length: 99999999999999999\r\n\r\n", 413),
        (
            b"POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n"
            + b"1000\r\n"
            + b"x" * 4_096
            + b"\r\n"
            + b"f000\r\n"
            + b"x" * 61_440,
            413,
        ),
        (b"no request\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\ncontent-length: x\r\n\r\n", 400),
    ],
)
def test_too_much_is_refused(patient: Running, sent: bytes, status: int) -> None:
    assert said(patient.connect(sent)) == status


@pytest.mark.parametrize(
    "sent",
    [
        b"GET / HTTP/1.1\r\n" + b"x: y\r\n" * 100 + b"\r\n",
        b"GET / HTTP/1.1\r\nx: " + b"y" * 30_000 + b"\r\n\r\n",
        b"POST / HTTP/1.1\r\ncontent-length: 16384\r\n\r\n" + b"x" * 16_384,
        b"GET / HTTP/1.1\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n",
    ],
)
def test_what_is_within_limits_is_answered(patient: Running, sent: bytes) -> None:
    assert answered(patient.connect(sent))


def test_many_requests_at_once_are_answered(patient: Running) -> None:
    connected = patient.connect(GET * 2_000)
    found = b""
    while found.count(b"\r\n\r\nok") < 2_000:
        found += connected.recv(65_536)


def test_those_who_wait_give_way_to_those_who_come() -> None:
    with running(Limits(seconds=LONG, connections=20)) as server:
        first = server.connect(GET)
        assert answered(first)
        waiting = [server.connect(b"GET / HTTP/1.1\r\n") for _ in range(60)]
        assert answered(server.connect(GET))
        # Those that have waited longest are gone; the last ones can still go on.
        assert rest(waiting[0]) == b""
        waiting[-1].sendall(b"\r\n")
        assert answered(waiting[-1])


def test_one_too_many_is_refused_while_all_are_being_answered() -> None:
    with running(Limits(seconds=LONG, connections=2)) as server:
        for _ in range(2):
            busy = server.connect(b"GET /much HTTP/1.1\r\nhost: here\r\n\r\n")
            assert busy.recv(1)
        assert said(server.connect(GET)) == 503
