"""
The training data keeps what a reviewer was promised: enough of it, varied, each utterance in one place.
"""

from __future__ import annotations

from collections import Counter
from itertools import combinations

import pytest

from bot.catalogue import Catalogue
from tests.conversations.data import NLU, ROOT, normal, plain, read, steps, utterances, words_of

ENOUGH = 60
SAME = 0.8  # of the words of two utterances are shared


def test_every_intent_has_enough_utterances() -> None:
    """
    Each intent has at least 60 invented utterances.
    """
    few = {intent: len(said) for intent, said in utterances().items() if len(said) < ENOUGH}

    assert few == {}


def test_no_utterance_stands_twice() -> None:
    """
    No utterance is given twice, neither in one intent nor in two, however it is spelt.
    """
    counts = Counter(normal(one) for said in utterances().values() for one in said)

    assert [text for text, times in counts.items() if times > 1] == []


def test_no_two_utterances_are_nearly_the_same() -> None:
    """
    Within an intent no two utterances of four words or more share four fifths of their words.
    """
    alike = []
    for said in utterances().values():
        words = [(one, frozenset(normal(one).split())) for one in said]
        for (one, first), (other, second) in combinations(words, 2):
            if min(len(first), len(second)) >= 4 and len(first & second) / len(first | second) >= SAME:
                alike.append((one, other))

    assert alike == []


def test_utterances_name_nobody() -> None:
    """
    No utterance holds a phone number, an address or a handle: what is learnt is invented and names nobody.
    """
    said = [plain(one) for each in utterances().values() for one in each]

    assert [one for one in said if "@" in one or sum(map(str.isdigit, one)) > 6] == []


def test_many_voices() -> None:
    """
    Each intent is heard with and without capitals, in a few words and in more.
    """
    for intent, said in utterances().items():
        texts = [plain(one) for one in said]
        lengths = [len(text.split()) for text in texts]

        assert any(text[0].islower() for text in texts), intent
        assert any(text[0].isupper() or not text[0].isascii() for text in texts), intent
        assert max(lengths) - min(lengths) >= 4, intent


def test_domain_and_data_name_the_same_intents() -> None:
    """
    Every intent of the domain has utterances, and every rule's intent is in the domain.
    """
    domain = read(ROOT / "domain.yml")
    used = {step["intent"] for _, step in steps() if "intent" in step} - {"nlu_fallback"}

    assert set(domain["intents"]) == set(utterances()) == used


@pytest.mark.parametrize("kind", ["option", "who_learns", "topic", "state"])
def test_every_word_of_a_lookup_means_something(kind: str) -> None:
    """
    Each word that is found in a message is an id already or has one.
    """
    meanings = words_of(kind, "synonyms")
    meant = {word.lower() for words in meanings.values() for word in words}
    for word in words_of(kind, "lookups")[kind]:
        assert word.lower() in meant or word.lower().replace(" ", "_") in _ids(kind), word


@pytest.mark.parametrize("kind", ["option", "state"])
def test_every_meaning_is_in_the_catalogue(kind: str) -> None:
    """
    What a word is turned into is an option, or a state, of the catalogue.
    """
    assert {meaning.lower() for meaning in words_of(kind, "synonyms")} <= _ids(kind)


def test_entities_in_utterances_are_known() -> None:
    """
    Entities are marked with names that the domain has.
    """
    marks = {
        part.split(")")[0] for path in NLU.glob("*.yml") for part in path.read_text(encoding="utf-8").split("](")[1:]
    }

    assert marks <= set(read(ROOT / "domain.yml")["entities"])


def _ids(kind: str) -> set[str]:
    catalogue = Catalogue.load()
    if kind == "option":
        return {option.id for option in catalogue.options()}
    if kind == "state":
        return {place.code.lower() for place in catalogue.jurisdictions()}
    return set(words_of(kind, "synonyms")) | {"therapist", "sleep", "trauma", "alcohol", "family", "discipline"}
