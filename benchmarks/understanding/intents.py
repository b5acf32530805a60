"""
How well intents are told apart: on the frozen set, through the trained model as the assistant runs it.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.metrics import f1_score

from benchmarks.understanding.sets import ROOT, Set
from bot.assistant import training
from bot.settings import Settings

FALLBACK = "nlu_fallback"
FOLDS = 3


def measured(settings: Settings, held_out: Set) -> dict[str, Any]:
    """Macro-F1, right ones, right among the first three, by intent, and the ids of misses."""
    from rasa.core.agent import Agent

    from bot.assistant.inbound import typed
    from bot.logs import quiet_structlog
    from bot.privacy.redaction import Redactor
    from bot.triage.levels import Level

    quiet_structlog()
    if training.needs_training(settings):
        training.train(settings)
    agent = Agent()
    agent.load_model(training.find_model(settings))
    redactor = Redactor.load()

    async def read(text: str) -> list[dict[str, Any]]:
        heard = typed("evaluate", redactor.redact(text), Level.NONE)
        return list((await agent.processor.parse_message(heard))["intent_ranking"])

    rankings = [asyncio.run(read(item.text)) for item in held_out.items]
    truth = [item.label for item in held_out.items]
    said = [ranking[0]["name"] for ranking in rankings]
    bare = [[one["name"] for one in ranking if one["name"] != FALLBACK] for ranking in rankings]
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
    done = subprocess.run(command, cwd=ROOT, capture_output=True, check=False)  # it prints utterances: kept to itself
    report = folder / "intent_report.json"
    if done.returncode != 0 or not report.exists():
        return {"folds": FOLDS, "failed": done.returncode}
    summed = json.loads(report.read_text(encoding="utf-8"))
    return {"folds": FOLDS, "accuracy": summed.get("accuracy"), **summed["macro avg"]}
