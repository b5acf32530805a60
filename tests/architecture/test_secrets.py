"""Secrets are compared in constant time, or looked up by a hash of themselves."""

from __future__ import annotations

import ast

from bot.settings import ROOT

SECRET = ("token", "secret", "password", "signature", "mac", "cookie")
NO_SECRET = {  # what is compared here is a length, or a name with itself
    "bot/crypto/key_files.py: len(secret) != KEY_BYTES",
    "bot/crypto/keyring.py: len(secret) != KEY_BYTES",
    "bot/desk/accounts.py: _key(password) == _key(name)",
}


def test_no_secret_is_compared_with_equals() -> None:
    """Nothing secret stands beside == or !=, whose time tells how much of it was right."""
    found = set()
    for path in sorted((ROOT / "bot").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Compare) or not any(isinstance(op, ast.Eq | ast.NotEq) for op in node.ops):
                continue
            parts = [part for side in (node.left, *node.comparators) for part in ast.walk(side)]
            words = {
                word
                for part in parts
                for word in str(getattr(part, "id", getattr(part, "attr", ""))).lower().split("_")
            }
            if words & set(SECRET):
                found.add(f"{path.relative_to(ROOT).as_posix()}: {ast.unparse(node)}")

    assert found <= NO_SECRET
