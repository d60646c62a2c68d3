import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { request } from "undici";
import { findTools } from "../cluster/tools.ts";

/** A counter that grows by the same amount every 15 s. */
export interface Counter {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly growth: number;
}

/** A Prometheus with ten minutes of counters, which scrapes nothing. */
export interface RealPrometheus {
  readonly url: string;
  stop(): Promise<void>;
}

/** Starts a Prometheus with the counters' ten minutes before `at` (ms); throws if it does not start in time. */
export async function startPrometheus(counters: readonly Counter[], at: number): Promise<RealPrometheus> {
  const { program } = findTools();
  const folder = mkdtempSync(join(tmpdir(), "serin-prometheus-"));
  const [input, data, config] = ["input.om", "data", "prometheus.yml"].map((name) => join(folder, name));
  writeFileSync(String(input), openMetrics(counters, at));
  writeFileSync(String(config), "{}\n");
  const blocks = ["tsdb", "create-blocks-from", "openmetrics", String(input), String(data)];
  execFileSync(program("promtool"), blocks, { stdio: "ignore" });
  const address = `127.0.0.1:${await freePort()}`;
  const options = [
    `--config.file=${config}`,
    `--storage.tsdb.path=${data}`,
    "--storage.tsdb.retention.time=100y",
  ];
  const child = spawn(program("prometheus"), [...options, `--web.listen-address=${address}`], {
    stdio: "ignore",
  });
  await ready(`http://${address}`, child);
  return {
    url: `http://${address}`,
    async stop() {
      child.kill();
      await once(child, "exit");
      rmSync(folder, { recursive: true });
    },
  };
}

function openMetrics(counters: readonly Counter[], at: number): string {
  const lines = Map.groupBy(counters, ({ name }) => name)
    .entries()
    .flatMap(([name, same]) => [
      `# TYPE ${name} unknown`,
      ...same.flatMap((counter) => samples(counter, at)),
    ]);
  return `${[...lines, "# EOF"].join("\n")}\n`;
}

function samples({ name, labels, growth }: Counter, at: number): readonly string[] {
  const pairs = Object.entries(labels).map(([label, value]) => `${label}="${value}"`);
  return Array.from({ length: 41 }, (_, i) => {
    return `${name}{${pairs.join(",")}} ${1_000 + i * growth} ${at / 1000 - (40 - i) * 15}`;
  });
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, "close");
  return port;
}

async function ready(url: string, child: ChildProcess): Promise<void> {
  for (let tries = 0; tries < 150 && child.exitCode === null; tries++) {
    const status = await request(`${url}/-/ready`).then(
      async ({ statusCode, body }) => {
        await body.dump();
        return statusCode;
      },
      () => 0,
    );
    if (status === 200) return;
    await sleep(100);
  }
  child.kill();
  throw new Error("Prometheus did not start in time");
}
