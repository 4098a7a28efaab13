// The screen on the wall is read again every minute. Where the ledger does not answer it keeps its last figures and
// says so, instead of showing a browser's error that nobody beside it can act on.
"use strict";
const wall = document.querySelector("[data-again-seconds]");
const again = () => {
  const probe = new Image();
  probe.onload = () => window.location.reload();
  probe.onerror = () => {
    document.getElementById("stale").hidden = false;
    window.setTimeout(again, wait);
  };
  probe.src = `${wall.dataset.probe}?${Date.now()}`;
};
const wait = Number(wall.dataset.againSeconds) * 1000;
window.setTimeout(again, wait);
