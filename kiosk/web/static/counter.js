// One counter on a tablet: asks the door for what staff do. Two tablets at one counter stay in step.

import { post, say } from "./ask.js";
import { show, showFound } from "./counter_view.js";
import { fill } from "./dom.js";
import { listen } from "./keys.js";
import { follow } from "./live.js";

const REACTION_MS = 400; // a finger on its way when the page changed means what stood there before
const BOUNCE_MS = 400; // a second touch of the same place so soon after an act was not meant
const SAME_PLACE = { finish: "start", ordinary: "priority" };
const PATIENCE_MS = 5000;
const SLOW_MS = 700;
const TOLD_MS = 15_000;

const page = document.body;
const home = page.dataset.counter;
const live = document.getElementById("live");
const told = document.getElementById("told");
const acts = document.getElementById("acts");
const scan = document.getElementById("scan");
const keypad = document.getElementById("keypad");
const known = { last: Number(page.dataset.last), before: 0, changed: -Infinity };
const kept = { get: (name) => sessionStorage.getItem(name) ?? "", set: (name, value) => sessionStorage.setItem(name, value) };

// Staying in step

let heard = live.querySelector("time").textContent;
let reading = false;
let again = false;
let granted = 0; // wishes of this page

async function refresh() {
  again = reading;
  if (reading) return;
  reading = true;
  const asked = granted;
  try {
    const answer = await fetch(`${home}/now`, { signal: AbortSignal.timeout(PATIENCE_MS) });
    const state = answer.ok && (await answer.json());
    if (asked !== granted) again = true; // it may be of before
    else if (state) take(state);
  } catch {
    tell("lost");
  }
  reading = false;
  if (again) refresh();
}

function take(state, own = false) {
  if (own) Object.assign(known, { last: state.last, changed: -Infinity });
  if (state.last !== known.last) Object.assign(known, { before: known.last, last: state.last, changed: performance.now() });
  show(state);
  if (state.door) heard = state.at;
  tell(state.door ? "live" : "away");
}

function tell(state) {
  const words = {
    live: { vi: "Đang nhận tin", en: "Live", mark: "live" },
    lost: { vi: "Mất liên lạc với máy từ", en: "The kiosk does not answer since then", mark: "lost" },
    away: { vi: "Cửa chưa trả lời từ", en: "The door does not answer since then", mark: "lost" },
    fault: { vi: "Không đọc được sổ ghi từ", en: "The log cannot be read since then", mark: "ask" },
  }[state];
  fill(live, { ...words, at: heard });
  live.dataset.live = state;
}

// Acting

let busy = false;
let acted = { place: "", at: -Infinity };

// The door's answer, a refusal too; null where there was none.
async function send(path, values) {
  const slow = setTimeout(() => say({ vi: "Đang chờ cửa trả lời…", en: "Waiting for the door…" }, "waits"), SLOW_MS);
  const answer = await post(`${home}/${path}`, new URLSearchParams(values), "application/x-www-form-urlencoded");
  clearTimeout(slow);
  if (answer?.refused) say(answer.refused, "trouble");
  return answer;
}

async function wish(wished, number = "") {
  const place = SAME_PLACE[wished] ?? wished;
  const bounced = place === acted.place && performance.now() - acted.at < BOUNCE_MS;
  if (busy || bounced) return false;
  busy = true;
  const seen = performance.now() - known.changed < REACTION_MS ? known.before : known.last;
  const answer = await send("act", { wish: wished, number, seen });
  acted = { place, at: performance.now() };
  busy = false;
  if (!answer?.said) {
    refresh();
    return false;
  }
  granted += 1;
  take(answer.now, true);
  say(answer.said);
  closePanel();
  return true;
}

async function find(code) {
  const answer = await send("find", { code });
  if (answer?.found) told.hidden = true;
  return answer;
}

// What was scanned stays in its field where the door did not answer: it need not be scanned again.
async function lookUp(code) {
  const answer = await find(code);
  scan.elements.code.value = answer ? "" : code;
  if (answer?.found?.length) openFound(answer.found);
}

