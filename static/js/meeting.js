// A page that several people look at keeps itself current. What somebody is typing stays as it is.

const live = document.querySelector("[data-shared]");
const told = document.querySelector("#live-at");
const fields = (part) => [...part.querySelectorAll("input:not([type=hidden]), textarea, select")];
const typed = (part) => fields(part).some((field) => field === document.activeElement || field.value !== field.defaultValue);

// What a part shows, but for how the keyboard stands on it and what the reader unfolded.
const shown = (part) => {
  const copy = part.cloneNode(true);
  copy.removeAttribute("aria-current");
  for (const one of copy.querySelectorAll("details")) one.open = false;
  return copy.outerHTML;
};

const replace = (old, part, force) => {
  if (!force && (typed(old) || shown(old) === shown(part))) return;
  if (!force) for (const one of part.querySelectorAll("details")) one.open ||= old.querySelector("details")?.open ?? false;
  const at = [...old.querySelectorAll("button, a, input, textarea")].indexOf(document.activeElement);
  if (old.hasAttribute("aria-current")) part.setAttribute("aria-current", "true");
  old.replaceWith(part);
  const wrong = part.querySelector("[role=alert]");
  if (wrong && force) wrong.focus();
  else if (at >= 0) (part.querySelectorAll("button, a, input, textarea")[at] ?? part.querySelector("button, a"))?.focus({ preventScroll: true });
};

const apply = (html, forced) => {
  const next = new DOMParser().parseFromString(html, "text/html").querySelector("[data-shared]");
  if (!next) return false;
  for (const list of next.querySelectorAll("[data-shared-list]")) {
    const old = document.getElementById(list.id);
    const there = new Set([...list.children].map((row) => row.id));
    for (const row of [...old.children]) if (!there.has(row.id) && (row.id === forced || !typed(row))) row.remove();
    [...list.children].forEach((row, at) => {
      const known = document.getElementById(row.id);
      if (known) replace(known, document.importNode(row, true), row.id === forced);
      else old.insertBefore(document.importNode(row, true), old.children[at] ?? null);
    });
  }
  for (const part of next.querySelectorAll("[data-shared-part]:not([data-shared-list] > *)")) {
    const known = document.getElementById(part.id);
    if (known) replace(known, document.importNode(part, true), part.id === forced);
  }
  return true;
};

const say = (words) => { if (told && told.textContent !== words) told.textContent = words; };

const refresh = async () => {
  if (document.visibilityState !== "visible" || sending) return;
  try {
    const answer = await fetch(location.pathname, { headers: { accept: "text/html" } });
    const html = await answer.text();
    if (!sending) say(answer.ok && apply(html) ? "Up to date." : "Not up to date: the page can't be read anew. Load it again.");
  } catch {
    say("Not current: there is no connection. What you typed is kept.");
  }
};

let sending = false;
live?.addEventListener("submit", async (event) => {
  const form = event.target;
  event.preventDefault();
  if (sending) return;
  sending = true;
  const part = form.closest("[data-shared-part]");
  try {
    const answer = await fetch(form.action, { method: "POST", body: new URLSearchParams(new FormData(form, event.submitter)) });
    say(apply(await answer.text(), part?.id) ? "Up to date." : "It was not taken. Load the page again to see why.");
  } catch {
    say("Not sent: there is no connection. What you typed is kept.");
  } finally {
    sending = false;
  }
});

setInterval(refresh, 4000);
document.addEventListener("visibilitychange", refresh);
