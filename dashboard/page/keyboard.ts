/** What the keys do. */
export interface KeyActions {
  readonly toFilter: () => void;
  readonly back: () => void;
  readonly nextTheme: () => void;
}

/** The keys of the page, as its foot explains them. */
export const keyHelp = [
  ["/", "filter"],
  ["j k", "next, previous"],
  ["Enter", "open"],
  ["Esc", "back"],
  ["t", "theme"],
] as const;

/** Binds the keys until the returned function is called. Text fields keep all keys but Esc. */
export function bindKeys(actions: KeyActions): () => void {
  const end = new AbortController();
  addEventListener(
    "keydown",
    (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      const isTyping = event.target instanceof Element && event.target.closest("input, select") !== null;
      if (event.key === "Escape") return actions.back();
      if (isTyping) return;
      if (event.key === "t") return actions.nextTheme();
      if (event.key === "j" || event.key === "k") return moveBy(event.key === "j" ? 1 : -1);
      if (event.key !== "/") return;
      // The key would otherwise be typed into the field.
      event.preventDefault();
      actions.toFilter();
    },
    { signal: end.signal },
  );
  return () => end.abort();
}

/** Moves the focus to the next or previous link of a row. */
function moveBy(step: 1 | -1): void {
  const links = [...document.querySelectorAll<HTMLAnchorElement>("a[data-row]")];
  const at = links.indexOf(document.activeElement as HTMLAnchorElement);
  const next = at < 0 ? 0 : Math.max(0, Math.min(links.length - 1, at + step));
  links[next]?.focus();
}
