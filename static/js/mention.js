// While a name is typed after @, those who can be mentioned are offered: arrow keys choose, Enter or Tab takes, Escape leaves.

const NAME = /(^|[^\p{L}\p{N}])@([\p{L}\p{N}][\p{L}\p{N}.'’_-]*(?: [\p{L}\p{N}.'’_-]*)?)$/u;

document.querySelectorAll("textarea[data-mention]").forEach((field, index) => {
  const list = Object.assign(document.createElement("ul"), { id: `mention-${index}`, className: "offers", hidden: true });
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", "People");
  field.after(list);
  field.setAttribute("aria-autocomplete", "list");
  field.setAttribute("aria-controls", list.id);
  let chosen;
  let asking;

  const close = () => {
    asking?.abort();
    list.hidden = true;
    list.replaceChildren();
    chosen = undefined;
    field.removeAttribute("aria-activedescendant");
  };
  const choose = (next) => {
    chosen?.setAttribute("aria-selected", "false");
    chosen = next;
    chosen.setAttribute("aria-selected", "true");
    field.setAttribute("aria-activedescendant", chosen.id);
  };
  const typed = () => NAME.exec(field.value.slice(0, field.selectionStart))?.[2];
  const take = (name) => {
    const end = field.selectionStart;
    field.setRangeText(`${name} `, end - typed().length, end, "end");
    close();
    field.focus();
  };
  const offer = (people) => {
    if (!people.length) return close();
    list.replaceChildren(...people.map(({ name, says }, at) => {
      const one = Object.assign(document.createElement("li"), { id: `${list.id}-${at}`, textContent: name === says ? name : `${name} (@${says})` });
      one.setAttribute("role", "option");
      one.addEventListener("mousedown", (event) => {
        event.preventDefault();
        take(says);
      });
      one.says = says;
      return one;
    }));
    list.hidden = false;
    choose(list.firstElementChild);
    document.querySelector("#said").textContent = people.length === 1 ? "1 person: Enter takes it" : `${people.length} people: arrow keys choose, Enter takes`;
  };

  field.addEventListener("input", async () => {
    asking?.abort();
    const text = typed();
    if (!text) return close();
    asking = new AbortController();
    try {
      const answer = await fetch(`${field.dataset.mention}?${new URLSearchParams({ q: text })}`, { signal: asking.signal });
      if (answer.ok && typed() === text) offer(await answer.json());
    } catch {
      // Typed on, or the server is away: a name can be typed without.
    }
  });
  field.addEventListener("keydown", (event) => {
    if (list.hidden || event.isComposing) return;
    const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (by) {
      const all = [...list.children];
      choose(all[(all.indexOf(chosen) + by + all.length) % all.length]);
    } else if (event.key === "Enter" || event.key === "Tab") take(chosen.says);
    else if (event.key === "Escape") close();
    else return;
    event.preventDefault();
    event.stopPropagation();
  });
  field.addEventListener("blur", close);
});
