import { scrapeAdvice } from "../preflight/scraping.ts";
import { type Decision, saying } from "./decision.ts";
import type { Snapshot } from "./snapshot.ts";

/** Adds to the condition of an application's own metrics why Prometheus may have none of the canary's. */
export function reportUnscraped(snapshot: Snapshot, decision: Decision): Decision {
  const { plan, services, routes, evidence } = snapshot;
  const present = evidence?.judged?.present;
  if (present === undefined || present.canary || !present.stable) return decision;
  const advice = scrapeAdvice(plan, services, routes);
  return advice === undefined ? decision : saying(decision, `. ${advice}`);
}
