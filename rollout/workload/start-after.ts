import { CLOCK_SKEW_MS, instant } from "../text/instant.ts";
import type { HoldRecord } from "./hold-record.ts";

/**
 * The start (RFC 3339) of a rollout that begins now: later than that of the rollout before it. It names the rollout, and two
 * webhooks' clocks differ: with the same name, an order would act on the version before, and with an earlier one, a retry
 * would look like a copy of an old record. A start that is further ahead than clocks differ is not kept up with.
 */
export function startAfter(before: Pick<HoldRecord, "started"> | undefined, now: string): string {
  const ahead =
    before === undefined ? Number.NEGATIVE_INFINITY : Date.parse(before.started) - Date.parse(now);
  return ahead < 0 || ahead > CLOCK_SKEW_MS ? now : instant(Date.parse(now) + ahead + 1);
}
