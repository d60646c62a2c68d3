import { expect } from "chai";
import type { Answers } from "../cluster/load.ts";
import type { Summary } from "../cluster/record.ts";

/**
 * Standard deviations that a share may differ by chance. One run tests random gateways some fifty times. Within three
 * deviations, one run in eight would fail without a defect; within four, one in three hundred.
 */
export const SIGMAS = 4;

/**
 * Expects the granted share of the requests for the version, within the limits of chance. Fewer than 1,000 requests say too
 * little: they know a share of 10 % to 4 points.
 */
export function expectShare(
  { total, byVersion }: Summary,
  version: string,
  share: number,
  atLeast = 1_000,
): void {
  expect(total, "requests counted").to.be.at.least(atLeast);
  const sigma = Math.sqrt((share * (1 - share)) / total);
  const seen = (byVersion[version] ?? 0) / total;
  expect(seen, `share of ${version} in ${total} requests`).to.be.within(
    share - SIGMAS * sigma,
    share + SIGMAS * sigma,
  );
}

/** Expects that no request failed; the message lists when, how and where requests failed. */
export async function expectNoFailures(load: Answers, from?: number): Promise<void> {
  await load.stop();
  const failed = [...load.rows(from)].filter((row) => row.status !== 200);
  const reported = failed
    .slice(0, 5)
    .map(({ at, status, pod }) => `${new Date(at).toISOString().slice(11, 23)} ${status} ${pod}`);
  expect(failed.length, `failed requests: ${reported.join(", ")} …`).to.equal(0);
}
