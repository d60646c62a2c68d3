import type { KubeObject } from "../../kube/core/meta.ts";
import { isRecord } from "../../rollout/text/parse.ts";
import type { Annotations } from "../accepted.ts";
import type { metadataOf, SourceObject } from "../conversion.ts";
import type { RolloutSpec } from "./rollout.ts";

/** Annotations that kubectl and Argo Rollouts write, and those that ask Argo's notifications for something. */
const NOT_OF_USERS =
  /^(kubectl\.kubernetes\.io\/last-applied-configuration$|rollout\.argoproj\.io\/|notifications\.argoproj\.io\/)/;

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
  const own = isRecord(source.metadata)
    ? (source.metadata as { labels?: Record<string, string>; annotations?: Record<string, string> })
    : {};
  const kept = template === undefined ? {} : usersOwn(own.annotations);
  const all = { ...kept, ...annotations };
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
      ...(template !== undefined && own.labels && { labels: own.labels }),
      ...(Object.keys(all).length > 0 && { annotations: all }),
    },
    ...(Object.keys(whole).length > 0 && { spec: whole }),
  };
}

/** The annotations that other tools read from the workload, such as one that restarts it when a ConfigMap changes. */
function usersOwn(annotations: Annotations = {}): Annotations {
  const wanted = Object.entries(annotations).filter(([key]) => !NOT_OF_USERS.test(key));
  return Object.fromEntries(wanted);
}

function selectorOf({ metadata }: Readonly<Record<string, unknown>>) {
  return { matchLabels: isRecord(metadata) ? metadata.labels : {} };
}
