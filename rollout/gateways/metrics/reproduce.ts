import type { Backend } from "./backend.ts";
import type { Pack } from "./pack.ts";

/** PromQL that shows a person the counts of a verdict: the requests of some backends by status, over the last seconds. */
export function reproduce(pack: Pack, backends: readonly Backend[], seconds: number): string {
  return `sum by (${pack.codeLabels.join(", ")}) (${pack.requests(backends, `${seconds}s`)})`;
}
