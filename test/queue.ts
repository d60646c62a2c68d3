/**
 * The queue of test files from which the clusters of `npm test` take their next one, as files of a folder that all their
 * processes see. So no cluster is idle while another one has files left, however long they take on this machine.
 */
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** The files that take longest: one of them at the end would keep a single cluster busy. */
const FIRST = [
  "envoy-gateway",
  "track",
  "judge/rolled-back",
  "ab-test",
  "verbs",
  "supersede",
  "grpc",
  "judge/quiet",
  "bad",
  "judge/outage",
  "reapply",
  "undo",
  "sticky",
  "shared-route",
  "killed",
  "routes",
  "hooks",
  "installed",
  "judge/refused",
  "migrate-flagger",
].map((name) => `test/stories/${name}.test.ts`);

/** Fills the empty folder: the longest files first, then the others as they are given. */
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
