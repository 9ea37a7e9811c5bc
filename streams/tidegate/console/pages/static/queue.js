// The hold queue by keyboard. The focused link of a row is where one is, so Enter is the browser's.
import { plainKey } from "./keys.js";

const rows = () => [...document.querySelectorAll("tr[data-key]")];
const link = (row) => row.querySelector("a[data-open]");
const box = (row) => row.querySelector("input[type=checkbox]");

function current() {
  return document.activeElement?.closest("tr[data-key]") ?? null;
}

function move(step) {
  const all = rows();
  if (all.length === 0) return;
  const here = all.indexOf(current());
  const next = here < 0 ? (step > 0 ? 0 : all.length - 1) : Math.min(all.length - 1, Math.max(0, here + step));
  link(all[next]).focus();
  all[next].scrollIntoView({ block: "nearest" });
}

export function count() {
  const bar = document.getElementById("bulk");
  if (!bar) return;
  const picked = rows().filter((row) => box(row)?.checked);
  for (const row of rows()) row.classList.toggle("picked", box(row)?.checked ?? false);
  bar.hidden = picked.length === 0;
  document.getElementById("bulk-count").textContent = `${picked.length} picked`;
}

export function bindQueue() {
  document.addEventListener("keydown", (event) => {
    if (!plainKey(event)) return;
    if (event.key === "j") move(1);
    else if (event.key === "k") move(-1);
    else if (event.key === "x" && current() && box(current())) {
      box(current()).checked = !box(current()).checked;
      count();
    } else return;
    event.preventDefault();
  });
  document.addEventListener("focusin", () => {
    const here = current();
    for (const row of rows()) row.classList.toggle("current", row === here);
  });
  document.addEventListener("change", (event) => {
    if (event.target.id === "pick-all") {
      for (const row of rows()) if (box(row)) box(row).checked = event.target.checked;
    }
    count();
  });
  count();
}
