import type { HoldRecord } from "./hold-record.ts";

/** A row that is long enough to be told. */
const LONG = 3;

/** The clause about a long row of versions without a verdict; "" for a short one. A stable version may be old by then. */
export function describeRow({ row = 0 }: Pick<HoldRecord, "row">): string {
  if (row < LONG) return "";
  return `${row} versions in a row were superseded before a verdict, so none of them was promoted: release less often, or use shorter steps`;
}
