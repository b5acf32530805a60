/**
 * Writes the conversation down on the page: who said what, what can be chosen, what did not get through.
 */

import { h } from "./dom.js";
import { View } from "./view.js";

// Numbers in our own, reviewed sentences can be tapped; a responder's words and the officer's stay as they are.
const NUMBERS = /(?<![\d-])(1-\d{3}-\d{3}-\d{4}|988|911|741741)(?![\d-])/;

const PLAN = "/safety_plan:1";

export class Log {
  #words;
  #heard;
  #own = new Map();
  #view;
  #answer = { to: null, first: null };

  /** `root` is what was drawn; `heard` gets `chosen(choice, title)`, `planned()` and `again(message)`. */
  constructor(words, heard) {
    this.#words = words;
    this.#heard = heard;
    // role=log reads out what is added and nothing twice; tabindex lets the keyboard scroll it
    this.root = h("div", { class: "log", role: "log", "aria-label": words.log, tabindex: "0", translate: "no" });
    this.#view = new View(this.root);
  }

  clear() {
    this.#own.clear();
    this.#view.reset();
    if (this.root.contains(this.root.getRootNode().activeElement)) this.root.focus({ preventScroll: true });
    this.root.replaceChildren();
  }

  /** One line from the other side. */
  add({ speaker, text, buttons, reply_kind: kind, to }) {
    const who = this.#words[`speaker_${speaker}`] ?? this.#words.speaker_notice;
    const crisis = kind && kind !== "normal" ? kind : null;
    const bubble = this.#bubble(speaker, who, paragraphs(text, speaker === "desk"));
    if (crisis) bubble.classList.add(crisis);
    if (speaker !== "desk") bubble.lang = "en"; // the assistant's language, whatever the page's is
    if (buttons?.length) {
      this.#supersede(buttons);
      bubble.append(this.#choices(buttons));
    }
    this.#append(bubble, { to });
  }

  /** A line of the page itself: not something that anybody said. */
  note(text) {
    this.#append(h("p", { class: "note" }, text));
  }

  /** The officer's own line. */
  own(message) {
    const bubble = this.#bubble("you", this.#words.speaker_you, [paragraph(message.title ?? message.text)]);
    this.#own.set(message, bubble);
    this.#append(bubble, { own: true });
  }

  /** Shows what has become of it; a line that was erased meanwhile stays erased. */
  update(message) {
    const bubble = this.#own.get(message);
    if (!bubble) return;
    const mark = { not_yet: "not_yet", not_delivered: "not_delivered", refused: "refused" }[message.state];
    if (bubble.dataset.state === mark) return;
    if (mark) bubble.dataset.state = mark;
    else delete bubble.dataset.state;
    const hadFocus = bubble.contains(this.root.getRootNode().activeElement);
    bubble.querySelector(".mark")?.remove();
    if (mark) bubble.append(this.#mark(message, mark));
    if (hadFocus) this.root.focus({ preventScroll: true });
    if (message.state === "delivered" || message.state === "refused") this.#own.delete(message);
  }

  #bubble(speaker, who, text) {
    const name = h("p", { class: "who" }, who);
    return h("div", { class: `bubble ${speaker}` }, name, h("div", { class: "text" }, ...text));
  }

  #choices(buttons) {
    const group = h("div", { class: "choices", role: "group", "aria-label": this.#words.choices });
    for (const button of buttons) {
      const onclick = (event) => this.#choose(event.currentTarget, button);
      group.append(h("button", { type: "button", "data-person": isAboutPerson(button), onclick }, button.title));
    }
    return group;
  }

  /** A decision about a person is taken where it was asked last: an older button would act on a newer state. */
  #supersede(buttons) {
    if (!buttons.some(isAboutPerson)) return;
    for (const older of this.root.querySelectorAll("[data-person]")) older.setAttribute("aria-disabled", "true");
  }

  /** Used buttons stay where the keyboard is, so they are not `disabled`, which would throw the focus away. */
  #choose(button, { payload, title }) {
    if (payload === PLAN) return this.#heard.planned(); // here it is a sheet in the page, and can be opened again
    if (button.getAttribute("aria-disabled")) return;
    for (const other of button.parentElement.children) other.setAttribute("aria-disabled", "true");
    button.classList.add("chosen");
    button.append(h("span", { class: "unseen" }, ` (${this.#words.chosen})`));
    this.#heard.chosen(payload, title);
  }

  #mark(message, state) {
    const mark = h("p", { class: "mark" }, this.#words[state]);
    if (state === "not_delivered") {
      mark.append(" ", h("button", { type: "button", onclick: () => this.#heard.again(message) }, this.#words.again));
    }
    return mark;
  }

  #append(line, { to = null, own = false } = {}) {
    this.root.append(line);
    if (!to || to !== this.#answer.to) this.#answer = { to, first: line };
    this.#view.follow(line, this.#answer.first, own);
  }
}

function isAboutPerson({ payload }) {
  return payload.startsWith("/person_");
}

/** Each finds its own direction, and keeps it to itself. */
function paragraph(...pieces) {
  return h("p", { dir: "auto" }, ...pieces);
}

function paragraphs(text, isPlain) {
  return text.split(/\n{2,}/).map((part) => paragraph(...(isPlain ? [part] : withLinks(part))));
}

/** The pieces of a sentence, with every known number as a link. */
function withLinks(text) {
  return text.split(NUMBERS).map((piece, index) => {
    if (index % 2 === 0) return piece;
    return h("a", { href: piece === "741741" ? "sms:741741" : `tel:${piece}`, target: "_top" }, piece);
  });
}
