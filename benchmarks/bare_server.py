"""`bare_server.py FOLDER`: what a server costs that only returns bytes which it has in memory.

A Starlette application with one route. The folder has `answers.json`: the path and query of each
request, and the name of the file with its answer.
"""

import json
import socket
import sys
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route


def bare(folder: Path) -> Starlette:
    """The application."""
    names = json.loads((folder / "answers.json").read_text())
    answers = {address: (folder / name).read_bytes() for address, name in names.items()}

    async def answer(request: Request) -> Response:
        query = request.url.query
        address = f"{request.url.path}?{query}" if query else request.url.path
        return Response(answers[address], media_type="application/json")

    return Starlette(routes=[Route("/{path:path}", answer)])


def main(folder: Path) -> None:
    """Serve on a free port, and say which."""
    listening = socket.socket()
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listening.bind(("127.0.0.1", 0))
    print(f"http://127.0.0.1:{listening.getsockname()[1]}/", flush=True)  # noqa: T201
    config = uvicorn.Config(bare(folder), http="httptools", log_config=None, access_log=False)
    uvicorn.Server(config).run(sockets=[listening])


if __name__ == "__main__":
    main(Path(sys.argv[1]))
