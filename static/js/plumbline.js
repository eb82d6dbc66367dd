// Makes pages quicker to use. Every page works without it.

const root = document.documentElement;
const one = (selector, within = document) => within.querySelector(selector);
const all = (selector, within = document) => [...within.querySelectorAll(selector)];

// Theme and density: chosen in the reader's menu, remembered on this device.
for (const name of ["theme", "density"]) {
  const key = `${name}Set`;
  const buttons = all(`[data-${name}-set]`);
  const show = () => buttons.forEach((button) => button.setAttribute("aria-pressed", button.dataset[key] === (root.dataset[name] ?? "")));
  const apply = (value) => {
    if (value) root.dataset[name] = value;
    else delete root.dataset[name];
    show();
  };
  buttons.forEach((button) => button.addEventListener("click", () => {
    const value = button.dataset[key];
    apply(value);
    try {
      if (value) localStorage.setItem(name, value);
      else localStorage.removeItem(name);
    } catch {
      // The choice then lasts for this page only.
    }
  }));
  addEventListener("storage", (event) => { if (event.key === name) apply(event.newValue); });
  show();
}

// A menu closes when the work goes elsewhere.
const closeMenus = (except) => all("details.menu[open]").forEach((menu) => { if (menu !== except) menu.open = false; });
document.addEventListener("click", (event) => closeMenus(event.target.closest("details.menu")));
document.addEventListener("focusin", (event) => closeMenus(event.target.closest("details.menu")));

// The current page of a navigation that scrolls is brought into sight.
for (const current of all(".program .pages [aria-current], .within [aria-current], .tabs [aria-current]")) {
  const nav = current.parentElement;
  if (nav.scrollWidth > nav.clientWidth) nav.scrollLeft = current.offsetLeft - nav.offsetLeft - nav.clientWidth / 3;
}

// A drawing wider than the screen shows its latest end first.
const latest = () => {
  for (const scroll of all(".chart:not(.confidence) > .scroll:has(> svg, > .pinned)")) scroll.scrollLeft = scroll.scrollWidth;
};
latest();
for (const fold of all(".fold")) fold.addEventListener("toggle", latest);

// Filters apply when chosen. Text waits for Enter, so that nothing is sent half typed.
document.addEventListener("change", (event) => {
  const form = event.target.closest("form[data-autosubmit]");
  if (form && event.target.matches("select, input[type=checkbox], input[type=radio]")) form.requestSubmit();
});
// Empty fields stay out of the address, so that a filtered view has a short link.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method !== "get") return;
  const fields = all("input, select", form).filter((field) => field.name && !field.value && !field.disabled);
  fields.forEach((field) => { field.disabled = true; });
  setTimeout(() => fields.forEach((field) => { field.disabled = false; }));
});

// A text of the server's goes to the clipboard: fetched when asked for, said when done.
all("[data-copy]").forEach((button) => button.addEventListener("click", async () => {
  const said = button.textContent;
  try {
    const answer = await fetch(button.dataset.copy);
    if (!answer.ok) throw new Error(answer.status);
    await navigator.clipboard.writeText(await answer.text());
    button.textContent = button.dataset.copied;
    setTimeout(() => { button.textContent = said; }, 2500);
  } catch {
    // Without a clipboard the text itself is shown.
    location.assign(button.dataset.copy);
  }
}));

// Focus goes to what is wrong when a form comes back; what is new begins in its first field.
if (one("[role=alert]")) one(".errors[role=alert]:not([autofocus])")?.focus();
else one("[data-begin] :is(input:not([type=hidden]), select, textarea)")?.focus();

// What was done is said, also where the page goes on further down and its head is out of sight.
if (location.hash && one("[data-done]")) setTimeout(() => { one("#said").textContent = one("[data-done]").textContent; });

// Keyboard.
const help = one("#keys");
const openHelp = () => { if (help && !help.open) { closeMenus(); help.showModal(); } };
all("[data-help]").forEach((button) => button.addEventListener("click", openHelp));
help?.addEventListener("click", (event) => { if (event.target === help) help.close(); });

