import type { Prometheus } from "../../evidence/prometheus.ts";
import type { Kube } from "../../kube/client/api.ts";
import { ifNotFound, isForbidden } from "../../kube/client/errors.ts";
import type { Clock } from "../../kube/core/clock.ts";
import type { KubeObject } from "../../kube/core/meta.ts";
import { deployments, leases, services } from "../../kube/core/resources.ts";
import type { Lease } from "../../kube/runtime/lease.ts";
import { isOptedIn } from "../../rollout/plan/plan.ts";
import type { Finding } from "../lint/finding.ts";
import { anotherTemplate, ask } from "../preflight/dry-run.ts";
import {
  callings,
  controllerAmong,
  programsIn,
  prometheusOf,
  serviceAt,
  USUAL_NAMESPACE,
} from "../reading/serin.ts";
import { aboutConfiguration } from "./configuration.ts";
import { aboutCounters } from "./counters.ts";
import {
  aboutAnswer,
  aboutGateways,
  aboutLeader,
  aboutNamespace,
  aboutPrograms,
  aboutPrometheus,
} from "./findings.ts";
import { aboutReceivers } from "./receivers.ts";

const gatewayClasses = { group: "gateway.networking.k8s.io", version: "v1", plural: "gatewayclasses" };

interface GatewayClassObject extends KubeObject {
  readonly spec: { readonly controllerName: string };
}

/** What examines an installation, and the warnings of the API server that its connection collects. */
export interface Examination {
  /** The Prometheus to ask for the gateways' counters; absent: it is not asked. */
  readonly prometheus?: Pick<Prometheus, "over">;
  readonly kube: Kube;
  /** The API server's, by which the leader renews its Lease as well. */
  readonly clock: Pick<Clock, "now">;
  readonly version: string;
  readonly warnings: readonly string[];
}

/** Examines the installation that the webhook configuration names. What the reader may not see is a warning. */
export async function examine(examination: Examination): Promise<readonly Finding[]> {
  const { kube, clock, version } = examination;
  const looked = (where: string, look: () => Promise<readonly Finding[]>) =>
    look().catch((error: unknown): readonly Finding[] => {
      if (!isForbidden(error)) throw error;
      return [{ kind: "warning", where, says: `not checked: ${(error as Error).message}` }];
    });
  let namespace = USUAL_NAMESPACE;
  const webhook = await looked("webhook", async () => {
    const found = await callings(kube);
    namespace = found[0]?.namespace ?? namespace;
    return [aboutConfiguration(found, clock.now())];
  });
  const rest = await Promise.all([
    looked("programs", async () => {
      const { programs, others } = await programsIn(kube, namespace);
      const findings = [...aboutPrograms(programs, version), ...aboutNamespace(namespace, others)];
      const controller = controllerAmong(programs);
      return controller === undefined
        ? findings
        : [...findings, ...(await looked("Prometheus", () => prometheus(kube, prometheusOf(controller))))];
    }),
    looked("leader", async () => [await leader(examination, namespace)]),
    looked("gateways", () => gateways(examination)),
    looked("admission", () => admission(examination)),
    looked("notices", () => aboutReceivers({ kube, namespace })),
  ]);
  return [...webhook, ...rest.flat()];
}

async function prometheus(kube: Kube, url: URL): Promise<readonly Finding[]> {
  const service = serviceAt(url);
  if (service === undefined) return [aboutPrometheus(url, undefined)];
  const found = await kube.get(services, service).catch(ifNotFound(undefined));
  return [aboutPrometheus(url, found !== undefined)];
}

async function leader({ kube, clock }: Examination, namespace: string): Promise<Finding> {
  const lease = await kube.get<Lease>(leases, { namespace, name: "serin" }).catch(ifNotFound(undefined));
  return aboutLeader(lease, clock.now());
}

async function gateways({ kube, clock, prometheus: counts }: Examination): Promise<readonly Finding[]> {
  const list = await kube.list<GatewayClassObject>(gatewayClasses, {}).catch(ifNotFound(undefined));
  const classes = list?.items.map(({ metadata, spec }) => ({
    name: metadata.name,
    controller: spec.controllerName,
  }));
  const counters = counts === undefined ? [] : await aboutCounters(classes ?? [], counts, clock.now());
  return [...aboutGateways(classes), ...counters];
}

/** Asks with a dry run of another version of any opted-in Deployment. */
async function admission({ kube, clock, warnings }: Examination): Promise<readonly Finding[]> {
  const { items } = await kube.list<KubeObject>(deployments, {}, {}, ({ metadata }) => ({ metadata }));
  const one = items.find(({ metadata }) => isOptedIn(metadata.annotations));
  if (one === undefined) return [aboutAnswer(undefined)];
  const { namespace = "", name } = one.metadata;
  const patch = anotherTemplate(new Date(clock.now()).toISOString());
  const answer = await ask({ kube }, { namespace, name }, patch, warnings).catch((error: unknown) => {
    if (error instanceof Error && /failed calling webhook/.test(error.message)) return error;
    throw error;
  });
  return [aboutAnswer({ namespace, name, answer })];
}
