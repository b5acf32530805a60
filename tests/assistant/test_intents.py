"""The model of intents on a handful of examples."""

from __future__ import annotations

import json

import numpy as np
import pytest

from bot.assistant.intents import Features, Model
from bot.assistant.needs import SECOND, URGENCY, parts, read_urgency, urgent_first
from bot.embedding.encoder import Encoder, made
from bot.settings import Settings
from bot.yaml_files import read_yaml
from tests.conversations.data import ROOT

EXAMPLES = {
    "sleep": "i can not sleep|awake all night|i lie awake until four|no sleep for days|nightmares wake me|sleepless",
    "money": "what does it cost|is it free|who pays for it|how much is a session|the price please|is there a fee",
    "gun": "will they take my gun|do i lose my weapon|my duty weapon|can i keep my firearm|gun rights|the gun locker",
}
TEXTS = [text for texts in EXAMPLES.values() for text in texts.split("|")]
INTENTS = [intent for intent, texts in EXAMPLES.items() for _ in texts.split("|")]


@pytest.fixture(scope="module")
def vectors() -> Encoder:
    return made(Settings.load().model_dir)


@pytest.fixture(scope="module")
def model(vectors: Encoder) -> Model:
    return Model.learn(TEXTS, INTENTS, vectors)


def best(model: Model, text: str) -> tuple[str, float]:
    row = model.probabilities([text])[0]
    return model.intents[int(row.argmax())], float(row.max())


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("cant sleap at nite", "sleep"),
        ("will they take my pistol", "gun"),
        ("how expensive would that be", "money"),
        ("AWAKE ALL NIGHT AGAIN", "sleep"),
        ("[name] said they’d take my gun", "gun"),
    ],
)
def test_other_words_for_the_same(model: Model, text: str, intent: str) -> None:
    """Misspelt words, words that no example has, and labels of redaction do not hide what is meant."""
    assert best(model, text)[0] == intent


def test_nonsense_is_uncertain(model: Model) -> None:
    """Where nothing is known the model is less sure than where it is."""
    assert best(model, "xkcd qwrtz pfft")[1] < best(model, "what does it cost")[1]


def test_probabilities_are_probabilities(model: Model) -> None:
    """Every row adds up to one, for empty and for huge texts too."""
    rows = model.probabilities(["", "hello", "gun " * 5000, "ünïcödé 🙂"])

    assert np.allclose(rows.sum(axis=1), 1, atol=1e-5)


def test_it_survives_its_archive(model: Model, vectors: Encoder) -> None:
    """What was written down and read again says the same."""
    features = Features.from_data(json.loads(json.dumps(model.features.to_data())), vectors)
    again = Model(features, model.intents, model.weights, model.bias)

    assert np.allclose(again.probabilities(TEXTS), model.probabilities(TEXTS), atol=1e-3)


@pytest.mark.parametrize(
    "text", ["how much is a session and will they take my gun", "Awake all night. How much is it?"]
)
def test_two_needs_are_both_found(model: Model, text: str) -> None:
    """A message with two needs has both of them first, each sure enough to be spoken of."""
    (_, sure), (_, also) = ranked = model.ranked(text)[:2]

    assert len({name for name, _ in ranked}) == 2
    assert min(sure, also) >= SECOND


@pytest.mark.parametrize(("whole", "second"), [(0.01, True), (0.00001, False)])
def test_a_clause_counts_as_far_as_the_whole_bears_it_out(
    whole: float, second: bool, model: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A meaning that only a clause has, and the whole message as good as none of, is no second need."""
    rest = [0.0] * (len(model.intents) - 2)
    rows = np.array([[0.98, whole, *rest], [0.98, 0.01, *rest], [0.05, 0.9, *rest]], dtype=np.float32)
    monkeypatch.setattr(model, "probabilities", lambda texts: rows)

    first, other = model.ranked("it began in the spring, and then it got worse")[:2]

    assert first[0] == model.intents[0] and other[0] == model.intents[1]
    assert (other[1] >= SECOND) is second


def test_one_need_is_not_taken_apart() -> None:
    """What has one clause, or short words around it, is read as a whole."""
    assert parts("so, yes, will they take my gun") == []
    assert parts("") == []


def test_the_more_urgent_need_comes_first() -> None:
    """A second need that is sure enough and more urgent comes first, no surer than it was."""
    urgency = {"danger": -2, "person": -1, "thanks": 1}

    assert urgent_first([("cost", 0.9), ("danger", 0.6)], urgency) == [("danger", 0.6), ("cost", 0.6)]
    assert urgent_first([("person", 0.9), ("danger", 0.8)], urgency) == [("danger", 0.8), ("person", 0.8)]
    assert urgent_first([("thanks", 0.9), ("cost", 0.6)], urgency) == [("cost", 0.6), ("thanks", 0.6)]
    for stays in (
        [("cost", 0.9), ("danger", SECOND - 0.1)],
        [("cost", 0.9), ("sleep", 0.8)],
        [("danger", 0.9), ("person", 0.8)],
        [("cost", 0.9)],
    ):
        assert urgent_first(stays, urgency) == stays


def test_what_is_urgent_is_an_intent() -> None:
    """Every name in the order of urgency is an intent of the domain, once; danger comes before all, courtesies after."""
    read = read_yaml(URGENCY)
    names = [name for step in [*read["first"], read["last"]] for name in step]
    steps = read_urgency()

    assert len(names) == len(set(names)) == len(steps)
    assert set(names) <= set(read_yaml(ROOT / "domain.yml")["intents"])
    assert min(steps, key=steps.__getitem__) == "suicidal_statement"
    assert steps["talk_to_person"] < 0 < steps["thanks"]
