/**
 * Says how things stand: the connection, and whether a person is being looked for, is here, or has gone.
 */

import { fill, h } from "./dom.js";

// The handoff's own states, and which picture the page shows for each; any other is over.
const PICTURES = {
  waiting: "waiting",
  consented: "waiting",
  notifying: "waiting",
  desk_lost: "waiting",
  acknowledged: "reading",
  live: "live",
};

export class Banner {
  #words;
  #ticking = null;

  /** `leave(title)` is called when the officer stops waiting or ends with the person; `title` is the button's. */
  constructor(words, leave) {
    this.#words = words;
    // Each says its own news; the seconds are a timer, which is not read out.
    this.connection = h("p", { class: "connection", role: "status" });
    this.news = h("p", { class: "news", role: "status" });
    this.seconds = h("span", { class: "seconds", role: "timer" });
    this.mark = h("span", { class: "seconds" });
    this.button = h("button", {
      type: "button",
      class: "quiet",
      hidden: true,
      onclick: () => leave(this.button.textContent),
    });
    this.handoff = h("div", { class: "handoff", "data-picture": "" }, this.news, this.seconds, this.mark, this.button);
  }

  /** The state of the handoff: "waiting", "reading" (picked up), "live", or "" for none. */
  picture = "";

  /** Whether a person gets what the officer writes. */
  get isLive() {
    return this.picture === "reading" || this.picture === "live";
  }

  /** Shows a handoff's status `{state, seconds, sent, delivered, seen}`: the last three count the officer's lines. */
  show({ state, seconds = 0, sent = 0, delivered = 0, seen = 0 }) {
    const [before, wasLive] = [this.picture, this.isLive];
    this.picture = PICTURES[state] ?? "";
    this.#tick(this.picture ? seconds : null);
    const mark = seen >= sent ? "read" : delivered >= sent ? "arrived" : "under_way";
    this.mark.textContent = this.isLive && sent ? this.#words[mark] : "";
    if (before === this.picture) return;
    this.news.textContent = this.picture ? this.#words[this.picture] : wasLive ? this.#words.over : "";
    this.button.textContent = this.isLive ? this.#words.live_end : this.#words.stop_waiting;
    this.button.hidden = !this.picture;
    this.handoff.dataset.picture = this.picture;
  }

  /** "up", "down" or "full". */
  connect(state) {
    const text = { down: this.#words.offline, full: this.#words.full }[state] ?? "";
    if (this.connection.textContent !== text) this.connection.textContent = text;
  }

  stop() {
    clearInterval(this.#ticking);
  }

  #tick(from) {
    clearInterval(this.#ticking);
    this.seconds.textContent = "";
    if (from === null) return;
    const began = performance.now() - from * 1_000;
    const draw = () => {
      const all = Math.floor((performance.now() - began) / 1_000);
      const [minutes, seconds] = [Math.floor(all / 60), all % 60];
      this.seconds.textContent =
        all < 120
          ? fill(this.#words.waited, { seconds: all })
          : fill(this.#words.minutes, { minutes, seconds });
    };
    draw();
    this.#ticking = setInterval(draw, 1_000);
  }
}
