/**
 * Takes the officer's words: a field that grows, Enter to send, and a plain word when a message is too long.
 */

import { fill, h } from "./dom.js";

export class Composer {
  #words;
  #send;
  #field;
  #label;
  #problem;

  /** `limit()` is the longest message in characters; `send(text)` takes one. */
  constructor(words, limit, send) {
    this.#words = words;
    this.#send = send;
    this.limit = limit;
    this.#label = h("label", { for: "field" }, words.field);
    // A spelling checker or a form memory may send or keep what is typed, so both are off.
    this.#field = h("textarea", {
      id: "field",
      rows: "1",
      autocomplete: "off",
      spellcheck: "false",
      enterkeyhint: "send",
      dir: "auto",
      "aria-describedby": "hint problem",
      onkeydown: (event) => this.#key(event),
      oninput: () => this.#changed(),
    });
    this.#problem = h("p", { id: "problem", class: "problem", role: "status" });
    this.root = h(
      "form",
      { class: "composer", onsubmit: (event) => (event.preventDefault(), this.#submit()) },
      this.#label,
      h("div", { class: "row" }, this.#field, h("button", { class: "send" }, words.send)),
      h("p", { id: "hint", class: "hint" }, words.hint),
      this.#problem,
    );
  }

  focus() {
    this.#field.focus({ preventScroll: true });
  }

  clear() {
    this.#field.value = "";
    this.#changed();
  }

  /** Says who will read it. */
  addressTo(person) {
    this.#label.textContent = person ? this.#words.field_live : this.#words.field;
  }

  #key(event) {
    // 229: the Enter that ends a composition of characters, in browsers that do not say so
    if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229) return;
    event.preventDefault();
    this.#submit();
  }

  #submit() {
    const text = this.#field.value;
    if (!text.trim() || this.#over() > 0) return this.focus();
    this.clear();
    this.#send(text);
  }

  #changed() {
    const over = this.#over();
    this.#problem.textContent = over > 0 ? fill(this.#words.too_long, { over }) : "";
    this.#field.setAttribute("aria-invalid", over > 0);
    this.#field.style.setProperty("height", "auto");
    this.#field.style.setProperty("height", `${this.#field.scrollHeight + 2}px`);
  }

  #over() {
    const text = this.#field.value;
    return text.length > this.limit() ? [...text].length - this.limit() : 0; // characters, not UTF-16 halves
  }
}
