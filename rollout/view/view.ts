import * as v from "valibot";

/** An instant in RFC 3339, in UTC. */
const time = v.string();
const count = v.number();
const maybe = <const S extends v.GenericSchema>(schema: S) => v.exactOptional(schema);
const both = v.object({ canary: count, stable: count });

/** Evidence against its limit: as odds to 1 (at most 1,000,000), and as their natural logarithms. */
const odds = v.object({ odds: count, limit: count, nats: count, limitNats: count });

const evidence = v.object({
  /** When the last tick ended. */
  at: time,
  /** That the canary is worse than allowed; at the limit it is rolled back. Absent: nothing is compared. */
  harm: maybe(odds),
  /** That the next weight is safe; at the limit the rollout continues. */
  safe: maybe(v.object({ ...odds.entries, etaSeconds: maybe(count) })),
  requests: both,
  failed: both,
  /** The requests that took longer than so many seconds. */
  slow: v.array(v.object({ seconds: count, ...both.entries })),
  restarts: maybe(both),
});

const step = v.object({
  kind: v.picklist(["weight", "pause", "mirror", "match"]),
  /** Percent of the traffic; of copies in a step of the kind `mirror`. */
  weight: maybe(count),
  /** The shortest time at this step. */
  leastSeconds: maybe(count),
});

const request = v.object({
  verb: v.picklist(["update", "promote", "advance", "abort", "retry", "undo"]),
  user: v.string(),
  at: time,
});

const version = v.object({
  replicaSet: v.string(),
  /** As `kubectl rollout history` numbers it; absent: native control has not numbered it yet. */
  revision: maybe(v.string()),
  pods: count,
  ready: count,
});

/** The record that a revision keeps of its last rollout. */
const past = v.object({
  revision: maybe(v.string()),
  replicaSet: v.string(),
  images: v.array(v.string()),
  strategy: maybe(v.string()),
  /** `native`: no rollout of Serin's started this version. */
  outcome: v.picklist(["running", "proven", "promoted", "failed", "undone", "superseded", "native"]),
  started: maybe(time),
  ended: maybe(time),
  /** The last weight that was in force, in percent. */
  weight: maybe(count),
  course: maybe(v.array(v.object({ step: count, weight: count, at: time }))),
  evidence: maybe(evidence),
  requests: maybe(v.array(request)),
  says: maybe(v.string()),
});

/** What a rollout is now, or what the last one of a Deployment was: for terminals, browsers and programs. */
export const viewSchema = v.object({
  apiVersion: v.literal("serin.dev/v1"),
  kind: v.literal("RolloutStatus"),
  metadata: v.object({ namespace: v.string(), name: v.string(), uid: maybe(v.string()) }),
  /** When it was so. */
  at: time,
  strategy: maybe(v.string()),
  /**
   * `waiting` is a hold that a person ends; `rolled-back` lasts until the template changes; `rest` is everything that is
   * not in flight.
   */
  state: v.picklist([
    ...(["rest", "preparing", "progressing", "holding", "waiting"] as const),
    ...(["promoting", "rolled-back", "undone"] as const),
  ]),
  /** The sentence of the condition `Canary`, or of the last record. */
  says: maybe(v.string()),
  /** What the rollout waits for, and a command that ends the wait. */
  waits: maybe(
    v.object({
      /** `person` also for a pause; `evidence`: only more requests, which are coming. */
      reason: v.picklist(["person", "hook", "traffic", "metrics", "api", "pods", "evidence"]),
      command: v.string(),
    }),
  ),
  /** The Deployment is paused, by its user or by the plan. */
  paused: maybe(v.boolean()),
  /** The revision of the Deployment's template. */
  revision: v.string(),
  versions: v.object({ canary: maybe(version), stable: maybe(version) }),
  images: v.array(v.object({ container: v.string(), stable: maybe(v.string()), canary: maybe(v.string()) })),
  steps: v.array(step),
  /** The granted step, from 1 on. */
  step: maybe(count),
  /** When the canary got the traffic that it has now. */
  since: maybe(time),
  /** Percent of the requests; of the pods if no route names the Services. */
  traffic: v.object({ ...both.entries, copies: maybe(count), matching: maybe(v.boolean()) }),
  evidence: maybe(evidence),
  /** The checks; `holds` is absent while nothing has been counted for one. */
  checks: v.array(v.object({ text: v.string(), holds: maybe(v.boolean()), says: v.string() })),
  pods: v.array(
    v.object({
      name: v.string(),
      version: v.picklist(["canary", "stable"]),
      phase: v.string(),
      ready: v.boolean(),
      restarts: count,
      created: maybe(time),
      node: maybe(v.string()),
      /** Why it is not ready. */
      says: maybe(v.string()),
    }),
  ),
  services: v.array(v.object({ name: v.string(), canaryService: maybe(v.string()), isolated: v.boolean() })),
  routes: v.array(
    v.object({
      kind: v.picklist(["HTTPRoute", "GRPCRoute"]),
      namespace: v.string(),
      name: v.string(),
      gateways: v.array(v.string()),
      weight: maybe(count),
      /** Why a gateway has not accepted it. */
      says: maybe(v.string()),
    }),
  ),
  requests: v.array(request),
  started: maybe(time),
  ended: maybe(time),
  /** How the present template's last rollout ended. */
  outcome: maybe(v.picklist(["promoted", "failed", "undone", "superseded"])),
  course: v.array(v.object({ step: count, weight: count, at: time })),
});

/** See `viewSchema`. */
export type RolloutView = v.InferOutput<typeof viewSchema>;
/** One revision of a Deployment, with the record of its last rollout. */
export type PastRollout = v.InferOutput<typeof past>;
export type EvidenceView = v.InferOutput<typeof evidence>;

/** The history of one Deployment, the newest revision first. */
export const historySchema = v.object({
  apiVersion: v.literal("serin.dev/v1"),
  kind: v.literal("RolloutHistory"),
  metadata: v.object({ namespace: v.string(), name: v.string(), uid: maybe(v.string()) }),
  revisions: v.array(past),
});
export type HistoryView = v.InferOutput<typeof historySchema>;
