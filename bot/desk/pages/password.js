// Replaces a password.

import { canUsePasskeys, make } from "./passkey.js";
import { post } from "./post.js";

const form = document.getElementById("change");
const problem = document.getElementById("problem");
const why = document.getElementById("why");
const [current, wanted, repeated] = ["current", "wanted", "repeated"].map((id) => document.getElementById(id));

document.getElementById("current-field").hidden = why.dataset.first === "yes";
if (why.dataset.first !== "yes") why.hidden = true;

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  problem.textContent = "";
  if (wanted.value !== repeated.value) return say("differ");
  try {
    await post("/api/password", { current: current.value || undefined, password: wanted.value });
    location.replace("/");
  } catch (error) {
    say(error.word);
  }
});

document.getElementById("to-desk").hidden = why.dataset.first === "yes";

const keys = document.getElementById("passkeys");
const outcome = document.getElementById("passkey-outcome");
keys.hidden = !canUsePasskeys() || why.dataset.first === "yes";
document.getElementById("passkey-add").addEventListener("click", async () => {
  outcome.textContent = "";
  try {
    await post("/api/passkeys", { credential: await make(await post("/api/passkeys/begin")) });
    outcome.textContent = keys.dataset.added;
  } catch (error) {
    outcome.textContent = error.word === "too_many" ? keys.dataset.tooMany : keys.dataset.failed;
  }
});
document.getElementById("passkey-remove").addEventListener("click", async () => {
  outcome.textContent = await post("/api/passkeys/remove").then(
    () => keys.dataset.removed,
    () => keys.dataset.failed,
  );
});

function say(word) {
  problem.textContent = form.dataset[word === "password" ? "data" : word] ?? form.dataset.other;
}
