import * as v from "valibot";
import type { Service } from "../../kube/core/services.ts";
import { HELD } from "../keys.ts";
import { formatRecord, isNewer, map, readRecord, timestamp } from "../text/stored-json.ts";

const record = v.object({
  /** The selector that its owner wrote. */
  selector: map(v.string()),
  /** When it was isolated (RFC 3339): one that no rollout follows is restored after a while. */
  since: timestamp,
});

/** The annotation `serin.dev/held` of an isolated Service. */
export type ServiceRecord = Readonly<v.InferOutput<typeof record>>;

/** The Service's record of what it was, if it is isolated; `undefined` where the text is not ours. */
export function serviceRecordOf({ metadata }: Service): ServiceRecord | undefined {
  return readRecord(metadata.annotations, HELD, record);
}

/** Whether a newer Serin wrote the record. */
export function isServiceRecordNewer({ metadata }: Service): boolean {
  return isNewer(metadata.annotations, HELD, record);
}

/** The annotation's value. */
export function formatServiceRecord(service: ServiceRecord): string {
  return formatRecord(service);
}

/** The selector that the Service's owner wrote. */
export function selectorOf(service: Service): Readonly<Record<string, string>> {
  return serviceRecordOf(service)?.selector ?? service.spec.selector ?? {};
}
