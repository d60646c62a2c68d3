import type { Kube } from "../../kube/client/api.ts";
import { listOtherOwners } from "../../kube/client/strangers.ts";
import type { Clock } from "../../kube/core/clock.ts";
import type { Log } from "../../kube/core/log.ts";
import type { Meta } from "../../kube/core/meta.ts";
import type { Service, Stranger } from "../../kube/core/services.ts";
import type { PodTemplate, ReplicaSet } from "../../kube/core/workloads.ts";
import { servicesOf } from "../../rollout/traffic/isolation.ts";
import { selectorOf } from "../../rollout/traffic/service-record.ts";

/** How long (ms) an answer counts. */
const STRANGERS_MS = 60_000;

/** The means to ask. */
interface Needs {
  readonly kube: Kube;
  readonly clock: Clock;
  readonly log: Log;
}

/** What the question is about: a Deployment, with its templates and ReplicaSets in flight, and its namespace's Services. */
interface Question {
  readonly metadata: Meta;
  readonly templates: readonly PodTemplate[];
  readonly sets: readonly ReplicaSet[];
  readonly listed: readonly Service[];
}

/** Who else serves behind the Services, and when Serin asked, in ms. */
interface Asked {
  readonly strangers: readonly Stranger[];
  readonly askedAt: number;
}

/**
 * The last answer, or a new one if that is a minute old. It changes a sentence and no decision, so a failed list counts as the last
 * one: a tenant's pods may be too long to be listed. The metrics of requests count it.
 */
export async function askStrangers(
  { kube, clock, log }: Needs,
  { metadata, templates, sets, listed }: Question,
  last: Asked,
): Promise<Asked> {
  const at = clock.now();
  if (at - last.askedAt < STRANGERS_MS) return last;
  const selecting = templates.flatMap((template) => servicesOf(template, listed));
  const selectors = new Map(selecting.map((service) => [service.metadata.name, selectorOf(service)]));
  try {
    return { strangers: await listOtherOwners(kube, { metadata }, selectors, sets), askedAt: at };
  } catch (err) {
    const { namespace, name, uid } = metadata;
    log.warn({ namespace, name, uid, err }, "pods behind Services not listed");
    return { ...last, askedAt: at };
  }
}
