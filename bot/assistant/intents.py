"""
Decides what is meant: which of the intents a message has, and how sure that is.

A linear model over words, pieces of words (so that misspellings still count) and the vector of the whole sentence (so
that a wording that no example has still counts). ``docs/decisions/0004-what-understands.md`` has the figures.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Protocol

import numpy as np
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.classifiers import LABEL_RANKING_LENGTH
from rasa.nlu.classifiers.classifier import IntentClassifier
from rasa.shared.nlu.constants import INTENT, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData
from scipy.sparse import csr_matrix, hstack  # type: ignore[import-untyped]
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.svm import LinearSVC

from bot.assistant.needs import parts, read_urgency, urgent_first
from bot.assistant.utterances import plain
from bot.embedding.encoder import Encoder, Floats, made
from bot.settings import Settings

VECTOR_WEIGHT = 0.5  # against the n-grams; chosen on messages that nothing had learnt from, like all numbers here
REGULARISATION = 0.4
TOLERANCE = 0.1  # half the time of scikit-learn's default, and the same decisions
TEMPERATURE = 6.0  # makes scores into honest shares; from utterances that neither encoder nor model had seen
LONGEST = 2_000  # characters that are read; an intent is at the beginning or nowhere
# What a part of a message counts against the whole. Alone it reads too much into a story that leads up to a question,
# so the whole has a share in it. Chosen by benchmarks/understanding/choosing_needs.yml; decision 4 has the figures.
PART_WEIGHT, WHOLE_SHARE = 0.8, 0.08
_NGRAMS: tuple[dict[str, Any], ...] = (
    {"token_pattern": r"(?u)\b\w+\b", "ngram_range": (1, 2), "min_df": 2, "sublinear_tf": True, "dtype": np.float32},
    {"analyzer": "char_wb", "ngram_range": (2, 5), "min_df": 2, "sublinear_tf": True, "dtype": np.float32},
)


class Meaning(Protocol):
    """What ``bot.embedding.encoder.Encoder`` is to the model."""

    def of(self, texts: Sequence[str]) -> Floats: ...


class Features:
    """Turns texts into numbers: weighted n-grams and the vector of the sentence."""

    def __init__(self, vectorisers: Sequence[TfidfVectorizer], vectors: Meaning) -> None:
        self._vectorisers = vectorisers
        self._vectors = vectors

    @classmethod
    def learn(cls, texts: Sequence[str], vectors: Meaning) -> Features:
        """Learns the n-grams of *texts*."""
        read = [plain(text) for text in texts]
        return cls([TfidfVectorizer(**options).fit(read) for options in _NGRAMS], vectors)

    def of(self, texts: Sequence[str]) -> csr_matrix:
        """One row a text."""
        read = [plain(text) for text in texts]
        vectors = csr_matrix(_encoded(self._vectors, read) * VECTOR_WEIGHT)
        return hstack([*(vectoriser.transform(read) for vectoriser in self._vectorisers), vectors]).tocsr()

    def to_data(self) -> list[dict[str, Any]]:
        """Plain data for ``from_data``."""
        return [
            {"terms": sorted(v.vocabulary_, key=v.vocabulary_.__getitem__), "idf": [round(float(x), 5) for x in v.idf_]}
            for v in self._vectorisers
        ]

    @classmethod
    def from_data(cls, data: Sequence[dict[str, Any]], vectors: Meaning) -> Features:
        """The reverse of ``to_data``."""
        vectorisers = []
        for options, learnt in zip(_NGRAMS, data, strict=True):
            vocabulary = {term: index for index, term in enumerate(learnt["terms"])}
            vectoriser = TfidfVectorizer(**options, vocabulary=vocabulary)
            vectoriser.idf_ = np.array(learnt["idf"], dtype=np.float32)
            vectorisers.append(vectoriser)
        return cls(vectorisers, vectors)


class Model:
    """A score for each intent."""

    def __init__(self, features: Features, intents: Sequence[str], weights: Floats, bias: Floats) -> None:
        self.features = features
        self.intents = tuple(intents)
        self.weights = np.ascontiguousarray(weights)  # by rows: a text touches few of them
        self.bias = bias

    @classmethod
    def learn(cls, texts: Sequence[str], intents: Sequence[str], vectors: Meaning) -> Model:
        """Learns from examples."""
        features = Features.learn(texts, vectors)
        classifier = LinearSVC(C=REGULARISATION, tol=TOLERANCE, class_weight="balanced", random_state=1)
        classifier.fit(features.of(texts), intents)
        weights, bias = classifier.coef_.T, classifier.intercept_
        if len(classifier.classes_) == 2:  # scikit-learn keeps one column for two classes
            weights, bias = np.hstack([-weights, weights]), np.array([-bias[0], bias[0]])
        return cls(features, classifier.classes_, weights.astype(np.float32), bias.astype(np.float32))

    def probabilities(self, texts: Sequence[str]) -> Floats:
        """One row a text, one column an intent."""
        return _softmax(self._scores(texts) * TEMPERATURE)

    def ranked(self, text: str) -> list[tuple[str, float]]:
        """The intents of a message and of its parts, the likeliest first: one message can hold two needs."""
        read = parts(text)
        whole, *by_part = self.probabilities([text, *read])
        row = whole
        if read:
            part = np.max(by_part, axis=0)
            row = np.maximum(whole, PART_WEIGHT * whole**WHOLE_SHARE * part ** (1 - WHOLE_SHARE))
        return [(self.intents[place], float(row[place])) for place in np.argsort(-row)[:LABEL_RANKING_LENGTH]]

    def _scores(self, texts: Sequence[str]) -> Floats:
        return np.asarray(self.features.of(texts) @ self.weights + self.bias)


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class IntentModel(GraphComponent, IntentClassifier):
    """``Model`` as a part of Rasa's graph."""

    def __init__(self, storage: ModelStorage, resource: Resource, model: Model | None = None) -> None:
        self._storage = storage
        self._resource = resource
        self._model = model
        self._urgency = read_urgency()

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> IntentModel:
        """Rasa's way to make one that has to be trained."""
        return cls(model_storage, resource)

    def train(self, training_data: TrainingData) -> Resource:
        """Learns the examples and writes what it learnt into the model's archive."""
        examples = [example for example in training_data.intent_examples if example.get(TEXT)]
        model = Model.learn([e.get(TEXT) for e in examples], [e.get(INTENT) for e in examples], _encoder())
        with self._storage.write_to(self._resource) as folder:
            about = {"features": model.features.to_data(), "intents": model.intents}
            (folder / "intents.json").write_text(json.dumps(about), encoding="utf-8")
            np.savez(folder / "weights.npz", weights=model.weights.astype(np.float16), bias=model.bias)
        return self._resource

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> IntentModel:
        """Rasa's way to get back one that was trained."""
        with model_storage.read_from(resource) as folder:
            about = json.loads((folder / "intents.json").read_text(encoding="utf-8"))
            with np.load(folder / "weights.npz", allow_pickle=False) as numbers:
                weights, bias = numbers["weights"].astype(np.float32), numbers["bias"]
        features = Features.from_data(about["features"], _encoder())
        model = Model(features, about["intents"], weights, bias)
        return cls(model_storage, resource, model)

    def process(self, messages: list[Message]) -> list[Message]:
        """Adds the intent and the ranking to each message."""
        if self._model is None or not messages:
            return messages
        for message in messages:
            found = urgent_first(self._model.ranked((message.get(TEXT) or "")[:LONGEST]), self._urgency)
            ranking = [{"name": name, "confidence": sure} for name, sure in found]
            message.set("intent", ranking[0], add_to_output=True)
            message.set("intent_ranking", ranking, add_to_output=True)
        return messages

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Rasa asks for it where a later part learns from intents; none does."""
        return training_data


def _encoder() -> Encoder:
    """The one that triage uses too; it lies beside the models, and a model's name says which it was trained with."""
    return made(Settings.load().model_dir)


def _encoded(vectors: Meaning, texts: Sequence[str]) -> Floats:
    """Two threads where there are many: the encoder works outside of Python's lock."""
    if len(texts) < 100:
        return vectors.of(texts)
    batches = [texts[start : start + 200] for start in range(0, len(texts), 200)]
    with ThreadPoolExecutor(2) as pool:
        return np.concatenate(list(pool.map(vectors.of, batches)))


def _softmax(scores: Floats) -> Floats:
    powers = np.exp(scores - scores.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))
