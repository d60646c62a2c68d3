import type { Meta } from "../../kube/core/meta.ts";
import type { Deployment } from "../../kube/core/workloads.ts";

interface ResourceMetric {
  readonly name?: string;
}

/** A HorizontalPodAutoscaler (autoscaling/v2), as far as it concerns us. */
export interface Autoscaler {
  readonly metadata: Meta;
  readonly spec: {
    readonly scaleTargetRef: { readonly kind: string; readonly name: string };
    readonly maxReplicas: number;
    readonly metrics?: readonly {
      readonly resource?: ResourceMetric;
      readonly containerResource?: ResourceMetric;
    }[];
  };
  readonly [unknown: string]: unknown;
}

/**
 * The warnings about autoscalers that a canary's pods mislead. Its pods count as the Deployment's: load is shared by more
 * pods then, so that the wanted number stays; memory is not.
 */
export function autoscalerWarnings(
  autoscalers: readonly Autoscaler[],
  { metadata: { name } }: Deployment,
): readonly string[] {
  return autoscalers
    .filter(({ spec }) => spec.scaleTargetRef.kind === "Deployment" && spec.scaleTargetRef.name === name)
    .filter(scalesOnMemory)
    .map(
      ({ metadata, spec }) =>
        `serin: HorizontalPodAutoscaler ${metadata.name} scales on memory, which does not fall with more pods: the ` +
        `new version's pods can make it grow, up to maxReplicas ${spec.maxReplicas}; scale on CPU or requests, or ` +
        "set its behavior.scaleUp.selectPolicy to Disabled for the time of a rollout",
    );
}

function scalesOnMemory({ spec: { metrics = [] } }: Autoscaler): boolean {
  return metrics.some(
    ({ resource, containerResource }) => (resource ?? containerResource)?.name === "memory",
  );
}
