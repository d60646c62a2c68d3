import type { KubeObject } from "../../kube/core/meta.ts";
import type { Deployment } from "../../kube/core/workloads.ts";
import { billionths } from "../../rollout/text/quantity.ts";
import type { Finding } from "../lint/finding.ts";

/** A ResourceQuota, as far as it limits pods. */
export interface Quota extends KubeObject {
  readonly status?: {
    readonly hard?: Readonly<Record<string, string>>;
    readonly used?: Readonly<Record<string, string>>;
  };
}

interface Resources {
  readonly requests?: Readonly<Record<string, string>>;
  readonly limits?: Readonly<Record<string, string>>;
}

/** What a quota may count of one pod, in billionths of each unit. */
function needsOf({ spec }: Deployment): ReadonlyMap<string, bigint> {
  const containers = spec.template.spec?.containers ?? [];
  const sum = (kind: keyof Resources, resource: string) =>
    containers.reduce((all, one) => {
      const resources = (one.resources ?? {}) as Resources;
      return all + (billionths(resources[kind]?.[resource] ?? "0") ?? 0n);
    }, 0n);
  const one = 1_000_000_000n;
  const named = (kind: keyof Resources, resource: string) => sum(kind, resource);
  return new Map([
    ["pods", one],
    ["count/pods", one],
    ...["cpu", "memory"].flatMap((resource) => [
      [resource, named("requests", resource)] as const,
      [`requests.${resource}`, named("requests", resource)] as const,
      [`limits.${resource}`, named("limits", resource)] as const,
    ]),
  ]);
}

/** Whether the quotas of the namespace have room for so many pods more. */
export function aboutRoom(object: Deployment, more: number, quotas: readonly Quota[]): readonly Finding[] {
  const where = "room";
  const needs = needsOf(object);
  const at = `${more} pod${more === 1 ? "" : "s"} more at the peak`;
  const limits = quotas.flatMap(({ metadata, status }) =>
    Object.entries(status?.hard ?? {}).flatMap(([resource, hard]) => {
      const need = needs.get(resource);
      if (need === undefined || need === 0n) return [];
      const used = status?.used?.[resource] ?? "0";
      const isEnough = (billionths(used) ?? 0n) + need * BigInt(more) <= (billionths(hard) ?? 0n);
      return [{ isEnough, says: `quota ${metadata.name} has ${resource} ${used} of ${hard}` }];
    }),
  );
  const short = limits.filter(({ isEnough }) => !isEnough);
  if (short.length > 0)
    return short.map(({ says }): Finding => ({ kind: "bad", where, says: `${at}, and ${says}` }));
  const seen = limits.map(({ says }) => says).join("; ") || "no quota counts them";
  return [{ kind: "good", where, says: `${at}; ${seen}; nodes are not checked` }];
}
