import type { Ledger } from "./ledger.ts";

/**
 * The weights that the routes gave the canary, in percent and in order, each with the instant (ms) at which Serin wrote
 * it. The watch of a busy test reports a change later, and each change at another delay.
 */
export function grants(ledger: Ledger, from = 0): { weight: number; at: number }[] {
  const granted: { weight: number; at: number }[] = [];
  for (const { at, object } of ledger.changesOf("httproutes", from)) {
    const held = JSON.parse(object.metadata.annotations?.["serin.dev/held"] ?? "{}");
    const [share] = Object.values<{ weight: number; since: string }>(held.flights ?? {});
    const weight = share?.weight ?? 0;
    if (weight === (granted.at(-1)?.weight ?? 0)) continue;
    granted.push({ weight, at: share === undefined ? at : Date.parse(share.since) });
  }
  return granted;
}

/** The same without the instants. */
export function grantedTo(ledger: Ledger, from = 0): number[] {
  return grants(ledger, from).map(({ weight }) => weight);
}
