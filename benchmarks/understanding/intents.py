"""
How well intents are told apart: on the frozen set, through the trained model as the assistant runs it.
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.metrics import f1_score

from benchmarks.understanding.sets import ROOT, Item, Set, Two
from bot.assistant import training
from bot.assistant.needs import SECOND
from bot.settings import Settings

FALLBACK = "nlu_fallback"
FOLDS = 3
EDGE_NAMES = {"person": "talk_to_person", "forget": "forget_me"}  # choices that the edge answers, by their intents


class Reader:
    """The trained model with the actions, as the assistant runs it; what it hears it has redacted before."""

    def __init__(self, settings: Settings) -> None:
        from rasa.core.agent import Agent

        from bot.assistant.local_actions import LocalActions
        from bot.assistant.reviewed_wording import ReviewedWording
        from bot.assistant.training import Sources
        from bot.logs import quiet_structlog
        from bot.privacy.redaction import Redactor

        quiet_structlog()
        if training.needs_training(settings):
            training.train(settings)
        actions = LocalActions(Sources().actions)
        self._agent = Agent(generator=ReviewedWording(), action_endpoint=actions)
        self._agent.load_model(training.find_model(settings))
        actions.serve(self._agent.domain)
        self._redactor = Redactor.load()

    async def ranking(self, text: str) -> list[dict[str, Any]]:
        """The intents of a message, the likeliest first."""
        return list((await self._agent.processor.parse_message(self._heard("ranking", text)))["intent_ranking"])

    async def bare_ranking(self, text: str) -> list[dict[str, Any]]:
        """The same without the fallback, which stands first where nothing is likely enough."""
        return without_fallback(await self.ranking(text))

    async def offers(self, who: str, text: str) -> set[str]:
        """The intents that the buttons of the answer to a first message lead to."""
        from bot.assistant.inbound import answer

        heard = self._heard(who, text)
        await self._agent.handle_message(heard)
        replies = answer(heard.output_channel)["replies"]
        return {button["payload"].lstrip("/").split(":")[0] for reply in replies for button in reply["buttons"]}

    def _heard(self, who: str, text: str) -> Any:
        from bot.assistant.inbound import typed
        from bot.triage.levels import Level

        return typed(who, self._redactor.redact(text), Level.NONE)


def without_fallback(ranking: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    return [one for one in ranking if one["name"] != FALLBACK]


def of_two(reader: Reader, held_out: Sequence[Two]) -> dict[str, Any]:
    """Messages with two needs: whether the urgent one is answered, and the other one is at least a tap away."""
    first, near, offered = [], [], []
    for number, item in enumerate(held_out):
        names = [one["name"] for one in asyncio.run(reader.bare_ranking(item.text))]
        first.append(names[0] == item.urgent)
        near.append({item.urgent, item.other} <= set(names[:3]))
        payloads = {EDGE_NAMES.get(name, name) for name in asyncio.run(reader.offers(f"two-{number}", item.text))}
        offered.append({item.urgent, item.other} <= payloads | {names[0]})
    return {"n": len(first)} | {
        name: float(np.mean(found)) for name, found in (("urgent", first), ("near", near), ("offered", offered))
    }


def of_one(reader: Reader, items: Sequence[Item]) -> dict[str, Any]:
    """Messages with one need in several clauses: whether it comes first, and whether a second is seen where none is."""
    found = [asyncio.run(reader.bare_ranking(item.text)) for item in items]
    return {
        "n": len(items),
        "right": float(np.mean([one[0]["name"] == item.label for one, item in zip(found, items, strict=True)])),
        "second": float(np.mean([one[1]["confidence"] >= SECOND for one in found])),
    }


def measured(reader: Reader, held_out: Set) -> dict[str, Any]:
    """Macro-F1, right ones, right among the first three, by intent, and the ids of misses."""
    rankings = [asyncio.run(reader.ranking(item.text)) for item in held_out.items]
    truth = [item.label for item in held_out.items]
    said = [ranking[0]["name"] for ranking in rankings]
    bare = [[one["name"] for one in without_fallback(ranking)] for ranking in rankings]
    names = sorted(set(truth) | set(said))
    table = np.zeros((len(names), len(names)), dtype=np.int64)
    for true, guess in zip(truth, said, strict=True):
        table[names.index(true), names.index(guess)] += 1
    known = sorted(set(truth))
    first = [row[0] for row in bare]
    return {
        "n": len(truth),
        "macro_f1": float(f1_score(truth, said, labels=known, average="macro", zero_division=0)),
        "macro_f1_without_fallback": float(f1_score(truth, first, labels=known, average="macro", zero_division=0)),
        "right": float(np.mean([a == b for a, b in zip(truth, said, strict=True)])),
        "right_of_three": float(np.mean([a in row[:3] for a, row in zip(truth, bare, strict=True)])),
        "fallback": float(np.mean([guess == FALLBACK for guess in said])),
        "by_intent": dict(
            zip(known, f1_score(truth, said, labels=known, average=None, zero_division=0).tolist(), strict=True)
        ),
        "names": names,
        "table": table,
        "misses": [
            (item.id, item.label, guess)
            for item, guess in zip(held_out.items, said, strict=True)
            if item.label != guess
        ],
    }


def rasa_cross_validation(out: Path) -> dict[str, Any]:
    """``rasa test nlu`` with cross-validation over the utterances; its own report, summed up."""
    folder = out / "rasa"
    folder.mkdir(parents=True, exist_ok=True)
    command = (
        str(Path(sys.executable).with_name("rasa")),
        *("test", "nlu", "--cross-validation", "--folds", str(FOLDS), "--nlu", str(ROOT / "nlu_data"), "--no-plot"),
        *("--config", str(ROOT / "config.yml"), "--out", str(folder), "--no-errors"),
    )
    environment = {**os.environ, "RASA_TELEMETRY_ENABLED": "false"}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, check=False)  # it prints utterances
    report = folder / "intent_report.json"
    if done.returncode != 0 or not report.exists():
        return {"folds": FOLDS, "failed": done.returncode}
    summed = json.loads(report.read_text(encoding="utf-8"))
    return {"folds": FOLDS, "accuracy": summed.get("accuracy"), **summed["macro avg"]}
