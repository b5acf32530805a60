// Draws the three lists: who waits, one's own chats, the colleagues' chats. Texts go in as text, never as markup.

import { element, fill, span, strings } from "./words.js";

const WAITING = ["notifying", "desk_lost"];
const HELD = ["acknowledged", "live"];
const over = (one) => !WAITING.includes(one.state) && !HELD.includes(one.state);

export class QueueView {
  #drawn = "";
  #now = () => 0;

  constructor({ take, open, now }) {
    this.take = take;
    this.open = open;
    this.#now = now;
    setInterval(() => this.tick(), 1000);
  }

  show(cases, selected, unread) {
    const lists = {
      waiting: cases.filter((one) => WAITING.includes(one.state) || (over(one) && !one.mine)),
      mine: cases.filter((one) => one.mine && (HELD.includes(one.state) || unread.has(one.id))),
      elsewhere: cases.filter((one) => !one.mine && HELD.includes(one.state)),
    };
    const state = JSON.stringify([lists, selected, [...unread]]);
    if (state === this.#drawn) return;
    this.#drawn = state;
    const focused = document.activeElement?.dataset?.case;
    for (const [name, found] of Object.entries(lists)) {
      const empty = strings[name === "waiting" ? "queueEmpty" : `${name}Empty`];
      const items = found.map((one) => this.#item(one, selected, unread.get(one.id) ?? 0));
      document.getElementById(name).replaceChildren(...(items.length ? items : [element("li", { class: "empty" }, empty)]));
    }
    if (focused) document.querySelector(`button[data-case="${focused}"]`)?.focus();
    this.tick();
  }

  tick() {
    for (const time of document.querySelectorAll("time[data-since]")) {
      time.textContent = span(this.#now() - Number(time.dataset.since));
    }
  }

  #item(one, selected, unread) {
    const [level, why] = strings.levels[one.level];
    const item = element("li", { class: `case ${one.level}${one.alarm ? " alarm" : ""}`, "aria-current": selected === one.id && "true" });
    item.append(
      element("span", { class: "alias" }, one.alias, " ", element("span", { class: `level ${one.level}` }, level)),
      this.#facts(one, unread),
    );
    if (WAITING.includes(one.state)) {
      item.append(element("span", { class: "why" }, why));
      item.append(this.#button(one, strings.take, fill(strings.takeNamed, one), () => this.take(one), "primary"));
    } else if (one.mine) {
      item.append(this.#button(one, strings.open, fill(strings.openNamed, one), () => this.open(one.id)));
    }
    return item;
  }

  #facts(one, unread) {
    const facts = element("span", { class: "facts" });
    const time = element("time", { "data-since": WAITING.includes(one.state) ? one.since : one.entered });
    if (over(one)) return element("span", { class: "facts" }, strings.states[one.state]);
    const [before, after] = (WAITING.includes(one.state) ? strings.waits : strings.lasts).split("{time}");
    facts.append(before, time, after ?? "");
    if (WAITING.includes(one.state)) facts.append(" · ", fill(strings.tier, one));
    else facts.append(" · ", strings.states[one.state]);
    if (one.holder && !one.mine) facts.append(" · ", fill(strings.with, { name: one.holder }));
    if (unread) facts.append(" · ", element("span", { class: "unread" }, fill(strings.unread, { count: unread })));
    return facts;
  }

  #button(one, text, label, act, kind) {
    const button = element("button", { type: "button", class: kind, "aria-label": label, "data-case": one.id }, text);
    button.addEventListener("click", act);
    return button;
  }
}
