import { spawn } from "node:child_process";
import { once } from "node:events";
import type { Shop } from "../../stories/shop.ts";

/** What a switch-over said, and the steps at which it was killed. */
export interface Interrupted {
  readonly killed: readonly string[];
  readonly said: string;
}

const STEP = /^(?:undone: )?step \d+ of \d+: (\S+)$/gm;

/**
 * Runs `kubectl serin migrate … --execute` again and again, and kills it without notice the first time that it says a step:
 * before, during or after the step's writes. Resolves when a run ends by itself; throws if that run fails.
 */
export async function interrupted(shop: Shop, ...args: readonly string[]): Promise<Interrupted> {
  const killed = new Set<string>();
  for (;;) {
    const { code, said } = await run(shop, args, (step) => {
      if (killed.has(step)) return false;
      killed.add(step);
      return true;
    });
    if (code === 0) return { killed: [...killed], said };
    if (code !== undefined) throw new Error(`migrate ${args.join(" ")}: exit ${code}: ${said}`);
  }
}

/** One run. `kills` decides at each step that it says. The code is `undefined` if it was killed. */
async function run(
  { namespace, cluster }: Shop,
  args: readonly string[],
  kills: (step: string) => boolean,
): Promise<{ readonly code: number | undefined; readonly said: string }> {
  const line = ["cli/main.ts", "migrate", "-n", namespace, ...args, "--execute"];
  const env = { PATH: "/usr/bin:/bin", KUBECONFIG: cluster.kubeconfig, LANG: "C.UTF-8" };
  const child = spawn(process.execPath, line, { env });
  let said = "";
  let steps = 0;
  child.stderr.on("data", (data) => {
    said += String(data);
  });
  child.stdout.on("data", (data) => {
    said += String(data);
    const all = [...said.matchAll(STEP)].map(([, step = ""]) => step);
    for (const step of all.slice(steps)) if (kills(step)) child.kill("SIGKILL");
    steps = all.length;
  });
  const [code] = await once(child, "close");
  return { code: code ?? undefined, said };
}
