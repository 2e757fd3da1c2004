// Keeps the alert on a page true, by what its stream tells of the house.

import { fill } from "./dom.js";

const said = (pair) => pair[document.documentElement.lang] ?? pair.vi;

export function showAlert(alert) {
  const bar = document.getElementById("alert");
  if (!bar) return;
  if (alert) {
    fill(bar, { ...alert, what: said(alert.what), advice: said(alert.advice) });
    bar.querySelector(".others").hidden = !alert.more;
  }
  bar.hidden = !alert;
}
