// Takes the code of a QR code out of the address, so that no history keeps it.

const form = document.getElementById("pair");
const code = location.hash.slice(1);

if (code) history.replaceState(null, "", location.pathname);
if (code && form) {
  form.elements.code.value = code;
  for (const one of document.querySelectorAll(".if-typed")) one.hidden = true;
  for (const one of document.querySelectorAll(".if-scanned")) one.hidden = false;
}
