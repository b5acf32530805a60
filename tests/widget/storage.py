"""What a browser may keep of a page, and a look at whether it does."""

from __future__ import annotations

from playwright.sync_api import BrowserContext
from playwright.sync_api import Error as BrowserError

KEPT = """async () => ({
  local: localStorage.length, session: sessionStorage.length, cookie: document.cookie, state: history.state,
  databases: (await indexedDB.databases()).length, caches: (await caches.keys()).length,
  workers: (await navigator.serviceWorker.getRegistrations()).length, address: location.hash + location.search, name: window.name,
})"""

NOTHING = {
    "local": 0,
    "session": 0,
    "cookie": "",
    "state": None,
    "databases": 0,
    "caches": 0,
    "workers": 0,
    "address": "",
    "name": "",
}


def left_behind(context: BrowserContext) -> list[str]:
    """All that the open pages of *context* keep on the device, as "what: how much"; cookies of closed ones too."""
    found = [f"cookie: {cookie['name']}" for cookie in context.cookies()]
    for page in context.pages:
        for frame in page.frames:
            if not frame.url.startswith("http://127.0.0.1"):
                continue
            try:
                kept = frame.evaluate(KEPT)
            except BrowserError:  # a sandbox without an origin of its own, where nothing can be kept
                continue
            found += [f"{name}: {value}" for name, value in kept.items() if value != NOTHING[name]]
    return found
