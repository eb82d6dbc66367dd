// The palette: where to go, what to make and what to do, and any item, by a few letters of it. Ctrl-K, or the reader's menu.

const palette = document.querySelector("#palette");
const field = palette?.querySelector("input");
const list = palette?.querySelector("[role=listbox]");
const told = palette?.querySelector("[role=status]");
const places = [...(list?.children ?? [])];
const day = new URLSearchParams(location.search).get("as_of");
const acts = new Map(places.map((place) => [place, () => location.assign(place.dataset.href)]));

const option = (label, hint, act) => {
  const made = document.createElement("li");
  made.setAttribute("role", "option");
  made.append(label);
  if (hint) made.append(" ", Object.assign(document.createElement("small"), { textContent: hint }));
  acts.set(made, act);
  return made;
};

// What this page lets its reader do, by its own buttons.
const said = (control) => {
  const copy = control.cloneNode(true);
  copy.querySelectorAll("kbd").forEach((part) => part.remove());
  return copy.textContent.replace(/\s+/g, " ").trim();
};
const press = (control) => {
  palette.close();
  control.click();
  if (control.matches("summary")) control.parentElement.querySelector("form :is(input:not([type=hidden]), select, textarea)")?.focus();
};
const controls = () => {
  const own = [...document.querySelectorAll("main .head-side > :is(a, button), main .steps > a, main .steps > details > summary")];
  const shown = own.filter((control) => control.offsetParent && !places.some((place) => place.dataset.href === control.getAttribute("href")));
  const settings = [...document.querySelectorAll(".menu [data-theme-set], .menu [data-density-set], .menu [data-help]")];
  return [
    ...shown.map((control) => option(said(control), "here", () => press(control))),
    ...settings.map((control) => {
      const of = control.closest("[role=group]")?.getAttribute("aria-label");
      return option(of ? `${of}: ${said(control)}` : said(control), "", () => press(control));
    }),
  ];
};

const parts = (text) => text.toLowerCase().split(/[\s:,/-]+/).filter(Boolean);
const has = (text, asked) => {
  const there = parts(text);
  return asked.every((word) => there.some((part) => part.startsWith(word)));
};
// What is called so comes before what only belongs to what is called so.
const fitting = (all, asked) => {
  const fits = all.filter((place) => has(place.textContent, asked));
  const called = (place) => has(place.firstChild.textContent, asked);
  return [...fits.filter(called), ...fits.filter((place) => !called(place))];
};

let here = [];
let found = [];
let chosen;
const choose = (next) => {
  chosen?.setAttribute("aria-selected", "false");
  chosen = next;
  chosen?.setAttribute("aria-selected", "true");
  if (chosen) field.setAttribute("aria-activedescendant", chosen.id);
  else field.removeAttribute("aria-activedescendant");
  chosen?.scrollIntoView({ block: "nearest" });
};
// While more is typed, the items that were found stay for as long as they are called so.
const draw = (fresh = false) => {
  const text = field.value.trim();
  const asked = parts(text);
  const items = fresh ? found : fitting(found, asked);
  const search = text ? [option(`Search for “${text}”`, "", () => location.assign(`/search?${new URLSearchParams({ q: text, ...(day && { as_of: day }) })}`))] : [];
  const shown = [...fitting([...here, ...places], asked), ...items, ...search];
  shown.forEach((place, at) => { place.id = `palette-${at}`; });
  list.replaceChildren(...shown);
  choose(shown.includes(chosen) ? chosen : shown[0]);
  told.textContent = `${shown.length} found`;
};

let waiting;
const find = async () => {
  const text = field.value.trim();
  try {
    const answer = await fetch(`/api/v1/search?${new URLSearchParams({ q: text, limit: 8, ...(day && { as_of: day }) })}`);
    if (!answer.ok || text !== field.value.trim()) return;
    const { items } = await answer.json();
    found = items.map((item) => {
      const to = day ? `${item.url}?as_of=${day}` : item.url;
      return option(item.title ?? item.ref, item.title ? item.ref : "", () => location.assign(to));
    });
    draw(true);
  } catch {
    // The server is away: where the page leads to is offered all the same.
  }
};

const open = () => {
  if (palette.open || document.querySelector("dialog[open]")) return;
  document.querySelectorAll("details.menu[open]").forEach((menu) => { menu.open = false; });
  here = controls();
  found = [];
  chosen = undefined;
  field.value = "";
  palette.showModal();
  field.focus();
  draw();
};

if (palette) {
  document.querySelectorAll("[data-palette]").forEach((button) => button.addEventListener("click", open));
  document.addEventListener("keydown", (event) => {
    if (event.key.toLowerCase() !== "k" || !(event.ctrlKey || event.metaKey) || event.shiftKey || event.altKey) return;
    event.preventDefault();
    open();
  });
  palette.addEventListener("click", (event) => {
    const clicked = event.target.closest("[role=option]");
    if (event.target === palette) palette.close();
    else if (clicked) acts.get(clicked)();
  });
  field.addEventListener("input", () => {
    if (!field.value.trim()) found = [];
    draw();
    clearTimeout(waiting);
    if (field.value.trim().length > 1) waiting = setTimeout(find, 120);
  });
  field.addEventListener("keydown", (event) => {
    const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (event.isComposing || !(by || event.key === "Enter")) return;
    event.preventDefault();
    const all = [...list.children];
    if (by) choose(all[(all.indexOf(chosen) + by + all.length) % all.length]);
    else if (chosen) acts.get(chosen)();
  });
}
