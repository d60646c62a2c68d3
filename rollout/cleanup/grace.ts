import { controllerOf } from "../../kube/core/meta.ts";
import { formatSelector } from "../../kube/core/selector.ts";
import type { Service } from "../../kube/core/services.ts";
import type { ReplicaSet } from "../../kube/core/workloads.ts";
import { FLIGHT, HASH_LABEL } from "../keys.ts";
import { CLOCK_SKEW_MS } from "../text/instant.ts";
import { isIsolated, serviceRecordOf } from "../traffic/service-record.ts";
import { hashOf } from "../workload/template.ts";
import { hasEndedIn, type InFlight, type Times } from "./lost-shares.ts";
import { isOfSameRollout, isStray } from "./strays.ts";

/** The API server gives up an update this long (ms) after its start, slow webhooks included (`requestTimeoutUpperBound`). */
const LONGEST_UPDATE_MS = 34_000;
/**
 * How long (ms) a Service may be isolated for a Deployment that is not in flight: admission isolates the Services before
 * the API server stores the Deployment, and another webhook may delay or refuse it. An earlier restore would send users to
 * the pods of a version that has no weight yet. Meanwhile the Service selects all pods of the version that serves, and
 * admission restores it before it lets a native update through. But if that version loses its pods, because the Deployment
 * was recreated or no webhook answered its update, the Service would have none: the grace ends then.
 */
const GRACE_MS = LONGEST_UPDATE_MS + CLOCK_SKEW_MS;
/** How often (ms) Serin looks whether the version of a Service in the grace still has pods. It reads one list. */
const LOOK_MS = 2_500;
/** The most versions of that list. Only with forged Services does a namespace have more. */
const MOST_VERSIONS = 100;

/** The ReplicaSets of versions in one namespace, as far as they were read. */
export interface Versions {
  readonly namespace: string;
  /** The versions that were read. */
  readonly hashes: ReadonlySet<string>;
  readonly replicaSets: readonly ReplicaSet[];
}

/** What decides how long an isolated Service waits. */
export interface GraceInput extends InFlight, Times {
  /** The ended rollouts that this controller saw in flight, with the instant (ms) of their end. */
  readonly ended?: ReadonlyMap<string, number>;
  /** Without it, each version counts as one that has pods. */
  readonly versions?: Versions;
}

/** How much longer (ms) the isolated Service of a rollout that is not in flight may wait for it; 0: restore it now. */
export function graceMs(service: Service, input: GraceInput): number {
  if (hasEnded(service, input) || hasNoPods(service, input.versions)) return 0;
  return Math.max(0, GRACE_MS - ageOf(service, input.now));
}

/** When (ms from now) to look at the Service again; an instant further ahead than clocks differ is no reason to hurry. */
export function lookMs(service: Service, input: GraceInput): number {
  const left = graceMs(service, input);
  return left > GRACE_MS + CLOCK_SKEW_MS ? left : Math.min(left, LOOK_MS);
}

/** The versions in this namespace on whose pods it depends when a Service is restored. `replicaSets`: those with Serin's mark. */
export function hashesInGrace(
  namespace: string,
  input: GraceInput & { readonly services: readonly Service[]; readonly replicaSets: readonly ReplicaSet[] },
): ReadonlySet<string> {
  const strays = input.replicaSets.filter(isStray);
  const waiting = input.services.filter(
    (service) =>
      service.metadata.namespace === namespace &&
      isIsolated(service) &&
      hasEndedIn(namespace, uidOf(service), input) &&
      (graceMs(service, input) > 0 || strays.some((set) => isOfSameRollout(service, set))),
  );
  const hashes = new Set(waiting.flatMap(({ spec }) => spec.selector?.[HASH_LABEL] ?? []));
  return new Set([...hashes].slice(0, MOST_VERSIONS));
}

/** The label selector of the ReplicaSets of these versions. */
export function versionsSelector(hashes: ReadonlySet<string>): string {
  return formatSelector({ matchExpressions: [{ key: HASH_LABEL, operator: "In", values: [...hashes] }] });
}

/** Isolated before the end of its rollout (the Deployment was deleted), so not for a rollout that may be about to start. */
function hasEnded(service: Service, { ended }: GraceInput): boolean {
  const at = ended?.get(uidOf(service));
  return at !== undefined && Date.parse(serviceRecordOf(service)?.since ?? "") < at;
}

/**
 * Whether the version to which the Service is isolated is known to have no pods. A Deployment that has adopted it rolls natively
 * and may take its pods at any time.
 */
function hasNoPods(service: Service, versions: Versions | undefined): boolean {
  return isWithoutPods(service, versions, (set) => [undefined, uidOf(service)].includes(controllerOf(set)));
}

/** Whether the version to which the Service is isolated is known to have no pods, on ReplicaSets that count. */
export function isWithoutPods(
  service: Service,
  versions: Versions | undefined,
  counts: (set: ReplicaSet) => boolean = () => true,
): boolean {
  const { metadata, spec } = service;
  const hash = spec.selector?.[HASH_LABEL];
  if (hash === undefined || versions?.namespace !== metadata.namespace || !versions?.hashes.has(hash))
    return false;
  return !versions.replicaSets.some((set) => hashOf(set) === hash && mayHavePods(set) && counts(set));
}

/** A ReplicaSet that is being deleted creates no more pods. */
function mayHavePods({ metadata, spec, status }: ReplicaSet): boolean {
  const wanted = metadata.deletionTimestamp === undefined ? (spec.replicas ?? 1) : 0;
  return Math.max(wanted, status?.replicas ?? 0) > 0;
}

function ageOf(service: Service, now: number): number {
  return now - Date.parse(serviceRecordOf(service)?.since ?? "");
}

function uidOf({ metadata }: Service): string {
  return metadata.labels?.[FLIGHT] ?? "";
}
