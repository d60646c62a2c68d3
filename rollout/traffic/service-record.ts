import * as v from "valibot";
import type { Service } from "../../kube/core/services.ts";
import { HELD } from "../keys.ts";
import { finite, formatRecord, isNewer, map, readRecord, timestamp } from "../text/stored-json.ts";

const record = v.object({
  /** The selector that the user wrote. */
  selector: map(v.string()),
  /** When Serin isolated the Service (RFC 3339). If no rollout follows, Serin restores it after a while. */
  since: timestamp,
  /**
   * What the user wrote in flight about how to reach the new version's pods: the Service keeps the stable version's values
   * until the promotion. The key is a port of the Service, such as `80/TCP`.
   */
  ports: v.optional(
    map(v.object({ targetPort: v.union([v.string(), finite]), appProtocol: v.optional(v.string()) })),
  ),
  /** The same for annotations that name the protocol; null: without this annotation. */
  annotations: v.optional(map(v.nullable(v.string()))),
});

/** The annotation `serin.dev/held` of an isolated Service. */
export type ServiceRecord = Readonly<v.InferOutput<typeof record>>;

/** The record of an isolated Service; `undefined` without one, or if the text is not a record. */
export function serviceRecordOf({ metadata }: Service): ServiceRecord | undefined {
  return readRecord(metadata.annotations, HELD, record);
}

/** Whether Serin has limited the Service to the pods of one version. */
export function isIsolated(service: Service): boolean {
  return serviceRecordOf(service) !== undefined;
}

/** Whether a newer Serin wrote the record. */
export function isServiceRecordNewer({ metadata }: Service): boolean {
  return isNewer(metadata.annotations, HELD, record);
}

/** The annotation's value. */
export function formatServiceRecord(service: ServiceRecord): string {
  return formatRecord(service);
}

/** The selector that the user wrote on the Service. */
export function selectorOf(service: Service): Readonly<Record<string, string>> {
  return serviceRecordOf(service)?.selector ?? service.spec.selector ?? {};
}
