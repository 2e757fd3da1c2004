// Keeps a screen at a gate true: an answer for as long as it holds, then calm; and nothing of the door that is not so.

import { fill } from "./dom.js";
import { follow } from "./live.js";
import { play, start } from "./sound.js";
import { watch } from "./viewfinder.js";

const LATE_MS = 1500; // the door ends an answer itself; where nothing is heard of it, this long after
const screen = document.body;
const calm = document.getElementById("calm");
const answer = document.getElementById("answer");
const clock = document.getElementById("clock");
const gate = encodeURIComponent(screen.dataset.gate);
let door = true;
let lost = false;
let aiming = false;
let over;

function mark(marks) {
  for (const [name, value] of Object.entries(marks)) {
    if (screen.dataset[name] !== String(value)) screen.dataset[name] = value;
  }
}

function settle() {
  const lit = screen.dataset.lamp !== "off";
  mark({ show: lost ? "lost" : !door ? "away" : lit ? "answer" : aiming ? "aim" : "calm" });
}

function darken() {
  mark({ lamp: "off" });
  settle();
}

function showAnswer(now) {
  clearTimeout(over);
  const fresh = now.change > Number(screen.dataset.change);
  door = now.door;
  mark({ lamp: now.lamp, change: now.change });
  if (now.lamp !== "off") {
    mark({ sign: now.sign, size: now.size });
    fill(answer, { ...now, waits: now.place || "" });
    over = setTimeout(darken, now.hold_s * 1000 + LATE_MS);
    if (fresh && screen.dataset.sound === "on") play(now.beats);
  }
  settle();
}

function showCalm(now) {
  if (now.version !== screen.dataset.version) return location.reload(); // the kiosk has new pages
  mark({ ready: now.ready, direction: now.direction });
  fill(calm, now);
}

function showPulse({ at }) {
  if (clock.firstChild.data !== at.slice(0, 5)) clock.firstChild.data = at.slice(0, 5);
  // For who looks after this screen from outside: when it last drew what the door said, in ms since 1970.
  requestAnimationFrame(() => mark({ heartbeat: Date.now() }));
}

function tell(isLive) {
  lost = !isLive;
  if (lost) mark({ lamp: "off" });
  settle();
}

follow(() => `/display/events?gate=${gate}`, { answer: showAnswer, calm: showCalm, pulse: showPulse }, tell);

if (screen.dataset.sees === "yes") {
  watch(document.getElementById("finder"), `/display/frame?gate=${gate}`, (held) => {
    aiming = held;
    settle();
  });
}

if (screen.dataset.sound === "on") {
  const button = document.getElementById("start");
  const ready = () => start().then(() => (button.hidden = true));
  button.hidden = false;
  addEventListener("pointerdown", ready);
  ready();
}
