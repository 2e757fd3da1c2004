// Puts a counter's state on the page.

import { copyOf, fill, yes } from "./dom.js";

const CHIPS = 12;
const page = document.body;
const there = (id) => document.getElementById(id);

export function show(state) {
  const { here } = state;
  Object.assign(page.dataset, { at: here?.state ?? "nobody", priority: yes(here?.priority), first: here?.recalls_left ?? 0 });
  fill(there("here"), here ? { ...here, times: here.recalls + 1 } : {});
  there("number").dataset.letters = sizeOf(here?.ticket ?? "");
  for (const id of ["undo", "next", "line"]) fill(there(id), state);
  for (const piece of [there("roll"), page.querySelector(".absent")]) fill(piece, here ?? { ticket: "" });
  showCount("away", state.others.length);
  showCount("watch", state.observed.filter((one) => one.over).length);
  showPriority(Boolean(here?.priority));
  page.querySelector(".undo").disabled = !state.undo.vi;
  for (const button of page.querySelectorAll("[data-needs]")) {
    button.disabled = !button.dataset.needs.split(" ").includes(page.dataset.at);
  }
  list("chips", state.lines.slice(0, CHIPS), newChip);
  list("lines", state.lines, newPlace);
  list("others", state.others, newRow);
  list("observed", state.observed, newRow);
}

export const showFound = (found) => list("these", found, newRow);

const sizeOf = (number) => ["few", "some", "many", "most"][[5, 7, 9].filter((letters) => number.length >= letters).length];

function showCount(panel, count) {
  fill(page.querySelector(`[popovertarget=${panel}]`), { [panel]: count || "" });
}

function showPriority(priority) {
  const button = page.querySelector(".further .favour");
  button.value = priority ? "ordinary" : "priority";
  button.ariaPressed = String(priority);
}

function list(id, items, make) {
  const said = JSON.stringify(items);
  if (there(id).said === said) return; // so that no button is exchanged under a finger for nothing
  there(id).said = said;
  there(id).replaceChildren(...items.map(make));
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

function newRow(one, place) {
  const item = fill(copyOf("a-row"), { ...one, key: place + 1 });
  const { id: ticket, state } = one;
  Object.assign(item.dataset, { ticket, state, priority: yes(one.priority), over: yes(one.over), told: yes(one.ahead !== null) });
  for (const button of item.querySelectorAll("[name=wish]")) button.value = `${button.value.split(":")[0]}:${ticket}`;
  for (const button of item.querySelectorAll(".main")) button.setAttribute("aria-keyshortcuts", place + 1);
  const favour = item.querySelector(".to-favour");
  favour.value = `${one.priority ? "ordinary" : "priority"}:${ticket}`;
  favour.ariaPressed = String(one.priority);
  item.querySelector(".to-transfer").dataset.transfer = ticket;
  return item;
}
