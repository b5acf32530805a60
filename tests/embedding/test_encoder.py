"""
The encoder runs exactly the published weights, adapted by what the repository carries, and is not fooled by other files.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from bot.embedding import adapted, weights
from bot.embedding.encoder import Encoder, made
from bot.embedding.files import read_sound, sentences_in, write_sound
from bot.embedding.graph import build
from bot.errors import DataError
from bot.settings import Settings


@pytest.fixture(scope="module")
def encoder() -> Encoder:
    return made(Settings.load().model_dir)


@pytest.fixture(scope="module")
def tensors() -> weights.Tensors:
    return weights.read_tensors()


def test_only_the_pinned_weights_are_read(tmp_path: Path) -> None:
    """
    A file that differs from the published one is refused, and so is one that is missing.
    """
    (tmp_path / "tokenizer.json").write_bytes(b"{}")

    with pytest.raises(DataError):
        weights.checked("tokenizer.json", tmp_path)
    with pytest.raises(DataError):
        weights.checked("model.safetensors", tmp_path)


def test_the_published_model_is_what_it_says(tensors: weights.Tensors) -> None:
    """
    Unadapted and at full width, the graph knows which of two sentences is nearer to a third.
    """
    full = Encoder(build(tensors, small=False), weights.read_tokenizer())

    film, show, cat = full.of(["The new movie is awesome", "The new movie is so great", "The cat sits outside"])

    assert film @ show > 0.85 > 0.2 > film @ cat
    assert np.linalg.norm(film) == pytest.approx(1, abs=1e-4)


def test_eight_bits_are_enough(tensors: weights.Tensors) -> None:
    """
    The small graph says nearly what the full one says.
    """
    texts = ["what is the capital of france", "I have not slept since the crash on the interstate", "ok"]
    small, full = (Encoder(build(tensors, small=size), weights.read_tokenizer()).of(texts) for size in (True, False))

    assert (small * full).sum(axis=1).min() > 0.97


def test_what_was_adapted_survives_its_file(tensors: weights.Tensors, tmp_path: Path) -> None:
    """
    Layers that are packed and read back give the numbers that the graph would make of them anyway.
    """
    name = "encoder.layer.5.output.dense.weight"
    (tmp_path / "adapted.npz").write_bytes(adapted.pack({name: tensors[name] * 1.5}))

    back = adapted.adapted(tensors, tmp_path / "adapted.npz")[name]

    assert np.abs(back - tensors[name] * 1.5).max() <= np.abs(tensors[name] * 1.5).max() / 127


def test_a_file_of_another_model_is_refused(tensors: weights.Tensors, tmp_path: Path) -> None:
    """
    Layers that do not fit are an error, not a worse model.
    """
    (tmp_path / "adapted.npz").write_bytes(adapted.pack({"encoder.layer.9.x": np.zeros((2, 2), dtype=np.float32)}))

    with pytest.raises(DataError):
        adapted.adapted(tensors, tmp_path / "adapted.npz")


def test_empty_and_huge_texts_have_vectors(encoder: Encoder) -> None:
    """
    Nothing that can be typed makes the encoder fail.
    """
    rows = encoder.of(["", "gun " * 5000, "ünïcödé 🙂", "\x00"])

    assert np.isfinite(rows).all()


def test_a_text_means_the_same_alone_and_in_company(encoder: Encoder) -> None:
    """
    What else was asked never changes a vector.
    """
    alone = encoder.of(["i can not sleep"])[0]

    assert np.array_equal(alone, encoder.of(["x " * 200, "i can not sleep"])[1])


def test_a_damaged_file_is_not_run(tmp_path: Path) -> None:
    """
    One byte that differs, or a missing checksum, is noticed before anything is loaded.
    """
    path = sentences_in(tmp_path)
    write_sound(path, b"what was built")
    assert read_sound(path) == b"what was built"

    path.write_bytes(b"what was bui1t")

    with pytest.raises(DataError):
        Encoder.load(tmp_path)
