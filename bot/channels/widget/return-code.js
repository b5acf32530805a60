/**
 * Asks how to come back: a code of nine words for this conversation, or a code from before.
 */

import { h } from "./dom.js";

const choices = (...children) => h("div", { class: "choices" }, ...children);

export class ReturnCode {
  #words;
  #does;
  #code;
  #field;
  #news;

  /** `does` has `make()`, which resolves to the code, and `open(code)`, which throws an error with a `status`. */
  constructor(words, exitUrl, does) {
    this.#words = words;
    this.#does = does;
    this.#code = h("output", { class: "code", translate: "no", lang: "en" });
    this.#news = h("p", { class: "problem", role: "status" });
    this.#field = h("input", {
      id: "code",
      type: "text",
      autocomplete: "off",
      autocapitalize: "none",
      spellcheck: "false",
      maxlength: "200",
    });
    this.root = h(
      "dialog",
      { class: "ask", "aria-labelledby": "code-title", onclose: () => this.#clear() },
      h("h2", { id: "code-title" }, words.code_title),
      ...words.code_text.map((text) => h("p", {}, text)),
      choices(h("button", { type: "button", onclick: () => this.#make() }, words.code_make)),
      this.#code,
      h(
        "form",
        { onsubmit: (event) => (event.preventDefault(), this.#open()) },
        h("label", { for: "code" }, words.code_field),
        h("div", { class: "row choices" }, this.#field, h("button", {}, words.code_open)),
      ),
      this.#news,
      // the page behind a question cannot be tapped, so the way out is in here as well
      choices(
        h("button", { type: "button", onclick: () => this.root.close() }, words.close),
        h("a", { class: "exit", href: exitUrl, rel: "nofollow noreferrer" }, words.exit),
      ),
    );
  }

  show() {
    this.root.showModal();
  }

  async #make() {
    await this.#try(async () => (this.#code.textContent = await this.#does.make()));
  }

  async #open() {
    const code = this.#field.value.trim();
    if (!code) return this.#field.focus();
    await this.#try(async () => {
      await this.#does.open(code);
      this.root.close();
    });
  }

  async #try(work) {
    this.#news.textContent = "";
    try {
      await work();
    } catch (error) {
      this.#news.textContent = { 404: this.#words.code_unknown, 429: this.#words.code_busy }[error.status] ?? this.#words.code_failed;
    }
  }

  /** Nothing of it stays on the page: a code is shown once. */
  #clear() {
    this.#code.textContent = this.#field.value = this.#news.textContent = "";
  }
}
