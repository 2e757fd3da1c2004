// Follows a stream of the kiosk, and says so when there is no news. Opens it anew where the browser gives up.

import { showAlert } from "./alert.js";

const SILENCE_MS = 7000; // the server sends a pulse every two seconds
const AGAIN_MS = 1500;

export function follow(address, handlers, tell) {
  let source;
  let heardAt = Date.now();

  function open() {
    source = new EventSource(address());
    for (const [name, handle] of Object.entries(handlers)) {
      source.addEventListener(name, (event) => {
        heardAt = Date.now();
        tell(true);
        handle(JSON.parse(event.data));
      });
    }
    source.addEventListener("state", ({ data }) => showAlert(JSON.parse(data).alert));
    source.addEventListener("left", () => location.reload()); // signed out, or paired no more
    source.addEventListener("error", () => tell(false));
  }

  function lookAfter() {
    const silent = Math.abs(Date.now() - heardAt) > SILENCE_MS; // a tablet's clock may be set back
    if (silent) tell(false);
    if (source.readyState === EventSource.CLOSED) document.dispatchEvent(new Event("refused")); // here.js asks why
    if (silent || source.readyState === EventSource.CLOSED) {
      source.close();
      heardAt = Date.now() - SILENCE_MS + 2 * AGAIN_MS;
      open();
    }
  }

  open();
  setInterval(lookAfter, AGAIN_MS);
}
