import type { Kube } from "../kube/client/api.ts";
import { type Content, digestOf } from "../kube/client/digest.ts";
import { listNamespace } from "../kube/client/namespace-list.ts";
import type { Clock } from "../kube/core/clock.ts";
import type { Log } from "../kube/core/log.ts";
import { withoutManagedFields } from "../kube/core/meta.ts";
import { configMaps, deployments } from "../kube/core/resources.ts";
import type { Deployment } from "../kube/core/workloads.ts";
import { TRACK } from "../rollout/keys.ts";
import { outline } from "../rollout/plan/layers.ts";
import { isOptedIn } from "../rollout/plan/plan.ts";
import {
  type PendingChange,
  pendingRecordOf,
  withChange,
  writeChanged,
} from "../rollout/tracking/pending.ts";
import { type Use, usesOf } from "../rollout/tracking/uses.ts";
import { type Follower, warningsOf } from "../rollout/tracking/warnings.ts";
import { holdRecordOf } from "../rollout/workload/hold-record.ts";
import { planOf } from "../rollout/workload/plan-of.ts";
import { readDefaultSources } from "./default-sources.ts";
import { settleConflicts } from "./effects.ts";
import { Lanes } from "./lanes.ts";
import { isStale, readLive } from "./live.ts";
import type { AdmissionRequest, ReviewResponse } from "./review.ts";
import type { Admit } from "./server.ts";

/** A ConfigMap or Secret. */
interface Config extends Content {
  readonly immutable?: boolean;
}

/** The means to answer. */
export interface TrackedNeeds {
  readonly kube: Kube;
  /** Serin's own namespace, which holds the profiles. */
  readonly namespace: string;
  /** The turns in which Serin holds objects in memory; absent: turns of its own. */
  readonly lanes?: Lanes;
  readonly clock: Clock;
  readonly log: Log;
}

interface Found extends Follower {
  readonly deployment: Deployment;
  readonly change: PendingChange;
}

/**
 * Answers updates of ConfigMaps and Secrets with the label `serin.dev/track`. It marks the Deployments that use a changed
 * key, and the controller starts a rollout for each. Serin never changes the object and keeps its content nowhere.
 *
 * The change of a ConfigMap begins from the stored one. Serin has no right to read users' Secrets, so for a Secret the
 * token in the path alone shows that the request comes from the API server (docs/security.md).
 */
export function admitTracked(needs: TrackedNeeds): Admit<Config> {
  const { lanes = new Lanes(needs.clock) } = needs;
  return async (request) => {
    const { object, oldObject: stored } = request;
    if (stored === null || stored.immutable || object.metadata.labels?.[TRACK] !== "true")
      return { allowed: true };
    const work = () => markFollowers(needs, request, stored);
    return lanes.run(stored.metadata.namespace ?? "", work, {
      size: request.length,
      timeoutMs: request.timeoutMs,
    });
  };
}

async function markFollowers(
  needs: TrackedNeeds,
  { object, dryRun }: AdmissionRequest<Config>,
  stored: Config,
): Promise<ReviewResponse> {
  const isReadable = object.kind === "ConfigMap" && !dryRun;
  const old = isReadable ? await readLive(needs.kube, configMaps, stored) : stored;
  if (old === undefined) return { allowed: true };
  const name = `${object.kind?.toLowerCase()}/${object.metadata.name}`;
  const found = await followers(needs, name, object, old);
  if (!dryRun && !isStale(object, old)) {
    const followed = found.filter(({ way }) => way === "canary");
    await Promise.all(followed.map(({ deployment, change }) => mark(needs, deployment, name, change)));
    const names = followed.map(({ deployment }) => deployment.metadata.name);
    if (names.length > 0) {
      const { namespace } = object.metadata;
      needs.log.info({ namespace, changed: name, deployments: names }, "config changed");
    }
  }
  return { allowed: true, warnings: warningsOf(name, found) };
}

/** The opted-in Deployments of the namespace to which the change matters. */
async function followers(needs: TrackedNeeds, name: string, object: Config, old: Config): Promise<Found[]> {
  const { namespace } = old.metadata;
  const read = { namespace, resourceVersion: "0" };
  const found = await listNamespace<Deployment>(needs.kube, deployments, read, leanUnlessUsing(name));
  const touched = found.flatMap((deployment) => {
    const use = usesOf(deployment.spec.template).get(name);
    if (use === undefined || !isOptedIn(deployment.metadata.annotations)) return [];
    const change = { from: digestOf(old, use.keys), to: digestOf(object, use.keys) };
    return change.from === change.to ? [] : [{ deployment, use, change }];
  });
  return Promise.all(touched.map((each) => follow(needs, each)));
}

/** A Deployment follows no change without an opt-in, or of an object that it does not use. */
function leanUnlessUsing(name: string): (deployment: Deployment) => Deployment {
  return (deployment) => {
    const { metadata, spec } = withoutManagedFields(deployment);
    if (isOptedIn(metadata.annotations) && usesOf(spec.template).has(name))
      return { ...deployment, metadata };
    return { metadata: { name: metadata.name }, spec: { selector: spec.selector, template: {} } };
  };
}

async function follow(
  needs: TrackedNeeds,
  { deployment, use, change }: { deployment: Deployment; use: Use; change: PendingChange },
): Promise<Found> {
  const found = { deployment, change, name: deployment.metadata.name, live: use.live };
  if (!(await tracks(needs, deployment))) return { ...found, way: "off" };
  const together = deployment.spec.strategy?.type !== "Recreate" && deployment.spec.replicas !== 0;
  return { ...found, way: together ? "canary" : "none" };
}

/** In flight the rollout's own plan counts, at rest the current plan. */
async function tracks({ kube, namespace }: TrackedNeeds, deployment: Deployment): Promise<boolean> {
  if (holdRecordOf(deployment) !== undefined) return planOf(deployment).track === "on";
  const sources = await readDefaultSources(kube, namespace, deployment);
  const { parsed } = outline(deployment.metadata.annotations ?? {}, sources);
  // If the plan has become invalid, admission will refuse the canary. The mark then expires, and an Event reports it.
  return "complaints" in parsed || parsed.plan.track === "on";
}

async function mark(
  needs: TrackedNeeds,
  found: Deployment,
  name: string,
  change: PendingChange,
): Promise<void> {
  const at = new Date(needs.clock.now()).toISOString();
  await settleConflicts(needs, deployments, found, (deployment) =>
    writeChanged(deployment, withChange(pendingRecordOf(deployment), name, change, at)),
  );
}
