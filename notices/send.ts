import { createHmac } from "node:crypto";
import { Agent, type Dispatcher, ProxyAgent, request } from "undici";
import type { Clock } from "../kube/core/clock.ts";
import { messageOf } from "../kube/core/error-message.ts";
import type { OutgoingRequest } from "../rollout/notice/channel.ts";
import { pauseIn } from "../rollout/text/retry-after.ts";

/** What a receiver made of a request. No text of it names the address, which may be a secret. */
export type Receipt =
  | { readonly kind: "taken" }
  /** It may take the same request later: `retryAfterMs` is when it says so, if it says. */
  | { readonly kind: "busy"; readonly reason: string; readonly retryAfterMs?: number }
  | { readonly kind: "refused"; readonly reason: string };

/** The means to send. */
export interface SendMeans {
  readonly clock: Pick<Clock, "now">;
  readonly signal: AbortSignal;
  readonly dispatcher: Dispatcher;
  /** For one try, in ms. */
  readonly timeoutMs: number;
}

/** Slack repeats in its answer the message that it took. */
const MOST_BYTES = 65_536;
const LONGEST_REASON = 200;

/** Connections to receivers, which are asked rarely. */
export function noticeDispatcher(): Dispatcher {
  return new Agent({ keepAliveTimeout: 1_000 });
}

/**
 * Makes one POST. Serin does not follow redirects: they could lead to an address that no administrator wrote. Throws only the
 * signal's reason.
 */
export async function send(outgoing: OutgoingRequest, means: SendMeans): Promise<Receipt> {
  const { clock, signal, dispatcher, timeoutMs } = means;
  const limit = AbortSignal.timeout(timeoutMs);
  // A notice is rare, so a proxy gets a connection for each.
  const proxy = outgoing.proxy === undefined ? undefined : new ProxyAgent(outgoing.proxy);
  try {
    const { statusCode, headers, body } = await request(outgoing.url, {
      method: "POST",
      headers: { "user-agent": "serin", ...outgoing.headers, ...signature(outgoing, clock.now()) },
      body: outgoing.body,
      signal: AbortSignal.any([limit, signal]),
      dispatcher: proxy ?? dispatcher,
    });
    const text = await beginOf(body);
    if (statusCode >= 200 && statusCode < 300) {
      const refusal = outgoing.refusalIn?.(text);
      if (refusal === undefined) return { kind: "taken" };
      return { kind: refusal.isPassing ? "busy" : "refused", reason: inOneLine(refusal.reason) };
    }
    const said = inOneLine(text);
    const reason = `it answered ${statusCode}${said === "" ? "" : `: ${said}`}`;
    if (statusCode !== 429 && statusCode !== 408 && statusCode < 500) return { kind: "refused", reason };
    const retryAfterMs = pauseIn(headers);
    return { kind: "busy", reason, ...(retryAfterMs !== undefined && { retryAfterMs }) };
  } catch (error) {
    signal.throwIfAborted();
    return {
      kind: "busy",
      reason: limit.aborted ? `no answer within ${timeoutMs / 1_000}s` : `no answer: ${messageOf(error)}`,
    };
  } finally {
    await proxy?.destroy();
  }
}

/** The headers of Standard Webhooks: by them the receiver knows that Serin wrote the body, and when. */
function signature({ sign, body }: OutgoingRequest, now: number): Record<string, string> {
  if (sign === undefined) return {};
  const timestamp = String(Math.floor(now / 1_000));
  const key = sign.secret.startsWith("whsec_") ? Buffer.from(sign.secret.slice(6), "base64") : sign.secret;
  const digest = createHmac("sha256", key).update(`${sign.id}.${timestamp}.${body}`).digest("base64");
  return { "webhook-id": sign.id, "webhook-timestamp": timestamp, "webhook-signature": `v1,${digest}` };
}

/** The first bytes of an answer. The rest is not read. */
async function beginOf(body: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    chunks.push(chunk.subarray(0, MOST_BYTES - bytes));
    bytes += chunk.length;
    if (bytes >= MOST_BYTES) break;
  }
  return Buffer.concat(chunks).toString("utf8");
}

/** A text of the receiver as a log shows it. */
function inOneLine(answer: string): string {
  const text = answer.replaceAll(/[\p{Cc}\s]+/gu, " ").trim();
  return text.length > LONGEST_REASON ? `${text.slice(0, LONGEST_REASON)}…` : text;
}