async function callNumber(code) {
  const found = (await find(code))?.found ?? [];
  if (found.length > 1) openFound(found);
  if (found.length === 1 && (await wish(`call:${found[0].id}`))) keypad.reset();
}

async function giveRollNumber() {
  if (await wish("number", keypad.elements.code.value)) keypad.reset();
}

// Panels

// A browser of before 2023 knows no such panels; the buttons beside them work there too.
const panels = HTMLElement.prototype.showPopover ? [...document.querySelectorAll("[popover]")] : [];
const openPanel = () => panels.find((panel) => panel.matches(":popover-open"));
const closePanel = () => openPanel()?.hidePopover();

function open(id) {
  closePanel();
  document.getElementById(id).showPopover();
}

function openFound(found) {
  showFound(found);
  open("found");
}

function aimTransfer(ticket, name) {
  const panel = document.getElementById("transfer");
  fill(panel, { subject: name });
  for (const button of panel.querySelectorAll("[data-service]")) {
    button.value = `transfer:${ticket}:${button.dataset.service}`;
  }
}

function type(sign) {
  const field = keypad.elements.code;
  field.value = sign ? field.value + sign : field.value.slice(0, -1);
}

function showOtherSigns(button) {
  const panel = document.getElementById("given");
  panel.dataset.keys = panel.dataset.keys === "digits" ? "letters" : "digits";
  button.ariaPressed = String(panel.dataset.keys === "letters");
}

function showHand() {
  page.dataset.hand = kept.get("hand");
}

// Listening

const SUBMITTED = {
  acts: ({ submitter }) => submitter && wish(submitter.value),
  keypad: () => callNumber(keypad.elements.code.value),
  async scan() {
    await lookUp(scan.elements.code.value);
    scan.elements.code.blur(); // so that keys are commands again
  },
};

const PRESSED = {
  roll: giveRollNumber,
  letters: showOtherSigns,
  hand() {
    kept.set("hand", kept.get("hand") === "left" ? "right" : "left");
    showHand();
  },
};

document.addEventListener("submit", (event) => {
  const submitted = SUBMITTED[event.target.id];
  if (!submitted) return; // somebody signs out
  event.preventDefault();
  submitted(event);
});

document.addEventListener("click", ({ target, detail }) => {
  const button = target.closest("button");
  if (!button) return;
  if (detail) button.blur(); // so that Space calls the next again, not what a finger pressed last
  PRESSED[button.id]?.(button);
  if ("type" in button.dataset) type(button.dataset.type);
  if (button.getAttribute("popovertarget") === "transfer") aimTransfer("", document.getElementById("number").textContent);
  if (button.dataset.transfer) {
    aimTransfer(button.dataset.transfer, button.closest(".stop").querySelector(".ticket").textContent);
    open("transfer");
  }
});

keypad.addEventListener("keydown", ({ key, ctrlKey }) => {
  if (key === "Enter" && ctrlKey && !document.getElementById("roll").disabled) giveRollNumber();
});

listen({
  command(key) {
    const wanted = key === " " ? "space" : key.toLowerCase();
    const isMeant = (one) =>
      one.checkVisibility() && one.getAttribute("aria-keyshortcuts").toLowerCase().split(" ").includes(wanted);
    const meant = [...(openPanel() ?? page).querySelectorAll("[aria-keyshortcuts]")].find(isMeant);
    if (meant?.matches("input")) meant.focus();
    else meant?.click();
  },
  scanned: lookUp,
});

new MutationObserver(() => {
  clearTimeout(told.timer);
  told.timer = setTimeout(() => (told.hidden = true), TOLD_MS);
}).observe(told, { childList: true });

showHand();
refresh();
follow(
  () => "/queue/events",
  { queue: refresh, pulse: ({ fault }) => (fault ? tell("fault") : refresh()) },
  (isLive) => isLive || tell("lost"),
);
