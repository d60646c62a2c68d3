const LABEL = /^(?:[a-z0-9*]|[a-z0-9*][-a-z0-9*]{0,61}[a-z0-9*])$/;

/** Whether the text may name a namespace, with `*` for any characters. */
export function isNamespacePattern(text: string): boolean {
  return LABEL.test(text);
}

/** Whether one of the patterns names the namespace; no patterns name every one. */
export function matchesNamespace(patterns: readonly string[] | undefined, namespace: string): boolean {
  return patterns === undefined || patterns.some((pattern) => matches(pattern, namespace));
}

function matches(pattern: string, namespace: string): boolean {
  const [first = "", ...rest] = pattern.split("*");
  if (rest.length === 0) return namespace === first;
  const last = rest.pop() ?? "";
  if (!namespace.startsWith(first)) return false;
  let at = first.length;
  for (const part of rest) {
    const found = namespace.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return namespace.length - last.length >= at && namespace.endsWith(last);
}
