// One counter on a tablet: shows who is called, and asks the door for what staff do. Two tablets stay in step.

import { post, say } from "./ask.js";
import { copyOf, fill, yes } from "./dom.js";
import { listen } from "./keys.js";
import { follow } from "./live.js";

const REACTION_MS = 400; // a finger on its way when the page changed means what stood there before
const BOUNCE_MS = 600; // a second touch so soon after an act was not meant
const TOLD_MS = 15_000;
const PATIENCE_MS = 5000;
const SLOW_MS = 700;
const CHIPS = 12;

const page = document.body;
const home = page.dataset.counter;
const live = document.getElementById("live");
const told = document.getElementById("told");
const acts = document.getElementById("acts");
const keypad = document.getElementById("keypad");
const known = { last: Number(page.dataset.last), before: 0, changed: -Infinity };
const memory = { get: (name) => sessionStorage.getItem(name) ?? "", set: (name, value) => sessionStorage.setItem(name, value) };
let heard = live.querySelector("time").textContent;
let door = true;
let acted = -Infinity;
let busy = false;

// Showing

function show(state) {
  const { here } = state;
  if (state.last !== known.last) Object.assign(known, { before: known.last, last: state.last, changed: performance.now() });
  Object.assign(page.dataset, { at: here?.state ?? "nobody", priority: yes(here?.priority), first: here?.recalls_left ?? 0 });
  fill(document.getElementById("here"), here ? { ...here, times: here.recalls + 1 } : {});
  for (const id of ["undo", "next", "line"]) fill(document.getElementById(id), state);
  fill(document.querySelector(".absent"), here ?? {});
  fill(document.getElementById("roll"), { ticket: here?.ticket ?? "" });
  for (const [panel, tally] of [["away", state.others.length], ["watch", state.observed.filter((one) => one.over).length]]) {
    fill(document.querySelector(`[popovertarget=${panel}]`), { [panel]: tally || "" });
  }
  document.querySelector(".undo").disabled = !state.undo_vi;
  for (const button of document.querySelectorAll("[data-needs]")) {
    button.disabled = !button.dataset.needs.split(" ").includes(page.dataset.at);
  }
  const favour = document.querySelector(".further .favour");
  favour.value = here?.priority ? "ordinary" : "priority";
  favour.ariaPressed = String(Boolean(here?.priority));
  list("chips", state.lines.slice(0, CHIPS), newChip);
  list("lines", state.lines, newPlace);
  list("others", state.others, newRow);
  list("observed", state.observed, newRow);
  tellDoor(state);
}

function list(id, items, make) {
  const place = document.getElementById(id);
  const said = JSON.stringify(items);
  if (place.said === said) return; // so that no button is exchanged under a finger for nothing
  place.said = said;
  place.replaceChildren(...items.map(make));
}

function newChip({ ticket, priority }) {
  const chip = copyOf("a-chip");
  chip.textContent = ticket;
  chip.dataset.priority = yes(priority);
  return chip;
}

function newPlace(one) {
  const item = fill(copyOf("a-place"), one);
  const button = item.querySelector("button");
  button.value = `call:${one.id}`;
  button.dataset.priority = yes(one.priority);
  return item;
}

function newRow(one) {
  const item = fill(copyOf("a-row"), one);
  const { id: ticket, state } = one;
  Object.assign(item.dataset, { ticket, state, priority: yes(one.priority), over: yes(one.over), told: yes(one.ahead !== null) });
  for (const button of item.querySelectorAll("[name=wish]")) button.value = `${button.value.split(":")[0]}:${one.id}`;
  item.querySelector(".to-favour").value = `${one.priority ? "ordinary" : "priority"}:${one.id}`;
  item.querySelector(".to-favour").ariaPressed = String(one.priority);
  item.querySelector(".to-transfer").dataset.transfer = one.id;
  return item;
}

// Staying in step

let reading = false;
let again = false;

async function refresh() {
  again = reading;
  if (reading) return;
  reading = true;
  try {
    const answer = await fetch(`${home}/now`, { signal: AbortSignal.timeout(PATIENCE_MS) });
    if (answer.ok) show(await answer.json());
  } catch {
    tell("lost");
  }
  reading = false;
  if (again) refresh();
}

