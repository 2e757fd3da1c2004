// The page of today: people found as staff type, arrivals, counts, troubles; all as it happens.

import { ask, say } from "./ask.js";
import { copyOf, fill, yes } from "./dom.js";
import { follow } from "./live.js";
import { openSheet } from "./sheet.js";

const TYPED_MS = 120;
const AGAIN_MS = 2000;
const { log, kept } = document.body.dataset;
const { people, feed, live, search, onward, chips } = Object.fromEntries(
  ["people", "feed", "live", "search", "onward", "chips"].map((id) => [id, document.getElementById(id)]),
);
const { show, gate, stage } = document.body.dataset;
const choice = { show: search.q.value ? "" : show, gate, stage };
let sequence = Number(document.body.dataset.sequence);
let heard = live.querySelector("time").textContent;
let asking = 0;
let typing;
let before = 0;

const isPlain = () => !search.q.value.trim() && !choice.gate && !choice.stage && !before && /^(inside|all|)$/.test(choice.show);

function asPerson(item, person) {
  fill(item, person);
  item.querySelector(".who").href = `/person/${person.id}`;
  item.querySelector(".way").replaceChildren(
    ...person.way.map((step) => {
      const dot = document.createElement("i");
      dot.dataset.step = step;
      return dot;
    }),
  );
  Object.assign(item.dataset, {
    visit: person.id,
    inside: yes(!person.left),
    inferred: yes(person.inferred),
    corrected: yes(person.corrected),
    seen: yes(person.id_seen),
    beside: person.beside,
    known: yes(person.known),
  });
  return item;
}

const rowOf = (visit) => people.querySelector(`[data-visit="${visit}"]`);

function showPerson(person) {
  const item = rowOf(person.id);
  if (item && person.left && choice.show === "inside") item.remove();
  else if (item) asPerson(item, person);
  else if (isPlain() && !(person.left && choice.show !== "all")) prepend(person);
}

function prepend(person) {
  if (person.id < Number(people.firstElementChild?.dataset.visit ?? 0)) return; // further down, or on a later page
  people.prepend(asPerson(copyOf("a-person"), person));
  while (people.childElementCount > kept) {
    people.lastElementChild.remove();
    turnTo(Number(people.lastElementChild.dataset.visit));
  }
}

function turnTo(visit) {
  onward.hidden = !visit;
  onward.before.value = visit;
}

async function find() {
  const number = ++asking;
  const found = await ask("/people", { q: search.q.value, ...choice, before: String(before || "") });
  if (!found || number !== asking) return; // something newer was asked meanwhile
  people.replaceChildren(...found.people.map((person) => asPerson(copyOf("a-person"), person)));
  fill(document.getElementById("total"), found);
  turnTo(found.next);
  mark(found.show);
}

function mark(shown) {
  for (const chip of chips.querySelectorAll("[data-choose]")) {
    const { choose, value } = chip.dataset;
    if ((choose === "show" ? shown : choice[choose]) === value) chip.setAttribute("aria-current", "true");
    else chip.removeAttribute("aria-current");
  }
}

let later;
function findLater() {
  later ??= setTimeout(() => {
    later = undefined;
    find();
  }, AGAIN_MS);
}

search.addEventListener("input", () => {
  before = 0;
  choice.show = "";
  clearTimeout(typing);
  typing = setTimeout(find, TYPED_MS);
});
search.addEventListener("submit", (event) => {
  event.preventDefault();
  clearTimeout(typing);
  find();
});
onward.addEventListener("submit", async (event) => {
  event.preventDefault();
  before = Number(onward.before.value);
  await find();
  people.scrollTop = 0;
  people.querySelector("a")?.focus();
});
chips.addEventListener("click", (event) => {
  const chip = event.target.closest("[data-choose]");
  if (!chip) return;
  event.preventDefault();
  before = 0;
  choice[chip.dataset.choose] = chip.dataset.value;
  find();
  siftArrivals();
});

function siftArrivals() {
  for (const line of feed.children) sift(line);
}

function sift(line) {
  const asked = document.body.dataset.asked === "yes";
  line.hidden = Boolean(choice.gate && line.dataset.gate !== choice.gate) || (asked && line.dataset.tone !== "ask");
}

document.querySelector(".arrivals .choice").addEventListener("click", (event) => {
  const chosen = event.target.closest("[data-asked]");
  if (!chosen) return;
  event.preventDefault();
  document.body.dataset.asked = chosen.dataset.asked;
  for (const each of chosen.parentElement.children) each.removeAttribute("aria-current");
  chosen.setAttribute("aria-current", "true");
  siftArrivals();
});

function addArrival(line) {
  const item = fill(copyOf("an-arrival"), line);
  Object.assign(item.dataset, { tone: line.tone, sequence: line.sequence, gate: line.gate, asks: yes(line.asks) });
  sift(item);
  feed.prepend(item);
  while (feed.childElementCount > kept) feed.lastElementChild.remove();
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

people.addEventListener("click", ({ target }) => {
  const item = target.closest("[data-do=sheet]")?.closest(".person");
  if (item) openSheet(item);
});

function showState(state) {
  const piece = fill(document.getElementById("state"), state);
  piece.dataset.full = yes(state.full);
  document.getElementById("paper").dataset.paper = state.paper;
  for (const limit of piece.querySelectorAll(".limit")) limit.hidden = !state.capacity;
  const places = { max: state.capacity || 1, value: Math.min(state.inside, state.capacity) };
  Object.assign(document.getElementById("filled"), places);
  document.getElementById("stopped").hidden = !state.closed;
  document.getElementById("stages")?.replaceChildren(...state.stages.map(newStage));
  document.getElementById("troubles").replaceChildren(
    ...state.devices.filter(({ ok }) => !ok).map((device) => fill(copyOf("a-trouble"), device)),
  );
  for (const [gate, inside] of state.gates) fill(chips, { [`gate-${gate}`]: inside });
  const vanishes = fill(document.getElementById("vanishes"), state);
  vanishes.hidden = !state.vanishes;
  if (isPlain() && choice.show !== "all") fill(document.getElementById("total"), { total: state.inside });
}

function newStage(stage) {
  const room = stage.capacity ? `${stage.present}/${stage.capacity}` : stage.present;
  const item = fill(copyOf("a-stage"), { ...stage, room });
  item.dataset.full = yes(stage.full);
  return item;
}

function tell(isLive, fault = "") {
  const state = isLive ? (fault ? "fault" : "live") : "lost";
  const words = live.dataset[`words${state[0].toUpperCase()}${state.slice(1)}`];
  if (state === "live" || live.dataset.live !== state) {
    fill(live, { words, mark: { live: "live", lost: "lost", fault: "ask" }[state], at: heard });
  }
  live.dataset.live = state;
}

follow(
  () => `/events?log=${log}&after=${sequence}`,
  {
    entry(update) {
      if (update.sequence <= sequence) return;
      sequence = update.sequence;
      if (update.line) addArrival(update.line);
      update.visits.forEach(showPerson);
      update.gone.forEach((visit) => rowOf(visit)?.remove());
      if (!isPlain() && !before && update.visits.length) findLater();
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
