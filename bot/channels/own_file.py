"""
Opens a small database of the edge's own, which costs only what it remembers when it cannot be used.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Any

BUSY_SECONDS = 0.2


def opened(path: Path, statements: Sequence[str], **options: Any) -> sqlite3.Connection:
    """
    The file after *statements*, for its owner alone and made anew when it is none of ours.

    *options* are those of ``sqlite3.connect``; raises ``OSError`` or ``sqlite3.Error``.
    """
    for last in (False, True):
        database = None
        try:
            os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
            database = sqlite3.connect(path, timeout=BUSY_SECONDS, check_same_thread=False, **options)
            for statement in statements:
                database.execute(statement)
            database.commit()
            return database
        except sqlite3.DatabaseError as error:
            if database is not None:
                database.close()
            if last or isinstance(error, sqlite3.OperationalError):
                raise
            path.unlink(missing_ok=True)
    raise AssertionError
