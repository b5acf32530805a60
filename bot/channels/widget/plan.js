/**
 * Makes a safety plan in the officer's own words, in this page alone: what is written goes to a file or on paper.
 */

import { h } from "./dom.js";

const FILE = "plan.txt"; // says nothing to somebody who looks at a list of files
const SHEET = { margin: "2rem", color: "#000", background: "#fff", font: "12pt/1.5 serif", "white-space": "pre-wrap" };

export class Plan {
  #words;
  #plan = null;
  #fields = [];
  #news;
  #form;
  #isDirty = false;
  #wasWarned = false;

  /** `cardUrl` is the card for the wallet. */
  constructor(words, exitUrl, cardUrl) {
    this.#words = words;
    this.#news = h("p", { class: "problem", role: "status" });
    this.#form = h("div", { oninput: () => this.#changed() }, h("p", {}, words.plan_waiting));
    const button = (text, onclick) => h("button", { type: "button", onclick }, text);
    this.root = h(
      "dialog",
      {
        class: "ask plan",
        "aria-labelledby": "plan-title",
        oncancel: (event) => (event.preventDefault(), this.#leave()),
        onclose: () => this.#clear(),
      },
      // first in here as well: the page behind cannot be tapped
      h("a", { class: "exit", href: exitUrl, rel: "nofollow noreferrer" }, words.exit),
      h("h2", { id: "plan-title" }, words.plan_title),
      ...words.plan_text.map((text) => h("p", {}, text)),
      this.#form,
      h("p", {}, h("a", { href: cardUrl, target: "_blank", rel: "noreferrer" }, words.plan_card)),
      this.#news,
      h(
        "div",
        { class: "choices" },
        button(words.plan_save, () => this.#save()),
        button(words.plan_print, () => this.#print()),
        button(words.close, () => this.#leave()),
      ),
    );
  }

  /** The empty plan, once it has come; nothing is ever asked of the server after that. */
  fill(plan) {
    this.#plan = plan;
    this.#fields = [];
    const steps = plan.steps.map((step, at) => this.#field(`${at + 1}. ${step.title}`, step.lines, step.ask, step.hints));
    const last = this.#field(this.#words.plan_last, 2);
    this.#form.replaceChildren(h("div", { lang: "en" }, ...steps), last, h("p", { lang: "en" }, plan.evidence));
  }

  show() {
    this.root.showModal();
  }

  #field(title, rows, ask = null, hints = []) {
    const id = `plan-${this.#fields.length}`;
    const field = h("textarea", {
      id,
      rows,
      dir: "auto",
      autocomplete: "off",
      spellcheck: "false",
      "aria-describedby": ask && `${id}-ask`,
    });
    this.#fields.push(field);
    return h(
      "div",
      { class: "step" },
      h("label", { for: id }, title),
      ask && h("div", { id: `${id}-ask` }, h("p", {}, ask), h("ul", {}, ...hints.map((hint) => h("li", {}, hint)))),
      field,
    );
  }

  #changed() {
    this.#isDirty = this.#fields.some((field) => field.value.trim());
    this.#wasWarned = false;
    this.#news.textContent = "";
  }

  /** The plan as it goes on paper: what was written, the lines to call, and room where nothing was. */
  #text() {
    const { title, steps } = this.#plan;
    const parts = this.#fields.map((field, at) => {
      const step = steps[at];
      const known = step?.id === "lines" ? step.hints : [];
      const written = field.value.trim() ? [field.value.trim()] : Array(step?.lines ?? 2).fill("_".repeat(40));
      return [step ? `${at + 1}. ${step.title}` : this.#words.plan_last, ...known, ...written].join("\n");
    });
    return [title, ...parts].join("\n\n") + "\n";
  }

  #save() {
    if (!this.#plan) return;
    const url = URL.createObjectURL(new Blob([this.#text()], { type: "text/plain;charset=utf-8" }));
    h("a", { href: url, download: FILE }).click();
    setTimeout(() => URL.revokeObjectURL(url), 10_000);
    this.#isDirty = false;
  }

  /** The sheet takes the page's place while it is printed, also inside another site. */
  #print() {
    if (!this.#plan) return;
    const sheet = h("div", { dir: "auto" }, this.#text());
    for (const [name, value] of Object.entries(SHEET)) sheet.style.setProperty(name, value);
    const restore = () => {
      sheet.remove();
      document.body.style.removeProperty("display");
    };
    let isPrinting = false;
    addEventListener("beforeprint", () => (isPrinting = true), { once: true });
    addEventListener("afterprint", restore, { once: true });
    document.documentElement.append(sheet);
    document.body.style.setProperty("display", "none", "important");
    try {
      print();
    } finally {
      if (isPrinting) this.#isDirty = false;
      else restore(); // a frame that may not print
    }
  }

  /** What is not saved is lost with the question; it says so once. */
  #leave() {
    if (!this.#isDirty || this.#wasWarned) return this.root.close();
    this.#wasWarned = true;
    this.#news.textContent = this.#words.plan_unsaved;
  }

  #clear() {
    for (const field of this.#fields) field.value = "";
    this.#changed();
  }
}
