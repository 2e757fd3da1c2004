// Puts values into a piece of the page. Only text and the names of our own symbols: nothing can become markup.

export function fill(piece, values) {
  for (const place of piece.querySelectorAll("[data-f]")) {
    if (place.dataset.f in values) place.textContent = values[place.dataset.f];
  }
  for (const place of piece.querySelectorAll("[data-icon]")) {
    if (place.dataset.icon in values) place.setAttribute("href", `#i-${values[place.dataset.icon]}`);
  }
  return piece;
}

export function copyOf(template) {
  return document.getElementById(template).content.firstElementChild.cloneNode(true);
}

export const yes = (truth) => (truth ? "yes" : "no");

// One thing that is given in both languages, in the one of this page.
export const said = (words) => (words ? words[document.documentElement.lang] : "");
