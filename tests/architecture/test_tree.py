"""House rules that imports cannot show, read off the syntax tree."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.settings import ROOT

SOURCES = sorted([*(ROOT / "bot").rglob("*.py"), *(ROOT / "actions").rglob("*.py")])


def place(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def calls(tree: ast.AST, name: str) -> Iterator[ast.Call]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            function = node.func
            called = function.id if isinstance(function, ast.Name) else getattr(function, "attr", "")
            if called == name:
                yield node


@pytest.fixture(scope="module")
def trees() -> dict[str, ast.Module]:
    return {place(path): ast.parse(path.read_text(encoding="utf-8")) for path in SOURCES}


def test_one_maker_of_messages(trees: dict[str, ast.Module]) -> None:
    """Only ``assistant/inbound.py`` makes a ``UserMessage``."""
    makers = {name for name, tree in trees.items() if any(calls(tree, "UserMessage"))}

    assert makers == {"bot/assistant/inbound.py"}


def test_one_reader_of_the_environment(trees: dict[str, ast.Module]) -> None:
    """Only ``settings.py`` reads the environment; ``logs.py`` writes to it, to silence libraries."""

    def touches(tree: ast.AST) -> bool:
        return any(isinstance(n, ast.Attribute) and n.attr in ("environ", "getenv", "environb") for n in ast.walk(tree))

    assert {name for name, tree in trees.items() if touches(tree)} == {"bot/settings.py", "bot/logs.py"}


def test_no_print(trees: dict[str, ast.Module]) -> None:
    """Nothing is printed but what the command prints for the person who typed it."""
    allowed = {"bot/cli.py", "bot/channels/terminal.py", "bot/assessment.py"}

    printing = {name for name, tree in trees.items() if any(isinstance(c.func, ast.Name) for c in calls(tree, "print"))}

    assert printing <= allowed


def test_no_sentence_in_actions(trees: dict[str, ast.Module]) -> None:
    """An action names a response and never brings a text of its own."""
    faults = [
        f"{name}:{call.lineno}"
        for name, tree in trees.items()
        for call in calls(tree, "utter_message")
        if call.args or any(keyword.arg == "text" for keyword in call.keywords)
    ]

    assert faults == []


def test_log_calls_name_constant_events(trees: dict[str, ast.Module]) -> None:
    """A logger is given a constant event and named numbers, never a composed string."""
    faults = []
    for name, tree in trees.items():
        for level in ("debug", "info", "warning", "error"):
            for call in calls(tree, level):
                on_log = isinstance(call.func, ast.Attribute) and getattr(call.func.value, "id", "") == "log"
                if on_log and not (len(call.args) == 1 and isinstance(call.args[0], ast.Constant)):
                    faults.append(f"{name}:{call.lineno}")

    assert faults == []


def test_no_cancellation_is_swallowed(trees: dict[str, ast.Module]) -> None:
    """``asyncio.wait_for`` can lose a cancellation on Python 3.11, so that a stop never ends: ``timeout`` cannot."""
    assert [name for name, tree in trees.items() if any(calls(tree, "wait_for"))] == []


def test_modules_open_with_a_sentence(trees: dict[str, ast.Module]) -> None:
    """Every module says in its first line what it protects or decides."""
    silent = [name for name, tree in trees.items() if not (ast.get_docstring(tree) or "").strip()]

    assert silent == []


def test_errors_are_one_tree(trees: dict[str, ast.Module]) -> None:
    """Every exception of ours descends from ``SidedoorError``, so that an edge can catch them all."""
    ours = {node.name for node in ast.walk(trees["bot/errors.py"]) if isinstance(node, ast.ClassDef)}
    strangers = {
        f"{name}:{node.name}"
        for name, tree in trees.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef)
        and any(getattr(b, "id", "").endswith(("Error", "Exception")) for b in node.bases)
        and not any(getattr(b, "id", "") in ours for b in node.bases)
    }

    assert strangers == {"bot/errors.py:SidedoorError"}


@pytest.mark.parametrize("word", ["counsellor", "counselor", "therapist"])
def test_never_called_what_it_is_not(word: str) -> None:
    """The page that officers open never calls this software a counsellor or a therapist."""
    page = "".join(p.read_text(encoding="utf-8") for p in (ROOT / "bot/channels/widget").glob("*.html")).lower()

    assert page
    assert word not in page
