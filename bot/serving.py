"""
Opens a port the way this service may: no access log, no banner, no WebSocket, small headers, a short goodbye.
"""

from __future__ import annotations

import uvicorn
from starlette.applications import Starlette

LONGEST_HEADERS = 32_768  # bytes


def serve(app: Starlette, host: str, port: int, *, grace: int) -> None:
    """Runs *app* until it is told to stop; open streams get *grace* seconds then."""
    config = uvicorn.Config(
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
    uvicorn.Server(config).run()
