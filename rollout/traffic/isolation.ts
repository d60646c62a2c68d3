import type { Service } from "../../kube/core/services.ts";
import type { Deployment, PodTemplate, ReplicaSet } from "../../kube/core/workloads.ts";
import { FLIGHT, HASH_LABEL, HELD, ISOLATE } from "../keys.ts";
import { equal } from "../text/equal.ts";
import { isCanaryService } from "./canary-service.ts";
import { formatServiceRecord, selectorOf, serviceRecordOf } from "./service-record.ts";

/**
 * The Services through which the template's pods get traffic. Headless Services and those whose owner said
 * `serin.dev/isolate: "false"` are left alone, and so is what has no selector.
 */
export function servicesOf(template: PodTemplate, services: readonly Service[]): Service[] {
  return services.filter(
    (service) =>
      service.spec.clusterIP !== "None" &&
      service.spec.type !== "ExternalName" &&
      service.metadata.annotations?.[ISOLATE] !== "false" &&
      !isCanaryService(service) &&
      selects(selectorOf(service), template),
  );
}

/** The other Deployments whose pods the Service selects too: such a Service cannot be narrowed to one version. */
export function sharers(service: Service, own: Deployment, deployments: readonly Deployment[]): Deployment[] {
  return deployments.filter(
    (other) =>
      other.metadata.uid !== own.metadata.uid &&
      (other.spec.replicas ?? 1) > 0 &&
      selects(selectorOf(service), other.spec.template),
  );
}

/** What to write on a Service so that it selects only the pods of one ReplicaSet. */
export function isolationPatch(service: Service, uid: string, hash: string, since: string) {
  const selector = selectorOf(service);
  return {
    metadata: {
      labels: { [FLIGHT]: uid },
      annotations: {
        [HELD]: formatServiceRecord({ selector, since: serviceRecordOf(service)?.since ?? since }),
      },
    },
    spec: { selector: { ...selector, [HASH_LABEL]: hash } },
  };
}

/** What to write on a narrowed Service to make it its owner's again; null removes (JSON merge patch). */
export function restoreSelector(service: Service) {
  const added = Object.keys(service.spec.selector ?? {}).filter((key) => !(key in selectorOf(service)));
  return {
    metadata: { labels: { [FLIGHT]: null }, annotations: { [HELD]: null } },
    spec: { selector: { ...selectorOf(service), ...Object.fromEntries(added.map((key) => [key, null])) } },
  };
}

/**
 * The Service as it must be stored when somebody else wrote it in flight: what they say of the selector is what its owner
 * wants, whether they sent their manifest or an edit of the narrowed one.
 */
export function reisolate(requested: Service, old: Service): Service {
  const held = serviceRecordOf(old);
  const hash = old.spec.selector?.[HASH_LABEL];
  if (held === undefined || hash === undefined) return requested;
  const { [HASH_LABEL]: _hash, ...wanted } = requested.spec.selector ?? {};
  const selector = equal(requested.spec.selector, old.spec.selector) ? held.selector : wanted;
  return {
    ...requested,
    metadata: {
      ...requested.metadata,
      labels: { ...requested.metadata.labels, [FLIGHT]: old.metadata.labels?.[FLIGHT] ?? "" },
      annotations: { ...requested.metadata.annotations, [HELD]: formatServiceRecord({ ...held, selector }) },
    },
    spec: { ...requested.spec, selector: { ...selector, [HASH_LABEL]: hash } },
  };
}

/**
 * What `renarrow` made of a request, or, where its owner has pointed the Service at other pods, just what he wants: narrowed
 * it would select none. `sets`: the ReplicaSets of the version that it is narrowed to.
 */
export function unlessRedirected(narrowed: Service, sets: readonly ReplicaSet[]): Service {
  const selector = selectorOf(narrowed);
  if (sets.length === 0 || sets.some((set) => selects(selector, set.spec.template))) return narrowed;
  const { [FLIGHT]: _flight, ...labels } = narrowed.metadata.labels ?? {};
  const { [HELD]: _held, ...annotations } = narrowed.metadata.annotations ?? {};
  const metadata = { ...narrowed.metadata, labels, annotations };
  return { ...narrowed, metadata, spec: { ...narrowed.spec, selector: { ...selector } } };
}

/** Whether the Service selects exactly the pods of that ReplicaSet out of what its owner selects. */
export function isIsolatedTo(service: Service, hash: string): boolean {
  return equal(service.spec.selector, { ...selectorOf(service), [HASH_LABEL]: hash });
}

function selects(selector: Readonly<Record<string, string>>, template: PodTemplate): boolean {
  const labels = template.metadata?.labels ?? {};
  const entries = Object.entries(selector);
  return entries.length > 0 && entries.every(([key, value]) => labels[key] === value);
}
