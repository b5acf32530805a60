/**
 * <support-chat>: a confidential conversation, on a page of its own (attribute `page`) or inside somebody else's.
 *
 * Attributes: `page`, `lang` ("en", "es"; else the page's language), `exit-url`. The page may bring its own elements for
 * the slots `exit`, `lines` and `notes`, so that they are there before, and without, any script.
 */

import { Banner } from "./banner.js";
import { Composer } from "./composer.js";
import { Conversation } from "./conversation.js";
import { h } from "./dom.js";
import { Log } from "./log.js";
import { QuickExit } from "./quick-exit.js";
import { pause } from "./stream.js";

const LANGUAGES = ["en", "es"];
const ANSWERING_AFTER = 300; // a faster answer needs no sign that one is coming

export class SupportChat extends HTMLElement {
  /** Set by define.js: where the service is, the hashes of its parts, where quick exit leads. */
  static server = {};

  #words = null;
  #conversation = null;
  #log;
  #composer;
  #banner;
  #exit;
  #frame;
  #opener;
  #erase;
  #answering;
  #pending = new Map();
  #attached = null;

  async connectedCallback() {
    this.#attached = new AbortController();
    const { signal } = this.#attached;
    const style = new CSSStyleSheet();
    const [words] = await Promise.all([
      this.#part(`strings.${this.#language()}.json`, (response) => response.json()),
      this.#part("support-chat.css", async (response) => style.replace(await response.text())),
    ]);
    if (signal.aborted) return;
    this.#words = words;
    this.#draw(style);
    // Whoever leaves the page cannot come back to the conversation, so nobody should keep it.
    addEventListener("pagehide", () => this.#conversation?.leave(), { signal });
    this.#exit.listen();
    if (this.hasAttribute("page")) this.#open();
  }

  disconnectedCallback() {
    this.#attached?.abort();
    this.#exit?.stop();
    this.#banner?.stop();
    this.#conversation?.leave();
    this.#conversation = null;
  }

  /** A file of the widget, asked for until it comes: until then what the page wrote between the tags is shown. */
  async #part(name, read) {
    const { integrity, widget } = SupportChat.server;
    for (let rest = 500; ; rest = Math.min(rest * 2, 15_000)) {
      try {
        const options = { integrity: integrity[name], credentials: "omit", cache: "no-store", referrerPolicy: "no-referrer" };
        const response = await fetch(new URL(name, widget), options);
        if (response.ok) return await read(response);
      } catch {
        // offline, or the server is away
      }
      await pause(rest);
    }
  }

