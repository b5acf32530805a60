/**
 * Holds a conversation with the server, in memory only: its token, what is not delivered yet, how far it has come.
 */

import { Stream, pause } from "./stream.js";

const PATIENCE = 20_000; // for one request; the server answers within 7 s or says why not
const PAUSES = [500, 1_500, 4_000, 8_000]; // between attempts; then "not delivered" and a button

class Refused extends Error {
  constructor(status, word) {
    super(`support-chat: refused (${status})`);
    this.status = status;
    this.word = word;
  }
}

export class Conversation {
  #base;
  #heard;
  #token = null;
  #opening = null;
  #greeted = false;
  #spoke = false;
  #last = 0;
  #stream = null;
  #undelivered = new Set();
  #flushing = false;
  #left = false;
  #kept = false;
  #topic;

  /** The longest message, in characters; the server says what it is. */
  limit = 10_000;

  /**
   * `heard` gets `event(event)`, `message(message)` at each new `state`, `connection("up" | "down" | "full")`, and where
   * there is a `topic`, the code of a subject, `moved(choice)`: the button for it, "" for none needed, null for no subject.
   */
  constructor(base, heard, topic = null) {
    this.#base = base;
    this.#heard = heard;
    this.#topic = topic;
  }

  /** Opens the conversation and tries again until that works or the page is left. */
  async start() {
    for (let tries = 0; !this.#token && !this.#left; tries += 1) {
      try {
        await this.#open();
      } catch (error) {
        this.#heard.connection(error.word === "full" ? "full" : "down");
        await pause(PAUSES[Math.min(tries, PAUSES.length - 1)]);
      }
    }
  }

  /** Sends `{text}` or `{choice}` and goes on trying; the message gets an `id` and a `state`. */
  send(message) {
    message.id = Array.from(crypto.getRandomValues(new Uint8Array(12)), (byte) =>
      byte.toString(16).padStart(2, "0"),
    ).join("");
    this.#undelivered.add(message);
    this.#spoke = true;
    return this.#deliver(message);
  }

  /** Tries a message again that was marked "not_delivered". */
  again(message) {
    return this.#deliver(message);
  }

