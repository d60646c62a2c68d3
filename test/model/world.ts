import type { ReferenceGrant } from "../../kube/core/routes.ts";
import type { Service } from "../../kube/core/services.ts";
import type { Deployment } from "../../kube/core/workloads.ts";
import { goesOutAfter, type Write } from "../../kube/core/writes.ts";
import { admitUpdate } from "../../rollout/admission/admit.ts";
import { needsDefaultSources } from "../../rollout/admission/needs-layers.ts";
import type { HookAnswer, HookCall } from "../../rollout/hooks/call.ts";
import type { Findings } from "../../rollout/judge/evidence.ts";
import { FLIGHT } from "../../rollout/keys.ts";
import { decide } from "../../rollout/stages/decide.ts";
import type { Decision } from "../../rollout/stages/decision.ts";
import { retell } from "../../rollout/stages/retell.ts";
import type { Snapshot } from "../../rollout/stages/snapshot.ts";
import { snapshotOf } from "../../rollout/stages/snapshot-of.ts";
import { instant } from "../../rollout/text/instant.ts";
import type { Exposure } from "../../rollout/traffic/exposure.ts";
import { shareOf } from "../../rollout/traffic/route-record.ts";
import { holdRecordOf } from "../../rollout/workload/hold-record.ts";
import { evidenceOf, type Traffic } from "../support/metrics.ts";
import { Cluster } from "./cluster.ts";
import { ControllerClock } from "./controller-clock.ts";
import { Drained } from "./drained.ts";
import { performEffect } from "./effects.ts";
import { EndNotices } from "./end-notices.ts";
import { Meddler } from "./meddler.ts";
import { Conflict, Killed, Refused } from "./objects.ts";
import { planIn } from "./records.ts";
import { strangersIn } from "./strangers.ts";
import { Sweeps } from "./sweeps.ts";
import { type Hear, tellAnswer, tellWrite } from "./told.ts";
import { readsFor } from "./webhook-reads.ts";

/** The namespace of every Deployment. */
const NAMESPACE = "shop";
const RESYNC_MS = 5 * 60_000;

/** Of what the controller tells again, only the run record is read by a later decision. */
const isRecord = (write: Write) => write.verb === "merge" && write.kind === "replicasets";

/** A cluster with Serin's admission and controller in it. */
export class World extends Cluster {
  /** What the controller did, in words: weights, events. */
  readonly story: string[] = [];
  /** After how many writes the controller is killed, once. */
  killAfter = Number.POSITIVE_INFINITY;
  writes = 0;
  /** How often the controller was killed. */
  kills = 0;
  /** What a hook answers; it is known when the controller looks the next time. */
  answer: (call: HookCall) => HookAnswer | undefined = () => undefined;
  readonly #answers = new Map<string, Map<string, HookAnswer>>();
  readonly #notices = new EndNotices();
  readonly #sweeps = new Sweeps(NAMESPACE);
  /** What the controller decided last. */
  decided: Decision | undefined;
  traffic: Traffic = { canary: 300, stable: 700 };
  /** How far (ms) the webhook's clock is ahead of all others. */
  aheadMs = 0;
  readonly clock = new ControllerClock(this);
  /** The annotations of the namespace: defaults for what a Deployment does not set. */
  defaults: Readonly<Record<string, string>> = {};
  /** What routes of other namespaces may name. */
  grants: readonly ReferenceGrant[] = [];
  /** A later admission refuses what Serin has admitted, once. */
  refuse = false;
  /** Which of Serin's writes the API server refuses. */
  refuses: (write: Write) => boolean = () => false;
  /** Changes objects that Serin is about to write. */
  readonly meddler = new Meddler();
  /** What another admission makes of a Deployment that a user writes. */
  mutate: (deployment: Deployment) => Deployment = (deployment) => deployment;
  /** What the metrics say, instead of counts of requests. */
  says: ((snapshot: Snapshot) => Findings) | undefined;
  /** The earlier grants by name of a ReplicaSet, until a lowered grant is in force. */
  readonly before = new Map<string, readonly Exposure[]>();
  /** The failed rollouts without a grant; ModelWorld notes them. */
  readonly drained = new Drained(10_000);
  /** Whether a Service selects all pods because its owner has just made it, or its first route: no admission can be asked. */
  isOpen: (service: Service) => boolean = () => false;
  /** Name → what was all done at which version of the cluster, and until when (ms) that holds. */
  readonly #rest = new Map<string, { readonly version: number; readonly until: number }>();

