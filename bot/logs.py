"""
Decides what may stand in a log: WHERE something happened and how much of it, never WHAT was said or who said it.

Three kinds of writers meet here and none of them can get a word through:

* our own code names a constant event and adds numbers: ``log.info("message.answered", ms=12.5)``;
* libraries (Rasa prints whole conversations when an action raises) keep only logger, level, file and line, and the
  types of the exceptions; with pinned versions a line number says as much as the sentence;
* ``print``, warnings, unhandled exceptions, native code: replaced by a record of their place, or dropped.

``lock_down`` runs before Rasa is imported, because structlog and Rasa's loggers are made at import time. This file is
longer than most: all ways out are closed in one place, so that one reading shows that they are.
"""

from __future__ import annotations

import asyncio
import contextlib
import faulthandler
import logging
import os
import re
import resource
import select
import sys
import threading
import time
import warnings
from collections.abc import Iterator, MutableMapping
from enum import Enum
from pathlib import Path
from types import FrameType, TracebackType
from typing import Any

PROCESSES = ("edge", "assistant", "desk", "supervisor", "shell", "train", "assess", "doctor", "cli")

# Words a value may consist of. Anything else is replaced by the name of its type.
LABELS = frozenset(PROCESSES).union(
    ("telegram", "web", "terminal", "none", "mild", "moderate", "high", "imminent", "normal", "check_in", "crisis"),
    ("self", "other", "harm", "offered", "waiting", "live", "closed", "expired", "loading", "ready", "ok", "failed"),
    ("timeout", "refused", "gone", "retrieve", "save", "forget", "sweep", "sqlite", "postgresql"),
)

_EVENT = re.compile(r"[a-z][a-z0-9_]*(\.[a-z0-9_]+)*")
_KEY = re.compile(r"[a-z][a-z0-9_]{0,23}")
_COUNT_LIMIT = 10_000_000  # a longer number could be an account's or a phone's, so it is rounded
_LINE_LIMIT = 2_000
_ROOT = str(Path(__file__).resolve().parent.parent) + os.sep

_LEVELS = {
    "debug": 10,
    "info": 20,
    "warn": 30,
    "warning": 30,
    "error": 40,
    "exception": 40,
    "critical": 50,
    "fatal": 50,
}

_process = "cli"
_descriptor = 2


class _Line(str):
    """What our own loggers say, already clean; the formatter lets nothing else through as it is."""

    __slots__ = ()


class Logger:
    """Says constant events with numbers. Made by ``get_logger``."""

    __slots__ = ("_logger",)

    def __init__(self, name: str) -> None:
        self._logger = logging.getLogger(name)

    def debug(self, event: str, **numbers: object) -> None:
        """For one who looks for a fault on a test system; says no more than the others."""
        self._say(logging.DEBUG, event, numbers)

    def info(self, event: str, **numbers: object) -> None:
        """Something that should happen happened."""
        self._say(logging.INFO, event, numbers)

    def warning(self, event: str, **numbers: object) -> None:
        """Something should not happen often; the service copes."""
        self._say(logging.WARNING, event, numbers)

    def error(self, event: str, **numbers: object) -> None:
        """Somebody should look. An exception may be passed as a value: its type and place are printed."""
        self._say(logging.ERROR, event, numbers)

    def _say(self, level: int, event: str, numbers: dict[str, object]) -> None:
        if self._logger.isEnabledFor(level):
            self._logger.log(level, _Line(" ".join((_clean_event(event), *_clean(numbers)))))


def get_logger(name: str) -> Logger:
    """A logger for the module *name* (``__name__``)."""
    return Logger(name)


def lock_down(level: str, process: str, *, rasa: bool = False, seal_output: bool = False) -> None:
    """
    Closes every way out but one line ``time level process logger event key=number`` on standard error.

    *level* is a name (``"INFO"``); libraries show from WARNING on, all of them at DEBUG. *rasa*: this process will
    import Rasa. *seal_output*: nothing but the log may use the file descriptors 1 and 2, for processes whose output
    is nobody's conversation; a later call does not open them again.
    """
    global _process, _descriptor
    _process = process if process in PROCESSES else "cli"
    if seal_output and _descriptor == 2:
        _descriptor = _own_descriptor()
    _forbid_traces()
    handler = _Handler(_descriptor)
    handler.setFormatter(_Formatter())
    _install(handler, getattr(logging, level))
    _hook_exceptions()
    if rasa:
        quiet_structlog()


