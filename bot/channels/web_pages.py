"""
Reads the widget's files once and makes of them what browsers get: the page in each language, parts with their hashes.

``define.js`` carries the hash of every other part, and the page (or the line that embeds the widget) the hash of
``define.js``, so a changed file does not run.
"""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

from bot.catalogue.safety_plan import safety_plan
from bot.errors import DataError

WIDGET = Path(__file__).with_name("widget")
LANGUAGES = ("en", "es")

# Modules in the order in which they import one another: the last one is the element.
MODULES = (
    "dom.js",
    "stream.js",
    "conversation.js",
    "quick-exit.js",
    "view.js",
    "log.js",
    "composer.js",
    "banner.js",
    "return-code.js",
    "plan.js",
    "frame.js",
    "support-chat.js",
)
PARTS = (*MODULES, "support-chat.css", *(f"strings.{language}.json" for language in LANGUAGES))

_TYPES = {".js": "text/javascript", ".css": "text/css", ".json": "application/json", ".svg": "image/svg+xml"}
# Scripts, and an origin to send to; what quick exit needs; a plan that can be saved and printed, a card in a new tab.
SANDBOX = (
    "allow-scripts allow-same-origin allow-top-navigation-by-user-activation "
    "allow-downloads allow-modals allow-popups allow-popups-to-escape-sandbox"
)
_UNFILLED = "const SERVER = {};"


@dataclass(frozen=True, slots=True)
class File:
    """What goes over the wire, and its type."""

    content: bytes
    media_type: str


class Pages:
    """Everything static. *exit_url* is where quick exit leads."""

    def __init__(self, exit_url: str, folder: Path = WIDGET) -> None:
        self._folder = folder
        self._exit_url = exit_url
        self._words = {language: json.loads(self._read(f"strings.{language}.json")) for language in LANGUAGES}
        self.files = {name: self._file(name, self._read(name)) for name in PARTS}
        self.files["plan.json"] = self._file("plan.json", json.dumps(_plan(), separators=(",", ":")).encode())
        self.files["define.js"] = self._file("define.js", self._define())
        # in the page itself: a sheet that is slow to come would keep the crisis lines off the screen
        self._style = self.files["support-chat.css"].content.decode()
        self.style_hash = integrity(self._style.encode())
        self.icon = self._file("icon.svg", self._read("icon.svg"))
        self._template = self._read("page.html").decode()

    def page(self, language: str, base: str = "/") -> File:
        """The page in *language*; ``base + other language`` is the address of its translation."""
        words = self._words[language]
        other = next(name for name in LANGUAGES if name != language)
        values = {name: escape(word) for name, word in words.items() if isinstance(word, str)}
        values |= {
            "lang": language,
            "other": other,
            "other_url": base + other,
            "style": self._style,
            "exit_url": escape(self._exit_url),
            "lines": "".join(_line(line) for line in words["lines"]),
            "notes": "".join(f"<p>{escape(note)}</p>" for note in (words["language_note"], *words["notes"]) if note),
        }
        values |= {f"integrity:{name}": integrity(file.content) for name, file in self.files.items()}
        html = self._template
        for name, value in values.items():
            html = html.replace("{{" + name + "}}", value)
        return File(html.encode(), "text/html")

    def snippet(self, address: str) -> str:
        """The line that embeds the widget of the service at *address* in a page of an allowed origin."""
        hashed = integrity(self.files["define.js"].content)
        source = escape(address.rstrip("/") + "/widget/define.js")
        script = f'<script type="module" src="{source}" integrity="{hashed}" crossorigin="anonymous"></script>'
        return f"{script}<support-chat></support-chat>"

    def frame(self, address: str) -> str:
        """The same in a sandboxed frame, which sees nothing of the page around it; it may leave, save and print."""
        source = escape(address.rstrip("/") + "/frame")
        return (
            f'<iframe src="{source}" title="{escape(str(self._words["en"]["title"]))}" referrerpolicy="no-referrer" '
            f'sandbox="{SANDBOX}" width="400" height="720"></iframe>'
        )

    def host_policy(self, address: str) -> dict[str, str]:
        """What the Content-Security-Policy of a page that allows nothing has to allow, for the line and the frame."""
        origin = address.rstrip("/")
        return {
            "line": f"script-src {origin}; connect-src {origin}",
            "frame": f"frame-src {origin}",
        }

    def _define(self) -> bytes:
        server = {
            "exit": self._exit_url,
            "modules": MODULES,
            "integrity": {name: integrity(file.content) for name, file in self.files.items()},
            "lines": self._words["en"]["lines"],
        }
        source = self._read("define.js").decode()
        if _UNFILLED not in source:
            raise DataError("define.js: the line that the server fills in is missing")
        return source.replace(_UNFILLED, f"const SERVER = {json.dumps(server)};").encode()

    def _read(self, name: str) -> bytes:
        try:
            return (self._folder / name).read_bytes()
        except OSError:
            raise DataError(f"{name}: cannot be read") from None

    def _file(self, name: str, content: bytes) -> File:
        return File(content, _TYPES[Path(name).suffix])


def integrity(content: bytes) -> str:
    """The value of an ``integrity`` attribute."""
    return "sha384-" + base64.b64encode(hashlib.sha384(content).digest()).decode()


def preferred_language(accepted: str) -> str:
    """The first language of an ``Accept-Language`` header that we have; English otherwise."""
    for word in accepted.lower().split(","):
        language = word.partition(";")[0].strip().partition("-")[0]
        if language in LANGUAGES:
            return language
    return LANGUAGES[0]


def _plan() -> dict[str, Any]:
    """What the page needs of the empty safety plan."""
    plan = safety_plan().as_json()
    steps = [{name: step[name] for name in ("id", "title", "ask", "hints", "lines")} for step in plan["steps"]]
    return {**{name: plan[name] for name in ("title", "evidence")}, "steps": steps}


def _line(line: dict[str, Any]) -> str:
    word = {name: escape(value) for name, value in line.items()}
    label = f'<span class="label">{word["label"]} <span class="number">{word["number"]}</span></span>'
    return f'<li><a href="{word["href"]}">{label} <span class="about">{word["about"]}</span></a></li>'
