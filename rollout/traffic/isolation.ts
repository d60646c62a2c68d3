import type { Service } from "../../kube/core/services.ts";
import type { Deployment, PodTemplate, ReplicaSet } from "../../kube/core/workloads.ts";
import { FLIGHT, HASH_LABEL, HELD, ISOLATE } from "../keys.ts";
import { equal } from "../text/equal.ts";
import { isCanaryService } from "./canary-service.ts";
import { heldAnnotations, protocolWishes, wantedAnnotations } from "./protocol-annotations.ts";
import { formatServiceRecord, selectorOf, serviceRecordOf } from "./service-record.ts";
import { changesPorts, heldPorts, wantedPorts } from "./target-ports.ts";

/**
 * The Services through which the template's pods get traffic. Serin leaves alone Services with `serin.dev/isolate: "false"`,
 * and Services without a selector.
 */
export function servicesOf(template: PodTemplate, services: readonly Service[]): Service[] {
  return services.filter(
    (service) =>
      service.spec.type !== "ExternalName" &&
      service.metadata.annotations?.[ISOLATE] !== "false" &&
      !isCanaryService(service) &&
      selects(selectorOf(service), template),
  );
}

/** The Services that select pods of one of these templates, and those that are marked for the rollout. */
export function servicesFor(
  uid: string,
  templates: readonly PodTemplate[],
  services: readonly Service[],
): readonly Service[] {
  const selecting = new Set(templates.flatMap((template) => servicesOf(template, services)));
  return services.filter((service) => selecting.has(service) || service.metadata.labels?.[FLIGHT] === uid);
}

/** The other Deployments whose pods the Service selects, too: such a Service cannot be isolated to one version. */
export function sharers(service: Service, own: Deployment, deployments: readonly Deployment[]): Deployment[] {
  return deployments.filter(
    (other) =>
      other.metadata.uid !== own.metadata.uid &&
      (other.spec.replicas ?? 1) > 0 &&
      selects(selectorOf(service), other.spec.template),
  );
}

/** The merge patch that isolates a Service: it then selects only the pods of one ReplicaSet. */
export function isolationPatch(service: Service, uid: string, hash: string, since: string) {
  const selector = selectorOf(service);
  return {
    metadata: {
      labels: { [FLIGHT]: uid },
      annotations: {
        [HELD]: formatServiceRecord({ ...serviceRecordOf(service), since, selector }),
      },
    },
    spec: { selector: { ...selector, [HASH_LABEL]: hash } },
  };
}

/**
 * The merge patch that restores an isolated Service; null removes a key. `ports`: those that the user wants from now on, or
 * those of the stable version, which came back.
 */
export function restoreSelector(service: Service, ports: "wanted" | "stable" = "wanted") {
  const added = Object.keys(service.spec.selector ?? {}).filter((key) => !(key in selectorOf(service)));
  return {
    metadata: {
      labels: { [FLIGHT]: null },
      annotations: { [HELD]: null, ...(ports === "wanted" && protocolWishes(service)) },
    },
    spec: {
      selector: { ...selectorOf(service), ...Object.fromEntries(added.map((key) => [key, null])) },
      ...(ports === "wanted" && changesPorts(service) && { ports: wantedPorts(service) }),
    },
  };
}

/** Whether the user wants another way to the new version's pods than the Service has now. */
export function changesWay(service: Service): boolean {
  return changesPorts(service) || Object.keys(protocolWishes(service)).length > 0;
}

/**
 * The Service as it must be stored when a user writes it in flight. The requested selector is what the user wants, whether
 * they sent their manifest or an edit of the isolated Service. It goes to the record, and the Service stays isolated.
 */
export function reisolate(requested: Service, old: Service): Service {
  const record = serviceRecordOf(old);
  const hash = old.spec.selector?.[HASH_LABEL];
  if (record === undefined || hash === undefined) return requested;
  const { [HASH_LABEL]: _hash, ...asked } = requested.spec.selector ?? {};
  const { ports, wishes, renumbered } = heldPorts(requested, old);
  const held = heldAnnotations(requested, old, renumbered);
  const { ports: _ports, annotations: _annotations, ...kept } = record;
  const wanted = {
    ...kept,
    selector: equal(requested.spec.selector, old.spec.selector) ? record.selector : asked,
    ...(wishes && { ports: wishes }),
    ...(held.wishes && { annotations: held.wishes }),
  };
  return {
    ...requested,
    metadata: {
      ...requested.metadata,
      labels: { ...requested.metadata.labels, [FLIGHT]: old.metadata.labels?.[FLIGHT] ?? "" },
      annotations: { ...held.annotations, [HELD]: formatServiceRecord(wanted) },
    },
    spec: {
      ...requested.spec,
      ...(ports && { ports }),
      selector: { ...wanted.selector, [HASH_LABEL]: hash },
    },
  };
}

/**
 * The result of `reisolate`, or the plain request if its user has pointed the Service at other pods: isolated, it would select
 * no pods. `sets`: the ReplicaSets of the version to which the Service is isolated.
 */
export function unlessRedirected(isolated: Service, sets: readonly ReplicaSet[]): Service {
  const selector = selectorOf(isolated);
  if (sets.length === 0 || sets.some((set) => selects(selector, set.spec.template))) return isolated;
  const { [FLIGHT]: _flight, ...labels } = isolated.metadata.labels ?? {};
  const { [HELD]: _held, ...annotations } = wantedAnnotations(isolated);
  const metadata = { ...isolated.metadata, labels, annotations };
  const ports = changesPorts(isolated) && { ports: wantedPorts(isolated) };
  return { ...isolated, metadata, spec: { ...isolated.spec, ...ports, selector: { ...selector } } };
}

/** Whether the Service is isolated to this ReplicaSet, with the user's own selector. */
export function isIsolatedTo(service: Service, hash: string): boolean {
  return equal(service.spec.selector, { ...selectorOf(service), [HASH_LABEL]: hash });
}

/**
 * The same, and not for another rollout. If the Deployment was recreated right after an update, its Services are still isolated
 * for the rollout that is over, and Serin would restore them while the next one is in flight.
 */
export function isIsolatedFor(uid: string, service: Service, hash: string): boolean {
  return isIsolatedTo(service, hash) && (service.metadata.labels?.[FLIGHT] ?? uid) === uid;
}

/** Whether a Service with this selector selects the template's pods. */
export function selects(selector: Readonly<Record<string, string>>, template: PodTemplate): boolean {
  const labels = template.metadata?.labels ?? {};
  const entries = Object.entries(selector);
  return entries.length > 0 && entries.every(([key, value]) => labels[key] === value);
}
