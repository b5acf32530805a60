"""
The layers of MiniLM in TensorFlow, so that they can be taught; what lies below those stays as it was published.

What lies below, the words' vectors at least, is computed once, by the very graph that runs later, and taken as given.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from bot.embedding.weights import Tensors

Floats = NDArray[np.float32]
Progress = Callable[[str, float], object]

WIDTH, HEADS, LAYERS = 384, 12, 6
FIRST_TAUGHT = 0  # of six; teaching fewer takes less time and makes the file smaller
SHARPNESS = 20.0  # vectors have length 1, so a head's scores have to be spread
DROPOUT, DECAY, SMOOTHING = 0.1, 0.01, 0.05
RATE, BATCH, WARM_UP = 2e-4, 32, 0.1
_SIZE = WIDTH // HEADS
_HIDDEN = tf.TensorSpec([None, None, WIDTH])
_MASK = tf.TensorSpec([None, None])
_NUMBER = tf.TensorSpec([])


@dataclass(frozen=True, slots=True)
class Lesson:
    """Texts as the lower layers left them, and what is true of each. Where ``counts`` is 0, nothing is learnt."""

    hidden: Sequence[Floats]
    truth: Floats  # texts by answers
    counts: Floats
    exclusive: bool  # one answer is true, or each by itself
    epochs: int


class Network:
    """The taught layers and one set of answers a lesson."""

    def __init__(self, tensors: Tensors, lessons: Sequence[Lesson], seed: int = 1) -> None:
        tf.keras.utils.set_random_seed(seed)
        self._random = np.random.default_rng(seed)
        self._lessons = lessons
        names = [name for name in tensors if name.startswith("encoder.layer.")]
        self._tensors = {name: tf.Variable(tensors[name]) for name in names if int(name.split(".")[2]) >= FIRST_TAUGHT}
        self._answers = [_answers(lesson.truth.shape[1]) for lesson in lessons]
        self._rare = [tf.constant(_rarity(lesson), tf.float32) for lesson in lessons]

    @property
    def tensors(self) -> Mapping[str, Floats]:
        """The taught layers, named as they were."""
        return {name: variable.numpy() for name, variable in self._tensors.items()}

    def answers(self, number: int) -> tuple[Floats, Floats]:
        """Weights and bias for vectors of length 1."""
        weights, bias = self._answers[number]
        return weights.numpy() * SHARPNESS, bias.numpy()[0]

    def learn(self, progress: Progress = lambda step, done: None) -> None:
        """All epochs of all lessons, their batches mixed."""
        variables = [*self._tensors.values(), *(variable for pair in self._answers for variable in pair)]
        moments = [(tf.Variable(tf.zeros_like(v)), tf.Variable(tf.zeros_like(v))) for v in variables]
        steps = [self._step(number, variables, moments) for number in range(len(self._lessons))]
        batches = self._batches()
        for done, (number, places) in enumerate(batches, start=1):
            share = done / len(batches)
            rate = np.float32(RATE * min(1.0, share / WARM_UP) * max(0.02, 1 - share))
            lesson = self._lessons[number]
            told = lesson.truth[places], lesson.counts[places]
            steps[number](*_padded([lesson.hidden[place] for place in places]), *told, rate, np.float32(done))
            progress("learning", share)

    def vectors(self, hidden: Sequence[Floats]) -> Floats:
        """What the taught layers make of texts, one row each."""
        run = tf.function(lambda x, mask: self._pooled(x, mask, 0.0), input_signature=[_HIDDEN, _MASK])
        rows = np.zeros((len(hidden), WIDTH), dtype=np.float32)
        order = sorted(range(len(hidden)), key=lambda place: len(hidden[place]))
        for start in range(0, len(order), 64):
            places = order[start : start + 64]
            rows[places] = run(*_padded([hidden[place] for place in places])).numpy()
        return rows

    # -- one step

    def _batches(self) -> list[tuple[int, NDArray[np.int64]]]:
        """All batches of all epochs in the order of learning; a batch holds texts alike in length."""
        batches = []
        for number, lesson in enumerate(self._lessons):
            lengths = np.array([len(rows) for rows in lesson.hidden])
            for epoch in range(lesson.epochs):
                when = (epoch + self._random.random(-(-len(lengths) // BATCH))) / lesson.epochs
                order = self._random.permutation(len(lengths))
                chunks = [order[start : start + BATCH * 16] for start in range(0, len(order), BATCH * 16)]
                alike = [chunk[np.argsort(lengths[chunk], kind="stable")] for chunk in chunks]
                cut = [chunk[at : at + BATCH] for chunk in alike for at in range(0, len(chunk), BATCH)]
                batches += [(moment, number, places) for moment, places in zip(when, cut, strict=True)]
        return [(number, places) for _, number, places in sorted(batches, key=lambda batch: batch[0])]

    def _step(self, number: int, variables: Sequence[Any], moments: Sequence[Any]) -> Any:
        lesson = self._lessons[number]
        own = self._answers[number]
        others = {id(v) for pair in self._answers if pair is not own for v in pair}
        mine = [(v, m) for v, m in zip(variables, moments, strict=True) if id(v) not in others]
        answers = tf.TensorSpec([None, lesson.truth.shape[1]])

        @tf.function(input_signature=[_HIDDEN, _MASK, answers, answers, _NUMBER, _NUMBER], autograph=False)
        def step(x: Any, mask: Any, truth: Any, counts: Any, rate: Any, time: Any) -> None:
            with tf.GradientTape() as tape:
                weights, bias = own
                scores = tf.matmul(self._pooled(x, mask, DROPOUT), weights) * SHARPNESS + bias
                loss = self._loss(number, scores, truth, counts)
            found, _ = tf.clip_by_global_norm(tape.gradient(loss, [v for v, _ in mine]), 1.0)
            for (variable, (mean, spread)), slope in zip(mine, found, strict=True):
                mean.assign(0.9 * mean + 0.1 * slope)
                spread.assign(0.999 * spread + 0.001 * slope * slope)
                move = (mean / (1 - 0.9**time)) / (tf.sqrt(spread / (1 - 0.999**time)) + 1e-6)
                variable.assign_sub(rate * (move + DECAY * variable))

        return step

    def _loss(self, number: int, scores: Any, truth: Any, counts: Any) -> Any:
        if self._lessons[number].exclusive:
            smooth = truth * (1 - SMOOTHING) + SMOOTHING / self._lessons[number].truth.shape[1]
            return tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits(smooth, scores))
        each = tf.nn.weighted_cross_entropy_with_logits(truth, scores, self._rare[number]) * counts
        return tf.reduce_sum(each) / tf.maximum(tf.reduce_sum(counts), 1.0)

    # -- the layers, as in bot.embedding.graph

    def _pooled(self, x: Any, mask: Any, dropout: float) -> Any:
        bias = ((1 - mask) * -1e4)[:, None, None, :]
        for number in range(FIRST_TAUGHT, LAYERS):
            x = self._layer(f"encoder.layer.{number}.", x, bias, dropout)
        return tf.math.l2_normalize(tf.reduce_sum(x * mask[:, :, None], axis=1), axis=-1)

    def _layer(self, name: str, x: Any, bias: Any, dropout: float) -> Any:
        attended = self._dense(f"{name}attention.output.dense", self._attention(name, x, bias))
        x = self._norm(f"{name}attention.output.LayerNorm", x + _dropped(attended, dropout))
        inner = tf.nn.gelu(self._dense(f"{name}intermediate.dense", x))
        return self._norm(f"{name}output.LayerNorm", x + _dropped(self._dense(f"{name}output.dense", inner), dropout))

    def _attention(self, name: str, x: Any, bias: Any) -> Any:
        shape = tf.shape(x)

        def by_head(part: str) -> Any:
            cut = tf.reshape(self._dense(f"{name}attention.self.{part}", x), [shape[0], shape[1], HEADS, _SIZE])
            return tf.transpose(cut, [0, 2, 1, 3])

        query, key, value = map(by_head, ("query", "key", "value"))
        shares = tf.nn.softmax(tf.matmul(query, key, transpose_b=True) * _SIZE**-0.5 + bias)
        return tf.reshape(tf.transpose(tf.matmul(shares, value), [0, 2, 1, 3]), [shape[0], shape[1], WIDTH])

    def _dense(self, name: str, x: Any) -> Any:
        return tf.tensordot(x, self._tensors[f"{name}.weight"], [[2], [1]]) + self._tensors[f"{name}.bias"]

    def _norm(self, name: str, x: Any) -> Any:
        mean, spread = tf.nn.moments(x, [-1], keepdims=True)
        return (x - mean) * tf.math.rsqrt(spread + 1e-12) * self._tensors[f"{name}.weight"] + self._tensors[
            f"{name}.bias"
        ]


def _answers(count: int) -> tuple[Any, Any]:
    return tf.Variable(tf.random.normal([WIDTH, count], stddev=0.05)), tf.Variable(tf.zeros([1, count]))


def _dropped(x: Any, share: float) -> Any:
    return tf.nn.dropout(x, share) if share else x


def _rarity(lesson: Lesson) -> Floats:
    """A rare truth weighs more, by the root of how rare it is among the texts that count."""
    share = (lesson.truth * lesson.counts).sum(axis=0) / np.maximum(lesson.counts.sum(axis=0), 1)
    return np.asarray(np.sqrt((1 - share) / np.maximum(share, 1e-3)), dtype=np.float32)


def _padded(rows: Sequence[Floats]) -> tuple[Floats, Floats]:
    longest = max(len(row) for row in rows)
    x = np.zeros((len(rows), longest, WIDTH), dtype=np.float32)
    mask = np.zeros((len(rows), longest), dtype=np.float32)
    for place, row in enumerate(rows):
        x[place, : len(row)] = row
        mask[place, : len(row)] = 1
    return x, mask
