// Makes the page of the house anew once a device fails or returns.

import { follow } from "./live.js";

const { log, sequence } = document.body.dataset;
let known = null;
let sending = false; // another load would break off what was just asked for

document.addEventListener("submit", () => (sending = true));

function anew() {
  if (!sending) location.reload();
}

follow(
  () => `/events?log=${log}&after=${sequence}`,
  {
    state({ devices, paper }) {
      const told = JSON.stringify([devices, paper]);
      if (known !== null && told !== known) anew();
      known = told;
    },
    anew,
  },
  () => {},
);
