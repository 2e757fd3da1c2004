// Sends what staff type or tap on a page of papers, then shows it as it is now. Looks again by itself, unless somebody types.

import { ask } from "./ask.js";

const LOOK_MS = 60_000;

async function send(path, values, button) {
  button.disabled = true;
  const answer = await ask(path, values);
  button.disabled = false;
  return answer;
}

document.getElementById("entered")?.addEventListener("submit", async (event) => {
  event.preventDefault();
  const { dataset, elements } = event.target;
  const values = { day: dataset.day, count: Number(elements.count.value) };
  if (await send("/session/entered", values, event.submitter)) location.reload();
});

for (const button of document.querySelectorAll("[data-post]")) button.disabled = false; // until here a tap would be lost

document.addEventListener("click", async ({ target }) => {
  const button = target.closest("[data-post]");
  if (!button) return;
  const answer = await send(button.dataset.post, JSON.parse(button.dataset.values), button);
  if (!answer) return;
  location.hash = `slip-${answer.number}`; // where it stands in the list now
  location.reload();
});

document.getElementById("print")?.addEventListener("click", () => print());

setInterval(() => {
  if (!document.activeElement?.matches("input") && !document.hidden) location.reload();
}, LOOK_MS);
