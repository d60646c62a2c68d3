import type { KubeObject } from "../../../kube/core/meta.ts";
import { deployments, type Resource } from "../../../kube/core/resources.ts";
import type { Deployment } from "../../../kube/core/workloads.ts";
import { labelPath } from "../../../rollout/keys.ts";
import { isOptedIn } from "../../../rollout/plan/plan.ts";
import type { Annotations } from "../../accepted.ts";
import { annotated, guardedPatch, unannotated } from "../guarded-patch.ts";
import type { LiveStep } from "../step.ts";

export const kruiseRollouts: Resource = {
  group: "rollouts.kruise.io",
  version: "v1beta1",
  plural: "rollouts",
};

/** A Rollout as Kruise keeps it. */
export interface KruiseRollout extends KubeObject {
  readonly spec: {
    readonly workloadRef?: { readonly kind?: string; readonly name?: string };
    readonly [unknown: string]: unknown;
  };
  readonly status?: { readonly phase?: string };
}

/** Everything that the switch-over from Kruise looks at. */
export interface KruiseSeen {
  readonly rollout?: KruiseRollout | undefined;
  readonly deployment: Deployment;
  readonly annotations?: Annotations | undefined;
}

type Step = LiveStep<KruiseSeen>;

/** The label by which Kruise's webhook finds its workloads. */
const WORKLOAD = "rollouts.kruise.io/workload-type";
const AT_REST = ["Healthy", "Disabled"];

/** The step that Serin's webhook must accept. */
export const kruiseAnnotate: Step = {
  name: "annotate",
  does: "Put Serin's annotations on the Deployment.",
  checks: "Serin's webhook accepts them.",
  serves: "the Deployment",
  isDone: ({ deployment, annotations = {} }) =>
    isOptedIn(deployment.metadata.annotations) || Object.keys(annotations).length === 0,
  refuses: inProgress,
  writes: ({ deployment, annotations = {} }) => [annotated(deployments, deployment, annotations)],
  undo: ({ deployment, annotations = {} }) =>
    Object.keys(annotations).length === 0 ? [] : [unannotated(deployment, annotations)],
};

const removeRollout: Step = {
  name: "remove",
  does: "Delete the Rollout; do the same in Git. From here on nothing goes back.",
  checks: "Kruise has removed its finalizer, and the Rollout is gone.",
  serves: "the Deployment",
  isDone: ({ rollout }) => rollout === undefined || rollout.metadata.deletionTimestamp !== undefined,
  refuses: inProgress,
  writes: ({ rollout }) =>
    rollout === undefined
      ? []
      : [
          {
            verb: "delete",
            resource: kruiseRollouts,
            name: rollout.metadata.name,
            uid: rollout.metadata.uid,
          },
        ],
  unready: ({ rollout }) =>
    rollout?.metadata.deletionTimestamp === undefined
      ? undefined
      : "remove: Kruise has not released the Rollout yet",
};

const unlabel: Step = {
  name: "unlabel",
  does: `Remove the label ${WORKLOAD} from the Deployment.`,
  checks: "The Deployment is not paused, and its strategy is yours.",
  serves: "the Deployment",
  isDone: ({ deployment }) => !(WORKLOAD in (deployment.metadata.labels ?? {})),
  refuses: ({ deployment: { spec } }) => {
    if (spec.paused)
      return "the Deployment is paused, as Kruise leaves it: kubectl rollout resume, then the same command again";
    return spec.strategy?.type === "Recreate"
      ? "the Deployment's strategy is Recreate, as Kruise may leave it: set it to RollingUpdate, then the same command again"
      : undefined;
  },
  writes: ({ deployment }) => [
    guardedPatch(deployments, deployment, [{ op: "remove", path: labelPath(WORKLOAD) }]),
  ],
};

/** From Kruise Rollouts to Serin: the Deployment is the same one, so no traffic moves. */
export const kruiseSteps: readonly Step[] = [kruiseAnnotate, removeRollout, unlabel];

function inProgress({ rollout }: KruiseSeen): string | undefined {
  const phase = rollout?.status?.phase ?? "";
  return rollout === undefined || AT_REST.includes(phase)
    ? undefined
    : `the Rollout is in the phase ${phase || "Initial"}: wait until it is ${AT_REST.join(" or ")}`;
}
