"""
Keeps the layers that were adapted to how officers talk, small: eight bits a number, a scale for each row.

Reading them back gives the very numbers that ``graph`` makes eight bits of again, so nothing is lost on the way.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bot.embedding.files import ADAPTED
from bot.embedding.weights import Tensors
from bot.errors import DataError

Floats = NDArray[np.float32]

_SMALL, _SCALES = "|small", "|scales"


def pack(tensors: Mapping[str, Floats]) -> bytes:
    """The layers as one file."""
    parts: dict[str, NDArray[np.generic]] = {}
    for name, values in tensors.items():
        if values.ndim == 2:
            scales = np.maximum(np.abs(values).max(axis=1, keepdims=True), 1e-12) / 127
            parts[name + _SMALL], parts[name + _SCALES] = np.rint(values / scales).astype(np.int8), scales
        else:
            parts[name] = values
    packed = io.BytesIO()
    np.savez(packed, **parts)
    return packed.getvalue()


def adapted(tensors: Tensors, path: Path = ADAPTED) -> Tensors:
    """*tensors* with the adapted layers in the places of the published ones; raises ``DataError``."""
    try:
        with np.load(path, allow_pickle=False) as parts:
            taught = {name: parts[name] for name in parts.files if "|" not in name}
            for name in (file.removesuffix(_SMALL) for file in parts.files if file.endswith(_SMALL)):
                taught[name] = parts[name + _SMALL].astype(np.float32) * parts[name + _SCALES]
    except (OSError, ValueError, KeyError):
        raise DataError(f"{path.name} cannot be read") from None
    if any(name not in tensors or tensors[name].shape != values.shape for name, values in taught.items()):
        raise DataError(f"{path.name} is not of this model")
    return {**tensors, **taught}
