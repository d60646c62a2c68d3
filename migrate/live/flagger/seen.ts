import type { KubeObject } from "../../../kube/core/meta.ts";
import type { Resource } from "../../../kube/core/resources.ts";
import type { Route } from "../../../kube/core/routes.ts";
import type { Service } from "../../../kube/core/services.ts";
import type { Deployment } from "../../../kube/core/workloads.ts";
import type { Annotations } from "../../accepted.ts";

export const canaries: Resource = { group: "flagger.app", version: "v1beta1", plural: "canaries" };
export const metricTemplates: Resource = {
  group: "flagger.app",
  version: "v1beta1",
  plural: "metrictemplates",
};
export const scaledObjects: Resource = { group: "keda.sh", version: "v1alpha1", plural: "scaledobjects" };

/** KEDA's pause, which Flagger sets on the autoscaler of its target. */
export const PAUSED_REPLICAS = "autoscaling.keda.sh/paused-replicas";

/** A Canary as Flagger keeps it. */
export interface Canary extends KubeObject {
  readonly spec: {
    readonly suspend?: boolean;
    readonly revertOnDeletion?: boolean;
    readonly [unknown: string]: unknown;
  };
  readonly status?: { readonly phase?: string };
}

/** An object to delete in the end. */
export interface Leftover {
  readonly resource: Resource;
  readonly object: KubeObject;
}

/** Everything that the switch-over from Flagger looks at. An object that does not exist is absent. */
export interface FlaggerSeen {
  readonly canary?: Canary | undefined;
  /** The user's. */
  readonly deployment: Deployment;
  readonly primary?: Deployment | undefined;
  /** The user's Service, which Flagger points at the primary. */
  readonly service?: Service | undefined;
  readonly primaryService?: Service | undefined;
  readonly canaryService?: Service | undefined;
  readonly route?: Route | undefined;
  /** Name of a Service → the addresses of its ready endpoints. */
  readonly endpoints: ReadonlyMap<string, readonly string[]>;
  /** The ScaledObject of the user's Deployment, if KEDA scales it. */
  readonly scaledObject?: KubeObject | undefined;
  /** The primary's autoscaler. */
  readonly primaryScaler?: Leftover | undefined;
  /** The primary's copies of ConfigMaps and Secrets. */
  readonly copies: readonly Leftover[];
  /** The annotations for the user's Deployment, and the rules of the route, as convert writes them. Absent without the Canary. */
  readonly converted?:
    | {
        readonly annotations: Annotations;
        readonly rules: NonNullable<Route["spec"]["rules"]>;
        readonly progressDeadlineSeconds?: number;
      }
    | undefined;
  /** Metric templates that the annotations name and Serin's namespace does not have. */
  readonly missingTemplates: readonly string[];
}
