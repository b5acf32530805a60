"""
Opens a port the way this service may: no access log, no banner, no WebSocket, small headers, a short goodbye.
"""

from __future__ import annotations

import importlib
import sys
from types import ModuleType
from typing import TYPE_CHECKING

from starlette.applications import Starlette

if TYPE_CHECKING:
    from uvicorn import Config, Server

LONGEST_HEADERS = 32_768  # bytes
_COMMAND_LINE = "uvicorn.main"


def serve(app: Starlette, host: str, port: int, *, grace: int) -> None:
    """Runs *app* until it is told to stop; open streams get *grace* seconds then."""
    make_config, make_server = _uvicorn()
    config = make_config(
        app,
        host=host,
        port=port,
        ws="none",  # websockets is held at 10 by Rasa, and server-sent events do
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=False,
        timeout_graceful_shutdown=grace,
        h11_max_incomplete_event_size=LONGEST_HEADERS,
    )
    make_server(config).run()


def _uvicorn() -> tuple[type[Config], type[Server]]:
    """
    The library without its command line, which it imports for everybody: a tenth of the second the edge has to start.

    An empty module stands in its place for that moment; whoever wants the command line afterwards gets the real one.
    """
    if "uvicorn" not in sys.modules:
        stand_in = ModuleType(_COMMAND_LINE)
        stand_in.__dict__.update(Server=None, main=None, run=None)
        sys.modules[_COMMAND_LINE] = stand_in
        try:
            library = importlib.import_module("uvicorn")
        finally:
            del sys.modules[_COMMAND_LINE]
        library.__dict__["Server"] = importlib.import_module("uvicorn.server").Server
    from uvicorn.config import Config
    from uvicorn.server import Server

    return Config, Server
