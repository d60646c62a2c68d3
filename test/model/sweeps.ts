import type { Meta } from "../../kube/core/meta.ts";
import type { Write } from "../../kube/core/writes.ts";
import { hashesInGrace } from "../../rollout/cleanup/grace.ts";
import { removeLeftHold } from "../../rollout/cleanup/left-hold.ts";
import type { Times } from "../../rollout/cleanup/lost-shares.ts";
import { sweep } from "../../rollout/cleanup/orphans.ts";
import { FLIGHT } from "../../rollout/keys.ts";
import { holdRecordOf } from "../../rollout/workload/hold-record.ts";
import type { Cluster } from "./cluster.ts";

/** The sweeps of one controller in one namespace, with its memory of the rollouts that it saw end. */
export class Sweeps {
  readonly #namespace: string;
  #seen: ReadonlySet<string> = new Set();
  /** The rollouts' UIDs → when they ended, in ms. */
  readonly #ended = new Map<string, number>();

  constructor(namespace: string) {
    this.#namespace = namespace;
  }

  /** Forgets what a restart of the controller forgets. */
  forget(): void {
    this.#seen = new Set();
    this.#ended.clear();
  }

  /** The groups of writes that give back what belongs to no rollout. The times are of the controller's clock. */
  writes(cluster: Cluster, times: Times): readonly (readonly Write[])[] {
    const { now } = times;
    const shares = cluster.list("deployments").filter((deployment) => holdRecordOf(deployment) !== undefined);
    const inFlight = new Map(shares.map(({ metadata: { uid = "", namespace = "" } }) => [uid, namespace]));
    for (const uid of this.#seen) if (!inFlight.has(uid)) this.#ended.set(uid, now);
    this.#seen = new Set(inFlight.keys());
    const marked = <T extends { metadata: Meta }>(objects: T[]) =>
      objects.filter(({ metadata }) => metadata.labels?.[FLIGHT]);
    const all = cluster.list("replicasets");
    const [services, replicaSets] = [marked(cluster.list("services")), marked(all)];
    const known = { ...times, inFlight, ended: this.#ended, services, replicaSets };
    const hashes = hashesInGrace(this.#namespace, known);
    const versions = { namespace: this.#namespace, hashes, replicaSets: all };
    const { writes } = sweep({ ...known, versions, routes: marked(cluster.routes()) });
    return [...writes.map((write) => [write]), ...cluster.list("deployments").map(removeLeftHold)];
  }
}
