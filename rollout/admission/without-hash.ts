import type { ReplicaSet } from "../../kube/core/workloads.ts";
import { hashOf, sameTemplate } from "../workload/template.ts";
import type { TemplateChange } from "./change.ts";

/**
 * Why the versions of a Deployment at rest cannot be told apart; `undefined`: they can. Native control adopts a ReplicaSet that its
 * selector finds and that has no owner, but gives neither it nor its pods the label with the hash, by which Services select one
 * version. Without pods, only one with the new template matters: native control would use it for this version.
 */
export function whyIndistinct({ object, cluster }: TemplateChange): string | undefined {
  const isSame = ({ spec }: ReplicaSet) => sameTemplate(spec.template, object.spec.template);
  const found = adoptedBy(cluster.replicaSets).find((set) => (set.spec.replicas ?? 1) > 0 || isSame(set));
  return found && sentence(found);
}

/** Why the version of this request can have no canary in place of the one in flight; `undefined`: it can. */
export function whyNotItsOwn({ object, cluster }: TemplateChange): string | undefined {
  const found = adoptedBy(cluster.replicaSets).find(({ spec }) =>
    sameTemplate(spec.template, object.spec.template),
  );
  return found && `${sentence(found)}: kubectl delete replicaset/${found.metadata.name} first`;
}

function adoptedBy(sets: readonly ReplicaSet[]): readonly ReplicaSet[] {
  return sets.filter((set) => hashOf(set) === "" && set.metadata.deletionTimestamp === undefined);
}

function sentence({ metadata: { name } }: ReplicaSet): string {
  return `ReplicaSet ${name} was adopted and lacks the label pod-template-hash, so no Service tells its pods from others`;
}
