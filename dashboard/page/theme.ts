/** How the page chooses its colours; `system` is what the operating system says. */
const themes = ["system", "light", "dark"] as const;
export type Theme = (typeof themes)[number];

const KEY = "serin-theme";

/** The reader's choice of earlier. */
export function storedTheme(): Theme {
  try {
    const stored = localStorage.getItem(KEY);
    return themes.find((theme) => theme === stored) ?? "system";
  } catch {
    // The browser keeps nothing for this page, as in a frame of another site.
    return "system";
  }
}

/** The choice after this one. */
export function nextTheme(theme: Theme): Theme {
  return themes[(themes.indexOf(theme) + 1) % themes.length] ?? "system";
}

/** Uses a choice and keeps it. */
export function chooseTheme(theme: Theme): void {
  showTheme(theme);
  try {
    localStorage.setItem(KEY, theme);
  } catch {
    // As above: the choice lasts until the page is closed.
  }
}

/** Uses a choice without keeping it. */
export function showTheme(theme: Theme): void {
  document.documentElement.dataset.theme = theme;
}

/** Calls back when the colours may have changed: by the reader, by the operating system, and around printing. */
export function onColours(callback: () => void): () => void {
  const end = new AbortController();
  const observer = new MutationObserver(callback);
  observer.observe(document.documentElement, { attributeFilter: ["data-theme"] });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", callback, { signal: end.signal });
  return () => {
    observer.disconnect();
    end.abort();
  };
}

/** Paper is white: prints the page in its light colours. */
export function printLight(): void {
  addEventListener("beforeprint", () => showTheme("light"));
  addEventListener("afterprint", () => showTheme(storedTheme()));
}
