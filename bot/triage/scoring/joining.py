"""
Brings the scorer to the layers as soon as there is one: at the start, or when training has made it.
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
LOOK_EVERY = 3.0


async def join_when_there(layers: Layers, folder: Path, *, head_start: float = HEAD_START) -> None:
    """Returns when the scorer has joined; looks for what training makes until then."""
    await asyncio.sleep(head_start)
    while not layers.whole:
        if await asyncio.to_thread(artefact.is_there, folder):
            await asyncio.to_thread(join, layers, folder)
        if not layers.whole:
            await asyncio.sleep(LOOK_EVERY)


def join(layers: Layers, folder: Path) -> bool:
    """Loads the scorer now; False when there is none that is sound."""

    def load() -> Scorer:
        from bot.triage.scoring.scorer import Scorer  # numpy and onnxruntime: no process starts with them

        return Scorer.load(folder)

    return layers.join(load)
