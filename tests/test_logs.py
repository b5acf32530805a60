"""The logging lock-down, tried in processes of its own, because it cannot be undone."""

from __future__ import annotations

import logging
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.logs import LABELS, _clean, _clean_event, _Formatter, _short, where
from bot.settings import ROOT
from bot.triage.levels import Level

CANARY = "CANARY-07700900123"
START = "from bot.logs import get_logger, lock_down, quiet_structlog\n"


def run(code: str, *, level: str = "DEBUG", sealed: bool = False) -> subprocess.CompletedProcess[str]:
    """What a locked-down process that runs *code* puts out."""
    lock = f"lock_down({level!r}, 'assistant', rasa='structlog' in {code!r}, seal_output={sealed})\n"
    command = [sys.executable, "-c", START + lock + code]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)


WAYS_OUT = {
    "a library's sentence": "import logging; logging.getLogger('rasa.core').error('%s said it', {canary!r})",
    "a library's exception": "import logging\ntry:\n  raise ValueError({canary!r})\n"
    "except ValueError:\n  logging.getLogger('rasa').exception({canary!r})",
    "a library's own handler": "import logging, sys\nlogger = logging.getLogger('sanic'); logger.propagate = False\n"
    "logger.addHandler(logging.StreamHandler(sys.stderr)); logger.error({canary!r})",
    "a record's extra fields": "import logging; logging.getLogger('x').error('said', extra={{'text': {canary!r}}})",
    "a logger's name": "import logging; logging.getLogger({canary!r}).error('said')",
    "a broken format": "import logging; logging.getLogger('x').error('%d', {canary!r})",
    "structlog": "import structlog; structlog.get_logger().warning('message.parsing.failed', user_text={canary!r})",
    "structlog's exception": "import structlog\nlocal = {canary!r}\ntry:\n  raise KeyError(local)\n"
    "except KeyError:\n  structlog.get_logger().exception('x', text=local)",
    "a warning": "import warnings; warnings.warn('Failed to parse line ' + {canary!r})",
    "an exception nobody caught": "raise RuntimeError({canary!r})",
    "its cause": "try:\n  raise KeyError({canary!r})\nexcept KeyError as error:\n  raise RuntimeError('x') from error",
    "a thread's exception": "import threading\ndef fail(): raise RuntimeError({canary!r})\n"
    "thread = threading.Thread(target=fail, name={canary!r}); thread.start(); thread.join()",
    "a task's exception": "import asyncio\nasync def fail(): raise RuntimeError({canary!r})\n"
    "async def main():\n  asyncio.create_task(fail(), name={canary!r})\n  await asyncio.sleep(0.05)\n"
    "asyncio.run(main())",
    "a finaliser's exception": "class X:\n  def __del__(self): raise RuntimeError({canary!r})\nX()",
    "our own logger, misused": "get_logger('bot.x').info('said ' + {canary!r}, text={canary!r}, error=ValueError({canary!r}))",
}


@pytest.mark.parametrize("way", WAYS_OUT)
def test_no_way_out(way: str) -> None:
    """Whatever is written, raised or warned of, the words in it do not come out, at DEBUG either."""
    found = run(WAYS_OUT[way].format(canary=CANARY))

    assert CANARY not in found.stderr + found.stdout
    assert "assistant" in found.stderr
    assert "Traceback" not in found.stderr


@pytest.mark.parametrize(
    "way",
    [
        f"print({CANARY!r})",
        f"import sys; sys.stderr.write({CANARY!r})",
        f"import os; os.write(1, {CANARY.encode()!r}); os.write(2, {CANARY.encode()!r})",
        f"import subprocess; subprocess.run(['echo', {CANARY!r}])",
        f"import ctypes; libc = ctypes.CDLL(None); libc.puts({CANARY.encode()!r}); libc.fflush(None)",
        "import faulthandler, os, signal; os.kill(os.getpid(), signal.SIGSEGV)",
    ],
)
def test_sealed_output(way: str) -> None:
    """Where output is sealed, what is printed past the log goes nowhere, from native code and children too."""
    found = run(way + "\nget_logger('bot.x').info('still.here')", sealed=True)

    assert found.stdout == ""
    assert CANARY not in found.stderr
    assert "Fatal" not in found.stderr


def test_where_not_what() -> None:
    """A library's record keeps its logger, level, place and the types of its exceptions."""
    code = (
        "import logging, json\ntry:\n  json.loads('{')\nexcept ValueError:\n  logging.getLogger('a.b').exception('x')"
    )

    line = run(code).stderr.strip()

    assert " ERROR assistant a.b said.at place=" in line
    assert "raised=JSONDecodeError@decoder.py:" in line


