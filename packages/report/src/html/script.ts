/**
 * What the page can do beyond being read: values under the pointer, a filter for the journal, and
 * everything unfolded in print. Without it nothing is missing but comfort.
 */
export const script = `
for (const figure of document.querySelectorAll(".chart")) {
  const points = JSON.parse(figure.dataset.points);
  if (points.length === 0) continue;
  const readout = figure.querySelector(".readout");
  readout.hidden = false;
  const hint = "Point at the chart, or touch it, to read its values.";
  readout.textContent = hint;
  const one = (name, rate, errors, p99) => rate === null ? name + ": no data"
    : name + ": " + Math.round(rate) + " requests/s, " + (errors === null ? "–" : errors.toFixed(errors < 1 ? 2 : 1) + " %") + " failed, p99 " + (p99 === null ? "–" : Math.round(p99) + " ms");
  for (const plot of figure.querySelectorAll("svg.plot")) {
    const left = Number(plot.dataset.left), right = Number(plot.dataset.right), seconds = Number(plot.dataset.seconds);
    const cursor = plot.querySelector(".cursor");
    plot.addEventListener("pointermove", (event) => {
      figure.classList.add("reading");
      const box = plot.getBoundingClientRect();
      const x = (event.clientX - box.left) / box.width * plot.viewBox.baseVal.width;
      const t = (x - left) / (right - left) * seconds;
      const point = points.reduce((a, b) => Math.abs(b[0] - t) < Math.abs(a[0] - t) ? b : a);
      const at = left + point[0] / seconds * (right - left);
      cursor.setAttribute("x1", at); cursor.setAttribute("x2", at); cursor.style.visibility = "visible";
      readout.textContent = "At " + Math.round(point[0] * 10) / 10 + " s, " + point[1] + " % on " + figure.dataset.new + ". "
        + one(figure.dataset.new, point[2], point[3], point[4])
        + (figure.dataset.old ? ". " + one(figure.dataset.old, point[5], point[6], point[7]) : "") + ".";
    });
    plot.addEventListener("pointerleave", () => { cursor.style.visibility = "hidden"; readout.textContent = hint; });
  }
}
for (const input of document.querySelectorAll("[data-filter]")) {
  input.parentElement.hidden = false;
  const entries = [...document.getElementById(input.dataset.filter).children];
  input.addEventListener("input", () => {
    const wanted = input.value.toLowerCase();
    for (const entry of entries) entry.hidden = !entry.textContent.toLowerCase().includes(wanted);
  });
}
const folded = () => document.querySelectorAll("details:not([open])");
let opened = [];
addEventListener("beforeprint", () => { opened = [...folded()]; for (const part of opened) part.open = true; });
addEventListener("afterprint", () => { for (const part of opened) part.open = false; });
const show = () => { const target = location.hash && document.getElementById(location.hash.slice(1)); if (target && "open" in target) target.open = true; };
addEventListener("hashchange", show);
show();
`;
