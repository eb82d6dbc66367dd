// Rows of a log that are changed together: x selects the chosen row, Shift with X or with a click all rows from the last one.

const root = document.documentElement;
const form = document.querySelector("#selected");
const boxes = [...document.querySelectorAll("input[form=selected].pick")];
let last;

const tell = () => {
  const count = boxes.filter((box) => box.checked).length;
  form.querySelector("output").textContent = count ? `${count} selected` : form.querySelector("output").dataset.none;
};
const begin = () => {
  root.dataset.selecting = "";
  tell();
};
const end = () => {
  delete root.dataset.selecting;
  boxes.forEach((box) => { box.checked = false; });
  last = undefined;
  tell();
};
const mark = (box, on, through) => {
  const [from, to] = [boxes.indexOf(through && last ? last : box), boxes.indexOf(box)].sort((a, b) => a - b);
  boxes.slice(from, to + 1).forEach((one) => { one.checked = on; });
  last = box;
  begin();
};

if (form) {
  document.querySelectorAll("[data-select]").forEach((button) => button.addEventListener("click", () => {
    begin();
    boxes[0]?.focus();
  }));
  form.querySelector("[data-unselect]").addEventListener("click", end);
  boxes.forEach((box) => box.addEventListener("click", (event) => mark(box, box.checked, event.shiftKey)));
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || document.querySelector("dialog[open]")) return;
    if (event.target.closest("input:not(.pick), textarea, select")) return;
    if (event.key === "Escape" && root.dataset.selecting === "") end();
    if (event.key.toLowerCase() !== "x") return;
    const box = document.querySelector("[data-row][aria-current] .pick") ?? event.target.closest("[data-row]")?.querySelector(".pick");
    event.preventDefault();
    if (box) mark(box, event.shiftKey || !box.checked, event.shiftKey);
    else begin();
  });
  // A page that is gone back to may hold what was ticked.
  if (boxes.some((box) => box.checked)) begin();
}
