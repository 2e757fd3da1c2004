// Sends what staff type on a page of papers, then shows the page as it is now. Looks again by itself, unless somebody types.

import { ask } from "./ask.js";

const LOOK_MS = 60_000;

document.getElementById("entered")?.addEventListener("submit", async (event) => {
  event.preventDefault();
  const form = event.target;
  const button = form.querySelector("button");
  button.disabled = true;
  const answer = await ask("/session/entered", { day: form.dataset.day, count: Number(form.elements.count.value) });
  if (answer) location.reload();
  button.disabled = false;
});

setInterval(() => {
  if (!document.activeElement?.matches("input") && !document.hidden) location.reload();
}, LOOK_MS);

document.getElementById("print")?.addEventListener("click", () => print());
