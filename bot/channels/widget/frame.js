/**
 * Draws the frame around a conversation: the way out, the crisis lines, what to know first, the last question.
 */

import { h } from "./dom.js";

export class Frame {
  /**
   * `host` is the element, which may bring its own `exit`, `lines` and `notes`; `parts` are what is drawn elsewhere:
   * `{log, foot, dialogs}`. `does` says what to do at `exit`, `open`, `close`, `erase`, `keep`, `plan`.
   */
  constructor(host, words, exitUrl, parts, does) {
    this.presses = h("p", { class: "presses", role: "status" });
    this.opener = h("button", { type: "button", class: "start", onclick: does.open }, words.start);
    this.question = eraseQuestion(words, exitUrl, does.erase);
    const exit = () => h("a", { class: "exit", href: exitUrl, rel: "nofollow noreferrer" }, words.exit);
    this.root = h(
      "section",
      { class: "chat closed", lang: words.lang, "aria-label": words.title },
      h(
        "header",
        { class: "bar" },
        brought(host, "exit", exit),
        h(host.hasAttribute("page") ? "h1" : "h2", { class: "title" }, words.title),
        quiet(words.plan, does.plan),
        quiet(words.keep, does.keep),
        quiet(words.erase, () => this.question.showModal()),
        host.hasAttribute("page") ? null : quiet(words.close, does.close),
      ),
      this.presses,
      brought(host, "lines", () => linesOf(words)),
      h("div", { class: "card" }, h("p", {}, words.intro), this.opener),
      h(
        "div",
        { class: "scroll" },
        brought(host, "notes", () => notesOf(words)),
        parts.log,
      ),
      h("div", { class: "foot" }, ...parts.foot),
      this.question,
      ...parts.dialogs,
    );
    this.root.addEventListener("keydown", (event) => event.key === "Escape" && does.close());
    for (const link of [...host.querySelectorAll("[slot=exit]"), ...this.root.querySelectorAll("a.exit")]) {
      link.addEventListener("click", (event) => (event.preventDefault(), does.exit()));
    }
  }

  get isOpen() {
    return !this.root.classList.contains("closed");
  }

  set isOpen(open) {
    this.root.classList.toggle("closed", !open);
  }
}

/** What the page brought along, or ours. */
function brought(host, name, make) {
  return host.querySelector(`[slot=${name}]`) ? h("slot", { name }) : make();
}

function quiet(text, onclick) {
  return h("button", { type: "button", class: "quiet", onclick }, text);
}

function linesOf(words) {
  const line = ({ href, label, number, about }) => {
    const what = h("span", { class: "label" }, `${label} `, h("span", { class: "number" }, number));
    return h("li", {}, h("a", { href, target: "_top" }, what, " ", h("span", { class: "about" }, about)));
  };
  const list = h("ul", {}, ...words.lines.map(line));
  return h("nav", { class: "lines", "aria-label": words.lines_title }, h("h2", {}, words.lines_title), list);
}

function notesOf(words) {
  const notes = [words.language_note, ...words.notes].filter(Boolean).map((note) => h("p", {}, note));
  const title = words.notes_title;
  return h("section", { class: "notes", tabindex: "0", "aria-label": title }, h("h2", {}, title), ...notes);
}

function eraseQuestion(words, exitUrl, erase) {
  const close = () => question.close();
  const question = h(
    "dialog",
    { class: "ask", "aria-labelledby": "erase-title" },
    h("h2", { id: "erase-title" }, words.erase_title),
    h("p", {}, words.erase_text),
    h(
      "div",
      { class: "choices" },
      h("button", { type: "button", onclick: () => (close(), erase()) }, words.erase_yes),
      h("button", { type: "button", onclick: close }, words.erase_no),
      h("a", { class: "exit", href: exitUrl, rel: "nofollow noreferrer" }, words.exit),
    ),
  );
  return question;
}
