// Keys pressed outside a field. A scanner in keyboard mode types wherever it is: a burst of keys is a code, never a
// row of commands.

const BURST_MS = 80;
const FIELDS = "input, textarea, select";

export function listen({ command, scanned }) {
  let typed = "";
  let timer;

  function settle() {
    const keys = typed;
    typed = "";
    if ([...keys].length === 1) command(keys === "\n" ? "Enter" : keys);
    else scanned(keys.trim());
  }

  document.addEventListener("keydown", (event) => {
    const { key, target } = event;
    const isTyped = key === "Enter" || [...key].length === 1;
    if (!isTyped || event.ctrlKey || event.altKey || event.metaKey || event.isComposing || target.matches(FIELDS)) return;
    // What has the keyboard's focus is pressed by Enter and Space, as everywhere.
    if (!typed && /^(Enter| )$/.test(key) && target.matches("a:focus-visible, button:focus-visible")) return;
    event.preventDefault();
    if (event.repeat) return;
    typed += key === "Enter" ? "\n" : key;
    clearTimeout(timer);
    timer = setTimeout(settle, BURST_MS);
  });

  document.addEventListener("keydown", ({ key, target }) => {
    if (key === "Escape" && target.matches(FIELDS)) target.blur();
  });
}
