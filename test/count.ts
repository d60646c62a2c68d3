import { appendFileSync } from "node:fs";

/**
 * Counts a comparison after all stories as a test, in the file that the reporter option `counts` of `args` names. Without a
 * result it counts as pending.
 */
export function count(result: boolean | undefined, args: readonly string[]): void {
  const counts = args.map((arg) => /^counts=(.+)$/.exec(arg)?.[1]).find((found) => found !== undefined);
  const [passes, failures, pending] = result === undefined ? [0, 0, 1] : result ? [1, 0, 0] : [0, 1, 0];
  if (counts !== undefined) appendFileSync(counts, `${JSON.stringify({ passes, failures, pending })}\n`);
}
