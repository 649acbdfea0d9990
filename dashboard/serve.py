"""Serving the dashboard: where it listens, and who must not be let in by accident."""

import gc
import ipaddress
import socket
import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import uvicorn

from dashboard.app import create_app
from dashboard.connections import Limits, limited
from dashboard.logs import log_as_json
from pipelines.failures import Failure
from pipelines.settings import Settings

#: Where nobody names a port, the next free one will do as well.
_PORTS_TRIED = 10
_SWITCH_SECONDS = 0.0005
#: Answers leave no cycles behind: looking for them can wait.
_GARBAGE = (20_000, 50, 100)


class CannotServe(Failure):
    """The server must not or cannot be started; the message says what to do."""

    code = "cannot_serve"


def serve(
    settings: Settings,
    file: Path,
    host: str | None,
    port: int | None,
    clock: Callable[[], datetime],
    tell: Callable[[str], None],
) -> None:
    """Serve until stopped; `tell` is given the address.

    A port that the command or the settings name is taken or refused; without any, and without a
    login, the first free one from 8000 on is.

    Raises CannotServe, KeysError.
    """
    host = host or settings.dashboard.host
    is_named = port is not None or "port" in settings.dashboard.model_fields_set
    tries = 1 if is_named or settings.login.is_configured else _PORTS_TRIED
    port = settings.dashboard.port if port is None else port
    if not settings.login.is_configured and not _is_loopback(host):
        raise CannotServe(
            f"Without a login everybody who reaches {host} would see everything and could "
            "refresh. Configure [login] in the settings, or serve on 127.0.0.1."
        )
    app = create_app(settings, file, clock)
    listening = _listen(host, port, tries)
    log_as_json()
    # What there is by now stays. A collection of garbage that looks at all of it again takes a
    # tenth of a second, in which nobody is answered.
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_GARBAGE)
    # While a new snapshot is opened in a thread, requests must not wait for their turn for long.
    sys.setswitchinterval(_SWITCH_SECONDS)
    shown = f"[{host}]" if ":" in host else host
    tell(f"http://{shown}:{listening.getsockname()[1]}/")
    config = uvicorn.Config(
        app,
        http=limited(Limits()),
        ws="none",
        log_config=None,
        access_log=False,
        server_header=False,
    )
    uvicorn.Server(config).run(sockets=[listening])


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _listen(host: str, port: int, tries: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    for number in range(port, port + tries):
        listening = socket.socket(family, socket.SOCK_STREAM)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listening.bind((host, number))
        except OSError as error:
            listening.close()
            reason = error.strerror
        else:
            listening.listen()
            return listening
    raise CannotServe(f"{host}:{port} cannot be listened on ({reason}); choose another --port.")
