// What is kept on paper is printed from a button; the browser's own menu does the same.
"use strict";
for (const button of document.querySelectorAll("[data-print]")) button.addEventListener("click", () => window.print());