function tellDoor(state) {
  if (door && !state.door) tell("away");
  door = state.door;
  if (door) {
    heard = state.at;
    tell("live");
  }
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

async function send(path, values) {
  const slow = setTimeout(() => say({ vi: "Đang chờ cửa trả lời…", en: "Waiting for the door…" }, "waits"), SLOW_MS);
  const answer = await post(`${home}/${path}`, new URLSearchParams(values), "application/x-www-form-urlencoded");
  clearTimeout(slow);
  if (answer?.refused) say(answer.refused, "trouble");
  return answer && !answer.refused ? answer : null;
}

async function wish(wished, number = "") {
  if (busy || performance.now() - acted < BOUNCE_MS) return false;
  busy = true;
  const seen = performance.now() - known.changed < REACTION_MS ? known.before : known.last;
  const answer = await send("act", { wish: wished, number, seen, by: memory.get("by") });
  if (answer) say(answer.said);
  acted = performance.now();
  busy = false;
  refresh();
  if (answer) closePanels();
  return Boolean(answer);
}

async function find(code) {
  const answer = code && (await send("find", { code }));
  if (answer) told.hidden = true;
  return answer ? answer.found : [];
}

async function lookUp(code) {
  const found = await find(code);
  if (!found.length) return;
  list("these", found, newRow);
  open("found");
}

async function callNumber(code) {
  const found = await find(code);
  if (found.length === 1) return wish(`call:${found[0].id}`);
  if (found.length) {
    list("these", found, newRow);
    open("found");
  }
  return false;
}

// Panels

const panels = [...document.querySelectorAll("[popover]")];
const opened = () => panels.find((panel) => panel.matches(":popover-open"));
const closePanels = () => opened()?.hidePopover();

function open(id) {
  closePanels();
  document.getElementById(id).showPopover();
}

function transfer(ticket, name) {
  for (const button of document.querySelectorAll("#transfer [data-service]")) {
    button.value = `transfer:${ticket}:${button.dataset.service}`;
  }
  fill(document.getElementById("transfer"), { subject: name });
}

function type(sign) {
  const field = keypad.elements.code;
  field.value = sign ? field.value + sign : field.value.slice(0, -1);
}

// Listening

document.addEventListener("submit", async (event) => {
  const { target: form, submitter } = event;
  event.preventDefault();
  if (form === acts && submitter) wish(submitter.value);
  if (form.id === "scan") {
    await lookUp(form.elements.code.value);
    form.reset();
  }
  if (form === keypad && (await callNumber(keypad.elements.code.value))) keypad.reset();
  if (form.id === "worker") {
    memory.set("by", form.elements.by.value.trim());
    showWorker();
    closePanels();
  }
});

document.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (!button) return;
  if (event.detail) button.blur(); // so that Space calls the next again, not what a finger pressed last
  if ("type" in button.dataset) type(button.dataset.type);
  if (button.getAttribute("popovertarget") === "transfer") transfer("", document.getElementById("number").textContent);
  if (button.dataset.transfer) {
    transfer(button.dataset.transfer, button.closest(".stop").querySelector(".ticket").textContent);
    open("transfer");
  }
});

document.getElementById("letters").addEventListener("click", ({ currentTarget }) => {
  const given = document.getElementById("given");
  given.dataset.keys = given.dataset.keys === "digits" ? "letters" : "digits";
  currentTarget.ariaPressed = String(given.dataset.keys === "letters");
});

async function giveRollNumber() {
  if (await wish("number", keypad.elements.code.value)) keypad.reset();
}

document.getElementById("roll").addEventListener("click", giveRollNumber);
keypad.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && event.ctrlKey) giveRollNumber();
});

document.getElementById("hand").addEventListener("click", () => {
  memory.set("hand", memory.get("hand") === "left" ? "right" : "left");
  showWorker();
});

function showWorker() {
  document.getElementById("name").value = memory.get("by");
  document.getElementById("by").textContent = memory.get("by") || "Ai làm?";
  page.dataset.hand = memory.get("hand");
}

listen({
  command(key) {
    const within = opened() ?? page;
    const wanted = key === " " ? "Space" : key.toUpperCase();
    const button = [...within.querySelectorAll("[aria-keyshortcuts]")].find(
      (one) => one.checkVisibility() && one.getAttribute("aria-keyshortcuts").toUpperCase().split(" ").includes(wanted.toUpperCase()),
    );
    if (button?.matches("input")) button.focus();
    else if (button && !button.disabled) button.click();
  },
  scanned: lookUp,
});

new MutationObserver(() => {
  if (told.hidden) return;
  clearTimeout(told.timer);
  told.timer = setTimeout(() => (told.hidden = true), TOLD_MS);
}).observe(told, { childList: true });

showWorker();
refresh();
follow(
  () => "/queue/events",
  {
    queue: refresh,
    pulse({ fault }) {
      if (fault) tell("fault");
      else refresh();
    },
  },
  (isLive) => isLive || tell("lost"),
);
