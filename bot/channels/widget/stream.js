/**
 * Brings events that nobody asked for: over a stream, or by long polling where a proxy holds streams back.
 */

const FIRST_BYTE = 4_000; // the server sends one at once; where it does not arrive, something collects the answer
const SILENCE = 40_000; // the server gives a sign every 15 s
const PAUSES = [500, 1_000, 2_000, 4_000, 8_000, 15_000];

/** Waits, but not after the browser says that the network is back. */
export function pause(milliseconds) {
  return new Promise((resolve) => {
    const timer = setTimeout(done, milliseconds);
    addEventListener("online", done);
    function done() {
      clearTimeout(timer);
      removeEventListener("online", done);
      resolve();
    }
  });
}

export class Stream {
  #ask;
  #heard;
  #stopped = false;
  #attempt = null;
  #polls = false;

  /**
   * `ask(path, signal)` makes a request and throws an error with a `status` when it is refused.
   * `heard` gets `after()` for the number to go on from, `take(events)`, `up()`, `down()`, and `gone()` when the
   * session is no more.
   */
  constructor(ask, heard) {
    this.#ask = ask;
    this.#heard = heard;
  }

  stop() {
    this.#stopped = true;
    this.#attempt?.abort();
  }

  async run() {
    let misses = 0;
    while (!this.#stopped) {
      try {
        await (this.#polls ? this.#poll() : this.#read());
        misses = 0;
      } catch (error) {
        if (this.#stopped) return;
        if (error.status === 401) return this.#heard.gone();
        misses += 1;
        if (misses > 1) this.#heard.down();
      }
      if (!this.#polls || misses) await pause(PAUSES[Math.min(misses, PAUSES.length - 1)]);
    }
  }

  async #read() {
    const signal = this.#patience();
    let timer = setTimeout(() => {
      this.#polls = true;
      this.#attempt.abort();
    }, FIRST_BYTE);
    try {
      const response = await this.#ask(`chat/events?after=${this.#heard.after()}`, signal);
      const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
      let held = "";
      for (;;) {
        const { value, done } = await reader.read();
        clearTimeout(timer);
        if (done) return;
        timer = setTimeout(() => this.#attempt.abort(), SILENCE);
        this.#heard.up();
        const blocks = (held + value).split("\n\n");
        held = blocks.pop();
        this.#heard.take(blocks.flatMap(eventsIn));
      }
    } finally {
      clearTimeout(timer);
    }
  }

  async #poll() {
    const signal = this.#patience();
    const timer = setTimeout(() => this.#attempt.abort(), SILENCE);
    try {
      const response = await this.#ask(`chat/poll?after=${this.#heard.after()}`, signal);
      const { events } = await response.json();
      this.#heard.up();
      this.#heard.take(events);
    } finally {
      clearTimeout(timer);
    }
  }

  #patience() {
    this.#attempt = new AbortController();
    return this.#attempt.signal;
  }
}

/** The event in one block of a stream; a comment has none. */
function eventsIn(block) {
  const data = block.split("\n").find((line) => line.startsWith("data: "));
  return data ? [JSON.parse(data.slice(6))] : [];
}
