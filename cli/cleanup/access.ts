import type { Kube } from "../../kube/client/api.ts";
import { ifNotFound } from "../../kube/client/errors.ts";
import { retryOnConflict } from "../../kube/client/retry-on-conflict.ts";
import type { Clock } from "../../kube/core/clock.ts";
import { type KubeObject, keyOf } from "../../kube/core/meta.ts";
import type { Resource } from "../../kube/core/resources.ts";
import type { Route } from "../../kube/core/routes.ts";
import type { Service } from "../../kube/core/services.ts";
import type { Deployment, ReplicaSet } from "../../kube/core/workloads.ts";
import type { Write } from "../../kube/core/writes.ts";
import { perform } from "../../kube/runtime/apply.ts";
import { FLIGHT, HELD } from "../../rollout/keys.ts";

export const POLL_MS = 500;

/** The means of the clean-up. It calls `say` with one sentence for each object that it restored. */
export interface CleanUpOptions {
  readonly kube: Kube;
  readonly clock: Clock;
  readonly say: (sentence: string) => void;
  /** How long (ms) the Deployment controller may take to bring the stable version back. */
  readonly patienceMs: number;
}

/** Serin's record on an object is damaged, or a newer Serin wrote it in another form. */
export class Unreadable extends Error {
  override name = "Unreadable";
  constructor(kind: string, object: KubeObject) {
    super(
      `${kind} ${keyOf(object)}: its annotation ${HELD} is not a valid record; restore its spec by hand, then remove that annotation and the label ${FLIGHT}`,
    );
  }
}

/** Writes what `decide` makes of the stored objects, again after a conflict. */
export async function write<T>(
  options: CleanUpOptions,
  read: () => Promise<T>,
  decide: (found: T) => readonly Write[],
): Promise<void> {
  const { kube, clock } = options;
  const change = async (found: T) => {
    for (const one of decide(found)) await perform(kube, one, signature(clock));
  };
  // An object that is gone needs no change.
  await retryOnConflict(read, change).catch(ifNotFound(undefined));
}

/** The objects that carry the mark of a rollout. */
export async function flying<T extends Deployment | Service | ReplicaSet>(
  kube: Kube,
  resource: Resource,
): Promise<T[]> {
  return (await kube.list<T>(resource, {}, { labelSelector: FLIGHT })).items;
}

/** The object as it is stored. */
export function fresh<T extends Route | Deployment>(
  kube: Kube,
  resource: Resource,
  { metadata: { namespace, name } }: T,
): Promise<T> {
  return kube.get<T>(resource, { namespace, name });
}

function signature(clock: Clock) {
  return { fieldManager: "serin", component: "serin", now: clock.now() };
}
