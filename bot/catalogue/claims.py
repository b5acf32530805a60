"""
Finds what is said about confidentiality wherever somebody reads it, and whether a promise with a proof is behind it.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from bot.catalogue.promises import Holding, Promise, Promises
from bot.errors import DataError
from bot.settings import ROOT
from bot.wording import RESPONSES, every_text
from bot.yaml_files import read_yaml

README = ROOT / "README.md"
WIDGET = ROOT / "bot" / "channels" / "widget"
TELEGRAM = ROOT / "bot" / "channels" / "telegram.en.yml"
SUBPOENA = ROOT / "docs" / "subpoena.md"
RESULTS = ROOT / "reports" / "tests.json"
_FENCE = re.compile(r"```.*?```", re.DOTALL)  # a recorded conversation repeats what the responses say
_ORDER = (
    "A court can order that nothing more be erased from that moment on, or forbid us to say so. What is said after",
    "that would be kept. What was erased before does not come back; nothing opens what a forgotten key has sealed.",
)
_CELLS = re.compile(r" ?\|(?: ?-+ ?\|)*\n?")
_TAG = re.compile(r"<[^>]+>")


def faults(promises: Promises) -> list[str]:
    """Everything that ``make check`` has to refuse; each names the place."""
    return [*_unproven(promises), *_unaccounted(promises), *_missing_tests(promises), *_old_subpoena(promises)]


def texts() -> Iterator[tuple[str, str]]:
    """Place and text of everything that an officer can read, in English."""
    for name, text in every_text(RESPONSES):
        yield f"responses: {name}", text
    for name, text in _strings(read_yaml(TELEGRAM)):
        yield f"telegram: {name}", text
    for name, text in _strings(json.loads((WIDGET / "strings.en.json").read_text(encoding="utf-8"))):
        yield f"widget: {name}", text
    for page in sorted(WIDGET.glob("*.html")):
        yield f"widget: {page.name}", _TAG.sub("\n", page.read_text(encoding="utf-8"))
    prose = _CELLS.sub("\n\n", _FENCE.sub("", README.read_text(encoding="utf-8")))
    for paragraph in prose.split("\n\n"):
        yield "README.md", " ".join(paragraph.replace("**", "").split())


def subpoena(promises: Promises) -> str:
    """The published answer, as Markdown."""
    known = {promise.id: promise for promise in promises.all}
    lines = ["# What could be handed over", ""]
    lines += ["The most that anybody can get from this service with a court order, and what does not exist to be got."]
    lines += [
        "Rendered from `bot/catalogue/data/promises.yml` by `sidedoor promises write`; every line has its test.",
        "",
    ]
    lines += ["## What is there, and until when", ""]
    for holding in promises.subpoena.there:
        lines += [f"- {holding.what}", f"  Until: {holding.until}", f"  ({_proof(holding)})"]
    lines += ["", "## What is not there", ""]
    for name in promises.subpoena.not_there:
        promise = known[name]
        lines += [f"- {promise.text} {promise.limit}".rstrip(), f"  ({_proof(promise)})"]
    lines += ["", "## What others have, and we cannot speak for", ""]
    lines += [f"- {other}" for other in promises.subpoena.others]
    lines += ["", "## What an order can change", "", *_ORDER]
    return "\n".join(lines) + "\n"


def not_passed(promises: Promises, results: Mapping[str, str]) -> list[str]:
    """Promises of which a test failed or none ran, after a run of all tests; *results* are outcomes by test."""
    found = _failed(promises, results)
    for promise in promises.all:
        if promise.proof and "passed" not in {_outcome(node, results) for node in promise.proof}:
            found.append(f"{promise.id}: none of its tests has passed")
    return found


def failed_last(promises: Promises) -> list[str]:
    """Promises of which a test failed when all were run last; none where there was no such run."""
    return _failed(promises, read_results()) if RESULTS.exists() else []


def _failed(promises: Promises, results: Mapping[str, str]) -> list[str]:
    return [
        f"{promise.id}: {node} has failed"
        for promise in promises.all
        for node in promise.proof
        if _outcome(node, results) == "failed"
    ]


def _outcome(node: str, results: Mapping[str, str]) -> str:
    """Of a test with parameters: failed when one failed, passed when one passed, missing when none ran."""
    found = {what for name, what in results.items() if name == node or name.startswith(node + "[")}
    return next((what for what in ("failed", "passed", "skipped") if what in found), "missing")


def _unproven(promises: Promises) -> Iterator[str]:
    for promise in promises.pending():
        yield f"promises.yml: {promise.id}: no test proves it, so it must not be said"
    known = {promise.id for promise in promises.all}
    for name in promises.subpoena.not_there:
        if name not in known:
            yield f"promises.yml: subpoena: there is no promise {name}"


def _unaccounted(promises: Promises) -> Iterator[str]:
    for place, text in texts():
        for sentence in promises.unaccounted_claims(text):
            yield f"{place}: no promise stands behind: {sentence}"


def _missing_tests(promises: Promises) -> Iterator[str]:
    for node in sorted(promises.proofs()):
        if node not in tests_in(node.split("::")[0]):
            yield f"promises.yml: there is no test {node}"


def tests_in(file: str) -> frozenset[str]:
    """The ids of the tests in *file*, read off its syntax tree; a test that pytest would not collect does not count."""
    path = ROOT / file
    if not path.exists() or not path.name.startswith("test_"):
        return frozenset()
    found = set()
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_"):
            found.add(f"{file}::{node.name}")
    return frozenset(found)


def _old_subpoena(promises: Promises) -> Iterator[str]:
    if not SUBPOENA.exists() or SUBPOENA.read_text(encoding="utf-8") != subpoena(promises):
        yield "docs/subpoena.md is not what promises.yml says; `sidedoor promises write`"


def _proof(item: Promise | Holding) -> str:
    return ", ".join(f"`{node.partition('::')[2]}`" for node in item.proof)


def _strings(content: Any, name: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(content, str):
        yield name, content
    elif isinstance(content, Mapping):
        for key, value in content.items():
            yield from _strings(value, f"{name}.{key}".lstrip("."))
    elif isinstance(content, list):
        for value in content:
            yield from _strings(value, name)


def read_results(path: Path | None = None) -> dict[str, str]:
    """What the last run of all tests wrote down; raises ``DataError`` when there was none."""
    try:
        return dict(json.loads((path or RESULTS).read_text(encoding="utf-8")))
    except (OSError, ValueError):
        raise DataError("reports/tests.json: there is none; `make test` writes it when all tests have run") from None
