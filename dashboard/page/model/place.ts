/** The lists of the page: what is in flight, what ended, and every opted-in Deployment. */
export const tabs = { "in-flight": "In flight", ended: "Ended", "opted-in": "Opted in" } as const;
export type Tab = keyof typeof tabs;

/** What the page shows. */
export type PagePlace = ListPlace | RolloutPlace;

/** A list; an empty namespace stands for all, and an empty filter lets everything through. */
export interface ListPlace {
  readonly kind: "list";
  readonly tab: Tab;
  readonly namespace: string;
  readonly filter: string;
}

/** One rollout; without a revision the newest one. */
export interface RolloutPlace {
  readonly kind: "rollout";
  readonly namespace: string;
  readonly name: string;
  readonly revision?: string;
}

/**
 * The place that a fragment names: `#/`, `#/ended?namespace=shop&filter=web`, `#/shop/web`, `#/shop/web/9`. Places are
 * fragments, so that the page needs no path of its own behind a proxy. Any other text is the list of what is in flight.
 */
export function pagePlaceOf(fragment: string): PagePlace {
  const [path = "", query = ""] = fragment.replace(/^#?\/?/, "").split("?", 2);
  const [first = "", second, third] = path.split("/").map(decoded);
  if (second !== undefined && second !== "" && first !== "")
    return { kind: "rollout", namespace: first, name: second, ...(third ? { revision: third } : {}) };
  const search = new URLSearchParams(query);
  return {
    kind: "list",
    tab: Object.hasOwn(tabs, first) ? (first as Tab) : "in-flight",
    namespace: search.get("namespace") ?? "",
    filter: search.get("filter") ?? "",
  };
}

/** The fragment of a place; `pagePlaceOf` reads it. */
export function fragmentOf(place: PagePlace): string {
  if (place.kind === "rollout") {
    const { namespace, name, revision } = place;
    const parts = [namespace, name, ...(revision === undefined ? [] : [revision])];
    return `#/${parts.map(encodeURIComponent).join("/")}`;
  }
  const { tab, namespace, filter } = place;
  const search = new URLSearchParams({ ...(namespace && { namespace }), ...(filter && { filter }) });
  const query = search.size === 0 ? "" : `?${search}`;
  return `#/${tab === "in-flight" ? "" : tab}${query}`;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    // The user typed a percent sign that begins no escape.
    return text;
  }
}
