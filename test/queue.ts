/**
 * The queue of test files from which the clusters of `npm test` take their next one, as files of a folder that all their
 * processes see. So no cluster is idle while another one has files left, however long they take on this machine.
 */
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/**
 * The files that end their cluster come first: in the middle they would end one that others use. Then come those that take
 * longest: one of them at the end would keep a single cluster busy.
 */
export const FIRST = [
  "stories/chart-values",
  "stories/envoy-gateway",
  "stories/external-certificate",
  "stories/installed",
  "stories/judge/unscraped",
  "cluster/envoy-gateway",
  ...[
    "killed",
    "gateway-check",
    "judge/unanswered",
    "people/dashboard-page",
    "judge/quiet",
    "waits",
    "stable-broken",
    "ab-test",
    "undo",
    "verbs",
    "track",
    "judge/rolled-back",
    "unready",
    "hooks",
    "bad",
    "supersede",
    "kubectl-serin",
    "judge/outage",
    "grpc",
    "sticky",
    "tutorials",
    "judge/refused",
    "reapply",
    "shared-route",
    "ports",
    "again",
    "blue-green",
    "routes",
    "plugin-orders",
    "admission",
    "good",
    "testers",
    "people/dashboard",
    "migrate-flagger",
  ].map((name) => `stories/${name}`),
].map((name) => `test/${name}.test.ts`);

/** Fills the empty folder: those files first, then the others as they are given. */
export function fillQueue(folder: string, files: readonly string[]): void {
  const first = FIRST.filter((file) => files.includes(file));
  const others = files.filter((file) => !FIRST.includes(file));
  for (const [i, file] of [...first, ...others].entries())
    writeFileSync(join(folder, String(i).padStart(4, "0")), file);
}

/** Takes the next file, which no other process gets; `undefined` when none is left. */
export function takeNext(folder: string): string | undefined {
  for (const name of readdirSync(folder).toSorted()) {
    const path = join(folder, name);
    try {
      const file = readFileSync(path, "utf8");
      // It succeeds in one process only.
      rmSync(path);
      return file;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    }
  }
  return undefined;
}