const rows = () => all("[data-row]").filter((row) => row.offsetParent !== null);
const chosen = () => one("[data-row][aria-current]");
const choose = (row) => {
  if (!row) return;
  chosen()?.removeAttribute("aria-current");
  row.setAttribute("aria-current", "true");
  (one("a[href]", row) ?? one("button", row))?.focus({ preventScroll: true });
  row.scrollIntoView({ block: "nearest" });
};
const step = (by) => {
  const list = rows();
  const at = list.indexOf(chosen());
  choose(list[at < 0 ? (by > 0 ? 0 : list.length - 1) : Math.min(list.length - 1, Math.max(0, at + by))]);
};

// The way to a place is the link that the page already has, so it keeps the day that is looked at.
const places = { o: "", m: "/milestones", r: "/raid", d: "/dependencies", e: "/decisions", s: "/reports", c: "/changes", g: "/gates", t: "/meetings", k: "/metrics" };
const go = (letter) => {
  if (letter === "p") location.assign("/");
  else if (letter === "w") location.assign("/me/work");
  else if (letter in places) {
    const link = all(".program .pages a").find((a) => a.pathname.replace(/^\/programs\/[^/]+/, "") === places[letter]);
    if (link) location.assign(link.href);
  }
};

// The buttons of the chosen row, where it has some.
const press = (at) => { const row = chosen(); if (row) all("[data-press]", row)[at]?.click(); };

let waiting = 0;
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  const field = event.target.closest("input, textarea, select, [contenteditable]");
  if (event.key === "Escape") {
    if (event.defaultPrevented || one("dialog[open]")) return;
    // What was opened closes first, and the focus is where it was opened.
    const within = event.target.closest("details:is(.step, .more:has(> form), .instead, .menu)[open]");
    const panel = within ?? (field ? null : one("details.step[open]", chosen() ?? one("main")));
    closeMenus();
    if (panel) {
      panel.open = false;
      one("summary", panel).focus();
    } else if (field) field.blur();
    else if (chosen()) { chosen().removeAttribute("aria-current"); document.activeElement.blur(); }
    return;
  }
  if (field || one("dialog[open]")) return;
  const went = waiting && event.timeStamp - waiting < 1500;
  waiting = 0;
  if (went) {
    event.preventDefault();
    go(event.key);
    return;
  }
  const acts = {
    "?": openHelp,
    "/": () => { one("[data-find]")?.focus(); one("[data-find]")?.select(); },
    g: () => { waiting = event.timeStamp; },
    j: () => step(1),
    k: () => step(-1),
    c: () => one("[data-create]")?.click(),
    1: () => press(0),
    2: () => press(1),
    3: () => press(2),
    Enter: () => one("a[href]", chosen())?.click(),
  };
  // What a page offers by a key of its own, of the chosen row or of the page.
  const press_own = (offer) => {
    offer.click();
    if (offer.matches("summary") && offer.parentElement.open) one("input:not([type=hidden]), textarea", offer.parentElement)?.focus();
  };
  const own = all("[data-key]", chosen() ?? document).find((offer) => offer.dataset.key === event.key && (chosen() || !offer.closest("[data-row]")));
  if (own) {
    event.preventDefault();
    press_own(own);
    return;
  }
  // Before a row is chosen its key chooses the first that has it, and opens what opens; nothing is decided that wasn't chosen.
  const first = !chosen() && rows().find((row) => all("[data-key]", row).some((offer) => offer.dataset.key === event.key));
  if (first) {
    event.preventDefault();
    choose(first);
    const opens = all("summary[data-key]", first).find((offer) => offer.dataset.key === event.key);
    if (opens) press_own(opens);
    return;
  }
  if (event.key === "Enter" && (!chosen() || event.target.closest("a, button, summary"))) return;
  if (!Object.hasOwn(acts, event.key)) return;
  event.preventDefault();
  acts[event.key]();
});
