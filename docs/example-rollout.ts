import type { HistoryView, RolloutView } from "../rollout/view/view.ts";

const evidence = {
  at: "2026-11-29T14:03:26.000Z",
  harm: { odds: 0.5, limit: 100, nats: -0.69, limitNats: 4.605 },
  safe: { odds: 6.8, limit: 20, nats: 1.917, limitNats: 2.996, etaSeconds: 7 },
  requests: { stable: 13_320, canary: 1_880 },
  failed: { stable: 13, canary: 2 },
  slow: [{ seconds: 0.25, stable: 107, canary: 17 }],
  restarts: { stable: 0, canary: 0 },
};

/** A rollout in flight, for the screens in docs/kubectl-serin.md. */
export const inProgress: RolloutView = {
  ...{ apiVersion: "serin.dev/v1", kind: "RolloutStatus" },
  metadata: { namespace: "shop", name: "web", uid: "5f0c" },
  ...{ at: "2026-11-29T14:03:27.000Z", strategy: "canary", state: "progressing" },
  says: "canary has 25% of the traffic, step 2 of 3: safe 6.8:1 of 20:1, harm 0.5:1 of 100:1; canary 2 of 1880 requests failed (0.11%), stable 13 of 13320 (0.10%): 1.1x; about 1100 more canary requests (7s) to verify",
  revision: "8",
  versions: {
    canary: { replicaSet: "web-6d4cf56db6", revision: "8", pods: 2, ready: 2 },
    stable: { replicaSet: "web-7b9f8c64d5", revision: "7", pods: 5, ready: 5 },
  },
  images: [{ container: "app", stable: "shop/web:1", canary: "shop/web:2" }],
  steps: [10, 25, 50].map((weight) => ({ kind: "weight" as const, weight, leastSeconds: 60 })),
  ...{ step: 2, since: "2026-11-29T14:03:15.000Z", traffic: { canary: 25, stable: 75 }, evidence },
  checks: [
    {
      text: "p99 <= 500ms",
      holds: true,
      says: "p99 <= 500ms: 0.21% of 1880 requests took longer than 500ms",
    },
  ],
  pods: ["web-6d4cf56db6-2xk9q", "web-6d4cf56db6-h7w2p"].map((name, i) => ({
    ...{ name, version: "canary" as const, phase: "Running", ready: true, restarts: 0 },
    ...{ created: `2026-11-29T14:0${2 + i}:13Z`, node: `node-${3 - 2 * i}` },
  })),
  services: [{ name: "web", canaryService: "web-canary", isolated: true }],
  routes: [{ kind: "HTTPRoute", namespace: "shop", name: "web", gateways: ["Traefik"], weight: 25 }],
  requests: [{ verb: "update", user: "jane@example.com", at: "2026-11-29T14:02:07.000Z" }],
  started: "2026-11-29T14:02:07.000Z",
  course: [{ step: 1, weight: 10, at: "2026-11-29T14:02:11.000Z" }],
};

const verdict =
  "rolled back at 10% after 23s: errors. canary 19 of 400 requests failed (4.75%), stable 0 of 3599 (0.00%). Evidence 354:1 that the canary is worse than allowed (limit 100:1; allowed: 1.2x stable + 0.05 pp), growing since 14:20:31. 19 of its requests failed (status 500 x19). One pod is kept; kubectl rollout undo deployment/web goes back, kubectl annotate deployment/web serin.dev/retry=9 tries again";

/** A rollout that was rolled back. */
export const failed: RolloutView = {
  ...inProgress,
  ...{ at: "2026-11-29T14:25:00.000Z", state: "rolled-back", outcome: "failed", revision: "9", step: 1 },
  says: verdict,
  versions: {
    canary: { replicaSet: "web-5f6c7d8b9c", revision: "9", pods: 1, ready: 1 },
    stable: { replicaSet: "web-6d4cf56db6", revision: "8", pods: 5, ready: 5 },
  },
  images: [{ container: "app", stable: "shop/web:2", canary: "shop/web:3" }],
  traffic: { canary: 0, stable: 100 },
  evidence: {
    at: "2026-11-29T14:20:40.000Z",
    harm: { odds: 354, limit: 100, nats: 5.869, limitNats: 4.605 },
    safe: { odds: 0.1, limit: 20, nats: -2.3, limitNats: 2.996 },
    requests: { stable: 3_599, canary: 400 },
    failed: { stable: 0, canary: 19 },
    slow: [{ seconds: 0.25, stable: 29, canary: 3 }],
    restarts: { stable: 0, canary: 0 },
  },
  checks: [],
  pods: [
    { ...{ name: "web-5f6c7d8b9c-q8zvl", version: "canary", phase: "Running" }, ready: true, restarts: 0 },
  ],
  routes: [{ kind: "HTTPRoute", namespace: "shop", name: "web", gateways: ["Traefik"] }],
  started: "2026-11-29T14:20:11.000Z",
  ended: "2026-11-29T14:20:42.000Z",
};

const { evidence: _none, since: _never, ...begun } = inProgress;