  #language() {
    const wanted = this.closest("[lang]")?.lang || navigator.language;
    return LANGUAGES.find((language) => wanted.toLowerCase().startsWith(language)) ?? LANGUAGES[0];
  }

  // -- what is drawn

  #draw(style) {
    const words = this.#words;
    this.#exit = new QuickExit(this.#exitUrl(), words.exit_cover, {
      left: () => this.#conversation?.leave(),
      pressed: (times) => (this.#presses.textContent = times ? words.exit_presses[times - 1] : ""),
      back: () => this.#restart(),
    });
    this.#log = new Log(words, {
      chosen: (choice, title) => this.#send({ choice, title }),
      again: (message) => this.#track(message, this.#conversation.again(message)),
    });
    this.#composer = new Composer(words, () => this.#conversation?.limit ?? Infinity, (text) => this.#send({ text }));
    this.#banner = new Banner(words, () => this.#send({ choice: "/person_leave", title: this.#banner.button.textContent }));
    this.#answering = h("p", { class: "answering", "aria-hidden": "true", hidden: true }, words.answering);
    const root = this.shadowRoot ?? this.attachShadow({ mode: "open", delegatesFocus: false });
    root.adoptedStyleSheets = [style];
    this.#frame = this.#frameOf(words);
    root.replaceChildren(this.#frame);
    for (const child of [...this.children]) if (!child.slot) child.remove(); // what was there until now
    this.#frame.addEventListener("keydown", (event) => event.key === "Escape" && this.#close());
    for (const exit of this.querySelectorAll("[slot=exit]")) this.#leadsOut(exit);
  }

  #presses = h("p", { class: "presses", role: "status" });

  #frameOf(words) {
    this.#opener = h("button", { type: "button", class: "start", onclick: () => this.#open(true) }, words.start);
    this.#erase = this.#eraseDialog(words);
    const { connection, handoff } = this.#banner;
    const erase = h("button", { type: "button", class: "quiet", onclick: () => this.#erase.showModal() }, words.erase);
    const close = h("button", { type: "button", class: "quiet close", onclick: () => this.#close() }, words.close);
    return h(
      "section",
      { class: "chat closed", lang: words.lang, "aria-label": words.title },
      h(
        "header",
        { class: "bar" },
        this.#slot("exit", () => this.#leadsOut(h("a", { class: "exit", href: this.#exitUrl(), rel: "nofollow noreferrer" }, words.exit))),
        h(this.hasAttribute("page") ? "h1" : "h2", { class: "title" }, words.title),
        erase,
        close,
      ),
      this.#presses,
      this.#slot("lines", () => linesOf(words)),
      h("div", { class: "card" }, h("p", {}, words.intro), this.#opener),
      h("div", { class: "scroll" }, this.#slot("notes", () => notesOf(words)), this.#log.root),
      h("div", { class: "foot" }, this.#answering, connection, handoff, this.#composer.root),
      this.#erase,
    );
  }

  /** What the page brought along, or ours. */
  #slot(name, make) {
    return this.querySelector(`[slot=${name}]`) ? h("slot", { name }) : make();
  }

  #eraseDialog(words) {
    const close = () => this.#erase.close();
    return h(
      "dialog",
      { class: "erase", "aria-labelledby": "erase-title" },
      h("h2", { id: "erase-title" }, words.erase_title),
      h("p", {}, words.erase_text),
      h("div", { class: "choices" },
        h("button", { type: "button", onclick: () => (close(), this.#forget()) }, words.erase_yes),
        h("button", { type: "button", onclick: close }, words.erase_no),
      ),
    );
  }

  #exitUrl() {
    const url = new URL(this.getAttribute("exit-url") ?? SupportChat.server.exit, location.href);
    return url.protocol === "https:" || url.protocol === "http:" ? url.href : "https://weather.gov/";
  }

  #leadsOut(link) {
    link.addEventListener("click", (event) => {
      event.preventDefault();
      this.#exit.go();
    });
    return link;
  }

  // -- what happens

  #open(byHand = false) {
    this.#frame.classList.remove("closed");
    if (!this.#conversation) this.#converse();
    if (byHand) this.#composer.focus();
  }

  /** Only inside another page; the conversation stays, and the focus goes back to where it came from. */
  #close() {
    if (this.hasAttribute("page") || this.#erase.open || this.#frame.classList.contains("closed")) return;
    this.#frame.classList.add("closed");
    this.#opener.focus();
  }

  #converse() {
    this.#conversation = new Conversation(SupportChat.server.base, {
      event: (event) => this.#happened(event),
      message: (message) => this.#log.update(message),
      connection: (state) => this.#banner.connect(state),
    });
    this.#conversation.start();
  }

  #send(message) {
    this.#log.own(message);
    this.#track(message, this.#conversation.send(message));
  }

  /** Shows that an answer is coming while one is, unless a person is the one who answers. */
  #track(message, delivered) {
    clearTimeout(this.#pending.get(message));
    const show = () => (this.#answering.hidden = this.#banner.isLive);
    this.#pending.set(message, setTimeout(show, ANSWERING_AFTER));
    delivered.finally(() => this.#untrack(message));
  }

  #untrack(message) {
    clearTimeout(this.#pending.get(message));
    this.#pending.delete(message);
    if (!this.#pending.size) this.#answering.hidden = true;
  }

  #happened(event) {
    if (event.kind === "message") return this.#log.add(event);
    const { state, minutes } = event.status;
    if (state === "reset" || state === "gap") this.#log.note(this.#words[state]);
    else if (state === "idle_soon") this.#log.note(this.#words.idle_soon.replace("{minutes}", minutes));
    else if (state === "expired") this.#wipe(this.#words.expired);
    else if (state === "erased") this.#keepLastLine();
    else this.#stand(event.status);
    if (state === "reset") this.#stand({ state: "" });
  }

  /** How the handoff stands, which also says who reads what is written. */
  #stand(status) {
    this.#banner.show(status);
    this.#composer.addressTo(this.#banner.isLive);
  }

  async #forget() {
    this.#wipe();
    this.#composer.focus();
    try {
      for (const event of await this.#conversation.forget()) this.#happened(event);
    } catch {
      this.#log.note(this.#words.erase_failed);
    }
  }

  #wipe(note) {
    this.#log.clear();
    this.#composer.clear();
    this.#stand({ state: "" });
    if (note) this.#log.note(note);
  }

  /** The server has erased everything; so does the page, but for the line that says so. */
  #keepLastLine() {
    const last = this.#log.root.lastElementChild;
    this.#wipe();
    if (last) this.#log.root.append(last);
  }

  #restart() {
    this.#wipe();
    this.#conversation = null;
    if (this.hasAttribute("page")) this.#open();
    else this.#close();
  }
}

function linesOf(words) {
  const line = ({ href, label, number, about }) => {
    const what = h("span", { class: "label" }, `${label} `, h("span", { class: "number" }, number));
    return h("li", {}, h("a", { href, target: "_top" }, what, " ", h("span", { class: "about" }, about)));
  };
  return h("nav", { class: "lines", "aria-label": words.lines_title }, h("h2", {}, words.lines_title), h("ul", {}, ...words.lines.map(line)));
}

function notesOf(words) {
  const notes = [words.language_note, ...words.notes].filter(Boolean);
  return h("section", { class: "notes", tabindex: "0", "aria-label": words.notes_title }, h("h2", {}, words.notes_title), ...notes.map((note) => h("p", {}, note)));
}