def faults() -> list[str]:
    """What of ``lock_down`` does not hold in this process, tried with a word that must not come out."""
    found = []
    word = "canary-of-the-preflight"
    try:
        raise ValueError(word)
    except ValueError:
        record = logging.LogRecord("tried", 40, __file__, 1, f"{word} %s", (word,), sys.exc_info())
    formatters = [handler.formatter for handler in logging.root.handlers]
    if len(formatters) != 1 or formatters[0] is None or word in formatters[0].format(record):
        found.append("the log would print what is said")
    if logging.Logger.callHandlers.__module__ != __name__ or logging.lastResort not in logging.root.handlers:
        found.append("a library could log past the lock")
    if "structlog" in sys.modules and [p.__module__ for p in _structlog_processors()] != [__name__]:
        found.append("structlog would print what is said")
    if resource.getrlimit(resource.RLIMIT_CORE)[0] != 0:
        found.append("core dumps are on")
    if os.environ.get("RASA_TELEMETRY_ENABLED") != "false":
        found.append("Rasa's telemetry is on")
    if "sentry_sdk" in sys.modules and getattr(sys.modules["sentry_sdk"].Hub.current, "client", None) is not None:
        found.append("Sentry is on")
    return found


def _structlog_processors() -> list[Any]:
    return list(sys.modules["structlog"].get_config()["processors"])


def quiet_loop(loop: asyncio.AbstractEventLoop) -> None:
    """Makes *loop* report an exception that nobody awaited by its type and place."""
    log = get_logger("asyncio")
    loop.set_exception_handler(lambda _, context: log.error("task.failed", error=context.get("exception")))


def where(error: BaseException) -> str:
    """Types and places of *error* and of what caused it, outermost first: ``KeyError@processor.py:812<-OSError``."""
    return "<-".join(_links(error))


def _forbid_traces() -> None:
    """Core dumps, tracebacks of native code, telemetry and chatty libraries: off."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    faulthandler.disable()
    _forbid_dumps()
    for name, value in (
        ("RASA_TELEMETRY_ENABLED", "false"),
        ("ACCESS_LOG", "false"),
        ("LOG_LEVEL_LIBRARIES", "ERROR"),
        ("TF_CPP_MIN_LOG_LEVEL", "3"),
    ):
        os.environ[name] = value


def _forbid_dumps() -> None:
    """A core limit of 0 does not bind a dump that is piped to a collector; this does (``PR_SET_DUMPABLE``)."""
    import ctypes

    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(4, 0, 0, 0, 0)


def _own_descriptor() -> int:
    """Moves the log to a descriptor of its own; whatever is written to 1 or 2 from now on is dropped."""
    descriptor = os.dup(2)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    os.close(nowhere)
    return descriptor


class _Handler(logging.Handler):
    """Writes lines to a descriptor and would rather lose one than wait: a full pipe must not stop a crisis reply."""

    def __init__(self, descriptor: int) -> None:
        super().__init__()
        self._descriptor = descriptor
        self._lost = 0
        self._room = select.poll()
        self._room.register(descriptor, select.POLLOUT)

    def emit(self, record: logging.LogRecord) -> None:
        with contextlib.suppress(Exception):
            if not self._room.poll(0):
                self._lost += 1
                return
            lost = f" lost={self._lost}" if self._lost else ""
            os.write(self._descriptor, (self.format(record)[:_LINE_LIMIT] + lost + "\n").encode("ascii", "replace"))
            self._lost = 0


class _Formatter(logging.Formatter):
    """Our own lines as they are, everybody else's as a place."""

    def format(self, record: logging.LogRecord) -> str:
        """One line without a line break; never uses ``record.args``."""
        stamp = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(record.created))
        said = record.msg if type(record.msg) is _Line else _place_of(record)
        level = logging.getLevelName(record.levelno) if record.levelno in (10, 20, 30, 40, 50) else "OTHER"
        return f"{stamp} {level} {_process} {_clean_name(record.name)} {said}"


def _place_of(record: logging.LogRecord) -> str:
    place = f"said.at place={_short(record.pathname)}:{int(record.lineno)}"
    error = record.exc_info[1] if isinstance(record.exc_info, tuple) else None
    return f"{place} raised={where(error)}" if isinstance(error, BaseException) else place


def _install(handler: logging.Handler, level: int) -> None:
    """One handler for all: a library that brings its own (TensorFlow, socketio, sanic) is heard here instead."""
    libraries = level if level <= logging.DEBUG else max(level, logging.WARNING)

    def everything_goes_here(self: logging.Logger, record: logging.LogRecord) -> None:
        if type(record.msg) is _Line or record.levelno >= libraries:
            handler.handle(record)

    logging.Logger.callHandlers = everything_goes_here  # type: ignore[method-assign]
    logging.root.handlers[:] = [handler]
    logging.root.setLevel(level)
    logging.lastResort = handler
    logging.raiseExceptions = False


