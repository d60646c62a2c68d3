import type { FieldTable } from "../fields.ts";

const REPLACED = "Serin shifts traffic by the Gateway API: replace it by an HTTPRoute";

/** What becomes of the fields of a strategy, which canary and blueGreen share. */
function strategyAt(path: string): FieldTable {
  const step = `${path}.steps[]`;
  const routing = `${path}.trafficRoutings[]`;
  return {
    [`${path}.steps`]: { fate: "carried", says: "`serin.dev/steps`" },
    [`${step}.traffic`]: { fate: "carried", says: "a weight of `serin.dev/steps`" },
    [`${step}.replicas`]: { fate: "carried", says: "`serin.dev/size`; one value for all steps" },
    [`${step}.pause`]: {
      fate: "carried",
      says: "`pause` in `serin.dev/steps`: `kubectl rollout resume` continues",
    },
    [`${step}.pause.duration`]: { fate: "carried", says: "the least time of the step: `20:1m`" },
    [`${step}.matches`]: {
      fate: "carried",
      says: "`serin.dev/match`: testers, from the first step to the end",
      covers: ["headers", "queryParams"],
    },
    [`${step}.matches[].path`]: {
      fate: "not",
      says: "the route itself chooses paths: a match with a path is left out",
    },
    [`${step}.requestHeaderModifier`]: {
      fate: "not",
      says: "Serin changes no request: let the application read its version",
    },
    [`${routing}.service`]: { fate: "carried", says: "`serin.dev/services`" },
    [`${routing}.gateway`]: { fate: "carried", says: "`serin.dev/routes`" },
    [`${routing}.gracePeriodSeconds`]: {
      fate: "differs",
      says: "Serin knows how long each gateway needs: `serin.dev/settle` for another time",
    },
    [`${routing}.ingress`]: { fate: "not", says: REPLACED },
    [`${routing}.customNetworkRefs`]: { fate: "not", says: REPLACED },
    [`${routing}.additionalParams`]: { fate: "not", says: REPLACED },
    [`${path}.trafficRoutingRef`]: { fate: "not", says: "name the Service in `serin.dev/services`" },
    [`${path}.failureThreshold`]: { fate: "not", says: "Serin waits for all pods of the canary" },
    [`${path}.disableGenerateCanaryService`]: {
      fate: "not",
      says: "Serin makes a canary Service for the route",
    },
  };
}

/** What becomes of each field of a Rollout of Kruise Rollouts. */
export const kruiseFields: FieldTable = {
  "spec.workloadRef": {
    fate: "carried",
    says: "the Deployment that gets the annotations; another kind cannot be carried",
  },
  "spec.disabled": {
    fate: "differs",
    says: "`true`: no annotation, so that Kubernetes updates the Deployment natively",
  },
  "spec.strategy.paused": { fate: "differs", says: "`kubectl rollout pause`" },
  ...strategyAt("spec.strategy.canary"),
  "spec.strategy.canary.enableExtraWorkloadForCanary": {
    fate: "differs",
    says: "not needed: the canary's pods are those of your Deployment",
  },
  "spec.strategy.canary.patchPodTemplateMetadata": {
    fate: "not",
    says: "Serin puts nothing on the pods of a version; its own label `pod-template-hash` tells them apart",
  },
  ...strategyAt("spec.strategy.blueGreen"),
};
