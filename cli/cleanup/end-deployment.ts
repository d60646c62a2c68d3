import { listReplicaSets } from "../../kube/client/replica-sets.ts";
import { keyOf } from "../../kube/core/meta.ts";
import { deployments, services } from "../../kube/core/resources.ts";
import type { Service } from "../../kube/core/services.ts";
import type { Deployment, ReplicaSet } from "../../kube/core/workloads.ts";
import { removeLeftHold } from "../../rollout/cleanup/left-hold.ts";
import { endRollout, remainingOf, restoreIsolated, writeLastWords } from "../../rollout/cleanup/uninstall.ts";
import { FLIGHT, HELD } from "../../rollout/keys.ts";
import { isComplete } from "../../rollout/stages/promote.ts";
import { pendingRecordOf, writeChanged } from "../../rollout/tracking/pending.ts";
import { holdRecordOf } from "../../rollout/workload/hold-record.ts";
import { writeMark } from "../../rollout/workload/writes.ts";
import { type CleanUpOptions, flying, fresh, POLL_MS, Unreadable, write } from "./access.ts";

const outcomes = {
  promoted: "runs its new version under its own fields: its promotion had begun",
  stable: "runs its stable version under its own fields",
  present: "keeps its present version under its own fields: its stable ReplicaSet is gone",
} as const;

/**
 * Ends the rollout of a Deployment whose routes are restored, and says which version serves. Throws if the pods of the stable
 * version did not come back in time.
 */
export async function endDeployment(options: CleanUpOptions, deployment: Deployment): Promise<void> {
  const { kube, clock, say, patienceMs } = options;
  const read = () => fresh<Deployment>(kube, deployments, deployment);
  const { uid } = deployment.metadata;
  await write(options, read, (found) =>
    pendingRecordOf(found) === undefined ? [] : [writeChanged(found, undefined)],
  );
  const readSets = () => listReplicaSets(kube, deployment);
  const own = await readSets();
  const begun = holdRecordOf(deployment);
  const remaining = begun === undefined ? "stable" : remainingOf(begun, own);
  // Without the ReplicaSet, isolated Services select no pod.
  const readServices = () => flying<Service>(kube, services);
  if (remaining === "present")
    await write(options, readServices, (found) => restoreIsolated(deployment, found, "present"));
  await write(options, read, (found) => {
    const held = holdRecordOf(found);
    if (held === undefined && HELD in (found.metadata.annotations ?? {}))
      throw new Unreadable("Deployment", found);
    return held === undefined ? removeLeftHold(found) : endRollout(found, held, own);
  });
  const deadline = clock.now() + patienceMs;
  for (let found = await read(); !isComplete({ deployment: found }); found = await read()) {
    if (clock.now() > deadline)
      throw new Error(`Deployment ${keyOf(found)}: its pods are not back after ${patienceMs / 1000}s`);
    await clock.sleep(POLL_MS);
  }
  const to = remaining === "stable" ? "stable" : "present";
  await write(options, readServices, (found) => restoreIsolated(deployment, found, to));
  // The Deployment controller copied the record onto these ReplicaSets; the label lets the sweep find it there.
  const isLeft = ({ metadata: { labels, annotations = {} } }: ReplicaSet) =>
    HELD in annotations && labels?.[FLIGHT] === undefined;
  await write(options, readSets, (sets) => sets.filter(isLeft).map((set) => writeMark(set, uid ?? "")));
  const readBoth = async () => ({ found: await read(), sets: await readSets() });
  await write(options, readBoth, ({ found, sets }) => {
    const held = holdRecordOf(found);
    return held === undefined ? [] : writeLastWords(found, held, sets, clock.now());
  });
  say(`Deployment ${keyOf(deployment)} ${outcomes[remaining]}`);
}
