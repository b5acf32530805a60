"""
Every error this service raises on purpose, as one tree.

    SidedoorError
    ├── SettingsError          a setting is missing or out of range
    ├── PreflightError         the service would not keep its promises, so it does not start
    ├── DataError              a data file is wrong: file, line and field are named
    ├── CryptoError
    │   ├── KeyFileError       a key is missing, malformed or readable by others
    │   └── CannotOpenError    sealed bytes do not open with the keys at hand
    ├── StoreError             a database cannot be read or written
    ├── AssistantUnavailable   the assistant's process is loading, hung or dead
    └── HandoffError
        ├── UnknownCase        the case was closed, erased or never existed
        ├── NotYours           another responder holds the case
        ├── ForbiddenAddress   an address in a private network, which nobody has allowed
        └── WrongState         the case is in a state that does not allow this step

A class that only one module knows stands in that module: ``SessionClosed`` and ``TooManyAtOnce`` of the web chat, say.
None of them quotes a value: a message names the setting, the row or the rule, never what was in it.
"""

from __future__ import annotations


class SidedoorError(Exception):
    """The root. Catch this at an edge, never inside."""


class SettingsError(SidedoorError):
    """A setting is missing or out of range; the text names the setting only."""


class PreflightError(SidedoorError):
    """A promise could not be kept, so the process refuses to start."""


class DataError(SidedoorError):
    """A data file is wrong; the text names file, line and field."""


class CryptoError(SidedoorError):
    """Never raised directly."""


class KeyFileError(CryptoError):
    """A key file is missing, malformed or readable by others."""


class CannotOpenError(CryptoError):
    """The sealed bytes do not open: wrong key, wrong place, or changed."""


class StoreError(SidedoorError):
    """A database cannot be read or written."""


class AssistantUnavailable(SidedoorError):
    """The assistant's process is loading, hung or dead."""


class HandoffError(SidedoorError):
    """Never raised directly."""


class UnknownCase(HandoffError):
    """The case was closed, erased or never existed."""


class NotYours(HandoffError):
    """Another responder holds the case."""


class ForbiddenAddress(HandoffError):
    """An address that this service must not call."""


class WrongState(HandoffError):
    """The case is in a state that does not allow this step."""
