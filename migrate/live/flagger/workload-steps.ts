import { deployments } from "../../../kube/core/resources.ts";
import type { Deployment } from "../../../kube/core/workloads.ts";
import type { JsonPatch } from "../../../kube/core/writes.ts";
import { annotationPath } from "../../../rollout/keys.ts";
import { isOptedIn } from "../../../rollout/plan/plan.ts";
import { isComplete } from "../../../rollout/stages/promote.ts";
import { annotated, guardedPatch, scaleTo, unannotated } from "../guarded-patch.ts";
import type { LiveStep } from "../step.ts";
import { type FlaggerSeen, PAUSED_REPLICAS, scaledObjects } from "./seen.ts";
import { resumeCanary, suspendCanary, suspensionRecordOf } from "./suspension.ts";

type Step = LiveStep<FlaggerSeen>;

/** A tick that began before the suspension reads the Canary first; at rest it ends within this time. */
const TICK_MS = 10_000;
const AT_REST = ["Initialized", "Succeeded"];
const FINALIZER = "finalizer.flagger.app";

export const suspend: Step = {
  name: "suspend",
  does: "Set spec.suspend of the Canary, and revertOnDeletion to false; do the same in Git, and keep its objects from being pruned.",
  checks: "Flagger has nothing in progress, and its finalizer is gone.",
  serves: "the primary",
  isDone: ({ canary }) =>
    canary === undefined || (canary.spec.suspend === true && canary.spec.revertOnDeletion !== true),
  refuses: (seen) => runInProgress(seen) ?? lacking(seen),
  writes: ({ canary, deployment }) => (canary === undefined ? [] : [suspendCanary(canary, deployment)]),
  unready(seen) {
    const { canary } = seen;
    if (canary?.spec.suspend !== true) return undefined;
    const isKept = canary.metadata.finalizers?.includes(FINALIZER);
    return isKept ? "suspend: Flagger has not removed its finalizer from the Canary yet" : undefined;
  },
  settleMs: ({ canary }) => (canary?.spec.suspend ? TICK_MS : 0),
  undo: ({ canary }) => (canary === undefined ? [] : [resumeCanary(canary)]),
};

export const scale: Step = {
  name: "scale",
  does: "Scale your Deployment to as many pods as the primary has, and end KEDA's pause.",
  checks: "All its pods are ready, and the canary Service has them.",
  serves: "the primary",
  isDone: ({ deployment, primary, scaledObject }) =>
    primary === undefined || ((deployment.spec.replicas ?? 1) > 0 && !isPaused(scaledObject)),
  refuses(seen) {
    const { deployment, primary } = seen;
    const differing = primary && otherImages(deployment, primary);
    return (
      runInProgress(seen) ??
      (differing &&
        `the primary runs other images than your Deployment: ${differing}; release or undo it with Flagger first`)
    );
  },
  writes: ({ deployment, primary, scaledObject }) => [
    ...(scaledObject && isPaused(scaledObject)
      ? [guardedPatch(scaledObjects, scaledObject, [{ op: "remove", path: annotationPath(PAUSED_REPLICAS) }])]
      : []),
    scaleTo(deployments, deployment, Math.max(1, primary?.spec.replicas ?? 1)),
  ],
  unready({ deployment, primary, canaryService, endpoints }) {
    if (primary === undefined || (deployment.spec.replicas ?? 1) === 0) return undefined;
    const wanted = primary.spec.replicas ?? 1;
    const ready = canaryService ? (endpoints.get(canaryService.metadata.name) ?? []).length : wanted;
    const isReady =
      isComplete({ deployment }) &&
      (deployment.status?.availableReplicas ?? 0) >= Math.min(wanted, deployment.spec.replicas ?? 1);
    return isReady && ready >= Math.min(wanted, deployment.spec.replicas ?? 1)
      ? undefined
      : `scale: ${ready} of ${wanted} pods of your Deployment are ready behind the canary Service`;
  },
  // KEDA scales to the number of its pause; without the pause it would start pods again.
  undo: ({ deployment, scaledObject }) => [
    ...(scaledObject === undefined || isPaused(scaledObject)
      ? []
      : [annotated(scaledObjects, scaledObject, { [PAUSED_REPLICAS]: "0" })]),
    scaleTo(deployments, deployment, 0),
  ],
};

export const annotate: Step = {
  name: "annotate",
  does: "Put Serin's annotations and Flagger's progress deadline on your Deployment.",
  checks: "Serin's webhook accepts them.",
  serves: "your Deployment",
  isDone: ({ deployment, converted }) =>
    isOptedIn(deployment.metadata.annotations) || Object.keys(converted?.annotations ?? {}).length === 0,
  writes({ deployment, converted }) {
    const { annotations = {}, progressDeadlineSeconds } = converted ?? {};
    return [annotated(deployments, deployment, annotations, deadline(progressDeadlineSeconds))];
  },
  undo({ deployment, converted, canary }) {
    const { progressDeadlineSeconds } = suspensionRecordOf(canary);
    const annotations = converted?.annotations ?? {};
    if (Object.keys(annotations).length === 0) return [];
    return [unannotated(deployment, annotations, deadline(progressDeadlineSeconds))];
  },
};

function deadline(value: number | undefined): JsonPatch {
  return value === undefined ? [] : [{ op: "add", path: "/spec/progressDeadlineSeconds", value }];
}

function runInProgress({ canary }: FlaggerSeen): string | undefined {
  const phase = canary?.status?.phase ?? "";
  if (canary === undefined || AT_REST.includes(phase)) return undefined;
  const way = canary.spec.suspend ? "set spec.suspend of the Canary to false and wait" : "wait";
  return `the Canary is in the phase ${phase || "Initializing"}: ${way} until it is ${AT_REST.join(" or ")}`;
}

function lacking({ missingTemplates, converted, primary, service, route }: FlaggerSeen): string | undefined {
  if (primary === undefined) return "the primary Deployment does not exist";
  if (service === undefined) return "the Service does not exist";
  if (route === undefined)
    return "the HTTPRoute does not exist: Serin switches over what Flagger does by the Gateway API";
  if (converted === undefined) return "the Canary cannot be converted: kubectl serin convert says why";
  return missingTemplates.length === 0
    ? undefined
    : `metric templates are missing: ${missingTemplates.join(", ")}: kubectl serin convert writes them, and an administrator applies them`;
}

function otherImages(deployment: Deployment, primary: Deployment): string | undefined {
  const imagesOf = ({ spec }: Deployment) =>
    new Map((spec.template.spec?.containers ?? []).map(({ name, image }) => [String(name), String(image)]));
  const own = imagesOf(deployment);
  const differing = [...imagesOf(primary)].filter(([name, image]) => own.get(name) !== image);
  return differing.length === 0 ? undefined : differing.map(([name, image]) => `${name} ${image}`).join(", ");
}

function isPaused(scaledObject: FlaggerSeen["scaledObject"]): boolean {
  return PAUSED_REPLICAS in (scaledObject?.metadata.annotations ?? {});
}
