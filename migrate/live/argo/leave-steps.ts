import { deployments, replicaSets, services } from "../../../kube/core/resources.ts";
import { isOptedIn } from "../../../rollout/plan/plan.ts";
import { annotated, guardedPatch, scaleTo, unannotated } from "../guarded-patch.ts";
import type { LiveStep, LiveWrite } from "../step.ts";
import { type ArgoSeen, argoRollouts, podsAtRest } from "./seen.ts";

type Step = LiveStep<ArgoSeen>;

const ROLLOUT_TARGET = { apiVersion: "argoproj.io/v1alpha1", kind: "Rollout" };
const DEPLOYMENT_TARGET = { apiVersion: "apps/v1", kind: "Deployment" };

export const retarget: Step = {
  name: "retarget",
  does: "Let the autoscaler scale the Deployment instead of the Rollout.",
  checks: "It names the Deployment.",
  serves: "both: the same version",
  isDone: ({ scalers }) => scalers.every(({ targetsRollout }) => !targetsRollout),
  writes: (seen) => targets(seen, true, { ...DEPLOYMENT_TARGET, name: seen.deployment.metadata.name }),
  undo: (seen) => targets(seen, false, { ...ROLLOUT_TARGET, name: seen.rollout?.metadata.name ?? "" }),
  isHalfDone: ({ scalers }) =>
    scalers.some(({ targetsRollout }) => targetsRollout) &&
    !scalers.every(({ targetsRollout }) => targetsRollout),
};

/** The step that Serin's webhook must accept. */
export const argoAnnotate: Step = {
  name: "annotate",
  does: "Put Serin's annotations on the Deployment.",
  checks: "Serin's webhook accepts them.",
  serves: "both: the same version",
  isDone: ({ deployment, annotations = {} }) =>
    isOptedIn(deployment.metadata.annotations) || Object.keys(annotations).length === 0,
  writes: ({ deployment, annotations = {} }) => [annotated(deployments, deployment, annotations)],
  undo: ({ deployment, annotations = {} }) =>
    Object.keys(annotations).length === 0 ? [] : [unannotated(deployment, annotations)],
};

export const emptySet: Step = {
  name: "drain",
  does: "Scale the Rollout's ReplicaSet to zero.",
  checks: "It has no pod.",
  serves: "the Deployment",
  isDone: ({ stable }) => (stable?.spec.replicas ?? 0) === 0,
  writes: ({ stable }) => (stable === undefined ? [] : [scaleTo(replicaSets, stable, 0)]),
  unready: ({ stable }) => {
    const { replicas = 0 } = stable?.spec ?? {};
    const has = replicas === 0 ? (stable?.status?.replicas ?? 0) : (stable?.status?.readyReplicas ?? 0);
    return has === replicas
      ? undefined
      : `drain: the Rollout's ReplicaSet has ${has} pods, and should have ${replicas}`;
  },
  undo: (seen) => (seen.stable === undefined ? [] : [scaleTo(replicaSets, seen.stable, podsAtRest(seen))]),
};

export const removeRollout: Step = {
  name: "remove",
  does: "Delete the canary Service and the Rollout with its ReplicaSets. From here on nothing goes back.",
  checks: "They are gone.",
  serves: "the Deployment",
  isDone: ({ rollout, canaryService }) => rollout === undefined && canaryService === undefined,
  writes: ({ rollout, canaryService }) => [
    ...(canaryService === undefined
      ? []
      : [{ verb: "delete" as const, resource: services, ...identity(canaryService) }]),
    ...(rollout === undefined
      ? []
      : [{ verb: "delete" as const, resource: argoRollouts, ...identity(rollout) }]),
  ],
};

function targets({ scalers }: ArgoSeen, fromRollout: boolean, value: object): readonly LiveWrite[] {
  return scalers
    .filter(({ targetsRollout }) => targetsRollout === fromRollout)
    .map(({ resource, object }) =>
      guardedPatch(resource, object, [{ op: "replace", path: "/spec/scaleTargetRef", value }]),
    );
}

function identity({ metadata }: { readonly metadata: { readonly name: string; readonly uid?: string } }) {
  return { name: metadata.name, uid: metadata.uid };
}
