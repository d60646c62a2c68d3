import { setTimeout as sleep } from "node:timers/promises";
import { conditionOf } from "../../../kube/core/meta.ts";
import { sequence } from "../../cluster/sequence.ts";
import type { Change } from "../../stories/ledger.ts";
import type { Shop } from "../../stories/shop.ts";

/** The weights of each rollout's plan, and the minimum duration of each, in ms. */
export const PLAN = { weights: [25, 50], leastMs: 4_000 } as const;
/** The percentage of bad versions. Half of a bad version's answers are errors. */
const BAD_PERCENT = 30;
const VERDICT_MS = 240_000;

/** One rollout of a series. */
export interface Release {
  /** The tag of the image. */
  readonly tag: string;
  readonly isBad: boolean;
  /** The time from the update to the end, in ms. */
  readonly tookMs: number;
  /** The deviations from the expected rollout; none if it was right. */
  readonly complaints: readonly string[];
}

/** The versions of a series, the same for the same seed. The last one is good. */
export function releasesOf(seed: string, count: number): readonly { tag: string; isBad: boolean }[] {
  const random = sequence(seed);
  return Array.from({ length: count }, (_, i) => {
    const isBad = random() * 100 < BAD_PERCENT && i < count - 1;
    return { tag: `v${i + 2}${isBad ? "-err50" : ""}`, isBad };
  });
}

/** Rolls out one version after the other and returns the result of each. */
export async function rollOutSeries(
  shop: Shop,
  name: string,
  releases: ReturnType<typeof releasesOf>,
  onEnd: () => void,
): Promise<readonly Release[]> {
  const done: Release[] = [];
  for (const { tag, isBad } of releases) {
    const started = Date.now();
    await shop.run("set", "image", `deployment/${name}`, `app=app:${tag}`);
    const verdict = await verdictOn(shop, name, tag, isBad);
    // The last writes of a rollout follow its record.
    await sleep(500);
    const complaints = [verdict, ...complaintsOf(shop.changes.filter(isOf(name)), name, isBad)];
    done.push({ tag, isBad, tookMs: Date.now() - started, complaints: complaints.filter((it) => it !== "") });
    // The changes are no longer needed and would fill the memory.
    forget(shop.changes, isOf(name));
    onEnd();
  }
  return done;
}

/** Waits until the rollout has ended; returns "" if it ended as expected, else the deviation. */
async function verdictOn(shop: Shop, name: string, tag: string, isBad: boolean): Promise<string> {
  const outcome = () => shop.record(tag, name)?.outcome ?? "";
  try {
    await shop.until(
      `${name} ${tag} judged`,
      () => ["proven", "promoted", "failed"].includes(outcome()),
      VERDICT_MS,
    );
    if (isBad !== (outcome() === "failed")) return `${outcome()}: ${shop.record(tag, name)?.message}`;
    if (isBad) await shop.until(`${name} ${tag} at rest`, () => shop.held(name)?.phase === "failed");
    else {
      await shop.atRest(name);
      await shop.until(`${name} ${tag} promoted`, () => outcome() === "promoted");
    }
    await shop.until(`${name}'s canary Service gone`, () => !shop.stock.services.has(`${name}-canary`));
    return "";
  } catch (error) {
    const { reason, message } = shop.condition("Canary", name) ?? {};
    return `${(error as Error).message.replace(/;.*/s, "")}; Canary is ${reason}: ${message}`;
  }
}

function complaintsOf(changes: readonly Change[], name: string, isBad: boolean): string[] {
  const complaints: string[] = [];
  const granted = weightsOf(changes, name);
  const weights = granted.map(({ weight }) => weight).filter((weight) => weight > 0);
  const wanted = isBad ? PLAN.weights.slice(0, weights.length) : PLAN.weights;
  if (String(weights) !== String(wanted) || weights.length === 0) complaints.push(`weights ${weights}`);
  for (const [i, { weight, at }] of granted.entries()) {
    const lasted = (granted[i + 1]?.at ?? Number.POSITIVE_INFINITY) - at;
    if (!isBad && weight > 0 && lasted < PLAN.leastMs)
      complaints.push(`${weight}% for ${Math.round(lasted)} ms`);
  }
  if (!isBad && hasExpired(changes)) complaints.push("Progressing was False");
  return complaints;
}

/**
 * The weights that the route gave to the canary, each with its start; the last one is 0. The instants are from Serin's own
 * clock, because a busy machine delays this process.
 */
function weightsOf(changes: readonly Change[], name: string): { weight: number; at: number }[] {
  const granted: { weight: number; at: number }[] = [];
  for (const { kind, object, at: heard } of changes) {
    if (kind !== "httproutes" || object.metadata.name !== name) continue;
    const held = JSON.parse(object.metadata.annotations?.["serin.dev/held"] ?? "{}");
    const [share] = Object.values<{ weight: number; since: string }>(held.flights ?? {});
    const { weight = 0 } = share ?? {};
    const at = share === undefined ? heard : Date.parse(share.since);
    if (weight !== (granted.at(-1)?.weight ?? 0)) granted.push({ weight, at });
  }
  return granted;
}

/** Whether the Deployment was reported as not progressing during the rollout. */
function hasExpired(changes: readonly Change[]): boolean {
  const failed = changes
    .filter(({ kind, object }) => kind === "deployments" && phaseOf(object) === "canary")
    .map(({ object }) => conditionOf(object.status?.conditions, "Progressing")?.status === "False");
  // At first the status is still that of an earlier, failed version.
  const begun = failed.indexOf(false);
  return begun >= 0 && failed.includes(true, begun);
}

function phaseOf({ metadata }: Change["object"]): string | undefined {
  const held = metadata.annotations?.["serin.dev/held"];
  return held === undefined ? undefined : JSON.parse(held).phase;
}

function isOf(name: string): (change: Change) => boolean {
  return ({ object: { metadata } }) => metadata.name === name || metadata.name.startsWith(`${name}-`);
}

function forget(changes: Change[], is: (change: Change) => boolean): void {
  const kept = changes.filter((change) => !is(change));
  changes.length = 0;
  for (const change of kept) changes.push(change);
}
