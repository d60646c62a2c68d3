import type { ReplicaSet } from "../../kube/core/workloads.ts";
import { lacksHash, sameTemplate } from "../workload/template.ts";
import type { TemplateChange } from "./change.ts";

/**
 * Why the versions of a Deployment at rest cannot be told apart; `undefined`: they can. An adopted ReplicaSet without pods matters
 * only if it has the new template: native control would use it for this version.
 */
export function whyIndistinct(change: TemplateChange): string | undefined {
  const found = withoutHash(change).find((set) => (set.spec.replicas ?? 1) > 0 || isWanted(set, change));
  return found && sentence(found);
}

/** Why the version of this request can have no canary in place of the one in flight; `undefined`: it can. */
export function whyNotItsOwn(change: TemplateChange): string | undefined {
  const found = withoutHash(change).find((set) => isWanted(set, change));
  return found && `${sentence(found)}: kubectl delete replicaset/${found.metadata.name} first`;
}

function withoutHash({ cluster }: TemplateChange): readonly ReplicaSet[] {
  return cluster.replicaSets.filter((set) => lacksHash(set) && set.metadata.deletionTimestamp === undefined);
}

function isWanted({ spec }: ReplicaSet, { object }: TemplateChange): boolean {
  return sameTemplate(spec.template, object.spec.template);
}

function sentence({ metadata: { name } }: ReplicaSet): string {
  return `ReplicaSet ${name} was adopted and lacks the label pod-template-hash, so no Service tells its pods from others`;
}
