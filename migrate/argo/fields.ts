import type { FieldTable } from "../fields.ts";

const CANARY = "spec.strategy.canary";
const STEP = `${CANARY}.steps[]`;
const BLUE_GREEN = "spec.strategy.blueGreen";
const REPLACED = "Serin shifts traffic by the Gateway API: replace it by an HTTPRoute";
const METADATA =
  "Serin puts nothing on the pods of a version; its own label `pod-template-hash` tells them apart";
const ANTI_AFFINITY = "Serin's versions share one pod template: put the affinity there";

/** What becomes of the fields of an analysis in a Rollout. */
function analysisAt(path: string, says: string): FieldTable {
  return {
    [path]: { fate: "differs", says },
    [`${path}.templates`]: { fate: "carried", says: "metric templates, ConfigMaps, and `serin.dev/checks`" },
    [`${path}.args`]: { fate: "carried", says: "`variables` of the templates" },
    [`${path}.dryRun`]: { fate: "differs", says: "the metric is left out, because Serin acts on each check" },
    [`${path}.measurementRetention`]: {
      fate: "differs",
      says: "not needed: Serin keeps no measurements as objects",
    },
    [`${path}.analysisRunMetadata`]: { fate: "differs", says: "not needed: Serin creates no AnalysisRun" },
  };
}

