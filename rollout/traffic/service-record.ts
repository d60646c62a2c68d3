import type { Service } from "../../kube/core/services.ts";
import { HELD } from "../keys.ts";
import { isRecord } from "../text/parse.ts";
import { isInstant, readRecord } from "../text/stored-json.ts";

/** The annotation `serin.dev/held` of a narrowed Service. */
export interface ServiceRecord {
  /** The selector that its owner wrote. */
  readonly selector: Readonly<Record<string, string>>;
  /** When it was narrowed (RFC 3339): one that no rollout follows is given back after a while. */
  readonly since: string;
}

/** The Service's record of what it was, if it is narrowed; none where somebody has written something else there. */
export function serviceRecordOf(service: Service): ServiceRecord | undefined {
  return readRecord(service.metadata.annotations?.[HELD], isHeldService);
}

function isHeldService(value: unknown): value is ServiceRecord {
  if (!isRecord(value) || !isRecord(value.selector)) return false;
  return Object.values(value.selector).every((label) => typeof label === "string") && isInstant(value.since);
}

/** The selector that the Service's owner wrote. */
export function selectorOf(service: Service): Readonly<Record<string, string>> {
  return serviceRecordOf(service)?.selector ?? service.spec.selector ?? {};
}
