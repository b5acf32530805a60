"""
Builds the encoder's file in a process of its own: ``python -m bot.triage.scoring.building FOLDER``.
"""

from __future__ import annotations

import sys
from pathlib import Path

from bot.errors import SidedoorError
from bot.logs import lock_down
from bot.triage.scoring import artefact

if __name__ == "__main__":
    lock_down("ERROR", "train")
    try:
        artefact.build(Path(sys.argv[1]).resolve())
    except (OSError, SidedoorError):
        sys.exit(1)
