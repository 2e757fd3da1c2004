// Makes the page of the house anew once a device fails or returns.

import { follow } from "./live.js";

const { log, sequence } = document.body.dataset;
let known = null;

follow(
  () => `/events?log=${log}&after=${sequence}`,
  {
    state({ devices, paper }) {
      const told = JSON.stringify([devices, paper]);
      if (known !== null && told !== known) location.replace("/house");
      known = told;
    },
    anew: () => location.replace("/house"),
  },
  () => {},
);
