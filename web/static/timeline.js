// The read-out under the time axis: the reading nearest to the pointer, or to the arrow keys. Nothing depends on it: the
// picture, its summary and its table say everything without script.
"use strict";
for (const picture of document.querySelectorAll("[data-readings]")) {
  const source = JSON.parse(document.getElementById(picture.dataset.readings).textContent);
  const svg = picture.querySelector("svg");
  const cursor = svg.querySelector(".t-cursor");
  const said = document.getElementById(picture.dataset.readout);
  const spoken = new Intl.DateTimeFormat(document.documentElement.lang, {
    timeZone: source.zone, month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", hour12: false,
  });
  const points = source.points;
  const {left, right, start, end} = source;
  const atTime = (time) => left + ((time - start) / (end - start)) * (right - left);
  const show = (index) => {
    const [time, value, place] = points[index];
    const x = atTime(time);
    cursor.setAttribute("x1", x);
    cursor.setAttribute("x2", x);
    cursor.removeAttribute("visibility");
    said.textContent = `${spoken.format(time)} · ${(value / 100).toFixed(2).replace("-", "−")} °C · ${source.places[place]}`;
    picture.dataset.at = index;
  };
  const nearest = (time) => {
    let low = 0, high = points.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (points[middle][0] < time) low = middle + 1; else high = middle;
    }
    return low > 0 && time - points[low - 1][0] < points[low][0] - time ? low - 1 : low;
  };
  if (!points.length) continue;
  svg.addEventListener("pointermove", (event) => {
    const box = svg.getBoundingClientRect();
    const x = ((event.clientX - box.left) / box.width) * svg.viewBox.baseVal.width;
    const time = start + ((x - left) / (right - left)) * (end - start);
    const index = nearest(time);
    // In a gap there is no reading to show.
    if (Math.abs(atTime(points[index][0]) - x) > 6) {
      cursor.setAttribute("visibility", "hidden");
      said.textContent = source.nothing;
    } else show(index);
  });
  svg.addEventListener("pointerleave", () => { cursor.setAttribute("visibility", "hidden"); said.textContent = source.hint; });
  picture.addEventListener("keydown", (event) => {
    const step = {ArrowLeft: -1, ArrowRight: 1, PageUp: -20, PageDown: 20}[event.key];
    if (!step) return;
    event.preventDefault();
    show(Math.min(Math.max(Number(picture.dataset.at ?? -1) + step, 0), points.length - 1));
  });
}
