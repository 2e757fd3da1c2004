// Asks this kiosk to do something, and tells in one line what became of it.

import { said } from "./dom.js";

const told = document.getElementById("told");

export function say(words, tone = "done") {
  // Whatever lies outside an open dialog is behind its veil.
  if (told.matches(".toast")) (document.querySelector("dialog[open]") ?? document.body).append(told);
  told.dataset.tone = tone;
  told.hidden = false;
  told.textContent = said(words);
}

export async function post(path, body, type) {
  if (told.matches(".toast")) told.hidden = true; // what was said last is over
  try {
    const response = await fetch(path, { method: "POST", headers: { "X-Kiosk": "page", "Content-Type": type }, body });
    const answer = await response.json();
    if (answer.error) say({ vi: answer.error.vi, en: answer.error.detail || answer.error.en }, "trouble");
    return answer.error ? null : answer;
  } catch {
    say({ vi: "Máy chưa trả lời.", en: "The kiosk does not answer." }, "trouble");
    return null;
  }
}

export const ask = (path, values) => post(path, JSON.stringify(values), "application/json");
