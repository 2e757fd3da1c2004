// What staff do for one person of the list: see them in full for a reason, attach a companion, print again.

import { ask, say } from "./ask.js";
import { fill } from "./dom.js";

const sheet = document.getElementById("sheet");
const plainly = document.getElementById("plainly");
let visit = 0;
let ticking;

export function openSheet(item) {
  visit = Number(item.dataset.visit);
  fill(sheet, { name: item.querySelector("[data-f=name]").textContent, about: item.querySelector("[data-f=about]").textContent });
  sheet.dataset.inside = item.dataset.inside;
  sheet.dataset.known = item.dataset.known;
  sheet.querySelector("[data-of-person]").href = `/person/${visit}`;
  for (const part of sheet.querySelectorAll("details")) part.open = false;
  for (const form of sheet.querySelectorAll("form")) form.reset();
  sheet.showModal();
}

function mask() {
  clearInterval(ticking);
  plainly.hidden = true;
  fill(plainly, { full: "", birth: "", number: "", left_s: "" });
}

function show({ name, birth, number, left_s }) {
  const until = Date.now() + left_s * 1000;
  mask();
  fill(plainly, { full: name, birth, number, left_s });
  plainly.hidden = false;
  ticking = setInterval(() => {
    const left = Math.round((until - Date.now()) / 1000);
    if (left > 0 && left <= left_s) fill(plainly, { left_s: left });
    else mask();
  }, 1000);
}

sheet.addEventListener("submit", async (event) => {
  event.preventDefault();
  const { target, submitter } = event;
  const asked = visit;
  submitter.disabled = true;
  if (target.matches(".unmask")) {
    const reason = submitter.value || target.querySelector("input").value;
    const person = await ask(`/person/${asked}/unmask`, { reason });
    if (person && asked === visit && sheet.open) show(person);
  } else {
    const { name, birth } = Object.fromEntries(new FormData(target));
    const answer = await ask("/companion", { visit: asked, name, birth });
    if (answer) sheet.close();
    if (answer) say(answer.said);
  }
  submitter.disabled = false;
});

sheet.addEventListener("click", async ({ target }) => {
  const button = target.closest("[data-do]");
  if (!button) return;
  sheet.close();
  if (button.dataset.do !== "reprint") return;
  const printed = await ask("/reprint", { visit });
  if (printed) say(printed.said);
});

sheet.addEventListener("close", mask);
