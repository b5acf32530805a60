"""
Turns texts into vectors with the graph that ``sidedoor train`` wrote: one thread, one file, no network.
"""

from __future__ import annotations

import hashlib
import io
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bot.errors import DataError

Floats = NDArray[np.float32]

WIDTH = 384
LONGEST = 256  # pieces of words that are read of a text
VERSION = "1"  # of the graph; a change here makes every file anew


class Encoder:
    """MiniLM-L6. A vector has length 1; two texts that mean the same have a product near 1."""

    def __init__(self, graph: bytes, tokenizer: bytes) -> None:
        import onnxruntime  # 0.2 s, and only a process that measures meaning needs them
        from tokenizers import Tokenizer

        self._cutter = Tokenizer.from_str(tokenizer.decode("utf-8"))
        self._cutter.no_padding()
        self._cutter.enable_truncation(LONGEST)
        self._session = onnxruntime.InferenceSession(graph, _options(onnxruntime), providers=["CPUExecutionProvider"])

    @classmethod
    def load(cls, folder: Path) -> Encoder:
        """The encoder of ``make``; raises ``DataError`` when a file is missing or not what was written."""
        with np.load(io.BytesIO(_sound(_path(folder))), allow_pickle=False) as parts:
            return cls(parts["graph"].tobytes(), parts["tokenizer"].tobytes())

    def of(self, texts: Sequence[str]) -> Floats:
        """One row a text."""
        rows = np.zeros((len(texts), WIDTH), dtype=np.float32)
        for row, text in enumerate(texts):
            ids = np.array([self._cutter.encode(text).ids], dtype=np.int64)
            rows[row] = self._session.run(None, {"ids": ids})[0][0]
        return rows


def make(folder: Path) -> Path:
    """Writes the file that ``Encoder.load`` reads, from the package whose hash is pinned; keeps one that is sound."""
    path = _path(folder)
    try:
        _sound(path)
    except DataError:
        from bot.embedding.graph import build
        from bot.embedding.weights import read_tensors, read_tokenizer

        folder.mkdir(parents=True, exist_ok=True)
        packed = io.BytesIO()
        parts = {"graph": build(read_tensors()), "tokenizer": read_tokenizer()}
        np.savez(packed, **{name: np.frombuffer(raw, dtype=np.uint8) for name, raw in parts.items()})
        write_sound(path, packed.getvalue())
    return path


def write_sound(path: Path, raw: bytes) -> None:
    """Writes *raw* and, beside it, its checksum, so that a reader sees both or neither as they should be."""
    draft = path.with_name(f".draft-{os.getpid()}-{path.name}")
    draft.write_bytes(raw)
    _checksum_path(path).write_text(hashlib.sha256(raw).hexdigest() + "\n", encoding="ascii")
    draft.replace(path)


def read_sound(path: Path) -> bytes:
    """What ``write_sound`` wrote; raises ``DataError`` when it is missing or another."""
    return _sound(path)


def _sound(path: Path) -> bytes:
    try:
        raw = path.read_bytes()
        expected = _checksum_path(path).read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError):
        raise DataError(f"{path.name} is missing; `sidedoor train` makes it") from None
    if hashlib.sha256(raw).hexdigest() != expected:
        raise DataError(f"{path.name} is not what was written; `sidedoor train` makes it anew")
    return raw


def _checksum_path(path: Path) -> Path:
    return path.with_name(path.name + ".sha256")


def _path(folder: Path) -> Path:
    return folder / f"sentences-{VERSION}.npz"


def _options(onnxruntime: Any) -> Any:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1  # officers wait for one another otherwise
    options.log_severity_level = 4  # its messages can name shapes of what was written; nothing is logged
    options.enable_cpu_mem_arena = False  # or the longest message ever heard would keep its memory
    return options
