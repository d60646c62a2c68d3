import type { Ledger } from "./ledger.ts";

/** The weights that the routes gave the canary, in percent and in order, each with its start (ms). */
export function grants(ledger: Ledger, from = 0): { weight: number; at: number }[] {
  const granted: { weight: number; at: number }[] = [];
  for (const { at, object } of ledger.changesOf("httproutes", from)) {
    const held = JSON.parse(object.metadata.annotations?.["serin.dev/held"] ?? "{}");
    const weight = Object.values<{ weight: number }>(held.shares ?? {})[0]?.weight ?? 0;
    if (weight !== (granted.at(-1)?.weight ?? 0)) granted.push({ weight, at });
  }
  return granted;
}

/** The same without the instants. */
export function grantedTo(ledger: Ledger, from = 0): number[] {
  return grants(ledger, from).map(({ weight }) => weight);
}
