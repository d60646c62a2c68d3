import type { Kube } from "../kube/client/api.ts";
import { listLeft, listReplicaSets } from "../kube/client/replica-sets.ts";
import type { Clock } from "../kube/core/clock.ts";
import type { Log } from "../kube/core/log.ts";
import { deployments } from "../kube/core/resources.ts";
import type { Deployment, ReplicaSet } from "../kube/core/workloads.ts";
import type { RouteIndex } from "../kube/runtime/route-index.ts";
import { readReceiverNames } from "../notices/read-notifications.ts";
import { admitCreate, admitUpdate, changesTemplate } from "../rollout/admission/admit.ts";
import { withRoomForRecords } from "../rollout/admission/annotation-room.ts";
import type { AdmissionResponse } from "../rollout/admission/answer.ts";
import { auditOf, withAuthor } from "../rollout/admission/asked-by.ts";
import { needsReplicaSets } from "../rollout/admission/asking.ts";
import type { ClusterState } from "../rollout/admission/change.ts";
import { checkHookHosts } from "../rollout/admission/hook-hosts.ts";
import { needsDefaultSources } from "../rollout/admission/needs-layers.ts";
import { provenEffects } from "../rollout/admission/proven.ts";
import { answerInSystemNamespace } from "../rollout/admission/system-namespaces.ts";
import { answerPerson, answerTracker } from "../rollout/admission/tracked.ts";
import type { HookHost } from "../rollout/hooks/hosts.ts";
import { HELD } from "../rollout/keys.ts";
import { checkReceivers, needsReceivers } from "../rollout/notify/check-receivers.ts";
import type { DefaultSources } from "../rollout/plan/layers.ts";
import { TRACKER } from "../rollout/tracking/decide.ts";
import { withoutChanged } from "../rollout/tracking/pending.ts";
import { leanReplicaSet } from "../rollout/workload/lean-replica-set.ts";
import { planOf } from "../rollout/workload/plan-of.ts";
import { readDefaultSources } from "./default-sources.ts";
import { performEffect, type RoutePlace, routesToDrain } from "./effects.ts";
import { type FirstReads, readFirst } from "./first-reads.ts";
import { Lanes } from "./lanes.ts";
import { isStale, readLive } from "./live.ts";
import { readOwnVersions } from "./own-versions.ts";
import { Pauses } from "./pauses.ts";
import type { ReviewResponse } from "./review.ts";
import type { Admit } from "./server.ts";
import { readState } from "./state.ts";

/** How long (ms) a request waits for the index of routes. The API server waits 20 s for an answer. */
const PATIENCE_MS = 10_000;

const NONE: readonly ReplicaSet[] = [];

/** The means to answer. */
export interface Needs {
  readonly kube: Kube;
  /** All routes of the cluster. */
  readonly index: RouteIndex;
  /** Serin's own namespace, which holds the profiles. Serin starts no rollout there. */
  readonly namespace: string;
  /** The hosts that hooks may call. */
  readonly hookHosts: readonly HookHost[];
  /** The turns in which Serin holds objects in memory, for all kinds of requests together; absent: turns of its own. */
  readonly lanes?: Lanes;
  readonly clock: Clock;
  readonly log: Log;
}

/** An answer, and the Deployment's own ReplicaSets if they were read for it. */
interface Decision {
  readonly answer: AdmissionResponse & ReviewResponse;
  readonly replicaSets: readonly ReplicaSet[];
  /** The routes that the effects drain. */
  readonly routes: readonly RoutePlace[];
}

/**
 * Answers requests about Deployments: reads the state of the cluster, decides, and performs the effects. An answer with
 * effects is decided for the Deployment that the API server stores, not for the one in the request's body.
 */
