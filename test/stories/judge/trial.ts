import { setTimeout as sleep } from "node:timers/promises";
import { type Finding, openScene, release, type Scene, type SceneOptions } from "./release.ts";

/** The same thing several times: each run is a shop of its own. */
export interface Trial extends SceneOptions {
  readonly name: string;
  /** What the figures are held against, for the table. */
  readonly goal: string;
  /** Images, released one after the other in each run, as long as they are promoted. */
  readonly canaries: readonly string[];
  readonly runs: number;
  /** How many runs go on at the same time. */
  readonly atOnce: number;
  /** The most that a release may take, from its first weight. */
  readonly forMs: number;
  /** What else happens, from when all the canaries that are released at the same time have a weight. */
  readonly meanwhile?: (scenes: readonly Scene[]) => Promise<void>;
}

/** How long the stable version runs alone: what is usual is known from then. */
const USUAL_MS = 30_000;

/** Runs a trial; one finding for each release. Throws when a release cannot be made. */
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
