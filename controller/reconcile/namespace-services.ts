import type { Kube } from "../../kube/client/api.ts";
import { KEPT_SLICES } from "../../kube/client/strangers.ts";
import type { Clock } from "../../kube/core/clock.ts";
import type { Log } from "../../kube/core/log.ts";
import { endpointSlices, services } from "../../kube/core/resources.ts";
import type { EndpointSlice, Service } from "../../kube/core/services.ts";
import { type Reflection, reflect } from "../../kube/runtime/reflector.ts";
import { HASH_LABEL } from "../../rollout/keys.ts";
import { leanService } from "../../rollout/traffic/lean-service.ts";
import { briefWait } from "./brief-wait.ts";
import { leanSlice } from "./lean-objects.ts";
import { type Change, markOf } from "./marks.ts";

/** The means to follow Services. */
interface NamespaceServicesOptions {
  readonly kube: Kube;
  readonly clock: Clock;
  readonly log: Log;
  readonly signal: AbortSignal;
  /** Called for each rollout that the change of a Service may concern. */
  readonly onChange: (change: Change) => void;
}

/** One namespace with rollouts in flight. */
interface Followed {
  readonly copy: Reflection<Service>;
  readonly slices: Reflection<EndpointSlice>;
  readonly synced: () => Promise<void>;
  readonly stop: AbortController;
  /** UID of a Deployment in flight → how many changes may have concerned its rollout. */
  readonly changes: Map<string, number>;
}

/** All Services of a rollout's namespace. */
interface FollowedServices {
  /** Grows when a Service changes that may concern the rollout. */
  readonly changes: number;
  /** Whether `list` has all of them: it lacks some if they are too long together. One of these could give the canary traffic. */
  readonly isComplete: () => boolean;
  readonly list: () => readonly Service[];
}

/**
 * Copies of all Services of the namespaces with a rollout in flight. A Service that a user creates carries no mark of Serin and
 * leads to both versions, so Serin must see it as soon as it exists. The slices that somebody keeps for them are as unmarked.
 * All rollouts of a namespace share the two watches.
 */
export class NamespaceServices {
  readonly #followed = new Map<string, Followed>();
  readonly #options: NamespaceServicesOptions;

  constructor(options: NamespaceServicesOptions) {
    this.#options = options;
  }

  /** The Services of the namespace. The first call starts the watch. Throws if its copy is not complete soon. */
  async of(uid: string, namespace: string): Promise<FollowedServices> {
    const followed = this.#followed.get(namespace) ?? this.#follow(namespace);
    if (!followed.changes.has(uid)) followed.changes.set(uid, 0);
    await followed.synced();
    return {
      changes: followed.changes.get(uid) ?? 0,
      isComplete: () => !followed.copy.incomplete().has(namespace),
      list: () => followed.copy.list(),
    };
  }

  /** The slices that somebody keeps for a Service of the namespace. An address in one gets requests that no weight grants. */
  keptIn(namespace: string): readonly EndpointSlice[] {
    return this.#followed.get(namespace)?.slices.list() ?? [];
  }

  /** Puts the result of a write of Serin into the copy. */
  apply(service: Service): void {
    this.#followed.get(service.metadata.namespace ?? "")?.copy.apply(service);
  }

  /** Ends the watches with the last rollout of the namespace. */
  forget(uid: string): void {
    for (const [namespace, { changes, stop }] of this.#followed) {
      changes.delete(uid);
      if (changes.size > 0) continue;
      stop.abort();
      this.#followed.delete(namespace);
    }
  }

  #follow(namespace: string): Followed {
    const stop = new AbortController();
    const changes = new Map<string, number>();
    const { onChange, signal, ...means } = this.#options;
    const following = {
      ...means,
      namespace,
      initial: "watch",
      signal: AbortSignal.any([signal, stop.signal]),
    } as const;
    const slices = reflect<EndpointSlice>({
      ...following,
      resource: endpointSlices,
      labelSelector: KEPT_SLICES,
      pick: leanSlice,
      onChange: (_key, now, before) => {
        const objects = [now, before].filter((slice) => slice !== undefined);
        for (const uid of changes.keys()) onChange({ uid, kind: endpointSlices.plural, objects });
      },
    });
    const copy = reflect<Service>({
      ...following,
      resource: services,
      pick: leanService,
      onChange: (_key, now, before) => {
        const objects = [now, before].filter((service) => service !== undefined);
        const marks = new Set(objects.flatMap(markOf));
        const isForAll = isOpen(now ?? before);
        for (const [uid, count] of changes) {
          if (!isForAll && !marks.has(uid)) continue;
          changes.set(uid, count + 1);
          onChange({ uid, kind: services.plural, objects });
        }
      },
    });
    const synced = briefWait(copy.synced, `the Services of namespace ${namespace}`, means.clock);
    const followed = { copy, slices, synced, stop, changes };
    this.#followed.set(namespace, followed);
    return followed;
  }
}

/**
 * Whether the Service may lead to the pods of every rollout, whatever mark it carries. A marked one that selects a single
 * version concerns the rollout of its mark alone: else each write of one rollout would wake all the others.
 */
function isOpen(service: Service | undefined): boolean {
  if (service === undefined) return false;
  return markOf(service).length === 0 || service.spec.selector?.[HASH_LABEL] === undefined;
}
