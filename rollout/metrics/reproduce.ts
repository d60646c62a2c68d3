import type { Backend } from "./backend.ts";
import type { Pack } from "./pack.ts";

/** PromQL by which a person sees what a verdict counted: the requests of one backend by status, over the last seconds. */
export function reproduce(pack: Pack, backend: Backend, seconds: number): string {
  return `sum by (${pack.codeLabels.join(", ")}) (${pack.requests([backend], `${seconds}s`)})`;
}
