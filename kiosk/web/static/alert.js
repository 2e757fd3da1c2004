// Keeps the alert on a page true, by what its stream tells of the house.

import { fill } from "./dom.js";

export function showAlert(alert) {
  const bar = document.getElementById("alert");
  if (!bar) return;
  if (alert) {
    fill(bar, alert);
    bar.querySelector(".others").hidden = !alert.more;
  }
  bar.hidden = !alert;
}
