import { describeStranger } from "../preflight/services.ts";
import { type Decision, saying } from "./decision.ts";
import type { Snapshot } from "./snapshot.ts";

/**
 * Adds to the condition who else came behind the Services in flight. It is no reason to hold: they get no request while the
 * Services are isolated, and a promotion gives them theirs, so that waiting would only make it worse.
 */
export function reportStrangers({ strangers = [], services }: Snapshot, decision: Decision): Decision {
  const names = new Set(services.map(({ metadata }) => metadata.name));
  const own = strangers.filter(({ service }) => names.has(service));
  if (own.length === 0) return decision;
  const who = own.map((one) => `Service ${one.service} also selects ${describeStranger(one)}`).join(", ");
  return saying(decision, `. ${who}: they get no requests through it until the rollout ends`);
}
