import type { Meta } from "../../kube/core/meta.ts";
import type { Deployment } from "../../kube/core/workloads.ts";

interface ResourceMetric {
  readonly name?: string;
}

interface NamedMetric {
  readonly metric?: { readonly name?: string };
  readonly target?: { readonly type?: string };
}

interface AutoscalerMetric {
  readonly resource?: ResourceMetric;
  readonly containerResource?: ResourceMetric;
  readonly pods?: NamedMetric;
  readonly object?: NamedMetric;
  readonly external?: NamedMetric;
}

/** A HorizontalPodAutoscaler (autoscaling/v2), as far as it concerns us. */
export interface Autoscaler {
  readonly metadata: Meta;
  readonly spec: {
    readonly scaleTargetRef: { readonly kind: string; readonly name: string };
    readonly maxReplicas: number;
    readonly metrics?: readonly AutoscalerMetric[];
  };
  readonly [unknown: string]: unknown;
}

/**
 * The warnings about autoscalers that a canary's pods mislead. Its pods count as the Deployment's, and the autoscaler
 * multiplies the ratio of value to target by all of them. Load is shared by more pods then, so that the wanted number stays;
 * memory is not, and nor is a value that is not divided by the pods.
 */
export function autoscalerWarnings(
  autoscalers: readonly Autoscaler[],
  { metadata: { name } }: Deployment,
): readonly string[] {
  return autoscalers
    .filter(({ spec }) => spec.scaleTargetRef.kind === "Deployment" && spec.scaleTargetRef.name === name)
    .flatMap(({ metadata, spec: { metrics = [], maxReplicas } }) =>
      [...new Set(metrics.flatMap((metric) => reasonOf(metric) ?? []))].map(
        (reason) =>
          `HorizontalPodAutoscaler ${metadata.name} scales on ${reason}: the new version's pods can make it ` +
          `grow, up to maxReplicas ${maxReplicas}; scale on CPU, requests per pod or a target of type AverageValue of a ` +
          "sum, or set its behavior.scaleUp.selectPolicy to Disabled for the time of a rollout",
      ),
    );
}

/** Why more pods may not lower the metric's ratio; `undefined` if they do. */
function reasonOf({
  resource,
  containerResource,
  pods,
  object,
  external,
}: AutoscalerMetric): string | undefined {
  const used = (resource ?? containerResource)?.name;
  if (used !== undefined && used !== "cpu") return `${used}, which does not fall with more pods`;
  if (pods !== undefined)
    return `the average of ${pods.metric?.name} over its pods, which may not fall with more pods (as memory does not; requests do)`;
  const [kind, named] =
    object === undefined ? (["External", external] as const) : (["Object", object] as const);
  // A target of type AverageValue is divided by the number of pods, so the wanted number does not depend on it.
  if (named === undefined || named.target?.type === "AverageValue") return undefined;
  return `the ${kind} metric ${named.metric?.name} with a target of type Value, which is not divided by the number of pods`;
}
