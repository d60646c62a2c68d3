import { judge, type Verdict } from "../judge/verdict.ts";
import type { Exposure } from "../traffic/exposure.ts";
import { bypassOf } from "./bypass.ts";
import { idleBy } from "./idle.ts";
import { grantedExposure, type Snapshot } from "./snapshot.ts";
import { decidingOrders } from "./step-condition.ts";

/** What the evidence says about the step in force; `undefined` while nothing is judged. */
export function verdictOf(snapshot: Snapshot): Verdict | undefined {
  const { now, judgeInput, evidence = { gates: {} } } = snapshot;
  if (judgeInput === undefined) return undefined;
  const { terms, templates } = judgeInput;
  const isUncounted = judgeInput.sources.length === 0;
  const hasRoutes = snapshot.routes.length > 0;
  const share = requestShareOf(grantedExposure(snapshot));
  return judge(evidence, { now, terms, templates, share, isUncounted, hasRoutes });
}

/** Adds to a verdict that the canary gets no requests who else leads to the stable version, and the way out. */
export function withBypass(snapshot: Snapshot, verdict: Verdict): Verdict {
  const bypass = verdict.kind === "no-route" ? bypassOf(snapshot) : undefined;
  if (bypass === undefined) return verdict;
  const message = `${verdict.message}. No weight splits all of them: ${bypass}. ${decidingOrders(snapshot)}`;
  return { kind: "bypassed", message };
}

/**
 * Says of missing requests that the owners of the routes send none. A version that has not had its first request has no
 * series either, and that is no fault of the gateway's counters. More weight brings no requests, and it would be the
 * canary's first share as soon as an owner sends some.
 */
export function withIdle(snapshot: Snapshot, verdict: Verdict): Verdict {
  if (verdict.kind !== "no-series" && verdict.kind !== "silent") return verdict;
  const idle = idleBy(snapshot, snapshot.judgeInput?.sources);
  if (idle === undefined) return verdict;
  return { kind: "silent", message: `no requests to either version: ${idle}`, keepsStep: true };
}

/** The share (0 to 1) of the requests that must reach the canary; 0 where users are chosen or return, as it is unknown there. */
export function requestShareOf({ weight, match, mirror, sticky }: Exposure): number {
  if (sticky !== undefined || (weight === 0 && match !== undefined)) return 0;
  return (mirror ?? weight) / 100;
}
