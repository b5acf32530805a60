// Shows one chat: labelled lines, a box to write in, prepared lines, and the ways to end it.

import { post } from "./post.js";
import { canned, element, fill, span, strings } from "./words.js";

const by = (id) => document.getElementById(id);
const box = by("line");
const QUEUE = "queue";

export class ChatView {
  #id;
  #chats;
  #drafts = new Map();
  #now;
  #shown = new Map();
  #atEnd = true;

  constructor({ chats, now, changed, problem }) {
    this.#chats = chats;
    this.#now = now;
    this.changed = changed;
    this.problem = problem;
    this.#prepare();
    by("write").addEventListener("submit", (event) => this.#send(event));
    box.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && !event.shiftKey && !event.isComposing) this.#send(event);
    });
    by("back").addEventListener("click", () => this.open(undefined));
    by("put-away").addEventListener("click", () => this.#putAway());
    by("close").addEventListener("click", () => this.#askOutcome());
    by("hand-over").addEventListener("click", () => this.#askColleague());
    this.#stayAtEnd(by("log"));
    setInterval(() => this.#tick(), 1000);
  }

  get id() {
    return this.#id;
  }

  get isVisible() {
    return document.visibilityState === "visible";
  }

  open(id) {
    if (this.#id) this.#drafts.set(this.#id, box.value);
    this.#id = id;
    this.#shown.clear();
    this.#atEnd = true;
    by("log").replaceChildren();
    box.value = this.#drafts.get(id) ?? "";
    document.body.classList.toggle("in-chat", Boolean(id));
    this.draw();
    if (id) by("chat-title").focus();
    this.changed();
  }

  draw(colleagues) {
    this.colleagues = colleagues ?? this.colleagues ?? [];
    const chat = this.#chats.get(this.#id);
    by("chat").hidden = !chat;
    by("nothing").hidden = Boolean(chat);
    if (!chat) return;
    chat.changed = () => this.draw();
    const [level] = strings.levels[chat.case.level];
    by("chat-title").textContent = chat.case.alias;
    by("chat-level").textContent = level;
    by("chat-level").className = `level ${chat.case.level}`;
    by("write").hidden = chat.ended;
    by("summary").hidden = !chat.summary;
    by("summary").textContent = chat.summary ? fill(strings.summary, { text: chat.summary }) : "";
    by("put-away-row").hidden = !chat.ended;
    this.#lines(chat);
    this.#tick();
    if (this.isVisible) this.#chats.shown(this.#id);
  }

  #lines(chat) {
    const log = by("log");
    for (const [line, drawn] of this.#shown) {
      if (!chat.lines.includes(line)) {
        drawn.remove();
        this.#shown.delete(line);
      }
    }
    for (const line of chat.lines) {
      if (!this.#shown.has(line)) this.#shown.set(line, log.appendChild(this.#line(line, chat)));
      this.#mark(line, this.#shown.get(line));
    }
    if (this.#atEnd) log.scrollTop = log.scrollHeight;
  }

  // The newest line stays in sight, unless the responder has scrolled up to read.
  #stayAtEnd(log) {
    log.addEventListener("scroll", () => (this.#atEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 80));
    new ResizeObserver(() => this.#atEnd && (log.scrollTop = log.scrollHeight)).observe(log);
  }

  #line(line, chat) {
    const speaker = { you: strings.you, notice: strings.notice, officer: chat.case.alias }[line.speaker];
    return element("div", { class: `line ${line.speaker}` }, element("span", { class: "speaker" }, speaker), element("span", { class: "text" }, line.text));
  }

  #mark(line, drawn) {
    if (!line.mark || drawn.dataset.mark === line.mark) return;
    drawn.dataset.mark = line.mark;
    drawn.classList.toggle("failed", line.mark === "failed");
    drawn.querySelector(".mark")?.remove();
    const mark = element("span", { class: "mark" }, strings.marks[line.mark]);
    if (line.mark === "failed" && !this.#chats.get(this.#id).ended) mark.append(" ", this.#again(line));
    drawn.append(mark);
  }

  #again(line) {
    const button = element("button", { type: "button" }, strings.again);
    button.addEventListener("click", () => {
      // a line that was given up by the officers' side needs a new number, one that never left keeps its own
      if (line.seq) this.#chats.send(this.#id, line.text);
      else this.#chats.send(this.#id, line.text, line);
      button.remove();
    });
    return button;
  }

  #send(event) {
    event.preventDefault();
    const text = box.value.trim();
    if (!text || !this.#id) return;
    box.value = "";
    this.#atEnd = true;
    this.#chats.send(this.#id, text);
    box.focus();
  }

  #prepare() {
    for (const { title, lines } of canned.groups) {
      by("canned-groups").append(element("h3", {}, title));
      for (const text of lines) {
        const button = element("button", { type: "button" }, text);
        button.addEventListener("click", () => this.#insert(text));
        by("canned-groups").append(button);
      }
    }
    by("outcomes").append(...Object.entries(strings.outcomes).map(([value, text]) => radio("outcome", value, text)));
  }

  #insert(text) {
    box.value = box.value.trim() ? `${box.value.trimEnd()} ${text}` : text;
    by("canned").open = false;
    box.focus();
  }

  #askOutcome() {
    const id = this.#id;
    ask(by("close-dialog"), "outcome", async (outcome) => {
      await this.#act(id, "close", { outcome });
      this.#chats.closed(id);
    });
  }

  #askColleague() {
    const id = this.#id;
    by("colleagues").replaceChildren(
      by("colleagues").querySelector("legend"),
      ...this.colleagues.map((one) => radio("to", one.id, one.name)),
      radio("to", QUEUE, strings.toQueue),
    );
    ask(by("hand-dialog"), "to", (to) => (to === QUEUE ? this.#act(id, "give-back", {}) : this.#act(id, "hand-over", { to })));
  }

  async #act(id, act, body) {
    try {
      await post(`/api/cases/${id}/${act}`, body);
    } catch (error) {
      this.problem(strings.refusals[error.word] ?? strings.refusals.other);
      throw error;
    }
  }

  #putAway() {
    this.#chats.putAway(this.#id);
    this.open(undefined);
  }

  #tick() {
    const chat = this.#chats.get(this.#id);
    if (!chat) return;
    const state = strings.states[chat.case.state];
    by("chat-time").textContent = chat.ended ? state : `${state} · ${span(this.#now() - chat.case.entered)}`;
  }
}

function radio(name, value, text) {
  return element("label", {}, element("input", { type: "radio", name, value, required: "" }), text);
}

function ask(dialog, name, then) {
  const form = dialog.querySelector("form");
  form.reset();
  dialog.returnValue = "";
  const yes = dialog.querySelector(".primary");
  yes.disabled = true;
  form.onchange = () => (yes.disabled = false);
  dialog.onclose = () => {
    const chosen = form.querySelector(`input[name="${name}"]:checked`)?.value;
    if (dialog.returnValue === "yes" && chosen) Promise.resolve(then(chosen)).catch(() => {});
  };
  dialog.showModal();
}
