"""
Turns texts into vectors with the graph that ``sidedoor train`` wrote: one thread, one file, no network.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bot.embedding.files import read_sound, remove_others, sentences_in, write_sound
from bot.errors import DataError

Floats = NDArray[np.float32]

WIDTH = 384
LONGEST = 256  # pieces of words that are read of a text: what the model was trained for


class Encoder:
    """MiniLM-L6. A vector has length 1; two texts that mean the same have a product near 1. Threads may share one."""

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
        with np.load(io.BytesIO(read_sound(sentences_in(folder))), allow_pickle=False) as parts:
            return cls(parts["graph"].tobytes(), parts["tokenizer"].tobytes())

    def of(self, texts: Sequence[str]) -> Floats:
        """One row a text."""
        rows = np.zeros((len(texts), WIDTH), dtype=np.float32)
        for row, text in enumerate(texts):
            rows[row] = self._session.run(["vectors"], {"ids": self._ids(text)})[0][0]
        return rows

    def hidden(self, text: str) -> Floats:
        """A row for each piece of a word, before they become one vector; what ``bot.learning`` starts from."""
        return np.asarray(self._session.run(["hidden"], {"ids": self._ids(text)})[0][0], dtype=np.float32)

    def _ids(self, text: str) -> NDArray[np.int64]:
        return np.array([self._cutter.encode(text).ids], dtype=np.int64)


def make(folder: Path) -> Path:
    """Writes the file that ``Encoder.load`` reads, from the package whose hash is pinned; keeps one that is sound."""
    path = sentences_in(folder)
    try:
        read_sound(path)
    except DataError:
        from bot.embedding.adapted import adapted
        from bot.embedding.graph import build
        from bot.embedding.weights import read_tensors, read_tokenizer

        packed = io.BytesIO()
        parts = {"graph": build(adapted(read_tensors())), "tokenizer": read_tokenizer()}
        np.savez(packed, **{name: np.frombuffer(raw, dtype=np.uint8) for name, raw in parts.items()})
        write_sound(path, packed.getvalue())
        remove_others(path, "sentences-*.npz*")
    return path


def made(folder: Path) -> Encoder:
    """The encoder in *folder*, built there before if it is missing."""
    make(folder)
    return Encoder.load(folder)


def _options(onnxruntime: Any) -> Any:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1  # officers wait for one another otherwise
    options.log_severity_level = 4  # its messages can name shapes of what was written; nothing is logged
    options.enable_cpu_mem_arena = False  # or the longest message ever heard would keep its memory
    return options
