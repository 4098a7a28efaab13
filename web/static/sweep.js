// While a sweep goes on the page is read again every few seconds, unless somebody is typing on it. Nothing depends on
// it: the page says the same when it is loaded by hand.
"use strict";
const SECONDS = 4;
const again = () => {
  const busy = document.activeElement && document.activeElement.closest("form.sheet");
  if (busy) window.setTimeout(again, SECONDS * 1000);
  else window.location.reload();
};
if (document.querySelector("[data-sweeping]")) window.setTimeout(again, SECONDS * 1000);