def test_our_own_events() -> None:
    """Our own lines keep the event and its numbers."""
    code = "get_logger('bot.x').info('message.answered', ms=12.3456, replies=2, channel='telegram', ok=True, none=None)"

    line = run(code, level="INFO").stderr.strip()

    assert line.endswith("INFO assistant bot.x message.answered ms=12.35 replies=2 channel=telegram ok=true none=none")


def test_libraries_are_silent_below_warning() -> None:
    """At INFO, libraries are heard from WARNING on; at DEBUG, all of them."""
    code = "import logging; logging.getLogger('lib').info('x'); logging.getLogger('lib').warning('y')"

    assert run(code, level="INFO").stderr.count("lib said.at") == 1
    assert run(code, level="DEBUG").stderr.count("lib said.at") == 2


def test_full_pipe_loses_lines_not_time() -> None:
    """A log that nobody reads costs lines and never makes the process wait."""
    code = "log = get_logger('bot.x')\nfor n in range(20000): log.info('many.lines', n=n)\nprint('done', flush=True)"
    command = [sys.executable, "-c", START + "lock_down('INFO', 'edge')\n" + code]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout
        line = process.stdout.readline()
        process.kill()

    assert line == b"done\n"


def test_no_core_dump() -> None:
    """The process can leave no image of its memory."""
    code = (
        "import ctypes, resource\n"
        "get_logger('bot.x').info('limits', soft=resource.getrlimit(resource.RLIMIT_CORE)[0],"
        " dumpable=ctypes.CDLL(None).prctl(3))"
    )

    assert "limits soft=0 dumpable=0" in run(code).stderr


def test_telemetry_is_off() -> None:
    """Rasa's telemetry finds itself switched off."""
    code = "import os; get_logger('bot.x').info('telemetry', off=os.environ['RASA_TELEMETRY_ENABLED'] == 'false')"

    assert "telemetry off=true" in run(code).stderr


@given(st.text(min_size=1))
def test_words_become_their_type(word: str) -> None:
    """A word that is not on the list of labels is never printed."""
    shown = next(_clean({"value": word}), "")

    assert shown == f"value={word}" if word in LABELS else shown == "value=str"


@given(st.text())
def test_events_are_constants(event: str) -> None:
    """An event is a dotted name, one line, or it is unnamed."""
    cleaned = _clean_event(event)

    assert cleaned == event or cleaned == "event.unnamed"
    assert cleaned.isascii()
    assert not any(character.isspace() for character in cleaned)


@given(st.integers(min_value=10_000_000))
def test_long_numbers_are_rounded(number: int) -> None:
    """A number as long as an account's or a telephone's is not printed whole."""
    shown = next(_clean({"value": number}))

    assert str(number) not in shown


def test_enums_show_their_name() -> None:
    """A level shows as its label."""
    assert list(_clean({"level": Level.HIGH})) == ["level=high"]


def test_exceptions_show_type_and_place() -> None:
    """An exception passed as a value shows its type, its place and its causes' types."""
    try:
        try:
            raise KeyError(CANARY)
        except KeyError as error:
            raise ValueError(CANARY) from error
    except ValueError as error:
        shown = where(error)

    assert shown.startswith("ValueError@tests/test_logs.py:")
    assert "<-KeyError@tests/test_logs.py:" in shown
    assert CANARY not in shown


@given(st.text())
def test_paths_do_not_leave_the_project(name: str) -> None:
    """A path is shown from the project's root or the package's name on, or not at all."""
    shown = _short(f"/home/{name}/secret.py")

    assert shown in ("secret.py", "unnamed")
    assert _short(str(Path(ROOT) / "bot" / "logs.py")) == "bot/logs.py"


@given(said=st.text(min_size=1), argument=st.text(), name=st.text(), path=st.text(), level=st.integers(0, 60))
def test_no_record_of_a_library_gets_its_words_out(said: str, argument: str, name: str, path: str, level: int) -> None:
    """Whatever a library logs, with whatever name, place, level and exception, one line comes out and no mark of it."""
    try:
        raise ValueError(f"{CANARY} {said}")
    except ValueError:
        record = logging.LogRecord(
            f"{name} {CANARY}",
            level,
            f"/{CANARY}/{path}/module.py",
            7,
            f"{CANARY} {said} %s",
            (argument,),
            sys.exc_info(),
        )

    line = _Formatter().format(record)

    assert CANARY not in line
    assert len(line.splitlines()) == 1
    assert line.isascii()
