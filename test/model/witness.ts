import type { Deployment, ReplicaSet } from "../../kube/core/workloads.ts";
import type { HoldRecord } from "../../rollout/workload/hold-record.ts";
import { isOwned } from "../../rollout/workload/owned.ts";
import type { Outcome, RunRecord } from "../../rollout/workload/run-record.ts";
import { isStableDown } from "../../rollout/workload/stable-down.ts";
import { stepInForce } from "../../rollout/workload/step-in-force.ts";
import { hashOf } from "../../rollout/workload/template.ts";
import { imageOf } from "./cluster.ts";
import type { Metrics } from "./evidence.ts";
import { Readiness } from "./readiness.ts";
import { heldIn, planIn, runIn } from "./records.ts";
import type { Spoiler } from "./spoilers.ts";
import { StableVersions } from "./stable-versions.ts";
import { strangersIn } from "./strangers.ts";
import type { World } from "./world.ts";

const after: Readonly<Record<Outcome, readonly Outcome[]>> = {
  running: ["running", "proven", "failed", "undone", "superseded"],
  proven: ["proven", "promoted", "superseded", "undone"],
  promoted: ["promoted"],
  failed: ["failed"],
  undone: ["undone"],
  superseded: ["superseded"],
};

/** The longest time that the stable version may have fewer pods than the user wants, in ms. */
const SHORT_MS = 20_000;

/** The world as a witness needs it, with its metrics and what from outside disturbs it. */
type WitnessedWorld = Pick<World, "find" | "list" | "now" | "clock" | "begunNatively"> & {
  readonly metrics: Metrics;
  readonly isDisturbed: boolean;
  readonly refusesScales: boolean;
  /** A policy that spoils what Serin writes to Deployments, which the API server refuses then. */
  readonly spoiler: Spoiler | undefined;
};

/** Follows every rollout by its records, and throws if one takes a forbidden turn. */
export class Witness {
  readonly #world: WitnessedWorld;
  /** The last run record by ReplicaSet and rollout. */
  readonly #runs = new Map<string, RunRecord>();
  readonly #known = new WeakSet<object>();
  /** The stable version's pods by the Deployment's UID and the rollout. */
  readonly #sizes = new Map<string, number>();
  /** Since when (ms) it has had fewer than the user wants, by the same. */
  readonly #shortSince = new Map<string, number>();
  readonly #readiness = new Readiness();
  /** The last order by the Deployment's UID and the rollout: a stale controller may still act on an earlier rollout. */
  readonly #asked = new Map<string, HoldRecord["asked"]>();
  /** The defaults with which a rollout began, by the same. */
  readonly #defaults = new Map<string, string>();
  readonly #stable = new StableVersions();
  /** The UIDs of the Deployments that were in flight. */
  readonly #inFlight = new Set<string | undefined>();
  /** The step (from 1) that the last `serin.dev/advance` of a rollout names. */
  readonly #advanced = new Map<string, number>();
  /** Whether another controller is writing, one that knows an older Deployment. */
  isStale = false;

  constructor(world: WitnessedWorld) {
    this.#world = world;
  }

