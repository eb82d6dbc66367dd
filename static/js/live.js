// What changes in place: the answer of a what-if while it is typed, and how far a simulation is. Both pages work without it.

const one = (selector, within = document) => within.querySelector(selector);
const say = (text) => { if (text) one("#said").textContent = text; };
const page = async (url, signal) => {
  const answer = await fetch(url, { signal });
  return { answer, page: new DOMParser().parseFromString(await answer.text(), "text/html") };
};

// What-if. What is typed is answered at once; sent, it is a change of the list.
const asked = one("[data-preview]");
if (asked) {
  let typing;
  let asking;
  const address = (form) => {
    const said = new URLSearchParams(new FormData(form));
    for (const [name, value] of [...said]) if (!value.trim()) said.delete(name);
    return `${form.getAttribute("action")}?${said}`;
  };
  const ask = (url) => {
    clearTimeout(typing);
    asking?.abort();
    asking = new AbortController();
    return page(url, asking.signal);
  };
  const show = (found, typed) => {
    const result = one("#result", found);
    one("#result").replaceWith(result);
    one("#with").hidden = !typed;
    say(result.dataset.said);
  };
  asked.addEventListener("input", (event) => {
    const form = event.target.closest("form[data-step]");
    if (!form) return;
    clearTimeout(typing);
    typing = setTimeout(async () => {
      try {
        const found = await ask(address(form));
        // What can't be taken yet leaves the answer to the list.
        if (one("#result", found.page)) show(found.page, found.answer.ok);
      } catch {
        // Another question took its place, or the server is away: sent, the form says so.
      }
    }, 150);
  });
  const swap = async (url, focus) => {
    try {
      const found = await ask(url);
      const next = one("[data-preview]", found.page);
      if (!next) throw new Error("no answer");
      if (found.answer.ok) history.pushState(null, "", found.answer.url);
      one(".head").replaceWith(one(".head", found.page));
      asked.replaceChildren(...next.childNodes);
      say(one("#result").dataset.said);
      (one(".errors") ?? focus())?.focus();
    } catch (error) {
      if (error.name !== "AbortError") location.assign(url);
    }
  };
  asked.addEventListener("submit", (event) => {
    const form = event.target;
    if (!form.matches("[data-step]")) return;
    event.preventDefault();
    const step = form.closest("details").id;
    swap(address(form), () => one(`#${step} > summary`));
  });
  asked.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-swap]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
    event.preventDefault();
    swap(link.href, () => one("details[open] :is(input:not([type=hidden]), select)") ?? one("details > summary"));
  });
  addEventListener("popstate", () => location.reload());
}

// A simulation: how far it is, until its result takes its place. Who leaves closes the stream, which stops it.
const running = one("[data-progress]");
if (running) {
  const events = new EventSource(running.dataset.progress);
  events.onopen = () => { running.dataset.live = ""; };
  // A page that is kept for going back would keep its stream.
  addEventListener("pagehide", () => events.close());
  addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });
  events.onmessage = ({ data }) => {
    const percent = Math.floor(Number(data) * 100);
    one("progress", running).value = percent;
    one("output", running).textContent = `${percent}\u00a0%`;
  };
  events.addEventListener("stopped", () => {
    events.close();
    const here = new URL(location.href);
    here.searchParams.set("stopped", "true");
    location.replace(here);
  });
  events.addEventListener("ended", async () => {
    events.close();
    try {
      const found = await page(location.href);
      const main = one("#main", found.page);
      if (!found.answer.ok || !main || one("[data-progress]", main)) throw new Error("no result");
      const held = one("#main").contains(document.activeElement);
      one("#main").replaceChildren(...main.childNodes);
      document.title = found.page.title;
      say(running.dataset.done);
      if (held) one("#main").focus({ preventScroll: true });
    } catch {
      location.reload();
    }
  });
}
