// Digits for gloved fingers under a number's field, no form sent twice, and who calls for help as it happens. The page
// works without all of this.

import { follow } from "./live.js";

const SIGNS = ["1", "2", "3", "4", "5", "6", "7", "8", "9", "ABC", "0", "⌫"];

function press(input, sign, key) {
  if (sign === "ABC") {
    const letters = key.getAttribute("aria-pressed") !== "true";
    key.setAttribute("aria-pressed", String(letters));
    input.inputMode = letters ? "text" : "none";
    input.blur(); // a keyboard comes with the focus alone
    input.focus();
    return;
  }
  const [start, end] = [input.selectionStart, input.selectionEnd];
  if (sign !== "⌫") input.setRangeText(sign, start, end, "end");
  else if (start !== end) input.setRangeText("", start, end, "end");
  else if (start) input.setRangeText("", start - 1, start, "end");
}

function keyOf(input, sign) {
  const key = document.createElement("button");
  key.type = "button";
  key.className = "key";
  key.textContent = sign;
  if (sign === "⌫") key.setAttribute("aria-label", document.documentElement.lang === "vi" ? "Xóa" : "Delete");
  if (sign === "ABC") key.setAttribute("aria-pressed", "false");
  key.addEventListener("click", () => press(input, sign, key));
  return key;
}

const isTelephone = matchMedia("(max-width: 699px)").matches; // which brings digits of its own

for (const field of isTelephone ? [] : document.querySelectorAll("[data-pad]")) {
  const input = field.querySelector("input");
  const pad = document.createElement("div");
  pad.className = "pad";
  pad.append(...SIGNS.map((sign) => keyOf(input, sign)));
  field.append(pad);
  input.inputMode = "none";
}

const first = document.querySelector(".entry input:not([type=hidden], [type=radio], [type=checkbox])");
if (first && !document.querySelector("[role=alert]")) first.focus({ preventScroll: true });

for (const form of document.querySelectorAll("form")) {
  form.addEventListener("submit", (event) => {
    if (form.dataset.sent) event.preventDefault();
    form.dataset.sent = "yes";
  });
}
addEventListener("pageshow", () => { // come back to by the browser's own button
  for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
});

const LOOK_MS = 1000;
const { log, mark, list } = document.body.dataset;
let sequence = Number(document.body.dataset.sequence);
let looking;

async function look() {
  looking = undefined;
  const answer = await fetch("/help/now", { headers: { "X-Kiosk": "page" } }).catch(() => null);
  if (!answer?.ok) return;
  const now = await answer.json();
  for (const id of ["calls", "staff"]) {
    const count = document.getElementById(`count-${id}`);
    count.textContent = now[id];
    count.hidden = !now[id];
  }
  if (list === "yes" && now.mark !== mark) location.reload();
}

const lookSoon = () => (looking ??= setTimeout(look, LOOK_MS));

follow(
  () => `/events?log=${log}&after=${sequence}`,
  {
    entry(update) {
      sequence = Math.max(sequence, update.sequence);
      if (list === "yes" || /^(ask|house)$/.test(update.line?.tone)) lookSoon(); // else nobody asks for anything
    },
    state() {},
    pulse() {},
    anew: () => list === "yes" && location.reload(),
  },
  (isLive) => { document.getElementById("lost").hidden = isLive; },
);
