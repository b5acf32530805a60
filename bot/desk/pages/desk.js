// The desk's page: puts the queue, the chats, the sound and the stream together.

import { ChatView } from "./chat.js";
import { Chats } from "./chats.js";
import { post } from "./post.js";
import { QueueView } from "./queue.js";
import { Sound } from "./sound.js";
import { Stream } from "./stream.js";
import { element, fill, strings } from "./words.js";

const by = (id) => document.getElementById(id);
const sound = new Sound();
const chats = new Chats();
let picture = { me: { on_duty: false }, cases: [], chats: {}, colleagues: [], on_duty: 0 };
let skew = 0; // between the server's clock and this page's
let onDuty; // what the switch was set to, and what of it the server has heard
let heardDuty;
const alarmed = new Set();
const now = () => performance.now() / 1000 + skew;

const chat = new ChatView({ chats, now, changed: draw, problem: (text) => warn(text) });
const queue = new QueueView({ now, take, open: (id) => chat.open(id) });
const stream = new Stream({
  onDuty: () => onDuty,
  heard: (on) => {
    heardDuty = on;
    calm("connection");
    drawDuty();
  },
  lost: () => warn(strings.connection.lost, "connection"),
  replaced: () => warn(strings.connection.replaced, "replaced"),
  picture: (serverNow, found) => {
    skew = serverNow - performance.now() / 1000;
    if (found.broken) return warn(strings.connection.broken, "connection");
    calm("connection");
    picture = found;
    if (onDuty === undefined) begin(found.me.on_duty);
    for (const one of chats.update(picture, (id) => id === chat.id && chat.isVisible)) {
      if (one.case.id !== chat.id) say(fill(strings.newLine, one.case));
    }
    draw();
  },
});

by("duty").addEventListener("click", () => setDuty(!onDuty));
by("sound").addEventListener("click", async () => {
  const on = await sound.toggle();
  by("sound").setAttribute("aria-pressed", on);
  by("sound").textContent = on ? strings.soundOn : strings.soundOff;
});
by("sign-out").addEventListener("click", async () => {
  if (chats.live.length && !confirm(strings.leaveWarning)) return;
  removeEventListener("beforeunload", warnBeforeLeaving);
  await post("/api/sign-out").catch(() => {});
  location.replace("/sign-in");
});
document.addEventListener("visibilitychange", () => chat.isVisible && chats.shown(chat.id));
addEventListener("beforeunload", warnBeforeLeaving);
stream.start();

function draw() {
  chat.draw(picture.colleagues);
  queue.show(picture.cases, chat.id, chats.unread);
  by("count").textContent = picture.on_duty ? fill(strings.deskCount, { count: picture.on_duty }) : strings.deskNobody;
  by("offers").textContent = picture.offers ? fill(strings[picture.offers === 1 ? "offer" : "offers"], { count: picture.offers }) : "";
  if (onDuty && picture.me.called === false) by("count").textContent += ` · ${strings.notCalled}`;
  drawLetters(picture.letters ?? []);
  const waiting = picture.cases.filter((one) => one.state === "notifying").length;
  by("back").textContent = waiting ? fill(strings.backWaiting, { count: waiting }) : strings.back;
  alarm(picture.cases.filter((one) => one.alarm && onDuty));
}

let lettersDrawn = "[]";

// What could not be told to somebody outside this page: seen here, tried again, or put away.
function drawLetters(letters) {
  if (JSON.stringify(letters) === lettersDrawn) return;
  lettersDrawn = JSON.stringify(letters);
  by("letters").hidden = !letters.length;
  by("letter-list").replaceChildren(...letters.map((letter) => {
    const what = fill(strings.letter, { kind: strings.letterKinds[letter.kind] ?? letter.kind, way: letter.way, word: letter.word, tries: letter.tries });
    const acts = Object.entries({ again: strings.letterAgain, "put-away": strings.letterPutAway }).map(([act, title]) => {
      const button = element("button", { type: "button" }, title);
      button.addEventListener("click", () => post(`/api/letters/${letter.id}/${act}`).catch(() => warn(strings.refusals.other)));
      return button;
    });
    return element("li", {}, element("span", {}, what), ...acts);
  }));
}

function alarm(cases) {
  const unread = [...chats.unread.values()].some((count) => count);
  const waiting = cases.length + (unread ? 1 : 0);
  document.title = waiting ? fill(strings.titleWaiting, { count: waiting }) : strings.title;
  sound.alarm(cases.length > 0);
  const fresh = cases.filter((one) => !alarmed.has(one.id));
  if (fresh.length) say(fresh.map((one) => fill(strings.newCase, { alias: one.alias, level: strings.levels[one.level][0] })).join(" "));
  alarmed.clear();
  for (const one of cases) alarmed.add(one.id);
}

async function take(one) {
  chats.taken(one.id);
  try {
    await post(`/api/cases/${one.id}/claim`);
    waitFor(one.id);
  } catch (error) {
    warn(strings.refusals[error.word] ?? strings.refusals.other);
  }
}

// the chat opens with the picture that brings it
function waitFor(id, tries = 40) {
  if (chats.get(id)) chat.open(id);
  else if (tries) setTimeout(() => waitFor(id, tries - 1), 50);
}

// after a reload the switch stands where it stood
function begin(wasOnDuty) {
  for (const id of ["duty", "sound", "sign-out"]) by(id).disabled = false;
  heardDuty = wasOnDuty;
  setDuty(wasOnDuty);
}

function setDuty(on) {
  onDuty = on;
  drawDuty();
  stream.beat(true);
  draw();
}

// a responder is on duty when the server knows it, and not before
function drawDuty() {
  const waits = onDuty !== heardDuty;
  const [word, before] = onDuty ? [strings.onDuty, strings.goingOnDuty] : [strings.offDuty, strings.goingOffDuty];
  by("duty").setAttribute("aria-checked", onDuty);
  by("duty").setAttribute("aria-busy", waits);
  by("duty-word").textContent = waits ? before : word;
}

let reason = "";
let clearing;

function warn(text, why = "") {
  if (reason === "replaced") return;
  reason = why;
  clearTimeout(clearing);
  by("alert-text").textContent = text;
  by("alert").hidden = false;
  by("alert-act").hidden = why !== "replaced";
  by("alert-act").textContent = strings.connection.reload;
  by("alert-act").onclick = () => location.reload();
  if (!why) clearing = setTimeout(() => (by("alert").hidden = true), 8000);
}

function calm(why) {
  if (reason === why) {
    by("alert").hidden = true;
    reason = "";
  }
}

function say(text) {
  by("said").textContent = text;
}

function warnBeforeLeaving(event) {
  if (chats.live.length && reason !== "replaced") event.preventDefault();
}