  /** Checks the stored objects. */
  look(): void {
    const deployments = new Map(
      this.#world.list("deployments").map((deployment) => [deployment.metadata.uid, deployment]),
    );
    for (const [uid, deployment] of deployments) {
      const held = heldIn(deployment);
      const own = this.#world.list("replicasets").filter((set) => isOwned(set, deployment));
      this.#stable.look(deployment, held, own, this.#world.begunNatively);
      const isBegun = held !== undefined && !this.#inFlight.has(uid);
      if (held === undefined) this.#inFlight.delete(uid);
      else this.#inFlight.add(uid);
      if (held === undefined) continue;
      const key = `${uid}/${held.started}`;
      // They would get no request through it any more.
      const [other] = deployment.metadata.name === "web" ? strangersIn(this.#world) : [];
      if (isBegun && other)
        throw new Error(`${key} begins while ${other.name} serves behind ${other.service}`);
      this.#asked.set(key, held.asked);
      if (held.advance !== undefined) this.#advanced.set(key, held.advance);
      const defaults = JSON.stringify(held.defaults ?? []);
      const began = this.#defaults.get(key) ?? defaults;
      this.#defaults.set(key, began);
      if (began !== defaults)
        throw new Error(`${key}: began with the defaults ${began}, then has ${defaults}`);
    }
    const names = new Set(this.#world.list("replicasets").map(({ metadata }) => `${metadata.name}/`));
    for (const key of this.#runs.keys())
      if (!names.has(key.slice(0, key.indexOf("/") + 1))) this.#runs.delete(key);
    this.#readiness.look(this.#world.list("replicasets"), this.#world.now);
    for (const set of this.#world.list("replicasets")) {
      const annotations = set.metadata.annotations ?? {};
      if (this.#known.has(annotations)) continue;
      this.#known.add(annotations);
      const run = runIn(set);
      // Also one that has just lost its owner: native control adopts it again, and Serin writes its record meanwhile.
      const deployment = [...deployments.values()].find((one) => isOwned(set, one));
      if (run !== undefined && deployment !== undefined) this.#compare(set, run, deployment);
    }
    for (const deployment of deployments.values()) this.#count(deployment);
  }

  #compare(set: ReplicaSet, run: RunRecord, deployment: Deployment): void {
    // Also of a ReplicaSet that another Deployment has adopted since.
    const key = `${set.metadata.name}/${run.started}`;
    const was = this.#runs.get(key);
    this.#runs.set(key, run);
    if (was === undefined) {
      if (run.step > 0 || run.outcome !== "running")
        throw new Error(`${key} begins at step ${run.step}, ${run.outcome}`);
      return;
    }
    if (was.outcome !== run.outcome) this.#readiness.check(set, run, this.#world.clock.now);
    // An abort is obeyed until native control promotes.
    const isAborted =
      run.outcome === "failed" && this.#asked.get(`${deployment.metadata.uid}/${run.started}`) === "abort";
    if (!after[was.outcome].includes(run.outcome) && !(was.outcome === "proven" && isAborted))
      throw new Error(`${key}: ${was.outcome}, then ${run.outcome}`);
    // Only a changed plan puts an earlier step in force, and that step begins anew.
    // The step before may have begun in the same instant, in which the plan was changed.
    const isAnew = run.stepSince !== was.stepSince || Date.parse(run.stepSince) === this.#world.clock.now;
    const isPut = run.step === stepInForce(was, planIn(deployment).steps) && isAnew;
    if (run.step < was.step && !isPut && !this.isStale)
      throw new Error(`${key}: from step ${was.step} back to ${run.step}`);
    const isProven = run.outcome === "proven" && was.outcome === "running";
    if (run.step > was.step || isProven) this.#grant(key, set, was, run, deployment);
  }

  /** Throws if a further step, or the promotion, comes without a reason. */
  #grant(key: string, set: ReplicaSet, was: RunRecord, run: RunRecord, deployment: Deployment): void {
    if (this.#asked.get(`${deployment.metadata.uid}/${run.started}`) === "promote") return;
    if (run.step > was.step + 1) throw new Error(`${key}: from step ${was.step} to ${run.step}`);
    const { steps } = planIn(deployment);
    const step = steps[was.step];
    // A plan that has become shorter has no step after this one, so that the order means nothing any more.
    const isAdvanced =
      this.#advanced.get(`${deployment.metadata.uid}/${run.started}`) === was.step + 1 &&
      steps.length > was.step + 1;
    if (isAdvanced && run.outcome === "proven") throw new Error(`${key}: an order to advance promotes`);
    if (step !== undefined && step.kind !== "pause" && !this.isStale && !isAdvanced) {
      const lasted = this.#world.clock.now - Date.parse(was.stepSince);
      if (lasted < step.leastMs) throw new Error(`${key}: step ${was.step} lasted ${lasted} ms`);
    }
    if (deployment.spec.paused && !this.isStale) throw new Error(`${key}: continues while paused`);
    const stable = this.#world
      .list("replicasets")
      .find((one) => hashOf(one) === run.stable && isOwned(one, deployment));
    if (isStableDown(stable) && step?.kind !== "pause" && !this.isStale && !isAdvanced)
      throw new Error(`${key}: continues while no stable pod is ready`);
    if (run.outcome !== "proven") return;
    if (imageOf(set).includes("bad") || (this.#world.metrics === "none" && step?.kind !== "pause"))
      throw new Error(`${key}: proven without evidence`);
  }

  /** Throws if the stable version loses pods although the user does not ask for fewer, or stays short of them. */
  #count(deployment: Deployment): void {
    const held = heldIn(deployment);
    const { uid = "" } = deployment.metadata;
    const isHeld = held?.phase === "canary" || held?.phase === "failed";
    // While a version supersedes, the one before the newest proven version is proven as well, and both serve.
    if (held === undefined || !isHeld || held.latched) return;
    const own = this.#world.list("replicasets").filter((set) => isOwned(set, deployment));
    const found = own.find((set) => hashOf(set) === held.stable);
    const stable = found?.spec.replicas ?? 0;
    const key = `${uid}/${held.started}`;
    const before = this.#sizes.get(key) ?? stable;
    this.#sizes.set(key, stable);
    const wanted = deployment.spec.replicas ?? 1;
    const { now } = this.#world;
    const { isDisturbed, refusesScales, spoiler } = this.#world;
    const isExcused = isDisturbed || refusesScales || spoiler !== undefined;
    // A stable version that is gone has no size: all pods serve then.
    const isShort = found !== undefined && stable < wanted && !held.lost && !isExcused;
    const since = isShort ? Math.min(this.#shortSince.get(key) ?? now, now) : Number.POSITIVE_INFINITY;
    this.#shortSince.set(key, since);
    if (isShort && (stable < before || now - since > SHORT_MS))
      throw new Error(`${deployment.metadata.name}: ${before} stable pods of ${wanted}, then ${stable}`);
  }
}
