// Keeps the board up to date. Its rows are there from the start and are only filled: nothing grows while it hangs.

import { makeVoice } from "./board_voice.js";
import { yes } from "./dom.js";
import { follow } from "./live.js";

const board = document.body;
const SHIFTS = 9;
const GRACE_MS = 5000;
const HOUR_MS = 3_600_000;

const clock = placesOf(document.getElementById("clock"));
const lost = placesOf(document.getElementById("lost"));
const rows = Object.fromEntries(
  ["calls", "services", "observed"].map((name) => [name, [...document.getElementById(name).children].map(placesOf)]),
);
const voice = makeVoice(JSON.parse(board.dataset.voice));
let heard = clock.texts.at.data;
let heard_ms = Date.now();
let known = new Set(rows.calls.map(({ piece }) => piece.dataset.key)); // calls that were here before

/** A piece of the page, and one text node for each place in it that is filled. */
function placesOf(piece) {
  const texts = {};
  for (const place of piece.querySelectorAll("[data-f]")) {
    const text = new Text(place.textContent);
    place.textContent = "";
    place.append(text);
    texts[place.dataset.f] = text;
  }
  return { piece, texts };
}

function write({ texts }, values) {
  for (const [name, text] of Object.entries(texts)) {
    const said = String(values[name] ?? "");
    if (text.data !== said) text.data = said;
  }
}

function mark(piece, marks) {
  for (const [name, value] of Object.entries(marks)) {
    if (piece.dataset[name] !== value) piece.dataset[name] = value;
  }
}

function showRow(row, values = {}) {
  write(row, values);
  const { key = "", number, name, desk, serving, long, wide, over } = values;
  if (key && !known.has(key)) mark(row.piece, { flash: row.piece.dataset.flash === "odd" ? "even" : "odd" });
  else if (key !== row.piece.dataset.key) mark(row.piece, { flash: "none" });
  const marks = { serving, long, wide, over, here: number || name, named: number && desk === "" };
  mark(row.piece, { key });
  for (const [about, truth] of Object.entries(marks)) mark(row.piece, { [about]: yes(truth) });
}

function show(state) {
  if (state.version !== board.dataset.version) return location.reload(); // the kiosk has new pages
  for (const [name, list] of Object.entries(rows)) list.forEach((row, place) => showRow(row, state[name][place]));
  known = new Set(state.calls.map(({ key }) => key));
  mark(board, { calling: state.calling, observes: state.observes });
  voice.hear(state.spoken, state.now_ms);
}

function showPulse({ at, fault }) {
  if (fault) return tell(false);
  heard = at.slice(0, 5);
  heard_ms = Date.now();
  write(clock, { at: heard });
  mark(board, { live: "live" });
  voice.tick(heard);
}

/** Old numbers must look old; but a kiosk that starts anew is back within seconds. */
function tell(isLive) {
  mark(board, { shift: String(new Date().getMinutes() % SHIFTS) });
  const silent_ms = Math.abs(Date.now() - heard_ms); // a television's clock may be set back
  if (isLive || silent_ms < GRACE_MS) return;
  const hours = Math.floor(silent_ms / HOUR_MS);
  write(lost, { since: heard, hours: hours ? ` (${hours} h)` : "" });
  mark(board, { live: "lost" });
}

follow(() => board.dataset.events, { queue: show, pulse: showPulse }, tell);
