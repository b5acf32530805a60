"""What browsers get of the widget: the page without any script, the parts, their hashes, their words."""

from __future__ import annotations

import gzip
import json
import re
from html.parser import HTMLParser

import pytest

from bot.channels.web_pages import LANGUAGES, PARTS, WIDGET, Pages, integrity, preferred_language

PAGES = Pages("https://weather.gov/")
EVERYTHING = {**PAGES.files, "page": PAGES.page("en"), "icon.svg": PAGES.icon}


class Seen(HTMLParser):
    """What stands in a page: links, texts."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.texts: list[str] = []
        self._inside = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._inside = tag
        if tag == "a":
            self.links.append(dict(attrs).get("href") or "")

    def handle_data(self, data: str) -> None:
        if self._inside != "style":
            self.texts.append(data.strip())


def words(language: str) -> dict[str, object]:
    return dict(json.loads((WIDGET / f"strings.{language}.json").read_text("utf-8")))


def flat(value: object) -> list[str]:
    if isinstance(value, dict):
        return [text for inner in value.values() for text in flat(inner)]
    if isinstance(value, list):
        return [text for inner in value for text in flat(inner)]
    return [str(value)]


@pytest.mark.parametrize("language", LANGUAGES)
def test_page_without_script_has_the_numbers_and_the_way_out(language: str) -> None:
    """
    The bare HTML links every crisis line and the exit, and says what browser history and work devices keep.
    """
    page = PAGES.page(language).content.decode()
    links = Seen(page).links

    assert links[0] == "https://weather.gov/"
    assert {"tel:988", "tel:911", "tel:+18002675463"} <= set(links)
    assert any(link.startswith("sms:988") for link in links)
    assert "sms:741741?&body=HOME" in links
    assert "{{" not in page
    assert "noscript" in page


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_word_of_the_page_comes_from_the_strings(language: str) -> None:
    """
    Nothing that an officer reads is written in the template.
    """
    known = set(flat(words(language)))
    page = PAGES.page(language).content.decode()

    assert {text for text in Seen(page).texts if text} <= known


def test_every_language_says_the_same_things() -> None:
    """
    Both files have the same names, the same placeholders and the same numbers.
    """
    english, spanish = words("en"), words("es")

    assert english.keys() == spanish.keys()
    for name, text in english.items():
        holes = [sorted(re.findall(r"\{\w+\}", " ".join(flat(found)))) for found in (text, spanish[name])]
        assert holes[0] == holes[1], name
        assert len(flat(text)) == len(flat(spanish[name])), name


def test_spanish_page_says_that_the_assistant_speaks_english() -> None:
    """
    Nobody is led to write Spanish to software that does not understand it.
    """
    assert "inglés" in PAGES.page("es").content.decode()


def test_words_are_plain() -> None:
    """
    No exclamation mark and no emoji in anything the page says, and it never calls itself a counselor.
    """
    for language in LANGUAGES:
        for text in flat(words(language)):
            assert not re.search("[!¡\U0001f300-\U0001faff☀-➿]", text)
            assert not re.search("counsel|therapist|consejer|terapeut", text, re.IGNORECASE)


def test_all_of_it_is_small() -> None:
    """
    All that a visitor's browser loads is at most 30 kB compressed, each file by itself: as a page of its own, which
    brings the sheet of styles in it, and inside another site, which loads that sheet and no page.
    """
    sizes = {name: len(gzip.compress(file.content, 9)) for name, file in EVERYTHING.items()}
    both = {name for name in sizes if name.endswith((".js", ".json", ".svg"))} - {"strings.es.json"}
    page = max(size for name, size in sizes.items() if name not in {*both, "strings.es.json", "support-chat.css"})

    assert sum(sizes[name] for name in both) + page <= 30_000
    assert sum(sizes[name] for name in both) + sizes["support-chat.css"] <= 30_000


def test_nothing_is_fetched_from_elsewhere_or_kept_on_the_device() -> None:
    """
    No part names another server, and none uses a browser's storage, cookies, or parsing of HTML.
    """
    forbidden = re.compile(
        r"localStorage|sessionStorage|indexedDB|caches\b|cookie|innerHTML|insertAdjacent|document\.write|eval\(|pushState"
    )
    for name in PARTS:
        source = PAGES.files[name].content.decode()
        assert not forbidden.search(source), name
        assert set(re.findall(r"https?://[^\"'\s)]+", source)) <= {"https://weather.gov/"}, name


def test_define_carries_the_hash_of_every_part() -> None:
    """
    What define.js loads is checked; a part that is not listed could be changed unseen.
    """
    define = PAGES.files["define.js"].content.decode()
    server = json.loads(re.search(r"const SERVER = (.*);", define)[1])  # type: ignore[index]
    on_disk = {path.name for path in WIDGET.glob("*.js")} - {"define.js"}

    assert set(server["modules"]) == on_disk
    assert server["integrity"] == {name: integrity(PAGES.files[name].content) for name in (*PARTS, "plan.json")}


def test_modules_are_listed_before_those_that_import_them() -> None:
    """
    The browser asks for a module with its hash before another module imports it without one.
    """
    modules = [name for name in PARTS if name.endswith(".js")]
    for position, name in enumerate(modules):
        imported = re.findall(r'from "\./(.+?)"', (WIDGET / name).read_text("utf-8"))
        assert set(imported) <= set(modules[:position]), name


def test_snippet_is_one_line_with_a_hash() -> None:
    """
    What a host copies is one line, and the hash in it is that of the file as served.
    """
    snippet = PAGES.snippet("https://chat.example/")

    assert "\n" not in snippet
    assert 'src="https://chat.example/widget/define.js"' in snippet
    assert integrity(PAGES.files["define.js"].content) in snippet


@pytest.mark.parametrize(
    ("accepted", "language"),
    [("", "en"), ("es-MX,es;q=0.9,en;q=0.8", "es"), ("fr,de", "en"), ("en-US", "en"), ("fr, ES;q=0.5", "es")],
)
def test_language_follows_the_browser(accepted: str, language: str) -> None:
    """
    The first language that we have is taken; English where we have none.
    """
    assert preferred_language(accepted) == language
