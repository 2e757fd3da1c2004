// The door on the screen: shows what it shows, and presents codes to it.

import { ask, post, say } from "./ask.js";
import { startCamera } from "./camera.js";
import { fill } from "./dom.js";
import { follow } from "./live.js";
import { draw, play, start } from "./sound.js";

const LARGEST_BYTES = 1_900_000;
const LONGEST_SIDE_PX = 2400;

const door = document.getElementById("door");
const live = document.getElementById("live");
const paper = document.getElementById("paper");
const printer = document.getElementById("printer");
const sound = document.getElementById("sound");
const chosen = (name) => document.querySelector(`input[name="${name}"]:checked`)?.value;

function show(panel) {
  const fresh = panel.change > Number(door.dataset.change);
  fill(door, panel);
  Object.assign(door.dataset, { lamp: panel.lamp, door: panel.door ? "here" : "away", change: panel.change });
  if (panel.beats) {
    draw(document.getElementById("beats"), panel.lamp === "off" ? [] : panel.beats);
    if (fresh && panel.lamp !== "off" && sound.ariaPressed === "true") play(panel.beats);
  }
  if (panel.printed && panel.printed !== Number(printer.dataset.printed)) {
    paper.src = `/simulator/ticket.png?n=${panel.printed}`;
    paper.hidden = false;
    printer.classList.remove("prints");
    requestAnimationFrame(() => printer.classList.add("prints"));
  }
  printer.dataset.printed = panel.printed || printer.dataset.printed;
  tell(panel.door ? "live" : "away");
}

function tell(state) {
  if (live.dataset.live === state) return;
  live.dataset.live = state;
  const words = {
    live: { vi: "Đã nối với cửa", en: "Joined to the door", mark: "live" },
    away: { vi: "Cửa chưa trả lời", en: "The door does not answer", mark: "lost" },
    lost: { vi: "Mất liên lạc với máy", en: "The kiosk does not answer", mark: "lost" },
  };
  fill(live, words[state]);
}

const askDoor = (path, values) => ask(`/simulator/${path}`, { gate: chosen("gate"), ...values });

async function present(path, values) {
  const answer = await askDoor(path, values);
  if (answer?.said) say(answer.said);
}

async function presentPicture(picture, isLive) {
  const query = new URLSearchParams({ gate: chosen("gate"), live: isLive ? "1" : "0" });
  const answer = await post(`/simulator/picture?${query}`, picture, picture.type || "application/octet-stream");
  if (answer?.said && !(isLive && (answer.outcome === null || answer.outcome === "repeat"))) say(answer.said);
}

async function presentPhoto(file) {
  if (!file) return;
  try {
    await presentPicture(file.size > LARGEST_BYTES ? await smaller(file) : file, false);
  } catch {
    say({ vi: "Không đọc được ảnh này.", en: "This picture cannot be read." }, "trouble");
  }
}

async function smaller(file) {
  const bitmap = await createImageBitmap(file);
  let picture;
  for (let side = LONGEST_SIDE_PX; !picture || picture.size > LARGEST_BYTES; side *= 0.7) {
    const scale = Math.min(1, side / Math.max(bitmap.width, bitmap.height));
    const canvas = new OffscreenCanvas(Math.round(bitmap.width * scale), Math.round(bitmap.height * scale));
    canvas.getContext("2d").drawImage(bitmap, 0, 0, canvas.width, canvas.height);
    picture = await canvas.convertToBlob({ type: "image/jpeg", quality: 0.85 });
  }
  return picture;
}

const ACTIONS = {
  person: ({ code }) => present("person", { person: Number(chosen("person")), code }),
  stray: ({ code }) => present("stray", { code }),
  slip: () => present("slip", {}),
  help: () => askDoor("help", {}),
  async printer({ status }) {
    if (!(await askDoor("printer", { status }))) return;
    for (const button of document.querySelectorAll("[data-status]")) {
      button.ariaPressed = String(button.dataset.status === status);
    }
  },
};

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-do]");
  if (button) ACTIONS[button.dataset.do](button.dataset);
});

sound.addEventListener("click", () => {
  sound.ariaPressed = String(sound.ariaPressed !== "true");
  if (sound.ariaPressed === "true") start().then(() => play([[0.08, 0]]));
});

document.getElementById("number").addEventListener("submit", (event) => {
  event.preventDefault();
  present("number", { number: event.target.elements.number.value });
});

const photo = document.getElementById("photo");
photo.addEventListener("change", async () => {
  await presentPhoto(photo.files[0]);
  photo.value = "";
});

const drop = document.getElementById("drop");
drop.addEventListener("dragover", (event) => event.preventDefault());
drop.addEventListener("drop", (event) => {
  event.preventDefault();
  presentPhoto(event.dataTransfer.files[0]);
});

startCamera(document.getElementById("camera"), (frame) => presentPicture(frame, true), say);
follow(() => "/simulator/events", { panel: show, pulse() {} }, (isLive) => isLive || tell("lost"));
