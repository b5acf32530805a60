/**
 * <support-chat>: a confidential conversation, on a page of its own (attribute `page`) or inside somebody else's.
 *
 * Attributes: `page`, `lang` ("en", "es"; else the page's language), `exit-url`. The page may bring its own elements
 * for the slots `exit`, `lines` and `notes`, so that they are there before, and without, any script.
 */

import { Banner } from "./banner.js";
import { Composer } from "./composer.js";
import { Conversation } from "./conversation.js";
import { fill, h } from "./dom.js";
import { Frame } from "./frame.js";
import { Log } from "./log.js";
import { Plan } from "./plan.js";
import { QuickExit } from "./quick-exit.js";
import { ReturnCode } from "./return-code.js";
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
  #returnCode;
  #plan;
  #answering;
  #pending = new Map();
  #attached = null;

  async connectedCallback() {
    this.#attached = new AbortController();
    const { signal } = this.#attached;
    const style = new CSSStyleSheet();
    const own = this.hasAttribute("page") && document.querySelector("head > style"); // our page brings the sheet along
    const [words] = await Promise.all([
      this.#part(`strings.${this.#language()}.json`, (response) => response.json()),
      own
        ? style.replace(own.textContent)
        : this.#part("support-chat.css", async (response) => style.replace(await response.text())),
    ]);
    if (signal.aborted) return;
    this.#part("plan.json", (response) => response.json()).then((plan) => this.#plan.fill(plan));
    this.#words = { ...words, lang: this.#language() };
    this.#draw(style);
    // Without a return code nobody can come back to the conversation, so nobody should keep it.
    addEventListener("pagehide", () => this.#conversation?.goAway(), { signal });
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
        const options = {
          integrity: integrity[name],
          credentials: "omit",
          cache: "no-store",
          referrerPolicy: "no-referrer",
        };
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
    const url = this.#exitUrl();
    this.#exit = new QuickExit(url, words.exit_cover, {
      left: () => this.#conversation?.leave(),
      pressed: (times) => (this.#frame.presses.textContent = times ? words.exit_presses[times - 1] : ""),
      back: () => this.#restart(),
    });
    this.#log = new Log(words, {
      chosen: (choice, title) => this.#send({ choice, title }),
      planned: () => this.#plan.show(),
      again: (message) => this.#conversation.again(message),
    });
    this.#returnCode = new ReturnCode(words, url, {
      make: () => this.#conversation.code(),
      open: (code) => this.#conversation.comeBack(code),
    });
    this.#plan = new Plan(words, url, new URL("card.pdf", SupportChat.server.base).href);
    const limit = () => this.#conversation?.limit ?? Infinity;
    this.#composer = new Composer(words, limit, (text) => this.#send({ text }));
    this.#banner = new Banner(words, (title) => this.#send({ choice: "/person_leave", title }));
    this.#answering = h("p", { class: "answering", "aria-hidden": "true", hidden: true }, words.answering);
    const foot = [this.#answering, this.#banner.connection, this.#banner.handoff, this.#composer.root];
    const parts = { log: this.#log.root, foot, dialogs: [this.#returnCode.root, this.#plan.root] };
    this.#frame = new Frame(this, words, url, parts, {
      exit: () => this.#exit.go(),
      open: () => this.#open(true),
      close: () => this.#close(),
      erase: () => this.#forget(),
      keep: () => this.#returnCode.show(),
      plan: () => this.#plan.show(),
    });
    const root = this.shadowRoot ?? this.attachShadow({ mode: "open" });
    root.adoptedStyleSheets = [style];
    root.replaceChildren(this.#frame.root);
    for (const child of [...this.children]) if (!child.slot) child.remove(); // what was there until now
  }

  #exitUrl() {
    const wanted = this.getAttribute("exit-url") ?? "";
    return /^https?:\/\/./.test(wanted) ? wanted : SupportChat.server.exit;
  }

  // -- what happens

  #open(byHand = false) {
    this.#frame.isOpen = true;
    if (!this.#conversation) this.#converse();
    if (byHand) this.#composer.focus();
  }

  /** Only inside another page; the conversation stays, and the focus goes back to where it came from. */
  #close() {
    const asks = this.#frame.root.querySelector("dialog[open]");
    if (this.hasAttribute("page") || asks || !this.#frame.isOpen) return;
    this.#frame.isOpen = false;
    this.#frame.opener.focus();
  }

  #converse() {
    const { base, topic } = SupportChat.server;
    const heard = {
      event: (event) => this.#happened(event),
      message: (message) => this.#became(message),
      connection: (state) => this.#banner.connect(state),
      moved: (choice) => this.#moved(choice),
    };
    this.#conversation = new Conversation(base, heard, topic);
    SupportChat.server.topic = null; // good once, and no second conversation is about it
    this.#conversation.start();
  }

  /** From Telegram, with a subject or without: it is answered like its button, and nobody has pressed one. */
  #moved(choice) {
    this.#log.note(choice === null ? this.#words.moved_without : this.#words.moved);
    if (choice) this.#conversation.send({ choice });
  }

  #send(message) {
    this.#log.own(message);
    this.#conversation.send(message);
  }

  /** Shows that an answer is coming while one is, unless a person is the one who answers. */
  #became(message) {
    this.#log.update(message);
    clearTimeout(this.#pending.get(message));
    this.#pending.delete(message);
    const show = () => (this.#answering.hidden = this.#banner.isLive);
    if (message.state === "sending") this.#pending.set(message, setTimeout(show, ANSWERING_AFTER));
    if (!this.#pending.size) this.#answering.hidden = true;
  }

  #happened(event) {
    if (event.kind === "message") return this.#log.add(event);
    const { state, minutes } = event.status;
    if (state === "reset" || state === "gap") this.#log.note(this.#words[state]);
    else if (state === "idle_soon") this.#log.note(fill(this.#words.idle_soon, { minutes }));
    else if (state === "expired") this.#wipe(this.#words.expired);
    else if (state === "erased") this.#keepLastLine();
    else if (state === "returned") this.#wipe();
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
    for (const timer of this.#pending.values()) clearTimeout(timer);
    this.#pending.clear();
    this.#answering.hidden = true;
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
    this.#plan.root.close();
    this.#wipe();
    this.#conversation = null;
    if (this.hasAttribute("page")) this.#open();
    else this.#close();
  }
}
