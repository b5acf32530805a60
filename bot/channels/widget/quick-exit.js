/**
 * Leaves at once: covers the page, lets the server forget, and puts another page in the place of this one.
 */

import { h } from "./dom.js";

const PRESSES = 3;
const WINDOW = 5_000; // between two presses

// Set one by one on the element, since a host's policy may forbid style attributes.
const COVER = { inset: "0", width: "100vw", height: "100vh", "max-width": "none", "max-height": "none", border: "0" };

export class QuickExit {
  #url;
  #word;
  #heard;
  #presses = 0;
  #alone = false;
  #timer;
  #cover = null;
  #listening = null;

  /** `heard` gets `left()`, which must not wait, `pressed(times)`, and `back()` when the browser restores the page. */
  constructor(url, word, heard) {
    this.#url = url;
    this.#word = word;
    this.#heard = heard;
  }

  /** Shift, pressed and let go three times with nothing in between; capital letters do not count. */
  listen() {
    this.#listening = new AbortController();
    const { signal } = this.#listening;
    const on = (target, type, react) => target.addEventListener(type, react, { signal, capture: true });
    on(document, "keydown", (event) => {
      if (event.repeat) return;
      this.#alone = event.key === "Shift";
      if (!this.#alone) this.#count(0);
    });
    on(document, "keyup", (event) => {
      if (event.key === "Shift" && this.#alone) this.#count(this.#presses + 1);
    });
    on(document, "pointerdown", () => this.#count(0));
    on(window, "pageshow", (event) => {
      if (event.persisted) this.#uncover();
    });
  }

  stop() {
    this.#listening?.abort();
    clearTimeout(this.#timer);
  }

  /** Covers first: everything after it may take its time. Embedded, it is the host's page that goes. */
  go() {
    this.#show();
    this.#heard.left();
    try {
      window.top.location.replace(this.#url);
    } catch {
      window.location.replace(this.#url); // a sandbox that does not let go of its host
    }
  }

  #count(presses) {
    clearTimeout(this.#timer);
    if (presses === this.#presses) return;
    this.#presses = presses;
    this.#timer = setTimeout(() => this.#count(0), WINDOW);
    if (presses === PRESSES) this.go();
    else this.#heard.pressed(presses);
  }

  #show() {
    this.#cover ??= h("dialog", { "aria-label": this.#word }, this.#word);
    for (const [name, value] of Object.entries(COVER)) this.#cover.style.setProperty(name, value);
    this.#cover.style.setProperty("background", "#fff");
    this.#cover.style.setProperty("color", "#fff");
    this.#cover.addEventListener("cancel", (event) => event.preventDefault());
    document.documentElement.append(this.#cover);
    this.#cover.showModal();
    // Hidden as well as covered, so that a screen reader cannot walk on behind the cover (as GOV.UK does).
    document.body.style.setProperty("display", "none", "important");
    document.title = this.#word;
  }

  #uncover() {
    this.#cover?.remove();
    this.#cover = null;
    document.body.style.removeProperty("display");
    this.#presses = 0;
    this.#heard.back();
  }
}
