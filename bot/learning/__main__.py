"""
``python -m bot.learning``: adapts the encoder to levels and intents together, learns the heads, writes both files.

First with a fifth of the scenes held back, to see what the scores of unseen messages are worth, then with everything.
``--check`` learns nothing and fails when what lies there was learnt from other messages.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bot.assistant.utterances import utterances
from bot.embedding import adapted, graph
from bot.embedding.encoder import Encoder
from bot.embedding.files import ADAPTED
from bot.embedding.weights import Tensors, read_tensors, read_tokenizer
from bot.learning import levels
from bot.privacy.redaction import Redactor
from bot.settings import ROOT
from bot.triage.lexicon import Triage
from bot.triage.scoring import artefact
from bot.triage.scoring.heads import Heads, Linear

Floats = NDArray[np.float32]

LEVEL_EPOCHS, INTENT_EPOCHS = 3, 2
INTENT_UTTERANCES = 170  # of one intent; the encoder has learnt by then what there is to learn, and time is dear


class School:
    """All texts, as the lower layers leave them, and what is true of each."""

    def __init__(self, say: Callable[[str], object]) -> None:
        from bot.learning import network

        self._network, self._say = network, say
        self._tensors: Tensors = read_tensors()
        by_intent = utterances(ROOT / "nlu_data")
        written = [*levels.read(artefact.EXAMPLES), *levels.read_calm(by_intent, Triage.load())]
        self.examples = [*written, *levels.redacted(written, Redactor.load().redact)]
        self.rows = levels.Rows.of(self.examples)
        told = [
            (text, intent) for intent, texts in by_intent.items() for text in levels.spread(texts, INTENT_UTTERANCES)
        ]
        self.texts, self.intents = [text for text, _ in told], [intent for _, intent in told]
        self.names = sorted(set(self.intents))
        lower = Encoder(graph.build(self._tensors, layers=network.FIRST_TAUGHT), read_tokenizer())
        say(f"{len(self.examples)} messages with levels, {len(self.texts)} with intents")
        self._parts = _hidden(lower, self.rows.cut)
        self._utterances = _hidden(lower, self.texts)

    def learn(self, seen: levels.Mask) -> tuple[Any, tuple[Any, Linear], Linear]:
        """Network, reader of grams and reader of meaning, learnt from the messages of *seen*."""
        rows = self.rows.only(seen)
        reader = rows.gram_reader()
        places = self.rows.parts_of(seen)[rows.telling(levels.gram_scores(reader, rows.cut))]
        owners = self.rows.owner[places]
        truth, counts = self.rows.truth[owners], self.rows.counts[owners]
        lesson, told = self._network.Lesson, np.zeros((len(self.intents), len(self.names)), dtype=np.float32)
        told[np.arange(len(self.intents)), [self.names.index(intent) for intent in self.intents]] = 1
        hidden = [self._parts[place] for place in places]
        lessons = [
            lesson(hidden, truth.astype(np.float32), counts.astype(np.float32), False, LEVEL_EPOCHS),
            lesson(self._utterances, told, np.ones_like(told), True, INTENT_EPOCHS),
        ]
        net = self._network.Network(self._tensors, lessons)
        tenths = 0

        def tell(step: str, done: float) -> None:
            nonlocal tenths
            if int(done * 10) > tenths:
                tenths = int(done * 10)
                self._say(f"{step}: {tenths}0%")

        net.learn(tell)
        return net, reader, Linear(*net.answers(0))

    def mix(self, seen: levels.Mask) -> tuple[Floats, Floats]:
        """The last step, learnt from what is not in *seen*; and what it had to learn from."""
        net, reader, meaning = self.learn(seen)
        unseen = self.rows.only(~seen)
        vectors = net.vectors([self._parts[place] for place in self.rows.parts_of(~seen)])
        found = unseen.features(levels.gram_scores(reader, unseen.cut), meaning.dense(vectors))
        return unseen.mix(found), found


def main(say: Callable[[str], object]) -> None:
    """Learns and writes."""
    began = artefact.fingerprint()
    school = School(say)
    fold = levels.folds(school.examples)[0]
    mix, found = school.mix(~fold)
    np.savez(ROOT / "models" / "held-back.npz", fold=fold, found=found, mix=mix)  # for choosing thresholds
    say("all of it")
    net, (grams, by_grams), by_meaning = school.learn(np.ones_like(fold))
    ADAPTED.write_bytes(adapted.pack(net.tensors))
    artefact.LEARNT.write_bytes(Heads(grams, by_grams, by_meaning, mix).to_bytes())
    artefact.FINGERPRINT.write_text(began + "\n", encoding="ascii")
    say("written")


def _hidden(lower: Encoder, texts: Sequence[str]) -> list[Floats]:
    """Two threads, because the encoder works outside of Python's lock; sixteen bits, because there are many."""
    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(lambda text: lower.hidden(text).astype(np.float16), texts))


if __name__ == "__main__":
    if "--check" in sys.argv:
        sys.exit(None if artefact.is_current() else "learnt from other messages than these: python -m bot.learning")
    main(lambda line: sys.stderr.write(line + "\n"))
