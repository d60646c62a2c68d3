import type { KubeObject } from "../core/meta.ts";
import type { Query } from "./api.ts";
import { isGone } from "./errors.ts";

interface Page<T> {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly metadata: { readonly resourceVersion: string; readonly continue?: string };
  readonly items: T[] | null;
}

const pageSize = 500;
const attempts = 3;

/** Reads a list page by page. Starts over (at most 3 times) when the API server has dropped the list's snapshot. */
export async function listAll<T extends KubeObject>(
  fetch: (query: URLSearchParams) => Promise<unknown>,
  query: Query,
): Promise<{ items: T[]; resourceVersion: string }> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await readPages<T>(fetch, query);
    } catch (error) {
      if (!isGone(error) || attempt === attempts) throw error;
    }
  }
}

async function readPages<T extends KubeObject>(
  fetch: (query: URLSearchParams) => Promise<unknown>,
  query: Query,
): Promise<{ items: T[]; resourceVersion: string }> {
  const items: T[] = [];
  const first = paramsOf(query);
  let page = (await fetch(first)) as Page<T>;
  for (;;) {
    for (const item of page.items ?? []) items.push(withKind(item, page));
    const token = page.metadata.continue;
    if (!token) return { items, resourceVersion: page.metadata.resourceVersion };
    const next = paramsOf({ ...query, resourceVersion: undefined });
    next.set("continue", token);
    page = (await fetch(next)) as Page<T>;
  }
}

function paramsOf(query: Query): URLSearchParams {
  const params = new URLSearchParams({ limit: String(pageSize) });
  for (const [name, value] of Object.entries(query)) if (value) params.set(name, value);
  return params;
}

/** The API server leaves out the kind of a list's items, because the kind of the list implies it: DeploymentList. */
function withKind<T extends KubeObject>(item: T, { apiVersion, kind }: Page<T>): T {
  if (item.kind || !apiVersion || !kind) return item;
  return { apiVersion, kind: kind.replace(/List$/, ""), ...item };
}
