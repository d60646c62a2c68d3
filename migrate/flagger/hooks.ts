import { stringify } from "yaml";
import { formatDuration, parseDuration } from "../../rollout/text/duration.ts";
import { literal } from "../../rollout/text/literal.ts";
import { quote } from "../../rollout/text/quote.ts";
import { differs, forAdmin, type Note } from "../note.ts";
import type { Webhook } from "./canary.ts";

const FIELD = "spec.analysis.webhooks";
const LONGEST_MS = 300_000;
const MOST_RETRIES = 10;

/** The value of `serin.dev/hooks`; absent without webhooks. `service` is the name of the user's Service. */
export function hooksFrom(
  webhooks: readonly Webhook[],
  service: string,
): { readonly text?: string; readonly notes: readonly Note[] } {
  if (webhooks.length === 0) return { notes: [] };
  const read = webhooks.map((webhook) => hookOf(webhook, service));
  const hosts = new Set(read.map(({ hook: { url } }) => (URL.canParse(url) ? new URL(url).host : url)));
  return {
    text: stringify(
      read.map(({ hook }) => hook),
      { lineWidth: 0 },
    ),
    notes: [
      ...read.flatMap(({ notes }) => notes),
      ...[...hosts].map((host) =>
        forAdmin(`let hooks call ${host}: --hook-host=${host} at both programs, or hookHosts of the chart`),
      ),
    ],
  };
}

function hookOf({ name, type, url, timeout, retries, metadata = {}, disableTLS }: Webhook, service: string) {
  const changes: string[] = [];
  const primary = new RegExp(String.raw`\b${literal(service)}-primary\b`, "g");
  const withoutPrimary = (text: string) => {
    const changed = text.replaceAll(primary, service);
    if (changed !== text)
      changes.push(`${service}-primary became ${service}, which has the stable pods in flight`);
    return changed;
  };
  const ms = timeout === undefined ? undefined : parseDuration(timeout);
  if (timeout !== undefined && ms === undefined)
    changes.push(
      `${quote(timeout)} is not a duration that Serin reads, such as 1m30s: the timeout is 10s, the usual one`,
    );
  if (ms !== undefined && ms > LONGEST_MS) changes.push("the timeout is 5m, the longest one");
  if (retries !== undefined && retries > MOST_RETRIES)
    changes.push(`${MOST_RETRIES} retries, the largest number`);
  const texts = Object.fromEntries(
    Object.entries(metadata).map(([key, value]) => [
      key,
      withoutPrimary(typeof value === "string" ? value : JSON.stringify(value)),
    ]),
  );
  if ((type ?? "rollout") === "rollout" && texts.cmd?.includes(`${service}-canary`))
    changes.push(
      `its requests to ${service}-canary do not pass the gateway, so Serin does not judge them: send them to the route's host`,
    );
  const hook = {
    name,
    ...(type && { type }),
    url: withoutPrimary(url),
    ...(ms !== undefined && { timeout: formatDuration(Math.min(ms, LONGEST_MS)) }),
    ...(retries !== undefined && retries > 0 && { retries: Math.min(retries, MOST_RETRIES) }),
    ...(Object.keys(texts).length > 0 && { metadata: texts }),
    ...(disableTLS && { disableTLS }),
  };
  return { hook, notes: [...new Set(changes)].map((says) => differs(FIELD, `hook ${name}: ${says}`)) };
}
