"""The redactor takes seconds to load, so the tests share one."""

from __future__ import annotations

import pytest

from bot.privacy.redaction import Redactor


@pytest.fixture(scope="session")
def redactor() -> Redactor:
    return Redactor.load()
