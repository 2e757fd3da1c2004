// Tells the kiosk that somebody works with this page, and leaves the page once nobody is signed in any more.

const TOUCH_MS = 20_000;
const LOOK_MS = 20_000;

let touchedAt = Date.now();
let told = touchedAt;

async function here(method) {
  const answer = await fetch("/own/here", { method, headers: { "X-Kiosk": "page", Accept: "application/json" } }).catch(() => null);
  if (answer?.status === 401) location.reload();
}

function touch() {
  touchedAt = Date.now();
  if (Math.abs(touchedAt - told) < TOUCH_MS) return;
  told = touchedAt;
  here("POST");
}

for (const name of ["pointerdown", "keydown", "wheel"]) document.addEventListener(name, touch, { passive: true });
document.addEventListener("visibilitychange", () => document.hidden || here("GET"));
document.addEventListener("refused", () => here("GET"));
setInterval(() => here("GET"), LOOK_MS);
