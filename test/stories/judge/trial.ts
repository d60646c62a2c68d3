import { setTimeout as sleep } from "node:timers/promises";
import { type Finding, openScene, release, type Scene, type SceneOptions } from "./release.ts";

/** The same rollout several times: each run has its own shop. */
export interface Trial extends SceneOptions {
  readonly name: string;
  /** The goal for the figures, for the table. */
  readonly goal: string;
  /** Images that each run releases one after the other, until one is not promoted. */
  readonly canaries: readonly string[];
  readonly runs: number;
  /** How many runs play at the same time. */
  readonly atOnce: number;
  /** The most that a release may take, from its first weight. */
  readonly forMs: number;
  /** What else happens, from when all the canaries that are released at the same time have a weight. */
  readonly meanwhile?: (scenes: readonly Scene[]) => Promise<void>;
}

/** How long the stable version runs alone, so that the judge knows the usual rates. */
const USUAL_MS = 30_000;

/** Runs a trial; one finding for each release. Throws if a release cannot start. */
export async function findingsOf(trial: Trial, log: (text: string) => void): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  for (let done = 0; done < trial.runs; done += trial.atOnce) {
    const scenes: Scene[] = [];
    try {
      for (let run = done; run < Math.min(trial.runs, done + trial.atOnce); run++) {
        scenes.push(await openScene("trial", trial));
      }
      await sleep(USUAL_MS);
      const [released] = await Promise.all([
        Promise.all(scenes.map((scene) => releases(scene, trial, log))),
        trial.meanwhile && allWeighed(scenes).then(() => trial.meanwhile?.(scenes)),
      ]);
      findings.push(...released.flat());
    } finally {
      await Promise.all(scenes.map(({ shop }) => shop.close()));
    }
  }
  return findings;
}

/** Takes Prometheus away for 15 s, which is two ticks, when there are some answers to judge by. */
export async function withoutPrometheus([scene]: readonly Scene[]): Promise<void> {
  const prometheus = scene?.shop.cluster.prometheus;
  await sleep(3_000);
  await prometheus?.stop();
  await sleep(15_000);
  await prometheus?.start();
}

async function releases(scene: Scene, { canaries, forMs, name }: Trial, log: (text: string) => void) {
  const findings: Finding[] = [];
  for (const image of canaries) {
    const found = await release(scene, image, forMs);
    findings.push(found);
    log(`${name}: ${image} ${JSON.stringify(found)}`);
    if (found.outcome !== "promoted") break;
    await scene.shop.atRest();
  }
  return findings;
}

function allWeighed(scenes: readonly Scene[]): Promise<unknown> {
  return Promise.all(scenes.map(({ shop }) => shop.until("a weight", () => (shop.weight() ?? 0) > 0)));
}
