import { strengthsOf } from "../judge/progress.ts";
import type { ConditionUpdate } from "../stages/decision.ts";
import { grantedExposure, type Snapshot, stepIndex } from "../stages/snapshot.ts";
import { isPaused, waitIn, waitOf } from "../stages/wait.ts";
import { revisionInFlight } from "../workload/revision.ts";
import type { Wait } from "../workload/waits.ts";

/** Where a rollout stands, in one word. */
type FlightPhase = "preparing" | "progressing" | "holding" | "promoting" | "failed" | "undone";

/** One claim of the judge: how strong the evidence for it is (ln E), and the strength at which it decides. */
interface FlightClaim {
  readonly claim: "harm" | "safe";
  readonly nats: number;
  readonly limit: number;
}

/** What dashboards and notices say about one rollout in flight. Times are ms since the epoch. */
export interface Flight {
  readonly namespace: string;
  readonly deployment: string;
  /** The rollout's name: `started` of its record. */
  readonly rollout: string;
  readonly strategy: string;
  readonly revision: string;
  /** The pod-template-hash of each version; the canary's is "" until its ReplicaSet exists. */
  readonly canary: string;
  readonly stable: string;
  readonly phase: FlightPhase;
  /** Absent: it does not wait, or for evidence alone. */
  readonly waiting: Exclude<Wait, "evidence"> | undefined;
  /** From 1. */
  readonly step: number;
  readonly steps: number;
  /** The canary's granted share of the traffic, from 0 to 1; 0 before its first weight and after its last. */
  readonly weight: number;
  readonly started: number;
  readonly stepStarted: number | undefined;
  readonly claims: readonly FlightClaim[];
  /** The requests that the judge has counted; absent before the first tick. */
  readonly counts: Readonly<Record<"canary" | "stable", Counted>> | undefined;
  /** The instant of the newest tick that was judged; absent while nothing is judged. */
  readonly judgedAt: number | undefined;
}

interface Counted {
  readonly requests: number;
  readonly failed: number;
}

/** Describes a rollout by its snapshot and by the condition that was decided on it. */
export function flightOf(snapshot: Snapshot, condition: ConditionUpdate | undefined): Flight {
  const { deployment, held, plan, run, canary, canaryHash, evidence } = snapshot;
  const phase = phaseOf(snapshot, condition);
  const [canaryFailed, canaryTotal, stableFailed, stableTotal] = evidence?.judged?.errors.totals ?? [];
  return {
    namespace: deployment.metadata.namespace ?? "",
    deployment: deployment.metadata.name,
    rollout: held.started,
    strategy: plan.strategy,
    revision: revisionInFlight(deployment, canary),
    canary: canaryHash,
    stable: held.stable,
    phase,
    waiting: mayWait(snapshot, phase) ? waitingIn(snapshot, condition) : undefined,
    step: stepIndex(snapshot) + 1,
    steps: plan.steps.length,
    weight: ["progressing", "holding"].includes(phase) ? grantedExposure(snapshot).weight / 100 : 0,
    started: Date.parse(held.started),
    stepStarted: run && Date.parse(run.stepSince),
    claims: claimsOf(snapshot),
    counts:
      canaryTotal === undefined
        ? undefined
        : {
            canary: { requests: canaryTotal, failed: canaryFailed ?? 0 },
            stable: { requests: stableTotal ?? 0, failed: stableFailed ?? 0 },
          },
    judgedAt: evidence?.judged?.at,
  };
}

function phaseOf({ held, run }: Snapshot, condition: ConditionUpdate | undefined): FlightPhase {
  if (held.phase === "failed" || run?.outcome === "failed") return "failed";
  if (held.phase === "undone") return "undone";
  if (held.phase === "promoting" || run?.outcome === "proven") return "promoting";
  if (condition?.reason === "Holding" || condition?.reason === "StableLost") return "holding";
  return condition?.reason === "Progressing" ? "progressing" : "preparing";
}

function mayWait(snapshot: Snapshot, phase: FlightPhase): boolean {
  return phase === "preparing" || phase === "holding" || (phase === "promoting" && isPaused(snapshot));
}

function waitingIn(snapshot: Snapshot, condition: ConditionUpdate | undefined): Flight["waiting"] {
  const wait = waitOf(snapshot, condition === undefined ? "pods" : waitIn(condition));
  return wait === "evidence" ? undefined : wait;
}

function claimsOf({ judgeInput, evidence }: Snapshot): readonly FlightClaim[] {
  if (judgeInput === undefined || evidence?.judged === undefined) return [];
  const strengths = strengthsOf(evidence.judged, judgeInput.terms);
  if (strengths === undefined) return [];
  return (["harm", "safe"] as const).map((claim) => {
    const { log: nats, limit } = strengths[claim];
    return { claim, nats, limit };
  });
}
