"""
Brings the scorer to the layers: soon after the start, and after the first answer that may be waited for.
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

from bot.triage.layers import Layers
from bot.triage.scoring import artefact

if TYPE_CHECKING:
    from bot.triage.scoring.scorer import Scorer

HEAD_START = 1.0  # seconds in which an edge that starts has a crisis to answer, and nothing to load
TRY_AGAIN = 30.0


async def join_when_there(layers: Layers, folder: Path, *, head_start: float = HEAD_START) -> None:
    """Returns when the scorer has joined; tries again and again where it cannot be had."""
    await asyncio.sleep(head_start)
    while not await asyncio.to_thread(join, layers, folder):  # noqa: ASYNC110 - nothing tells when a disk is well again
        await asyncio.sleep(TRY_AGAIN)


def join(layers: Layers, folder: Path) -> bool:
    """Loads the scorer now, and builds before what it runs on if that is missing; False when it cannot be had."""
    if layers.whole:
        return True
    if artefact.needs_building(folder) and not artefact.build_apart(folder):
        return False

    def load() -> Scorer:
        from bot.triage.scoring.scorer import Scorer  # numpy and onnxruntime: no process starts with them

        return Scorer.load(folder)

    return layers.join(load)