/** A rollout whose canary's pods are not ready yet. */
export const preparing: RolloutView = {
  ...begun,
  ...{ state: "preparing", step: 1, traffic: { canary: 0, stable: 100 }, checks: [], course: [] },
  at: "2026-11-29T14:02:19.000Z",
  says: "waiting for ready canary pods, 0 of 1 so far: pod web-6d4cf56db6-2xk9q: container app: ImagePullBackOff; kubectl annotate deployment/web serin.dev/promote=8 (or abort) decides",
  waits: { reason: "pods", command: "kubectl annotate deployment/web serin.dev/promote=8 -n shop" },
  pods: [
    {
      ...{ name: "web-6d4cf56db6-2xk9q", version: "canary", phase: "Pending", ready: false, restarts: 0 },
      ...{ created: "2026-11-29T14:02:08Z", says: "ImagePullBackOff" },
    },
  ],
  routes: [{ kind: "HTTPRoute", namespace: "shop", name: "web", gateways: ["Traefik"] }],
  versions: {
    canary: { replicaSet: "web-6d4cf56db6", revision: "8", pods: 1, ready: 0 },
    stable: { replicaSet: "web-7b9f8c64d5", revision: "7", pods: 5, ready: 5 },
  },
};

/** A rollout whose step has lasted long enough, and whose metrics cannot be read. */
export const withoutMetrics: RolloutView = {
  ...inProgress,
  state: "holding",
  says: "holding at 25%: Prometheus at prometheus.monitoring:9090 cannot be reached: connect ECONNREFUSED; kubectl annotate deployment/web serin.dev/promote=8 (or abort) decides",
  waits: { reason: "metrics", command: "kubectl annotate deployment/web serin.dev/promote=8 -n shop" },
};

/** A rollout whose canary is proven, while native control replaces the old pods. */
export const promoting: RolloutView = {
  ...inProgress,
  ...{ state: "promoting", step: 3, traffic: { canary: 29, stable: 71 } },
  at: "2026-11-29T14:05:19.000Z",
  says: "proven at 50%: verified: evidence 41:1 (limit 20:1) that the canary costs less than 0.50% of all requests at 100%",
};

/** A rollout whose stable template came back. */
export const undone: RolloutView = {
  ...inProgress,
  ...{ state: "undone", traffic: { canary: 0, stable: 100 } },
  says: "undone at 25% by the stable template, asked by jane@example.com",
};

/** A rollout at a pause of its plan. */
export const waiting: RolloutView = {
  ...inProgress,
  ...{
    metadata: { namespace: "shop", name: "checkout" },
    state: "waiting",
    step: 1,
    traffic: { canary: 5, stable: 95 },
  },
  says: "holding at 5%: paused by the plan: kubectl rollout resume deployment/checkout continues, kubectl annotate deployment/checkout serin.dev/abort=4 goes back",
  paused: true,
  waits: { reason: "person", command: "kubectl rollout resume deployment/checkout -n shop" },
  steps: [{ kind: "pause" }, ...inProgress.steps],
  started: "2026-11-29T13:11:27.000Z",
};

/** A rollout whose stable version was deleted. */
export const lost: RolloutView = {
  ...inProgress,
  ...{ state: "waiting", step: 1, traffic: { canary: 100, stable: 0 } },
  says: "the ReplicaSet of stable 7b9f8c64d5 is gone, so Serin restores Services and routes, and all pods serve. kubectl annotate deployment/web serin.dev/promote=8 keeps this version; another template replaces it by a native rolling update",
  waits: { reason: "person", command: "kubectl annotate deployment/web serin.dev/promote=8 -n shop" },
  versions: { canary: { replicaSet: "web-6d4cf56db6", revision: "8", pods: 5, ready: 5 } },
  images: [{ container: "app", canary: "shop/web:2" }],
  ...{ services: [], routes: [] },
};

/** A rollout that was rolled back, and whose stable version was deleted afterwards. */
export const failedAndLost: RolloutView = {
  ...failed,
  traffic: { canary: 100, stable: 0 },
  says: "the ReplicaSet of stable 6d4cf56db6 is gone, so Serin restores Services and routes, and all pods serve. kubectl annotate deployment/web serin.dev/promote=9 keeps this version; another template replaces it by a native rolling update",
  versions: { canary: { replicaSet: "web-5f6c7d8b9c", revision: "9", pods: 5, ready: 5 } },
  images: [{ container: "app", canary: "shop/web:3" }],
  ...{ services: [], routes: [] },
};

/** A Deployment at rest. */
export const atRest: RolloutView = {
  ...inProgress,
  ...{ state: "rest", outcome: "promoted", traffic: { canary: 0, stable: 100 }, checks: [], pods: [] },
  ...{ services: [], routes: [], at: "2026-11-29T15:00:00.000Z", ended: "2026-11-29T14:05:28.000Z" },
  says: "proven at 50%: verified: evidence 41:1 (limit 20:1) that the canary costs less than 0.50% of all requests at 100%",
  images: [{ container: "app", stable: "shop/web:2" }],
};

/** The history of the same Deployment. */
export const history: HistoryView = {
  ...{ apiVersion: "serin.dev/v1", kind: "RolloutHistory", metadata: { namespace: "shop", name: "web" } },
  revisions: [
    {
      ...{ revision: "9", replicaSet: "web-5f6c7d8b9c", images: ["shop/web:3"], strategy: "canary" },
      ...{
        outcome: "failed",
        started: failed.started ?? "",
        ended: failed.ended ?? "",
        weight: 10,
        says: verdict,
      },
    },
    {
      ...{ revision: "8", replicaSet: "web-6d4cf56db6", images: ["shop/web:2"], strategy: "canary" },
      ...{ outcome: "promoted", started: inProgress.started ?? "", ended: atRest.ended ?? "", weight: 50 },
      ...{ requests: inProgress.requests, course: inProgress.course, says: atRest.says ?? "" },
    },
    {
      ...{ revision: "7", replicaSet: "web-7b9f8c64d5", images: ["shop/web:1"], outcome: "native" },
      started: "2026-11-20T08:00:00Z",
    },
  ],
};
