// Signs in. Stands alone, because nothing else is readable before.

import { canUsePasskeys, ask } from "./passkey.js";

const form = document.getElementById("sign-in");
const problem = document.getElementById("problem");
const button = form.querySelector("button");
const code = document.getElementById("code-field");

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const body = { name: form.name.value.trim(), password: form.password.value };
  if (!body.name || !body.password) return say(form.dataset.empty);
  if (!code.hidden) body.code = form.code.value;
  button.disabled = true;
  problem.textContent = "";
  try {
    await signIn(body);
  } catch {
    say(form.dataset.other);
  }
  button.disabled = false;
});

async function signIn(body) {
  const response = await fetch("/api/sign-in", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  });
  const content = await response.json();
  if (response.ok) return location.replace(content.next);
  if (content.error === "code") {
    say(code.hidden ? form.dataset.code : form.dataset.wrongCode);
    code.hidden = false;
    form.code.value = "";
    return form.code.focus();
  }
  say((form.dataset[content.error] ?? form.dataset.other).replace("{seconds}", content.seconds));
  if (content.error === "wrong") form.password.select();
}

document.getElementById("passkey").hidden = !canUsePasskeys();
document.getElementById("passkey").addEventListener("click", async () => {
  problem.textContent = "";
  try {
    const options = await send("/api/passkey-sign-in/begin", {});
    const content = await send("/api/passkey-sign-in", { credential: await ask(options) });
    location.replace(content.next);
  } catch {
    say(form.dataset.passkey);
  }
});

async function send(path, body) {
  const response = await fetch(path, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  });
  if (!response.ok) throw new Error(`sign-in: refused (${response.status})`);
  return response.json();
}

function say(text) {
  problem.textContent = text;
}
