import type { KubeObject } from "../../kube/core/meta.ts";
import { deployments, type Resource } from "../../kube/core/resources.ts";
import type { Deployment } from "../../kube/core/workloads.ts";
import type { JsonPatch } from "../../kube/core/writes.ts";
import { annotationPath } from "../../rollout/keys.ts";
import type { Annotations } from "../accepted.ts";
import type { LiveWrite } from "./step.ts";

/** How long kube-proxy may take to follow a change of a Service's endpoints. */
export const KUBE_PROXY_MS = 5_000;

interface Named {
  readonly metadata: { readonly name: string; readonly resourceVersion?: string };
}

/** A patch that fits this version of the object only. */
export function guardedPatch(resource: Resource, { metadata }: Named, operations: JsonPatch): LiveWrite {
  const guard = { op: "test", path: "/metadata/resourceVersion", value: metadata.resourceVersion } as const;
  return { verb: "patch", resource, name: metadata.name, patch: [guard, ...operations] };
}

/** A workload with this number of pods. */
export function scaleTo(resource: Resource, workload: Named, replicas: number): LiveWrite {
  return guardedPatch(resource, workload, [{ op: "add", path: "/spec/replicas", value: replicas }]);
}

/** An object with these annotations, and with what else is to change in the same write. */
export function annotated(
  resource: Resource,
  object: KubeObject,
  annotations: Annotations,
  more: JsonPatch = [],
): LiveWrite {
  return guardedPatch(resource, object, [
    ...(object.metadata.annotations
      ? []
      : [{ op: "add" as const, path: "/metadata/annotations", value: {} }]),
    ...Object.entries(annotations).map(([key, value]) => ({
      op: "add" as const,
      path: annotationPath(key),
      value,
    })),
    ...more,
  ]);
}

/** A Deployment without those of these annotations that it has, and with what else is to change in the same write. */
export function unannotated(
  deployment: Deployment,
  annotations: Annotations,
  more: JsonPatch = [],
): LiveWrite {
  const own = Object.keys(deployment.metadata.annotations ?? {}).filter((key) => key in annotations);
  return guardedPatch(deployments, deployment, [
    ...own.map((key) => ({ op: "remove" as const, path: annotationPath(key) })),
    ...more,
  ]);
}
