// Sends one request to the desk's server. Every act carries the session's token, which a foreign page cannot read.

const token = document.querySelector('meta[name="token"]')?.content ?? "";

export class Refused extends Error {
  constructor(status, word, seconds) {
    super(word);
    this.status = status;
    this.word = word;
    this.seconds = seconds;
  }
}

export async function post(path, body = {}) {
  const response = await fetch(path, {
    method: "POST",
    headers: { "Content-Type": "application/json", "X-Sidedoor-Token": token },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(8000),
  });
  return result(response);
}

export async function get(path) {
  return result(await fetch(path, { signal: AbortSignal.timeout(8000) }));
}

async function result(response) {
  const text = await response.text();
  const content = text.startsWith("{") ? JSON.parse(text) : {};
  if (!response.ok) throw new Refused(response.status, content.error ?? "other", content.seconds);
  return content;
}

export function newId() {
  return Array.from(crypto.getRandomValues(new Uint8Array(12)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
