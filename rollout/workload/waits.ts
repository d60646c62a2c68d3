/**
 * Whom or what a rollout waits for:
 * - `person`: a pause, a hook that says no, or a decision that the evidence does not make;
 * - `hook`: a hook that gives no answer;
 * - `traffic`: requests to the canary;
 * - `metrics`: counters that can be read;
 * - `api`: a write that the API server refuses;
 * - `pods`: pods, endpoints and gateways;
 * - `evidence`: nothing but more requests, which are coming.
 */
export const waits = ["person", "hook", "traffic", "metrics", "api", "pods", "evidence"] as const;
export type Wait = (typeof waits)[number];
