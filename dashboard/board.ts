import type { Clock } from "../kube/core/clock.ts";
import type { Deployment } from "../kube/core/workloads.ts";
import type { RawSnapshot } from "../rollout/stages/snapshot-of.ts";
import type { RolloutView } from "../rollout/view/view.ts";
import { viewOf } from "../rollout/view/view-of.ts";
import { holdRecordOf } from "../rollout/workload/hold-record.ts";
import { revisionOf } from "../rollout/workload/revision.ts";
import type { EndedRollout } from "./api.ts";
import type { Copies } from "./copies.ts";
import { isOfSerin } from "./lean-objects.ts";

/** A view that the list has, as text that was made once for all readers. */
export interface Listed {
  readonly namespace: string;
  /** Grows with each change of the view. */
  readonly version: number;
  /** The view as JSON. */
  readonly text: string;
}

interface Known extends Listed {
  /** The view as JSON without the time at which it was so. */
  readonly said: string;
}

interface Rest {
  readonly last: EndedRollout | undefined;
  readonly view: RolloutView;
}

type Source = Pick<Copies, "deployments" | "replicaSets" | "services" | "routesOf" | "ended" | "isComplete">;

/** What the list shows: a view of each rollout in flight, from the copies alone. */
export class Board {
  readonly #copies: Source;
  readonly #clock: Pick<Clock, "now">;
  readonly #known = new Map<string, Known>();
  readonly #outdated = new Set<string>();
  /** Views of Deployments at rest: there may be thousands, and each is made again only when it changes. */
  readonly #atRest = new WeakMap<Deployment, Rest>();
  #version = 0;
  #onNews: () => void = () => {};

  constructor(copies: Source, clock: Pick<Clock, "now">) {
    this.#copies = copies;
    this.#clock = clock;
  }

  /** Whether the copies are complete. */
  get isComplete(): boolean {
    return this.#copies.isComplete;
  }

  /** Calls the listener when a view may have changed. */
  listen(onNews: () => void): void {
    this.#onNews = onNews;
  }

  /** Notes that the view of this Deployment (`namespace/name`) may have changed. */
  note(key: string): void {
    this.#outdated.add(key);
    this.#onNews();
  }

  /** What is in flight now, by `namespace/name`. */
  listed(): ReadonlyMap<string, Listed> {
    for (const key of this.#outdated) this.#renew(key);
    this.#outdated.clear();
    return this.#known;
  }

  /** Every Deployment that is opted in or in flight, those at rest with their last rollout. */
  all(): readonly RolloutView[] {
    const { deployments } = this.#copies;
    return deployments
      .list()
      .filter(isOfSerin)
      .map((deployment) =>
        holdRecordOf(deployment) === undefined ? this.#restOf(deployment) : this.#viewOf(deployment),
      );
  }

  #renew(key: string): void {
    const deployment = this.#copies.deployments.get(key);
    const isFlying = deployment !== undefined && holdRecordOf(deployment) !== undefined;
    const view = isFlying ? this.#viewOf(deployment) : undefined;
    if (view === undefined) {
      this.#known.delete(key);
      return;
    }
    const { at: _at, ...said } = view;
    const now = JSON.stringify(said);
    if (this.#known.get(key)?.said === now) return;
    this.#version += 1;
    const { namespace } = view.metadata;
    this.#known.set(key, { namespace, version: this.#version, text: JSON.stringify(view), said: now });
  }

  #viewOf(deployment: Deployment): RolloutView {
    const { uid = "" } = deployment.metadata;
    const services = this.#copies.services.by("owner", uid);
    return viewOf({
      ...{ now: this.#clock.now(), deployment, services, marked: services, ...unread },
      replicaSets: this.#copies.replicaSets.by("owner", uid),
      routes: this.#copies.routesOf(uid),
    });
  }

  #restOf(deployment: Deployment): RolloutView {
    const last = this.#lastOf(deployment.metadata.uid ?? "");
    const known = this.#atRest.get(deployment);
    if (known !== undefined && known.last === last) return known.view;
    const nothing = { replicaSets: [], services: [], marked: [], routes: [], ...unread };
    const view = withLast(viewOf({ now: this.#clock.now(), deployment, ...nothing }), deployment, last);
    this.#atRest.set(deployment, { last, view });
    return view;
  }

  /** The rollout of the Deployment with this UID that ended last. */
  #lastOf(uid: string): EndedRollout | undefined {
    const past = this.#copies.ended.by("owner", uid).flatMap((version) => version.past ?? []);
    return past.toSorted((a, b) => Date.parse(b.ended ?? "") - Date.parse(a.ended ?? ""))[0];
  }
}

/** What the list does without. */
const unread: Pick<RawSnapshot, "grants" | "endpointSlices" | "pods"> = {
  grants: [],
  endpointSlices: [],
  pods: [],
};

/** At rest the copies have no ReplicaSet, but the records of those whose rollout has ended. */
function withLast(view: RolloutView, deployment: Deployment, last: EndedRollout | undefined): RolloutView {
  const revision = revisionOf(deployment) ?? view.revision;
  if (last === undefined) return { ...view, revision };
  const { says, started, ended, outcome, evidence, requests, course } = last;
  const isTold = outcome !== "running" && outcome !== "proven" && outcome !== "native";
  return {
    ...view,
    revision,
    ...(says !== undefined && { says }),
    ...(started !== undefined && { started }),
    ...(ended !== undefined && { ended }),
    ...(isTold && { outcome }),
    ...(evidence && { evidence }),
    ...(requests && { requests }),
    ...(course && { course }),
  };
}
