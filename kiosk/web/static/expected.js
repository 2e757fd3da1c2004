// The counts anew every minute; the rest too, where nobody is reading a person, typing or deciding. The page works
// without this.

const EVERY_MS = 60_000;

function busy() {
  return document.querySelector(".people details[open]") || document.activeElement?.matches("input");
}

async function look() {
  if (document.hidden) return;
  try {
    const response = await fetch("/expected/now", { headers: { "X-Kiosk": "page" } });
    if (!response.ok) return;
    let changed = false;
    for (const [name, count] of Object.entries(await response.json())) {
      const place = document.querySelector(`#tiles [data-count="${name}"]`);
      changed ||= place.textContent !== String(count);
      place.textContent = count;
    }
    if (changed && !busy()) location.reload();
  } catch {
    // the next minute asks again
  }
}

setInterval(look, EVERY_MS);