def _hook_exceptions() -> None:
    log = get_logger("python")

    def died(_: type[BaseException], error: BaseException, __: TracebackType | None) -> None:
        if not isinstance(error, KeyboardInterrupt):
            log.error("process.failed", error=error)

    def warned(message: object, category: type[Warning], filename: str, lineno: int, *_: object) -> None:
        log.debug("warning.raised", kind=category, place=_Place(f"{_short(filename)}:{int(lineno)}"))

    sys.excepthook = died
    threading.excepthook = lambda args: log.error("thread.failed", error=args.exc_value)
    sys.unraisablehook = lambda args: log.error("cleanup.failed", error=args.exc_value)
    warnings.showwarning = warned  # type: ignore[assignment]


def quiet_structlog() -> None:
    """
    Rasa speaks through structlog, whose default prints every message of every conversation to standard output.

    To be called before Rasa is imported; the edge, which never imports it, cannot spare the 0.3 s that structlog takes.
    """
    import structlog

    def place_only(_: Any, method: str, event: MutableMapping[str, Any]) -> Any:
        frame = _caller()
        name = str(frame.f_globals.get("__name__", "structlog"))
        failed = sys.exc_info() if method == "exception" or event.get("exc_info") else None
        code = frame.f_code.co_filename
        record = logging.LogRecord(name, _LEVELS.get(method, logging.DEBUG), code, frame.f_lineno, "", (), failed)
        logging.getLogger(name).callHandlers(record)
        raise structlog.DropEvent

    structlog.configure(
        processors=[place_only],
        context_class=dict,
        wrapper_class=structlog.make_filtering_bound_logger(logging.root.level),
        logger_factory=structlog.ReturnLoggerFactory(),
        cache_logger_on_first_use=True,
    )


def _caller() -> FrameType:
    """The frame that called structlog."""
    frame = sys._getframe(1)
    while frame.f_back and ("structlog" in frame.f_code.co_filename or frame.f_code.co_filename == __file__):
        frame = frame.f_back
    return frame


class _Place(str):
    """A file and a line, made here."""

    __slots__ = ()


def _clean_event(event: object) -> str:
    return event if isinstance(event, str) and len(event) <= 60 and _EVENT.fullmatch(event) else "event.unnamed"


def _clean_name(name: str) -> str:
    return name if len(name) <= 80 and re.fullmatch(r"[A-Za-z_][\w.]*", name, re.ASCII) else "unnamed"


def _clean(numbers: dict[str, object]) -> Iterator[str]:
    for key, value in numbers.items():
        if _KEY.fullmatch(key):
            yield f"{key}={_value(value)}"


def _value(value: object) -> str:
    """How a value is shown; a word that is not in ``LABELS`` shows as ``str``, an object as its type."""
    if isinstance(value, Enum):
        return value.name.lower()
    if value is None or type(value) is bool:
        return str(value).lower()
    if type(value) is int:
        return str(value) if abs(value) < _COUNT_LIMIT else f"{float(value):.1e}" if abs(value) < 10**300 else "int"
    if type(value) is float:
        return f"{value:.4g}"
    if type(value) is _Place or (type(value) is str and value in LABELS):
        return str(value)
    if isinstance(value, BaseException):
        return where(value)
    return _clean_name(value.__name__ if isinstance(value, type) else type(value).__name__)


def _links(error: BaseException | None) -> Iterator[str]:
    for _ in range(6):
        if error is None:
            return
        place = _last_place(error.__traceback__)
        yield _clean_name(type(error).__name__) + (f"@{place}" if place else "")
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)


def _last_place(trace: TracebackType | None) -> str:
    """Where it was raised and, when that is not ours, the last line of our own on the way there."""
    raised = ours = ""
    while trace is not None:
        filename = trace.tb_frame.f_code.co_filename
        raised = f"{_short(filename)}:{trace.tb_lineno}"
        if filename.startswith(_ROOT) and "site-packages" not in filename:
            ours = raised
        trace = trace.tb_next
    return raised if raised == ours or not ours else f"{raised}({ours})"


def _short(filename: str) -> str:
    """A path without the machine: from the project's root or the package's name on."""
    relative = filename.rpartition("site-packages" + os.sep)[2].removeprefix(_ROOT)
    if relative.startswith(os.sep):
        relative = relative.rpartition(os.sep)[2]
    return relative if re.fullmatch(r"[\w./-]{1,120}", relative, re.ASCII) else "unnamed"
