// Keeps the page up to date: one event stream, or polling where streams do not pass; and shows that the page is alive.

import { get, newId, post } from "./post.js";

const POLL = 2000;
const HEARTBEAT = 10000;
const RETRY_STREAM = 30000;

export class Stream {
  #page = newId();
  #source;
  #failures = 0;
  #polling = false;
  #beaten = 0;
  #beating = false;
  #again = false;
  #ended = false;
  #handlers;

  constructor(handlers) {
    this.#handlers = handlers; // picture(now, picture), lost(), replaced(), heard(onDuty), onDuty() → boolean or undefined
  }

  start() {
    this.#open();
    setInterval(() => this.beat(), HEARTBEAT);
  }

  async beat(force = false) {
    const onDuty = this.#handlers.onDuty(); // unknown until the first picture
    if (this.#ended || onDuty === undefined || (!force && Date.now() - this.#beaten < HEARTBEAT / 2)) return;
    this.#again ||= force;
    if (this.#beating) return; // one at a time: two on their way could arrive the other way round
    this.#beating = true;
    do await this.#tell();
    while (this.#again && !this.#ended);
    this.#beating = false;
  }

  async #tell() {
    const onDuty = this.#handlers.onDuty();
    this.#beaten = Date.now();
    this.#again = false;
    try {
      await post("/api/here", { page: this.#page, on_duty: onDuty });
      this.#handlers.heard(onDuty);
    } catch (error) {
      if (error.word === "replaced") this.#end();
      else if (error.status === 401) location.replace("/sign-in");
      else this.#handlers.lost();
    }
  }

  #open() {
    this.#source = new EventSource(`/api/events?page=${this.#page}`);
    this.#source.addEventListener("picture", (event) => {
      this.#failures = 0;
      this.#polling = false;
      this.#show(JSON.parse(event.data));
    });
    // The answer to a ping shows that somebody's browser is really there; timers alone sleep in a hidden tab.
    this.#source.addEventListener("ping", () => this.beat());
    this.#source.addEventListener("replaced", () => this.#end());
    this.#source.addEventListener("signed_out", () => location.replace("/sign-in"));
    this.#source.addEventListener("error", () => this.#failed());
  }

  #failed() {
    this.#failures += 1;
    if (this.#source.readyState === EventSource.CLOSED || this.#failures > 2) {
      this.#source.close();
      setTimeout(() => this.#ended || this.#open(), RETRY_STREAM);
      if (!this.#polling) this.#poll();
    } else this.#handlers.lost();
  }

  async #poll() {
    this.#polling = true;
    while (this.#polling && !this.#ended) {
      try {
        this.#show(await get("/api/state"));
        await this.beat();
      } catch (error) {
        if (error.status === 401) return location.replace("/sign-in");
        this.#handlers.lost();
      }
      await new Promise((done) => setTimeout(done, POLL));
    }
  }

  #show({ now, picture }) {
    this.#handlers.picture(now, picture);
  }

  #end() {
    this.#ended = true;
    this.#source.close();
    this.#handlers.replaced();
  }
}
