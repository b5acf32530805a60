// Holds the chats of this page, in the page's memory only, and sends lines so that each arrives once.

import { newId, post } from "./post.js";
import { strings } from "./words.js";

const RETRIES = [500, 1000, 2000, ...Array(14).fill(4000)]; // for a minute: that long a desk is not lost
const ENDED = ["cancelled", "officer_lost", "nobody_available"];

export class Chats {
  #chats = new Map();
  #taken = new Set();
  #fresh = true; // no picture yet: what is there was there before this page

  get(id) {
    return this.#chats.get(id);
  }

  get live() {
    return [...this.#chats.values()].filter((chat) => !chat.ended);
  }

  get unread() {
    return new Map([...this.#chats].map(([id, chat]) => [id, chat.unread]));
  }

  // What was new, so that the page can say it.
  update(picture, isShown) {
    const arrived = [];
    for (const one of picture.cases.filter((found) => found.mine)) {
      const content = picture.chats[one.id];
      const endedAtOnce = this.#taken.has(one.id) && ENDED.includes(one.state);
      if (!this.#chats.has(one.id) && (content || endedAtOnce)) this.#begin(one);
      const chat = this.#chats.get(one.id);
      if (!chat || chat.ended) continue;
      chat.case = one;
      if (content) chat.summary = content.summary;
      if (content && this.#receive(chat, content, isShown(one.id))) arrived.push(chat);
      if (ENDED.includes(one.state)) this.#end(chat, strings.notices[one.state]);
      this.#reach(chat, one);
    }
    this.#fresh = false;
    const mine = new Set(picture.cases.filter((one) => one.mine).map((one) => one.id));
    for (const [id, chat] of this.#chats) if (!mine.has(id) && !chat.ended) this.#lose(chat);
    return arrived;
  }

  taken(id) {
    this.#taken.add(id);
  }

  putAway(id) {
    this.#taken.delete(id);
    this.#chats.delete(id);
  }

  closed(id) {
    const chat = this.#chats.get(id);
    if (!chat) return;
    chat.lines = [];
    this.#end(chat, strings.notices.closed);
  }

  shown(id) {
    const chat = this.#chats.get(id);
    if (!chat || chat.ended || (chat.saw === chat.got && !chat.unread)) return;
    chat.unread = 0;
    this.#report(chat, true);
  }

  async send(id, text, line = { speaker: "you", text, mark: "sending", id: newId() }) {
    const chat = this.#chats.get(id);
    if (!chat.lines.includes(line)) chat.lines.push(line);
    line.mark = "sending";
    chat.changed?.();
    for (const pause of [...RETRIES, undefined]) {
      try {
        line.seq = (await post(`/api/cases/${id}/lines`, { id: line.id, text })).seq;
        line.mark = "sent";
        break;
      } catch (error) {
        line.mark = "failed";
        if (pause === undefined || [404, 409, 410, 400].includes(error.status)) break;
        line.mark = "sending";
        await new Promise((done) => setTimeout(done, pause));
      }
    }
    chat.changed?.();
  }

  #begin(one) {
    const how = this.#taken.has(one.id) ? "taken" : this.#fresh ? "reloaded" : "handed";
    const lines = [{ speaker: "notice", text: strings.notices[how] }];
    this.#chats.set(one.id, { case: one, lines, got: 0, saw: 0, unread: 0, ended: false, unreachable: false });
  }

  #receive(chat, content, isShown) {
    const fresh = content.lines.filter((line) => line.seq > chat.got);
    for (const { seq, text } of fresh) chat.lines.push({ speaker: "officer", text, seq });
    for (const line of chat.lines) {
      if (line.speaker !== "you" || !line.seq) continue;
      if (content.failed.includes(line.seq)) line.mark = "failed";
      else if (line.seq <= content.delivered) line.mark = "delivered";
    }
    if (fresh.length) {
      chat.got = fresh.at(-1).seq;
      chat.unread = isShown ? 0 : chat.unread + fresh.length;
      this.#report(chat, isShown);
    }
    return fresh.length > 0;
  }

  // The server deletes what has arrived here; if this fails, the lines come again and are known by their number.
  #report(chat, isShown) {
    if (isShown) chat.saw = chat.got;
    post(`/api/cases/${chat.case.id}/read`, { got: chat.got, saw: chat.saw }).catch(() => {});
  }

  #reach(chat, one) {
    if (chat.ended || one.reachable !== chat.unreachable) return;
    chat.unreachable = !one.reachable;
    if (chat.unreachable) chat.lines.push({ speaker: "notice", text: strings.notices.unreachable });
  }

  #lose(chat) {
    chat.lines = [];
    this.#end(chat, strings.notices.elsewhere);
  }

  #end(chat, text) {
    chat.ended = true;
    chat.summary = "";
    chat.unread = 0;
    chat.lines.push({ speaker: "notice", text });
    chat.changed?.();
  }
}
