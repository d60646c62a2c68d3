import type { Service } from "../../kube/core/services.ts";
import { FLIGHT, HASH_LABEL, HELD } from "../keys.ts";
import { isIsolatedTo } from "./isolation.ts";
import { annotationsBefore } from "./protocol-annotations.ts";
import { formatServiceRecord, type ServiceRecord, selectorOf, serviceRecordOf } from "./service-record.ts";
import { wantedPorts, waysBefore } from "./target-ports.ts";

/** How pods are reached: see ServiceRecord. */
type Ways = Pick<ServiceRecord, "ports" | "annotations">;

/**
 * The merge patch that turns an isolated Service to the pods of another version, with the ports that the user wants for it. The
 * record keeps how the pods before were reached: a user may go back to them.
 */
export function turnPatch(service: Service, uid: string, hash: string, since: string) {
  const { before: earlier, ...wishes } = serviceRecordOf(service) ?? {};
  const kept = isIsolatedTo(service, hash) ? earlier : undefined;
  const before = {
    ports: { ...waysBefore(service), ...kept?.ports },
    annotations: { ...annotationsBefore(service), ...kept?.annotations },
  };
  return leadPatch(service, {
    uid,
    hash,
    ways: wishes,
    record: { since, selector: selectorOf(service), before },
  });
}

/** Whether the Service was turned to another version than this one. */
export function isTurnedFrom(service: Service, hash: string): boolean {
  return serviceRecordOf(service)?.before !== undefined && service.spec.selector?.[HASH_LABEL] !== hash;
}

/** The merge patch that turns a Service back to the version before, as the user wants it now, or else as it was. */
export function turnBackPatch(service: Service, uid: string, hash: string, since: string) {
  const { before, ports, annotations } = serviceRecordOf(service) ?? {};
  const ways = {
    ports: { ...before?.ports, ...ports },
    annotations: { ...before?.annotations, ...annotations },
  };
  return leadPatch(service, { uid, hash, ways, record: { since, selector: selectorOf(service) } });
}

/** The merge patch that leads a Service to the pods of one version in these ways, and writes this record. */
function leadPatch(
  service: Service,
  { uid, hash, ways, record }: { uid: string; hash: string; ways: Ways; record: ServiceRecord },
) {
  return {
    metadata: {
      labels: { [FLIGHT]: uid },
      annotations: { ...ways.annotations, [HELD]: formatServiceRecord(record) },
    },
    spec: {
      selector: { ...record.selector, [HASH_LABEL]: hash },
      ports: wantedPorts(service, ways.ports),
    },
  };
}
