import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { Pool } from "undici";
import { issueAuthority, issueLeaf } from "../certs/issue.ts";
import type { Cluster } from "../test/cluster/cluster.ts";
import { createSandbox } from "../test/cluster/kubelet/sandbox.ts";
import type { Body } from "./recorder.ts";
import { quantile } from "./statistics.ts";

/** One kind of request, by the AdmissionReview that the API server sends for it, and how often to send it. */
export interface Question {
  readonly body: Body;
  readonly calls: number;
}

/** Latencies in ms. */
interface Latency {
  readonly p50: number;
  readonly p99: number;
}

/** Serin's webhook and the bare handler, which get the same requests in turns. */
export interface Compared {
  readonly serin: Latency;
  readonly bare: Latency;
}

const WARM_UP = 500;
const PORT = 8443;
// Serin's own pods count from 1.
const BARE_POD = 60_001;
const LIFE_MS = 3_600_000;

/**
 * Calls Serin's webhook at its pod's address and its path, and a bare node:https handler in a network namespace like a pod's that
 * sends the same bytes as Serin: one connection each, one call at a time, in turns. Throws if Serin does not answer
 * 200.
 */
export async function compareAdmission<K extends string>(
  { dir, now }: { readonly dir: Cluster["dir"]; readonly now: number },
  webhook: { readonly address: string; readonly path: string },
  questions: Readonly<Record<K, Question>>,
): Promise<Record<K, Compared>> {
  const serin = client(webhook.address);
  const entries = Object.entries<Question>(questions);
  const answers: Record<string, string> = {};
  for (const [name, { body }] of entries) answers[`/${name}`] = await ask(serin, webhook.path, body);
  const bare = await startBare(dir, answers, now);
  const results: [string, Compared][] = [];
  for (const [name, question] of entries) {
    results.push([name, await inTurns(question, [serin, webhook.path], [bare.pool, `/${name}`])]);
  }
  await serin.close();
  await bare.stop();
  return Object.fromEntries(results) as Record<K, Compared>;
}

async function inTurns({ body, calls }: Question, a: [Pool, string], b: [Pool, string]): Promise<Compared> {
  const times = { serin: [] as number[], bare: [] as number[] };
  const timed = async ([pool, path]: [Pool, string]) => {
    const from = performance.now();
    await ask(pool, path, body);
    return performance.now() - from;
  };
  for (let call = -Math.min(WARM_UP, calls); call < calls; call++) {
    const [serin, bare] = [await timed(a), await timed(b)];
    if (call < 0) continue;
    times.serin.push(serin);
    times.bare.push(bare);
  }
  const latency = (ms: readonly number[]) => ({ p50: quantile(ms, 0.5), p99: quantile(ms, 0.99) });
  return { serin: latency(times.serin), bare: latency(times.bare) };
}

async function startBare(dir: string, answers: Record<string, string>, now: number) {
  const sandbox = await createSandbox(BARE_POD);
  const authority = await issueAuthority({ now, lifeMs: LIFE_MS });
  const pair = await issueLeaf(authority, [sandbox.address], { now, lifeMs: LIFE_MS });
  const file = join(dir, "bare.json");
  writeFileSync(file, JSON.stringify({ host: sandbox.address, port: PORT, ...pair, answers }));
  const script = join(import.meta.dirname, "bare.ts");
  const child = spawn("nsenter", [...sandbox.enter, "--", process.execPath, script, file], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  await once(child.stdout, "data");
  const pool = client(sandbox.address);
  const stop = async () => {
    await pool.close();
    child.kill();
    await once(child, "exit");
    sandbox.destroy();
  };
  return { pool, stop };
}

function client(address: string): Pool {
  // The API server checks certificates; this test measures only the time.
  return new Pool(`https://${address}:${PORT}`, { connections: 1, connect: { rejectUnauthorized: false } });
}

async function ask(pool: Pool, path: string, body: Body): Promise<string> {
  const headers = { "content-type": "application/json" };
  const { statusCode, body: answer } = await pool.request({ method: "POST", path, headers, body });
  const text = await answer.text();
  if (statusCode !== 200) throw new Error(`${path}: ${statusCode} ${text}`);
  return text;
}
