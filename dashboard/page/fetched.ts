import { useEffect, useState } from "preact/hooks";
import type { ErrorAnswer } from "../api.ts";

/** The last answer to a request that is repeated, and why the newest one has failed. */
export interface Fetched<T> {
  readonly data?: T;
  readonly error?: string;
}

/** The longest wait (ms) after a failure, such as one of Prometheus. */
const RETRY_MS = 5_000;

/** The answer of the server to a GET, again every `everyMs` or soon after a failure; an absent URL asks for nothing. */
export function useFetched<T>(url: string | undefined, everyMs: number): Fetched<T> {
  const [state, setState] = useState<Fetched<T> & { readonly url?: string }>({});
  useEffect(() => {
    if (url === undefined) return;
    const end = new AbortController();
    let timer = 0;
    const ask = async () => {
      const fetched = await get<T>(url, end.signal);
      if (end.signal.aborted) return;
      setState((before) => ({
        ...(before.url === url && before.data !== undefined && { data: before.data }),
        ...fetched,
        url,
      }));
      const waitMs = fetched.error === undefined ? everyMs : Math.min(everyMs, RETRY_MS);
      timer = window.setTimeout(() => void ask(), waitMs);
    };
    void ask();
    return () => {
      end.abort();
      clearTimeout(timer);
    };
  }, [url, everyMs]);
  // The answer to another question is not shown.
  return state.url === url ? state : {};
}

async function get<T>(url: string, signal: AbortSignal): Promise<Fetched<T>> {
  try {
    const answer = await fetch(url, { signal, cache: "no-store" });
    if (answer.ok) return { data: (await answer.json()) as T };
    return { error: await errorIn(answer) };
  } catch (error) {
    return { error: `the server cannot be reached: ${error instanceof Error ? error.message : error}` };
  }
}

/** The sentence of the server, or what a proxy in front of it answers. */
async function errorIn(answer: Response): Promise<string> {
  const text = await answer.text();
  try {
    const { error } = JSON.parse(text) as Partial<ErrorAnswer>;
    if (typeof error === "string") return error;
  } catch {
    // A proxy answers in HTML or plain text.
  }
  return `the server answers ${answer.status} ${answer.statusText}`;
}
