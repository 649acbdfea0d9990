"""A server that is measured: a process, its address, its memory and the processor time it took."""

import os
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Self

_TICKS = os.sysconf("SC_CLK_TCK")
_READY_SECONDS = 120.0


@dataclass(frozen=True)
class Server:
    """A running server on 127.0.0.1."""

    port: int
    pid: int

    @property
    def address(self) -> str:
        """Host and port."""
        return f"127.0.0.1:{self.port}"

    def cpu_seconds(self) -> float:
        """What it has taken of the processors so far."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / _TICKS

    def peak_bytes(self) -> int:
        """Its most memory, mapped files included."""
        status = Path(f"/proc/{self.pid}/status").read_text()
        peak = next(line for line in status.splitlines() if line.startswith("VmHWM"))
        return int(peak.split()[1]) * 1024


@contextmanager
def serving(command: Sequence[str | Path], log: Path) -> Iterator[Server]:
    """Start a server that says its address as the first line, and end it."""
    with (
        log.open("wb") as errors,
        subprocess.Popen(
            [str(word) for word in command], stdout=subprocess.PIPE, stderr=errors
        ) as process,
    ):
        try:
            assert process.stdout is not None
            said = process.stdout.readline().decode()
            port = int(said.split("http://")[1].split("/")[0].rpartition(":")[2])
            yield Server(port, process.pid)
        finally:
            process.terminate()


class Connection:
    """One connection that is kept until it is closed: a context manager."""

    def __init__(self, server: Server) -> None:
        self._socket = socket.create_connection(("127.0.0.1", server.port))
        self._file = self._socket.makefile("rb")
        self._host = server.address

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()
        self._socket.close()

    def get(self, path: str) -> tuple[int, bytes]:
        """The status and body of an answer."""
        self._socket.sendall(f"GET {path} HTTP/1.1\r\nhost: {self._host}\r\n\r\n".encode())
        status = int(self._file.readline().split()[1])
        size = 0
        while (line := self._file.readline()) != b"\r\n":
            name, _, value = line.partition(b":")
            if name.lower() == b"content-length":
                size = int(value)
        return status, self._file.read(size)


def wait_until_ready(server: Server) -> None:
    """Wait until a snapshot is shown."""
    deadline = time.monotonic() + _READY_SECONDS
    with Connection(server) as connection:
        while connection.get("/readyz")[0] != 200:
            if time.monotonic() > deadline:
                raise TimeoutError("No snapshot is shown.")
            time.sleep(0.05)
