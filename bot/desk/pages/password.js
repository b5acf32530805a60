// Replaces a password.

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

function say(word) {
  problem.textContent = form.dataset[word === "password" ? "data" : word] ?? form.dataset.other;
}