  /** Called with every sentence that users would see. */
  hear: Hear = () => {};

  /** A person updates a Deployment; returns why not, if it is refused. */
  request(name: string, change: (deployment: Deployment) => Deployment): string | undefined {
    for (let attempt = 0; ; attempt += 1) {
      const answer = this.#admit(name, change, attempt);
      if (answer !== "again") return answer;
    }
  }

  /** The API server asks again when the object has changed while admission waited for the gateway. */
  #admit(name: string, change: (deployment: Deployment) => Deployment, attempt: number): string | undefined {
    const old = this.get("deployments", name);
    const requested = this.mutate(change(structuredClone(old)));
    const now = instant(this.now + this.aheadMs);
    const namespace = { name: NAMESPACE, annotations: this.defaults };
    const places = needsDefaultSources(requested, old) ? { namespace } : undefined;
    const { changed, known } = readsFor(this, { requested, old, now, places, grants: this.grants });
    const answer = admitUpdate(requested, old, changed, now, places, known);
    try {
      const { grants, aheadMs } = this;
      for (const effect of answer.effects)
        performEffect(effect, this, { namespace: NAMESPACE, grants, aheadMs });
    } catch (error) {
      // The webhook answers with the error, and the API server refuses the request.
      if (!(error instanceof Refused)) throw error;
      return error.message;
    }
    tellAnswer(answer, this.hear);
    if (!answer.allowed) return answer.message;
    const stored = this.find("deployments", name);
    if (stored !== old) return stored === undefined || attempt === 5 ? "changed meanwhile" : "again";
    const refused = this.refuse ? "refused by another webhook" : this.store(answer.object, old);
    this.refuse = false;
    this.check();
    return refused;
  }

  /** Lets the cluster and the controller act for so many ticks of 5 s, or until nothing is in flight any more. */
  run(ticks = 200): void {
    for (let i = 0; i < ticks; i += 1) {
      this.tick();
      this.check();
      this.control();
      if (i > 3 && this.list("deployments").every((deployment) => holdRecordOf(deployment) === undefined))
        return;
    }
  }

  /** The controller looks at everything. */
  control(): void {
    this.clock.next();
    for (const { metadata } of this.list("deployments")) this.reconcile(metadata.name);
    this.#sweep();
  }

  /** Runs until the route gives the canary this weight. */
  runTo(weight: number, name = "web"): void {
    for (let i = 0; i < 200; i += 1) {
      const { uid = "" } = this.get("deployments", name).metadata;
      if (this.routes().some((route) => shareOf(route, uid)?.weight === weight)) return;
      this.run(1);
    }
    throw new Error(`no weight ${weight}: ${this.story.join(" | ")}`);
  }

  /** The controller decides and writes until it has nothing more to do at this instant. */
  reconcile(name: string): void {
    const rest = this.#rest.get(name);
    if (rest?.version === this.version && this.now < rest.until) return;
    let before = "";
    for (let round = 0; round < 40; round += 1) {
      const observed = this.observe(name);
      if (observed === undefined) return;
      const hooks = new Map(this.#answers.get(observed.held.started));
      const snapshot = { ...observed, hooks, ...this.#evidence(observed) };
      this.decided = this.#notices.decide(snapshot);
      const { writes, calls = [], condition } = this.decided;
      if (condition !== undefined) this.hear("condition", condition.message);
      if (writes.length === 0) for (const call of calls) this.#call(call);
      // Somebody who changes what Serin is about to write is a reason to try again.
      const { changes } = this.meddler;
      const wanted = `${changes} ${JSON.stringify(writes).replaceAll(/"resourceVersion":"\d+"/g, "")}`;
      if (writes.length === 0 && snapshot.judgeInput === undefined && calls.length === 0)
        this.#rest.set(name, {
          version: this.version,
          until: this.now + Math.min(this.decided.waitMs ?? RESYNC_MS, RESYNC_MS),
        });
      if (writes.length > 0 && wanted === before) return;
      before = wanted;
      const told = retell(snapshot, this.decided).writes.filter(isRecord);
      try {
        this.#doAll(writes.length > 0 ? writes : told);
      } catch (error) {
        if (!(error instanceof Killed)) throw error;
        this.kills += 1;
        this.restart();
        return;
      }
      if (writes.length === 0) return;
    }
    throw new Error(`no rest: ${this.story.slice(-20).join(" | ")}`);
  }

  /** Starts the controller anew: it forgets what it keeps in memory alone. */
  restart(): void {
    this.#answers.clear();
    this.#sweeps.forget();
  }

  /** What another controller does that sees the cluster as it was: it stops where a guard refuses. */
  obey(snapshot: Snapshot): void {
    try {
      for (const write of decide({ ...snapshot, now: this.clock.now, ...this.#evidence(snapshot) }).writes) {
        this.perform(write);
        this.check();
      }
    } catch (error) {
      if (!(error instanceof Conflict)) throw error;
    }
  }

  #call(call: HookCall): void {
    const answer = this.answer(call);
    const answers = this.#answers.get(call.rollout) ?? new Map<string, HookAnswer>();
    this.#answers.set(call.rollout, answers);
    if (answer !== undefined) answers.set(call.key, answer);
  }

  /** Gives back what belongs to no rollout. */
  #sweep(): void {
    for (const group of this.#sweeps.writes(this, this.clock.times)) {
      try {
        for (const write of group) this.perform(write);
      } catch (error) {
        if (!(error instanceof Conflict)) throw error;
      }
    }
    this.check();
  }

  /** What the controller reads of the rollout of the Deployment of that name; `undefined` while it is at rest. */
  observe(name: string): Snapshot | undefined {
    const deployment = this.find("deployments", name);
    if (deployment === undefined) return undefined;
    const services = this.list("services");
    const replicaSets = this.list("replicasets");
    const raw = {
      ...this.clock.times,
      strangers: strangersIn(this),
      deployment,
      replicaSets,
      services,
      marked: services.filter(({ metadata }) => metadata.labels?.[FLIGHT] !== undefined),
      routes: this.routes(),
      grants: this.grants,
      endpointSlices: services.map((service) => this.endpointSlice(service)),
      pods: replicaSets.flatMap((set) => this.pods(set)),
    };
    return snapshotOf(raw, planIn(deployment));
  }

  /** Performs writes up to the first that fails, and those that go out after it. */
  #doAll(writes: readonly Write[]): void {
    const failures: { write: Write; passes: boolean }[] = [];
    for (const write of writes) {
      if (!failures.every((failed) => goesOutAfter(write, failed.write, failed.passes))) return;
      try {
        this.#do(write);
      } catch (error) {
        if (!(error instanceof Conflict)) throw error;
        failures.push({ write, passes: !(error instanceof Refused) });
      }
    }
  }

  /** Performs a write of Serin's, unless the API server refuses it. */
  override perform(write: Write): void {
    if (write.verb !== "event" && this.refuses(write))
      throw new Refused(`cannot ${write.verb} ${write.kind}/${write.name}`);
    const isLate = this.meddler.meddle(this, write);
    super.perform(write);
    if (isLate && write.verb !== "event")
      throw new Error(`${write.verb} ${write.kind}/${write.name} overwrites what somebody has just changed`);
  }

  /** Called at a change from outside that may lose requests, whatever Serin does. */
  disturb(): void {}

  #do(write: Write): void {
    this.perform(write);
    this.writes += 1;
    tellWrite(write, this.hear);
    if (write.verb === "event") this.story.push(write.reason);
    if (write.verb === "merge" && (write.kind === "httproutes" || write.kind === "grpcroutes"))
      this.#tellWeights(write.kind, write.name);
    this.check();
    if (this.writes === this.killAfter) throw new Killed();
  }

  #tellWeights(kind: "httproutes" | "grpcroutes", route: string): void {
    const rules = this.get(kind, route).spec.rules ?? [];
    const weights = rules.map(({ backendRefs = [] }) =>
      backendRefs.map(({ weight = 1 }) => weight).join(":"),
    );
    this.story.push(`${route} ${weights.join(" ")}`);
  }

  #evidence(snapshot: Snapshot): Pick<Snapshot, "evidence"> {
    const { judgeInput } = snapshot;
    if (judgeInput === undefined) return {};
    return { evidence: this.says?.(snapshot) ?? evidenceOf(snapshot, judgeInput, this.traffic) };
  }
}
