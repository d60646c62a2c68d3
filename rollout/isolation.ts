import { equal } from "./equal.ts";
import { FLIGHT, HELD, ISOLATE } from "./keys.ts";
import type { Deployment, PodTemplate, ReplicaSet, Service } from "./objects.ts";
import { isRecord } from "./parsed.ts";
import { isInstant, readRecord } from "./record.ts";
import { HASH_LABEL } from "./template.ts";

const NAME_LIMIT = 63;

/** The annotation `serin.dev/held` of a narrowed Service. */
export interface HeldService {
  /** The selector that its owner wrote. */
  readonly selector: Readonly<Record<string, string>>;
  /** When it was narrowed (RFC 3339): one that no rollout follows is given back after a while. */
  readonly since: string;
}

/** The Service's record of what it was, if it is narrowed; none where somebody has written something else there. */
export function heldServiceOf(service: Service): HeldService | undefined {
  return readRecord(service.metadata.annotations?.[HELD], isHeldService);
}

function isHeldService(value: unknown): value is HeldService {
  if (!isRecord(value) || !isRecord(value.selector)) return false;
  return Object.values(value.selector).every((label) => typeof label === "string") && isInstant(value.since);
}

/** The selector that the Service's owner wrote. */
export function selectorOf(service: Service): Readonly<Record<string, string>> {
  return heldServiceOf(service)?.selector ?? service.spec.selector ?? {};
}

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
      !isTwin(service) &&
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
export function narrow(service: Service, uid: string, hash: string, since: string) {
  const selector = selectorOf(service);
  return {
    metadata: {
      labels: { [FLIGHT]: uid },
      annotations: { [HELD]: JSON.stringify({ selector, since: heldServiceOf(service)?.since ?? since }) },
    },
    spec: { selector: { ...selector, [HASH_LABEL]: hash } },
  };
}

/** What to write on a narrowed Service to make it its owner's again; null removes (JSON merge patch). */
export function widen(service: Service) {
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
export function renarrow(requested: Service, old: Service): Service {
  const held = heldServiceOf(old);
  const hash = old.spec.selector?.[HASH_LABEL];
  if (held === undefined || hash === undefined) return requested;
  const { [HASH_LABEL]: _hash, ...wanted } = requested.spec.selector ?? {};
  const selector = equal(requested.spec.selector, old.spec.selector) ? held.selector : wanted;
  return {
    ...requested,
    metadata: {
      ...requested.metadata,
      labels: { ...requested.metadata.labels, [FLIGHT]: old.metadata.labels?.[FLIGHT] ?? "" },
      annotations: { ...requested.metadata.annotations, [HELD]: JSON.stringify({ ...held, selector }) },
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
export function isNarrowedTo(service: Service, hash: string): boolean {
  return equal(service.spec.selector, { ...selectorOf(service), [HASH_LABEL]: hash });
}

/** The name of the Service that carries the canary's share: `<service>-canary`, shortened to what the API allows. */
export function twinName(service: string): string {
  const whole = `${service}-canary`;
  if (whole.length <= NAME_LIMIT) return whole;
  const digest = fingerprint(service);
  return `${service.slice(0, NAME_LIMIT - digest.length - "--canary".length)}-${digest}-canary`;
}

/** FNV-1a, 32 bits, in hexadecimal: tells long names apart that begin alike. */
function fingerprint(text: string): string {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(text)) hash = Math.imul(hash ^ byte, 0x01000193);
  return (hash >>> 0).toString(16).padStart(8, "0");
}

/** A twin is owned by the Deployment whose flight it is in; a user's Service may be, too, but then it has originals. */
export function isTwin(service: Service): boolean {
  const uid = service.metadata.labels?.[FLIGHT];
  if (service.metadata.annotations?.[HELD] !== undefined) return false;
  return service.metadata.ownerReferences?.some((owner) => owner.uid === uid) ?? false;
}

/**
 * The twin of a Service: the same ports (by which the gateway speaks to it) and labels, selecting the canary's pods.
 * Owned by the Deployment, so that it goes with it. Always a ClusterIP Service: one load balancer is enough.
 */
export function twinOf(service: Service, deployment: Deployment, hash: string): Service {
  const { name, namespace } = service.metadata;
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: {
      name: twinName(name),
      ...(namespace === undefined ? {} : { namespace }),
      labels: { ...service.metadata.labels, [FLIGHT]: deployment.metadata.uid ?? "" },
      ownerReferences: [
        {
          apiVersion: "apps/v1",
          kind: "Deployment",
          name: deployment.metadata.name,
          uid: deployment.metadata.uid ?? "",
        },
      ],
    },
    spec: {
      type: "ClusterIP",
      selector: { ...selectorOf(service), [HASH_LABEL]: hash },
      ports: (service.spec.ports ?? []).map(({ nodePort: _nodePort, ...port }) => port),
    },
  };
}

/** Whether a twin already is what it should be. */
export function isTwinCurrent(twin: Service, wanted: Service): boolean {
  return equal(twin.spec.selector, wanted.spec.selector) && equal(twin.spec.ports, wanted.spec.ports);
}

function selects(selector: Readonly<Record<string, string>>, template: PodTemplate): boolean {
  const labels = template.metadata?.labels ?? {};
  const entries = Object.entries(selector);
  return entries.length > 0 && entries.every(([key, value]) => labels[key] === value);
}
