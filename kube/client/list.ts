import type { KubeObject } from "../core/meta.ts";
import type { Query } from "./api.ts";
import { isGone, PageTooLong } from "./errors.ts";

interface Page<T> {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly metadata: { readonly resourceVersion: string; readonly continue?: string };
  readonly items: T[] | null;
}

/** The most objects of a page. */
const MOST = 500;
/** The most bytes of a page with more than one object. */
const PAGE_BYTES = 2 * 1024 * 1024;
/** How full (0…1) a page should be. */
const FILL = 0.75;
/** By how much a page shrinks whose answer is too long. */
const SHRINK = 8;
const attempts = 3;

/** A page, and the length of the answer that held it. */
interface Fetched {
  readonly page: unknown;
  readonly bytes: number;
}

/** Fetches a page. Throws PageTooLong if its answer is longer than this. */
type Fetch = (query: URLSearchParams, longestBytes?: number) => Promise<Fetched>;

/**
 * Reads a list page by page, each reduced by `pick` before the next one is read. Asks for as many objects as
 * fit into a page if they are as long as the last ones, and for fewer if an answer is too long. Starts over (at most 3 times) when the API server has dropped the list's snapshot.
 */
export async function listAll<T extends KubeObject, Raw extends KubeObject = T>(
  fetch: Fetch,
  query: Query,
  pick: (object: Raw, bytes: number) => T,
): Promise<{ items: T[]; resourceVersion: string }> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await readPages(fetch, query, pick);
    } catch (error) {
      if (!isGone(error) || attempt === attempts) throw error;
    }
  }
}

async function readPages<T extends KubeObject, Raw extends KubeObject>(
  fetch: Fetch,
  query: Query,
  pick: (object: Raw, bytes: number) => T,
): Promise<{ items: T[]; resourceVersion: string }> {
  const items: T[] = [];
  let most = MOST;
  for (let params = paramsOf(query); ; ) {
    const { page, bytes } = await readPage<Raw>(fetch, params, most);
    const each = bytes / (page.items?.length ?? 1);
    for (const item of page.items ?? []) items.push(pick(withKind(item, page), each));
    const token = page.metadata.continue;
    if (!token) return { items, resourceVersion: page.metadata.resourceVersion };
    params = paramsOf({ ...query, resourceVersion: undefined });
    params.set("continue", token);
    most = fittingAfter(page.items?.length ?? 0, bytes);
  }
}

/**
 * Reads the next page, with as many objects as fit. With a resourceVersion, the API server ignores the limit and sends all
 * objects from its cache. If these do not fit, Serin reads pages of the newest version.
 */
async function readPage<T>(fetch: Fetch, params: URLSearchParams, most: number) {
  for (let fitting = most; ; fitting = Math.ceil(fitting / SHRINK)) {
    params.set("limit", String(fitting));
    try {
      const { page, bytes } = await fetch(params, fitting === 1 ? undefined : PAGE_BYTES);
      return { page: page as Page<T>, bytes };
    } catch (error) {
      if (!(error instanceof PageTooLong)) throw error;
      params.delete("resourceVersion");
    }
  }
}

/** How many objects the next page may have if they are as long as those of this page, with room for longer ones. */
function fittingAfter(objects: number, bytes: number): number {
  const fitting = Math.floor((objects * PAGE_BYTES * FILL) / bytes);
  return objects === 0 ? MOST : Math.min(MOST, Math.max(1, fitting));
}

function paramsOf(query: Query): URLSearchParams {
  const params = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) if (value) params.set(name, value);
  return params;
}

/** The API server leaves out the kind of a list's items, because the kind of the list implies it: DeploymentList. */
function withKind<T extends KubeObject>(item: T, { apiVersion, kind }: Page<T>): T {
  if (item.kind || !apiVersion || !kind) return item;
  return { apiVersion, kind: kind.replace(/List$/, ""), ...item };
}