export function admitDeployments(needs: Needs): Admit<Deployment> {
  const { kube, namespace, hookHosts, clock, log, lanes = new Lanes(clock) } = needs;
  const pauses = new Pauses(clock);
  return async ({ object: requested, oldObject: stored, dryRun, options, userInfo, length, timeoutMs }) => {
    const inTurn = <T>(home: string, work: () => Promise<T>) =>
      lanes.run(home, work, { size: length, timeoutMs });
    const inSystem = answerInSystemNamespace(requested, stored ?? undefined, namespace);
    if (inSystem !== undefined) return inSystem;
    const needsSources = needsDefaultSources(requested, stored);
    const readSources = async () =>
      needsSources ? readDefaultSources(kube, namespace, requested) : undefined;
    const checked = (answer: AdmissionResponse, old: Deployment | null) =>
      checkReceiverNames(
        checkHookHosts(answer, old, (object) => planOf(object).hooks, hookHosts),
        old,
        needs,
      );
    if (stored === null) {
      const { annotations = {}, namespace: home = "" } = requested.metadata;
      if (!needsSources && !(HELD in annotations))
        return checked(admitCreate(requested, undefined, []), null);
      const create = async () => {
        const left = HELD in annotations ? await listLeft(kube, requested, leanReplicaSet) : [];
        return admitCreate(requested, await readSources(), left);
      };
      return checked(await inTurn(home, create), null);
    }
    const storesNothing = dryRun || isStale(requested, stored);
    const decide = async (present: Deployment, first?: FirstReads): Promise<Decision> => {
      // The pods of a new template read the changed ConfigMap as well, so the change needs no rollout of its own.
      const old = changesTemplate(requested, present) ? withoutChanged(present) : present;
      const now = new Date(clock.now()).toISOString();
      const answerWith = async (places?: DefaultSources, replicaSets = NONE, cluster?: ClusterState) => {
        const asking = { replicaSets, fieldManager: options?.fieldManager, dryRun: storesNothing };
        const said = await checked(admitUpdate(requested, old, cluster, now, places, asking), present);
        const told = options?.fieldManager === TRACKER ? answerTracker(said) : answerPerson(said, old);
        const answer = withRoomForRecords(withAuthor(told, old, userInfo?.username, now), old);
        return { ...answer, audit: auditOf(answer, old) };
      };
      if (!changesTemplate(requested, old)) {
        const listing = needsReplicaSets(requested, old) ? listReplicaSets(kube, old, leanReplicaSet) : NONE;
        const answer = await answerWith(...(await Promise.all([readSources(), listing])));
        return { answer, replicaSets: NONE, routes: [] };
      }
      const known = first ?? { versions: await readOwnVersions(kube, requested, old) };
      const { cluster, places } = await readState({ ...needs, readSources }, requested, old, now, known);
      const answer = await answerWith(places, NONE, cluster);
      log.info(summary(old, answer, dryRun), "new template");
      return {
        answer,
        replicaSets: cluster.replicaSets,
        routes: routesToDrain(answer.effects, cluster, old),
      };
    };
    const isNew = changesTemplate(requested, stored);
    const home = stored.metadata.namespace ?? "";
    if (isNew) await untilSynced(needs);
    else {
      const first = () => decide(stored);
      const reads = needsSources || needsReplicaSets(requested, stored);
      const { answer } = await (reads ? inTurn(home, first) : first());
      if (storesNothing || answer.effects.length === 0) return answer;
    }
    // What was read leaves the memory with the decision. An effect that waits for a gateway reads its own routes again.
    const { answer, effects, routes } = await inTurn(home, async () => {
      const first = isNew ? await readFirst({ kube, readSources }, requested, stored) : undefined;
      const live = first === undefined ? await readLive(kube, deployments, stored) : first.live;
      const { answer, replicaSets, routes } = await decide(live ?? stored, first);
      // An undo ends the rollout of this record, whatever else of the Deployment has changed: the API server asks again, and finds
      // it drained. Otherwise a controller that writes at each try would keep the user from going back.
      const drains = first?.isSameRollout ? answer.effects.filter(({ kind }) => kind === "drain") : [];
      const effects = live === undefined ? drains : answer.effects;
      const proven = storesNothing ? [] : provenEffects(effects, stored.metadata.uid, replicaSets);
      // The ReplicaSets prove an isolation, and the first read proves a drain, unless it was a list, which may be late. A restore
      // could open the Services of a rollout that has begun since.
      const isProven = { isolate: true, drain: first?.neighbours === undefined, restore: false };
      const needsLive = isNew && !proven.every(({ kind }) => isProven[kind]);
      const isLate = needsLive && (await readLive(kube, deployments, stored)) === undefined;
      return { answer, effects: isLate ? [] : proven, routes };
    });
    const complete: Lanes["run"] = (namespace, work) => lanes.run(namespace, work, { completes: true });
    const pause = (ms: number) => pauses.pause(ms, length ?? 0);
    const own = { kube, clock, lanes: { run: complete }, pause, namespace: home, routes };
    for (const effect of effects) await performEffect(effect, answer.allowed, own);
    return answer;
  };
}

/** The answer with what is to be said of receivers. Without their names nothing is: no rollout waits for a notice. */
async function checkReceiverNames(
  answer: AdmissionResponse,
  old: Deployment | null,
  { kube, namespace, log }: Needs,
): Promise<AdmissionResponse> {
  if (!needsReceivers(answer, old)) return answer;
  try {
    return checkReceivers(answer, old, await readReceiverNames({ kube, namespace }));
  } catch (err) {
    log.warn({ err }, "read receivers failed");
    return answer;
  }
}

/** Waits until the index holds all routes. Throws if that takes too long. */
async function untilSynced({ index, clock }: Needs): Promise<void> {
  const stop = new AbortController();
  const late = clock.sleep(PATIENCE_MS, stop.signal).then(() => {
    throw new Error("Serin has just started and has not read all routes of the cluster yet");
  });
  await Promise.race([index.synced, late]).finally(() => stop.abort());
}

function summary(
  { metadata: { namespace, name, uid } }: Deployment,
  answer: AdmissionResponse,
  dryRun = false,
): object {
  const said = answer.allowed ? { warnings: answer.warnings } : { message: answer.message };
  return { namespace, name, uid, dryRun, allowed: answer.allowed, ...said };
}
