// Keys as large as a gloved finger, for tablets whose own keyboard hides half the page.

const form = document.getElementById("pin");

if (form) {
  const field = form.elements.pin;
  const pad = form.querySelector(".pad");
  pad.hidden = false;
  if (matchMedia("(pointer: coarse)").matches) field.inputMode = "none"; // else the tablet's own keyboard covers ours
  pad.addEventListener("click", ({ target }) => {
    const key = target.closest("[data-digit]");
    if (!key) return;
    const { digit } = key.dataset;
    field.value = digit ? (field.value + digit).slice(0, field.maxLength) : field.value.slice(0, -1);
  });
}
