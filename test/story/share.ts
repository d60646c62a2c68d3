import { expect } from "chai";
import type { Summary } from "../cluster/record.ts";

/** The version's share of the requests must lie within three standard deviations of what was granted. */
export function expectShare({ total, byVersion }: Summary, version: string, share: number, atLeast = 2_000): void {
  expect(total, "requests counted").to.be.at.least(atLeast);
  const sigma = Math.sqrt((share * (1 - share)) / total);
  const seen = (byVersion[version] ?? 0) / total;
  expect(seen, `share of ${version} in ${total} requests`).to.be.within(share - 3 * sigma, share + 3 * sigma);
}
