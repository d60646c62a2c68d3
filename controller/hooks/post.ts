import { Agent, type Dispatcher, request } from "undici";
import type { Clock } from "../../kube/core/clock.ts";
import { messageOf } from "../../kube/core/error-message.ts";
import type { HookAnswer, HookPayload } from "../../rollout/hooks/call.ts";
import type { Hook } from "../../rollout/plan/hooks.ts";

/** A call to post, and the means to post it. */
export interface Post {
  readonly hook: Hook;
  readonly payload: HookPayload;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly dispatchers: Dispatchers;
}

/** Connections that verify the certificate of the server, and connections that do not. */
export interface Dispatchers {
  readonly checked: Dispatcher;
  readonly unchecked: Dispatcher;
}

/** The most bytes of an answer's body that Serin reads. */
const MOST_BYTES = 4_096;
/** The same statuses as Flagger's; any other one is a refusal. */
const SUCCESS = { least: 200, most: 202 } as const;
const BACKOFF = { least: 1_000, most: 30_000 } as const;

/** Connections that hooks may use. */
export function hookDispatchers(): Dispatchers {
  return { checked: new Agent(), unchecked: new Agent({ connect: { rejectUnauthorized: false } }) };
}

/**
 * Posts the payload. Retries after 1 to 30 s, as often as the hook says, on 429, on 5xx and without an answer. Serin does
 * not follow redirects: they could lead to a host that the administrator does not allow. Throws only the signal's reason.
 */
export async function post(what: Post): Promise<HookAnswer> {
  const { hook, clock, signal } = what;
  for (let attempt = 0; ; attempt += 1) {
    const answer = await postOnce(what);
    if (attempt >= hook.retries || !isWorthAnother(answer)) return answer;
    await clock.sleep(Math.min(BACKOFF.most, BACKOFF.least * 2 ** attempt), signal);
  }
}

async function postOnce({ hook, payload, clock, signal, dispatchers }: Post): Promise<HookAnswer> {
  const limit = AbortSignal.timeout(hook.timeoutMs);
  try {
    const { statusCode, body } = await request(hook.url, {
      method: "POST",
      headers: { "content-type": "application/json", "user-agent": "serin" },
      body: JSON.stringify(payload),
      signal: AbortSignal.any([limit, signal]),
      dispatcher: hook.disableTLS ? dispatchers.unchecked : dispatchers.checked,
      // Hooks call many servers rarely, so no connection is kept.
      reset: true,
    });
    const text = await beginningOf(body);
    const kind = statusCode >= SUCCESS.least && statusCode <= SUCCESS.most ? "yes" : "no";
    return { kind, at: clock.now(), status: statusCode, body: text };
  } catch (error) {
    signal.throwIfAborted();
    const reason = limit.aborted
      ? `no answer within ${hook.timeoutMs / 1000}s`
      : `no answer: ${messageOf(error)}`;
    return { kind: "none", at: clock.now(), reason };
  }
}

function isWorthAnother(answer: HookAnswer): boolean {
  if (answer.kind === "none") return true;
  return answer.kind === "no" && (answer.status === 429 || answer.status >= 500);
}

/** The first bytes as text. Serin closes the connection and does not read the rest. */
async function beginningOf(body: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    chunks.push(chunk.subarray(0, MOST_BYTES - bytes));
    bytes += chunk.length;
    if (bytes >= MOST_BYTES) break;
  }
  return Buffer.concat(chunks).toString("utf8");
}
