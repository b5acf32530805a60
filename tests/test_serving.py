"""Opening a port: the library without its command line, and whole again for whoever wants that."""

from __future__ import annotations

import subprocess
import sys

LOOK = """
import sys
from bot import serving
config, server = serving._uvicorn()
assert "click" not in sys.modules, "the command line was imported"
import uvicorn
assert uvicorn.Server is server and uvicorn.Config is config
from uvicorn.main import main
assert main is not None and "click" in sys.modules
"""


def test_the_command_line_is_not_imported() -> None:
    """The edge does not wait for click; the library is whole afterwards."""
    subprocess.run([sys.executable, "-c", LOOK], check=True, timeout=60)
