import { type Dispatcher, request } from "undici";
import type { Clock } from "../kube/core/clock.ts";
import { messageOf } from "../kube/core/error-message.ts";
import { pauseIn } from "../rollout/text/retry-after.ts";
import type { PodIdentity } from "./identity.ts";
import { AnswerTooLong, ProviderError } from "./provider.ts";

/** How requests are made. */
export interface RequestOptions {
  /** Carries the requests; undici's own when absent. */
  readonly dispatcher?: Dispatcher | undefined;
  /** Time limit of a request with its answer; 10,000 ms. */
  readonly timeoutMs?: number | undefined;
  /** The longest answer, in MiB; 1. */
  readonly mostMib?: number | undefined;
}

/** The controller's options for every provider. */
export interface RequestContext extends RequestOptions {
  readonly clock: Pick<Clock, "now">;
  /** The pod's identity at its cloud, where the operator lets providers use it. */
  readonly identity?: PodIdentity | undefined;
}

/** The longest time (ms) for which Serin leaves a service alone. */
const LONGEST_PAUSE_MS = 60_000;

/** One request to a provider's API. */
interface Question {
  readonly method?: "GET" | "POST";
  readonly url: URL;
  readonly headers?: Readonly<Record<string, string | string[]>>;
  readonly body?: string;
}

/**
 * Asks, and reads the text of a 2xx answer. Throws a ProviderError for any other answer, for none, and for one that
 * `read` throws at.
 */
export type Ask = <T>(question: Question, read: (text: string) => T, signal?: AbortSignal) => Promise<T>;

/**
 * Asks `product`'s API. Redirects are not followed: they could carry the credentials elsewhere. No message has one
 * of the `secrets` in it, even where the API repeats them.
 */
export function asking(product: string, secrets: readonly string[], options: RequestOptions): Ask {
  return async (question, read, signal) => {
    const where = `${product} at ${question.url.host}`;
    const hide = hiding(secrets);
    const fail = (what: string, cause?: unknown, retryAfterMs?: number) =>
      new ProviderError(hide(`${where} ${what}`), { ...(cause !== undefined && { cause }), retryAfterMs });
    const mostMib = options.mostMib ?? 1;
    const { status, text, retryAfterMs } = await send(question, { ...options, mostMib }, fail, signal);
    if (text === undefined) throw new AnswerTooLong(hide(`${where} answers with more than ${mostMib} MiB`));
    if (status < 200 || status >= 300)
      throw fail(`${outcome(status)}${wordsOf(text, hide)}`, undefined, retryAfterMs);
    try {
      return read(text);
    } catch (error) {
      if (error instanceof ProviderError) throw fail(error.message, error);
      // A login page says more than the parser's error.
      const words = wordsOf(text, hide);
      throw fail(`gives an answer that Serin does not understand (${status})${words}`, error);
    }
  };
}

async function send(
  { url, method = "GET", headers = {}, body }: Question,
  { dispatcher, timeoutMs = 10_000, mostMib }: RequestOptions & { readonly mostMib: number },
  fail: (what: string, cause?: unknown) => ProviderError,
  signal: AbortSignal | undefined,
): Promise<{
  readonly status: number;
  readonly text: string | undefined;
  readonly retryAfterMs: number | undefined;
}> {
  const limit = AbortSignal.timeout(timeoutMs);
  try {
    const response = await request(url, {
      method,
      headers: {
        accept: "application/json",
        "accept-encoding": "identity",
        "user-agent": "serin",
        ...headers,
      },
      signal: signal ? AbortSignal.any([limit, signal]) : limit,
      ...(body !== undefined && { body }),
      ...(dispatcher && { dispatcher }),
    });
    const { statusCode: status, headers: answered } = response;
    const asked = pauseIn(answered);
    const retryAfterMs = asked && Math.min(asked, LONGEST_PAUSE_MS);
    return { status, text: await readText(response.body, mostMib * 1_048_576), retryAfterMs };
  } catch (error) {
    signal?.throwIfAborted();
    if (limit.aborted) throw fail(`did not answer within ${timeoutMs / 1000} s`, error);
    throw fail(`cannot be reached: ${messageOf(error)}`, error);
  }
}

/** The text of an answer; `undefined` when it is too long, and then the connection is closed. */
async function readText(body: AsyncIterable<Uint8Array>, most: number): Promise<string | undefined> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.length;
    if (bytes > most) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

function outcome(status: number): string {
  if (status >= 300 && status < 400) return `redirects (${status}), which is not followed`;
  if (status === 401 || status === 403) return `refuses the credentials (${status})`;
  if (status === 429) return `wants fewer requests (${status})`;
  return `answers ${status}`;
}

/** The text of an API's error, shortened: fields of JSON that usually hold it, else the text itself. */
function wordsOf(text: string, hide: (text: string) => string): string {
  // Hidden before anything is cut or joined: half a credential is too much.
  const words = hide(textIn(parsed(text)))
    .slice(0, 2_000)
    .replace(/<[^>]{0,200}>|[\p{Cc}\s]+/gu, " ");
  const trimmed = words.trim();
  return trimmed === "" ? "" : `: ${trimmed.length > 200 ? `${trimmed.slice(0, 200)}…` : trimmed}`;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function textIn(value: unknown, depth = 0): string {
  if (typeof value === "string") return value;
  if (typeof value !== "object" || value === null || depth > 4) return "";
  if (Array.isArray(value)) return value.map((item) => textIn(item, depth + 1)).join("; ");
  const fields = value as Readonly<Record<string, unknown>>;
  const usual = ["error_description", "error", "errors", "message", "Message"];
  return usual.map((name) => textIn(fields[name], depth + 1)).find((words) => words !== "") ?? "";
}

function hiding(secrets: readonly string[]): (text: string) => string {
  const real = secrets.filter((secret) => secret !== "");
  return (text) => real.reduce((rest, secret) => rest.replaceAll(secret, "…"), text);
}
