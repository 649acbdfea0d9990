"""Servers that take what is sent, on this machine: of the web, and of e-mail."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import default
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import NamedTuple


def free_port() -> int:
    """A port on which nobody listens now."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    return port


class Posted(NamedTuple):
    path: str
    headers: dict[str, str]
    body: str


class WebServer:
    """Takes what is posted; `status` is what it answers."""

    def __init__(self) -> None:
        self.posted: list[Posted] = []
        self.status = 200
        self.address = ""


@contextmanager
def web_server() -> Iterator[WebServer]:
    taken = WebServer()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"])).decode()
            headers = {name.lower(): value for name, value in self.headers.items()}
            if taken.status < 300:
                taken.posted.append(Posted(self.path, headers, body))
            self.send_response(taken.status)
            self.send_header("location", "/elsewhere")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Nothing on standard error."""

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        taken.address = f"127.0.0.1:{server.server_port}"
        thread = Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield taken
        finally:
            server.shutdown()
            thread.join()


class MailServer:
    """Takes e-mail."""

    def __init__(self) -> None:
        self.taken: list[EmailMessage] = []
        self.address = ""

    async def handle_DATA(self, _server: object, _session: object, envelope: object) -> str:  # noqa: N802
        content = getattr(envelope, "content")  # noqa: B009
        self.taken.append(BytesParser(EmailMessage, policy=default).parsebytes(content))
        return "250 OK"


@contextmanager
def mail_server() -> Iterator[MailServer]:
    from aiosmtpd.controller import Controller

    taken = MailServer()
    port = free_port()
    controller = Controller(taken, hostname="127.0.0.1", port=port)
    controller.start()
    taken.address = f"127.0.0.1:{port}"
    try:
        yield taken
    finally:
        controller.stop()
