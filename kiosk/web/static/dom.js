// Puts values into a piece of the page. Only text and the names of our own symbols: nothing can become markup.

export const said = ({ vi, en }) => (document.documentElement.lang === "en" ? en : vi);

const text = (value) => (value?.vi === undefined ? value : said(value));

// What is given twice, as {vi, en}, is said in the page's language; values that are such a pair themselves, as "said".
export function fill(piece, given) {
  const values = given.vi === undefined ? given : { ...given, said: said(given) };
  for (const place of piece.querySelectorAll("[data-f]")) {
    if (place.dataset.f in values) place.textContent = text(values[place.dataset.f]);
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
