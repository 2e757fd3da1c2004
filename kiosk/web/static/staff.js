// Keeps the staff page up to date: lines at the door, visits, counts, devices.

import { ask, say } from "./ask.js";
import { copyOf, fill, yes } from "./dom.js";
import { follow } from "./live.js";

const { log, kept } = document.body.dataset;
const feed = document.getElementById("feed");
const visits = document.getElementById("visits");
const live = document.getElementById("live");
let sequence = Number(document.body.dataset.sequence);
let heard = live.querySelector("time").textContent;

function addLine(line) {
  const item = fill(copyOf("a-line"), line);
  Object.assign(item.dataset, { tone: line.tone, sequence: line.sequence, asks: yes(line.asks) });
  feed.prepend(item);
  shorten(feed);
}

function showVisit(visit) {
  const item = visits.querySelector(`[data-visit="${visit.id}"]`) ?? newVisit(visit.id);
  if (!item) return;
  fill(item, visit);
  Object.assign(item.dataset, { inside: yes(!visit.left), inferred: yes(visit.inferred) });
  if (visit.left && visits.dataset.show === "inside") item.remove();
  shorten(visits);
}

function newVisit(id) {
  const newest = Number(visits.firstElementChild?.dataset.visit ?? 0);
  if (id < newest) return null; // so old that it stands below the end of the list
  const item = copyOf("a-visit");
  item.dataset.visit = id;
  visits.prepend(item);
  return item;
}

function shorten(list) {
  while (list.childElementCount > kept) list.lastElementChild.remove();
}

function showState(state) {
  const piece = fill(document.getElementById("state"), state);
  piece.dataset.full = yes(state.full);
  document.getElementById("paper").dataset.paper = state.paper;
  const filled = document.getElementById("filled");
  if (filled) filled.value = Math.min(state.inside, state.capacity);
  document.getElementById("stages")?.replaceChildren(...state.stages.map(newStage));
  document.getElementById("devices").replaceChildren(...state.devices.map(newDevice));
}

function newStage(stage) {
  const room = stage.capacity ? `${stage.present}/${stage.capacity}` : stage.present;
  const item = fill(copyOf("a-stage"), { ...stage, room });
  item.dataset.full = yes(stage.full);
  return item;
}

function newDevice(device) {
  const item = fill(copyOf("a-device"), { ...device, mark: device.ok ? "check" : "ask" });
  item.dataset.ok = yes(device.ok);
  return item;
}

function tell(isLive, fault = "") {
  const state = isLive ? (fault ? "fault" : "live") : "lost";
  const words = {
    live: { vi: "Đang nhận tin,", en: "Live", mark: "live" },
    lost: { vi: "Mất liên lạc từ", en: "No news since then", mark: "lost" },
    fault: { vi: "Không đọc được sổ ghi từ", en: "The log cannot be read since then", mark: "ask" },
  }[state];
  if (state === "live" || live.dataset.live !== state) fill(live, { ...words, at: heard });
  live.dataset.live = state;
}

feed.addEventListener("click", async ({ target }) => {
  const button = target.closest("[data-do=let-in]");
  if (!button) return;
  const line = button.closest(".line");
  button.disabled = true;
  const answer = await ask("/let-in", { sequence: Number(line.dataset.sequence) });
  if (answer) {
    line.dataset.asks = "no";
    say(answer.said);
  }
  button.disabled = false;
});

const companion = document.getElementById("companion");
let accompanied = 0;

visits.addEventListener("click", ({ target }) => {
  const item = target.closest("[data-do=companion]")?.closest(".visit");
  if (!item) return;
  accompanied = Number(item.dataset.visit);
  fill(companion, { name: item.querySelector(".who").textContent });
  companion.querySelector("form").reset();
  companion.returnValue = "no";
  companion.showModal();
});

companion.addEventListener("close", async () => {
  if (companion.returnValue === "reprint") {
    const printed = await ask("/reprint", { visit: accompanied });
    if (printed) say(printed.said);
  }
  if (companion.returnValue !== "yes") return;
  const { name, birth } = Object.fromEntries(new FormData(companion.querySelector("form")));
  const answer = await ask("/companion", { visit: accompanied, name, birth });
  if (answer) say(answer.said);
});

follow(
  () => `/events?log=${log}&after=${sequence}`,
  {
    entry(update) {
      if (update.sequence <= sequence) return;
      sequence = update.sequence;
      if (update.line) addLine(update.line);
      update.visits.forEach(showVisit);
    },
    state: showState,
    pulse({ at, fault }) {
      if (!fault) heard = at;
      tell(true, fault);
    },
    anew: () => location.reload(),
  },
  (isLive) => isLive || tell(false),
);
