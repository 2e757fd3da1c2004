// Today's numbers, fetched anew now and then: the page's own HTML, whose parts take the place of the old ones.

const every_ms = Number(document.body.dataset.refresh) * 1000;

function countAgain() {
  if (document.hidden) return;
  const asked = new XMLHttpRequest(); // it parses a page without running anything in it, as fetch does not
  asked.responseType = "document";
  asked.onload = () => asked.status === 200 && show(asked.response.getElementById("numbers"));
  asked.open("GET", location.href);
  asked.send();
}

function show(numbers) {
  const shown = document.getElementById("numbers");
  if (!numbers || shown.contains(document.activeElement)) return; // whoever is at a button keeps it
  for (const open of shown.querySelectorAll("details[open]")) numbers.querySelector(`#${open.id}`)?.setAttribute("open", "");
  shown.replaceWith(numbers);
}

setInterval(countAgain, every_ms);
document.addEventListener("visibilitychange", countAgain);
