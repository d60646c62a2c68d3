/**
 * `npm run bench:streams [-- --flights 1000 --readers 20]`: the dashboard with so many rollouts in flight, as many Deployments
 * at rest, three times as many without Serin, and so many open streams; a hundredth of the rollouts changes every second for
 * half a minute. The API server is the one in memory of the unit tests. Prints a Markdown table (docs/dashboard.md).
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as timer } from "node:timers/promises";
import { parseArgs } from "node:util";
import { deployments, replicaSets } from "../../kube/core/resources.ts";
import { RUN } from "../../rollout/keys.ts";
import { formatRun, lastRunOf } from "../../rollout/workload/run-record.ts";
import { FakeApi } from "../../test/support/api.ts";
import { aDeployment } from "../../test/support/builders.ts";
import { kubeconfigFor } from "../../test/support/kubeconfig.ts";
import { flightObjects, fly, land } from "../../test/unit/dashboard/flying.ts";
import { nodeOptionsOf } from "../node-options.ts";
import { streamsTableOf } from "./streams-table.ts";

const { values } = parseArgs({
  options: { flights: { type: "string", default: "1000" }, readers: { type: "string", default: "20" } },
});
const [flights, readers] = [Number(values.flights), Number(values.readers)];
const SECONDS = 30;
const PORT = 3199;
const URL = `http://127.0.0.1:${PORT}`;
const placeOf = (i: number) => ({ name: `web${i}`, namespace: `team-${i % 50}` });

const api = await FakeApi.start();
for (let i = 0; i < flights; i += 1) {
  fly(api, placeOf(i));
  land(api, { name: `old${i}`, namespace: `team-${i % 50}` });
  for (let k = 0; k < 3; k += 1)
    api.add(deployments, aDeployment({ meta: { ...placeOf(i), name: `plain${i}-${k}`, annotations: {} } }));
}
const folder = mkdtempSync(join(tmpdir(), "serin-streams-"));
const kubeconfig = join(folder, "kubeconfig");
writeFileSync(kubeconfig, kubeconfigFor(api));
const line = ["cli/main.ts", "dashboard", "-A", `--kubeconfig=${kubeconfig}`, `--port=${PORT}`];
const env = { ...process.env, NODE_OPTIONS: nodeOptionsOf("dashboard") };
const child = spawn(process.execPath, line, { env, stdio: ["ignore", "pipe", "inherit"] });
try {
  const begun = performance.now();
  await once(child.stdout, "data");
  while ((await fetch(`${URL}/readyz`)).status !== 200) await timer(50);
  const readyMs = performance.now() - begun;
  const atStart = { ...usageOf(child), requests: api.requests.length };
  let bytes = 0;
  const stop = new AbortController();
  const first = Array.from({ length: readers }, () => Promise.withResolvers<void>());
  const streams = first.map(async ({ resolve }) => {
    const { body } = await fetch(`${URL}/api/stream`, { signal: stop.signal });
    for await (const chunk of body ?? []) {
      bytes += chunk.length;
      if (chunk.length > 1_000) resolve();
    }
  });
  await Promise.all(first.map(({ promise }) => promise));
  await timer(2_000);
  const opened = { ...usageOf(child), bytes };
  for (let second = 0; second < SECONDS; second += 1) {
    for (let i = 0; i < flights / 100; i += 1) change((second * 37 + i * 101) % flights);
    await timer(1_000);
  }
  const after = { ...usageOf(child), bytes, requests: api.requests.length };
  stop.abort();
  await Promise.allSettled(streams);
  process.stdout.write(
    streamsTableOf({
      ...{ flights, readers, readyMs, readyCpuSeconds: atStart.cpuSeconds },
      memoryMiB: { start: atStart.rssMiB, opened: opened.rssMiB, after: after.rssMiB },
      firstKiB: opened.bytes / readers / 1024,
      newsKiB: (after.bytes - opened.bytes) / readers / SECONDS / 1024,
      cpuPercent: (100 * (after.cpuSeconds - opened.cpuSeconds)) / SECONDS,
      requests: { start: atStart.requests, streams: after.requests - atStart.requests },
    }),
  );
} finally {
  child.kill();
  await api.stop();
  rmSync(folder, { recursive: true });
}

/** Changes what the record of a rollout says. */
function change(i: number): void {
  const { replicaSets: sets } = flightObjects(placeOf(i));
  const { name, namespace } = sets[1]?.metadata ?? {};
  const run = sets[1] && lastRunOf(sets[1]);
  if (run === undefined) throw new Error(`no record of ${namespace}/${name}`);
  const annotations = { [RUN]: formatRun({ ...run, message: `changed at ${performance.now()}` }) };
  api.change(replicaSets, `${namespace}/${name}`, { metadata: { annotations } });
}

/** The memory and the processor time of a process, as Linux counts them. */
function usageOf({ pid }: ChildProcess): { readonly rssMiB: number; readonly cpuSeconds: number } {
  const rss = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
  // Hundredths of a second in user and in kernel mode.
  return { rssMiB: Number(rss) / 1024, cpuSeconds: (Number(fields[11]) + Number(fields[12])) / 100 };
}
