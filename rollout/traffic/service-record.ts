import * as v from "valibot";
import type { Service } from "../../kube/core/services.ts";
import { HELD } from "../keys.ts";
import { finite, formatRecord, isNewer, map, readRecord, timestamp } from "../text/stored-json.ts";

/** How pods are reached. The key of a port is one of the Service, such as `80/TCP`; an annotation of null is not there. */
const ways = {
  ports: v.optional(
    map(v.object({ targetPort: v.union([v.string(), finite]), appProtocol: v.optional(v.string()) })),
  ),
  annotations: v.optional(map(v.nullable(v.string()))),
};

const record = v.object({
  /** The selector that the user wrote. */
  selector: map(v.string()),
  /** When Serin isolated the Service (RFC 3339). If no rollout follows, Serin restores it after a while. */
  since: timestamp,
  /**
   * What the user wrote in flight about how to reach the new version's pods, in ports and in annotations that name the protocol:
   * the Service keeps the stable version's values until the promotion.
   */
  ...ways,
  /** The stable version's values that the promotion has changed; an earlier version of Serin neither writes nor keeps them. */
  before: v.optional(v.object(ways)),
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