  /** Erases the conversation on the server; resolves to what that says, throws when it cannot be reached. */
  async forget() {
    const token = this.#token;
    this.#drop();
    this.#undelivered.clear();
    this.#greeted = this.#spoke = this.#kept = false;
    for (const rest of token ? [...PAUSES, null] : []) {
      try {
        return (await this.#post("chat/forget", {}, token)).events;
      } catch (error) {
        if (error.status === 401) return [];
        if (rest === null) throw error;
        await pause(rest);
      }
    }
    return [];
  }

  /** A code with which this conversation can be opened again; the page may then be closed without ending it. */
  async code() {
    if (!this.#token) await this.#open();
    const { code } = await this.#post("chat/code", {}, this.#token);
    this.#kept = true;
    return code;
  }

  /** Goes on with the conversation that `code` opens; the one that was here is erased. */
  async comeBack(code) {
    const { token, limit, events } = await this.#post("chat/return", { code });
    if (this.#left) return;
    const before = this.#token;
    this.#drop();
    this.#undelivered.clear();
    if (before && before !== token) this.#beacon(before);
    this.#heard.event({ kind: "status", status: { state: "returned" } });
    this.#token = token;
    this.limit = limit;
    this.#last = (events[0]?.seq ?? 1) - 1;
    this.#greeted = this.#spoke = this.#kept = true;
    this.#take(events);
    this.#listen();
    this.#up();
  }

  /** The page goes away: who asked for a code may come back, so then the server is not told to forget. */
  goAway() {
    if (this.#kept) this.#stop();
    else this.leave();
  }

  /** Leaves for good and lets the server forget; a beacon survives the page. */
  leave() {
    const token = this.#token;
    this.#stop();
    if (token) this.#beacon(token);
  }

  #stop() {
    this.#left = true;
    this.#drop();
    this.#undelivered.clear();
  }

  #beacon(token) {
    if (navigator.sendBeacon?.(this.#url("chat/leave"), token)) return;
    fetch(this.#url("chat/leave"), { method: "POST", body: token, keepalive: true, mode: "no-cors" }).catch(() => {});
  }

  #open() {
    this.#opening ??= this.#greet().finally(() => {
      this.#opening = null;
    });
    return this.#opening;
  }

  async #greet() {
    const { token, limit, events, choice } = await this.#post("chat/open", this.#topic ? { topic: this.#topic } : {});
    if (this.#left) return;
    this.#token = token;
    this.limit = limit;
    this.#last = 0;
    this.#listen();
    if (this.#greeted)
      this.#last = events.at(-1)?.seq ?? 0; // the first words are on the page already
    else this.#take(events);
    this.#greeted = true;
    if (this.#topic) this.#heard.moved(choice);
    this.#topic = null;
    this.#up();
  }

  #listen() {
    this.#stream?.stop();
    const stream = new Stream((path, signal) => this.#fetch(path, { signal, token: this.#token }), {
      after: () => this.#last,
      take: (events) => stream === this.#stream && this.#take(events),
      up: () => this.#up(),
      down: () => this.#heard.connection("down"),
      gone: () => stream === this.#stream && this.#lost(),
    });
    this.#stream = stream;
    stream.run();
  }

  async #deliver(message) {
    for (const rest of [...PAUSES, null]) {
      this.#mark(message, "sending");
      try {
        return await this.#ask(message);
      } catch (error) {
        if (!this.#undelivered.has(message)) return;
        if (error.status === 400 || error.status === 413 || error.status === 415) return this.#done(message, "refused");
        if (!error.status) this.#heard.connection("down");
        if (rest === null) break;
        if (error.status === 401) continue;
        this.#mark(message, "not_yet");
        await pause(rest);
        if (!this.#undelivered.has(message)) return;
      }
    }
    this.#mark(message, "not_delivered");
  }

  async #ask(message) {
    // Where there is no room for a conversation, a crisis is still answered: so the words go out without one.
    if (!this.#token) await this.#open().catch((error) => error.word === "full" || Promise.reject(error));
    const { id, text, choice } = message;
    const token = this.#token;
    try {
      const { events } = await this.#post("chat/messages", { id, text, choice, after: this.#last }, token);
      this.#done(message, "delivered");
      if (token === this.#token) this.#take(events);
      this.#up();
    } catch (error) {
      if (error.status === 401 && token && token === this.#token) this.#lost();
      if (error.word === "full") this.#heard.connection("full");
      throw error;
    }
  }

  /** The server knows this conversation no more; a new one is opened when there is something to say. */
  #lost() {
    this.#drop();
    this.#kept = false;
    if (this.#spoke) this.#heard.event({ kind: "status", status: { state: "reset" } });
    this.#up();
  }

  #take(events) {
    for (const event of events) {
      if (event.seq && event.seq <= this.#last) continue;
      if (event.seq > this.#last + 1) this.#heard.event({ kind: "status", status: { state: "gap" } });
      if (event.seq) this.#last = event.seq;
      this.#confirm(event.to);
      this.#heard.event(event);
      if (["erased", "expired"].includes(event.status?.state)) {
        this.#drop();
        this.#undelivered.clear(); // nothing of it may turn up in the next conversation
        this.#greeted = this.#spoke = this.#kept = false;
      }
    }
  }

  #up() {
    this.#heard.connection("up");
    this.#flush();
  }

  /** What was given up on goes out in its order once the server is there again. */
  async #flush() {
    if (this.#flushing) return;
    this.#flushing = true;
    for (const message of [...this.#undelivered].filter(({ state }) => state === "not_delivered")) {
      await Promise.race([this.#deliver(message), pause(400)]);
    }
    this.#flushing = false;
  }

  #mark(message, state) {
    message.state = state;
    this.#heard.message(message);
  }

  #done(message, state) {
    this.#undelivered.delete(message);
    this.#mark(message, state);
  }

  /** An answer over the stream says as well that the message arrived: it must not go out again. */
  #confirm(id) {
    const message = id && [...this.#undelivered].find((one) => one.id === id);
    if (message) this.#done(message, "delivered");
  }

  #drop() {
    this.#stream?.stop();
    this.#stream = null;
    this.#token = null;
  }

  async #post(path, body, token) {
    return (await this.#fetch(path, { body, token, signal: AbortSignal.timeout(PATIENCE) })).json();
  }

  async #fetch(path, { body, token, signal }) {
    const response = await fetch(this.#url(path), {
      method: body ? "POST" : "GET",
      headers: {
        ...(body && { "Content-Type": "application/json" }),
        ...(token && { Authorization: `Bearer ${token}` }),
      },
      body: body && JSON.stringify(body),
      cache: "no-store",
      credentials: "omit",
      redirect: "error",
      referrerPolicy: "no-referrer",
      signal,
    });
    if (!response.ok) throw new Refused(response.status, (await response.json().catch(() => ({}))).error);
    return response;
  }

  #url(path) {
    return new URL(path, this.#base);
  }
}