/** What becomes of each field of a Rollout. */
export const rolloutFields: FieldTable = {
  "spec.replicas": { fate: "carried", says: "the Deployment's `replicas`" },
  "spec.selector": { fate: "carried", says: "the Deployment's `selector`" },
  "spec.template": { fate: "carried", says: "the Deployment's `template`" },
  "spec.workloadRef": {
    fate: "carried",
    says: "the Deployment that gets the annotations; another kind cannot be carried",
    covers: ["apiVersion", "kind", "name"],
  },
  "spec.workloadRef.scaleDown": { fate: "differs", says: "not needed: the Deployment itself serves" },
  "spec.minReadySeconds": { fate: "carried", says: "the Deployment's `minReadySeconds`" },
  "spec.revisionHistoryLimit": { fate: "carried", says: "the Deployment's `revisionHistoryLimit`" },
  "spec.progressDeadlineSeconds": { fate: "carried", says: "the Deployment's `progressDeadlineSeconds`" },
  "spec.progressDeadlineAbort": { fate: "differs", says: "Serin always rolls back at the deadline" },
  "spec.paused": { fate: "carried", says: "the Deployment's `paused`" },
  "spec.restartAt": { fate: "differs", says: "`kubectl rollout restart`" },
  "spec.rollbackWindow": {
    fate: "differs",
    says: "Serin goes back natively to each version that was promoted: `serin.dev/rollback`",
  },
  "spec.analysis": { fate: "differs", says: "not needed: Serin creates no AnalysisRun" },

  [`${CANARY}.steps`]: { fate: "carried", says: "`serin.dev/steps`" },
  [`${STEP}.setWeight`]: { fate: "carried", says: "a weight of `serin.dev/steps`" },
  [`${STEP}.pause`]: {
    fate: "carried",
    says: "`pause` in `serin.dev/steps`: `kubectl rollout resume` continues",
  },
  [`${STEP}.pause.duration`]: { fate: "carried", says: "the least time of the step before: `20:1h`" },
  [`${STEP}.setCanaryScale`]: { fate: "carried", says: "`serin.dev/size`; one value for all steps" },
  [`${STEP}.setHeaderRoute`]: {
    fate: "carried",
    says: "`serin.dev/match`: testers, from the first step to the end",
    covers: ["match"],
  },
  [`${STEP}.setHeaderRoute.name`]: { fate: "differs", says: "not needed: Serin names its rules itself" },
  [`${STEP}.setMirrorRoute`]: {
    fate: "carried",
    says: "`serin.dev/mirror`, before the first weight",
    covers: ["percentage"],
  },
  [`${STEP}.setMirrorRoute.name`]: { fate: "differs", says: "not needed: Serin names its rules itself" },
  [`${STEP}.setMirrorRoute.match`]: {
    fate: "not",
    says: "Serin copies a share of all requests of the route",
  },
  ...analysisAt(`${STEP}.analysis`, "Serin checks at the end of every step, and while it lasts"),
  [`${STEP}.experiment`]: {
    fate: "not",
    says: "Serin runs no third version: compare the canary, or use `serin.dev/mirror`",
  },
  [`${STEP}.plugin`]: { fate: "not", says: "call the same from a hook: docs/hooks.md" },
  ...analysisAt(`${CANARY}.analysis`, "Serin checks from the first weight to the end"),
  [`${CANARY}.analysis.startingStep`]: { fate: "differs", says: "Serin checks from the first weight on" },
  [`${CANARY}.stableService`]: { fate: "carried", says: "`serin.dev/services`" },
  [`${CANARY}.canaryService`]: {
    fate: "differs",
    says: "not needed: delete it, and its backendRef; Serin makes its own in flight",
  },
  [`${CANARY}.pingPong`]: { fate: "not", says: "name one Service in `serin.dev/services`" },
  [`${CANARY}.maxSurge`]: {
    fate: "carried",
    says: "the Deployment's `strategy.rollingUpdate.maxSurge`, which counts at rest",
  },
  [`${CANARY}.maxUnavailable`]: {
    fate: "carried",
    says: "the Deployment's `strategy.rollingUpdate.maxUnavailable`, which counts at rest; in flight, Serin keeps all stable pods",
  },
  [`${CANARY}.dynamicStableScale`]: {
    fate: "not",
    says: "Serin keeps all stable pods until the promotion, so that it can go back at once",
  },
  [`${CANARY}.abortScaleDownDelaySeconds`]: {
    fate: "differs",
    says: "Serin keeps one pod of a failed canary to look at",
  },
  [`${CANARY}.scaleDownDelaySeconds`]: {
    fate: "differs",
    says: "the old pods serve for their preStop and grace period",
  },
  [`${CANARY}.scaleDownDelayRevisionLimit`]: {
    fate: "differs",
    says: "not needed: no old version keeps pods",
  },
  [`${CANARY}.minPodsPerReplicaSet`]: { fate: "not", says: "use `serin.dev/size` with a number of pods" },
  [`${CANARY}.replicaProgressThreshold`]: { fate: "not", says: "Serin waits for all pods of the canary" },
  [`${CANARY}.canaryMetadata`]: { fate: "not", says: METADATA },
  [`${CANARY}.stableMetadata`]: { fate: "not", says: METADATA },
  [`${CANARY}.antiAffinity`]: { fate: "not", says: ANTI_AFFINITY },
  [`${CANARY}.trafficRouting.plugins`]: {
    fate: "carried",
    says: "`serin.dev/routes`, from the plugin argoproj-labs/gatewayAPI",
  },
  [`${CANARY}.trafficRouting.managedRoutes`]: {
    fate: "differs",
    says: "not needed: Serin adds its own rules after yours",
  },
  [`${CANARY}.trafficRouting.maxTrafficWeight`]: {
    fate: "carried",
    says: "`serin.dev/steps`: Serin's weights are percentages of this number",
  },
  [`${CANARY}.trafficRouting.alb`]: { fate: "not", says: REPLACED },
  [`${CANARY}.trafficRouting.ambassador`]: { fate: "not", says: REPLACED },
  [`${CANARY}.trafficRouting.apisix`]: { fate: "not", says: REPLACED },
  [`${CANARY}.trafficRouting.appMesh`]: { fate: "not", says: REPLACED },
  [`${CANARY}.trafficRouting.istio`]: { fate: "not", says: REPLACED },
  [`${CANARY}.trafficRouting.nginx`]: { fate: "not", says: REPLACED },
  [`${CANARY}.trafficRouting.smi`]: { fate: "not", says: REPLACED },
  [`${CANARY}.trafficRouting.traefik`]: { fate: "not", says: REPLACED },

  [`${BLUE_GREEN}.activeService`]: { fate: "carried", says: "`serin.dev/services`" },
  [`${BLUE_GREEN}.previewService`]: {
    fate: "differs",
    says: "not needed: delete it; in flight, `<service>-canary` has the new version's pods",
  },
  [`${BLUE_GREEN}.autoPromotionEnabled`]: {
    fate: "carried",
    says: "`false`: `pause` before the switch in `serin.dev/steps`",
  },
  [`${BLUE_GREEN}.autoPromotionSeconds`]: {
    fate: "not",
    says: "a pause of Serin has no time limit: use a pipeline that runs `kubectl rollout resume`",
  },
  [`${BLUE_GREEN}.scaleDownDelaySeconds`]: {
    fate: "carried",
    says: "the time in `serin.dev/steps` for which the old version stays",
  },
  [`${BLUE_GREEN}.scaleDownDelayRevisionLimit`]: {
    fate: "differs",
    says: "not needed: one old version keeps its pods",
  },
  [`${BLUE_GREEN}.abortScaleDownDelaySeconds`]: {
    fate: "differs",
    says: "Serin keeps one pod of a failed version to look at",
  },
  [`${BLUE_GREEN}.previewReplicaCount`]: {
    fate: "not",
    says: "Serin's new version has all its pods before the switch",
  },
  [`${BLUE_GREEN}.maxUnavailable`]: { fate: "differs", says: "Serin keeps all pods of both versions ready" },
  [`${BLUE_GREEN}.activeMetadata`]: { fate: "not", says: METADATA },
  [`${BLUE_GREEN}.previewMetadata`]: { fate: "not", says: METADATA },
  [`${BLUE_GREEN}.antiAffinity`]: { fate: "not", says: ANTI_AFFINITY },
  ...analysisAt(
    `${BLUE_GREEN}.prePromotionAnalysis`,
    "Serin checks after the switch, with the old version ready; before it with `serin.dev/mirror`",
  ),
  ...analysisAt(
    `${BLUE_GREEN}.postPromotionAnalysis`,
    "Serin checks after the switch, with the old version ready",
  ),
};
