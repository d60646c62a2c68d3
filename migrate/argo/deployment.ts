import type { KubeObject } from "../../kube/core/meta.ts";
import { isRecord } from "../../rollout/text/parse.ts";
import type { Annotations } from "../accepted.ts";
import type { metadataOf, SourceObject } from "../conversion.ts";
import type { RolloutSpec } from "./rollout.ts";

/** The Deployment with these annotations: whole where the Rollout has the pod template, else a patch of the one that it names. */
export function deploymentFor(
  spec: RolloutSpec,
  source: SourceObject,
  metadata: ReturnType<typeof metadataOf>,
  annotations: Annotations,
): KubeObject {
  const {
    replicas,
    selector,
    template,
    minReadySeconds,
    revisionHistoryLimit,
    progressDeadlineSeconds,
    paused,
  } = spec;
  const { maxSurge, maxUnavailable } = spec.strategy.canary ?? {};
  const { labels } = isRecord(source.metadata)
    ? (source.metadata as { labels?: Record<string, string> })
    : {};
  const rollingUpdate = {
    ...(maxSurge !== undefined && { maxSurge }),
    ...(maxUnavailable !== undefined && { maxUnavailable }),
  };
  const whole = {
    ...(replicas !== undefined && { replicas }),
    ...(template !== undefined && { selector: selector ?? selectorOf(template), template }),
    ...(minReadySeconds !== undefined && { minReadySeconds }),
    ...(revisionHistoryLimit !== undefined && { revisionHistoryLimit }),
    ...(progressDeadlineSeconds !== undefined && { progressDeadlineSeconds }),
    ...(paused !== undefined && { paused }),
    ...(Object.keys(rollingUpdate).length > 0 && { strategy: { type: "RollingUpdate", rollingUpdate } }),
  };
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: {
      ...metadata,
      ...(template !== undefined && labels && { labels }),
      ...(Object.keys(annotations).length > 0 && { annotations }),
    },
    ...(Object.keys(whole).length > 0 && { spec: whole }),
  };
}

function selectorOf({ metadata }: Readonly<Record<string, unknown>>) {
  return { matchLabels: isRecord(metadata) ? metadata.labels : {} };
}
