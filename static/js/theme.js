// Runs before the page is drawn, so that a chosen theme or density never flashes the other first.
(() => {
  const root = document.documentElement;
  root.dataset.script = "";
  try {
    for (const name of ["theme", "density"]) {
      const value = localStorage.getItem(name);
      if (value) root.dataset[name] = value;
    }
  } catch {
    // Storage may be forbidden; the system's choice then stands.
  }
})();
