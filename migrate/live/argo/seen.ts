import type { KubeObject } from "../../../kube/core/meta.ts";
import type { Resource } from "../../../kube/core/resources.ts";
import type { Route } from "../../../kube/core/routes.ts";
import type { Service } from "../../../kube/core/services.ts";
import type { Deployment, ReplicaSet } from "../../../kube/core/workloads.ts";
import type { Annotations } from "../../accepted.ts";

export const argoRollouts: Resource = { group: "argoproj.io", version: "v1alpha1", plural: "rollouts" };

/** A Rollout as Argo Rollouts keeps it. */
export interface ArgoRollout extends KubeObject {
  readonly spec: { readonly replicas?: number; readonly [unknown: string]: unknown };
  readonly status?: { readonly phase?: string; readonly stableRS?: string; readonly currentPodHash?: string };
}

/** An autoscaler whose target is the Rollout, and how to write it. */
export interface ArgoScaler {
  readonly resource: Resource;
  readonly object: KubeObject;
  readonly targetsRollout: boolean;
}

/** Everything that the switch-over from Argo Rollouts looks at. An object that does not exist is absent. */
export interface ArgoSeen {
  readonly rollout?: ArgoRollout | undefined;
  /** The Deployment of the Rollout's workloadRef. */
  readonly deployment: Deployment;
  /** The Rollout's ReplicaSet that serves. */
  readonly stable?: ReplicaSet | undefined;
  /** The stable or active Service. */
  readonly service?: Service | undefined;
  /** The canary or preview Service. */
  readonly canaryService?: Service | undefined;
  /** The HTTPRoutes and GRPCRoutes that name one of them, or that Argo's plugin shifts. */
  readonly routes: readonly Route[];
  /** The names of the routes that the plugin shifts. */
  readonly shifted: readonly string[];
  /** Name of a Service → the addresses of its ready endpoints. */
  readonly endpoints: ReadonlyMap<string, readonly string[]>;
  readonly scalers: readonly ArgoScaler[];
  readonly annotations?: Annotations | undefined;
  readonly missingTemplates: readonly string[];
}

/** How many pods serve at rest. */
export function podsAtRest({ rollout, stable }: ArgoSeen): number {
  return Math.max(1, rollout?.spec.replicas ?? stable?.spec.replicas ?? 1);
}
