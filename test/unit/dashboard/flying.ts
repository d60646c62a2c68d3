import { deployments, httpRoutes, replicaSets, services } from "../../../kube/core/resources.ts";
import { FLIGHT, HELD, RUN, VERDICT } from "../../../rollout/keys.ts";
import { instant } from "../../../rollout/text/instant.ts";
import { routePatch } from "../../../rollout/traffic/overlay.ts";
import { formatHoldRecord } from "../../../rollout/workload/hold-record.ts";
import { formatRun, type RunRecord } from "../../../rollout/workload/run-record.ts";
import type { FakeApi } from "../../support/api.ts";
import { AT_NOON, aDeployment, aHeld, aReplicaSet, aRoute, aService, NOON } from "../../support/builders.ts";

const REVISION = "deployment.kubernetes.io/revision";

/** Where a Deployment is, and its weight since a minute after noon. */
export interface Flight {
  readonly name?: string;
  readonly namespace?: string;
  readonly weight?: number;
  readonly run?: Partial<RunRecord>;
}

/** The objects of a rollout of image web:2 in flight. */
export function flightObjects({ name = "web", namespace = "shop", weight = 10, run = {} }: Flight = {}) {
  const uid = `uid-${namespace}-${name}`;
  const meta = { name, namespace, uid, labels: { [FLIGHT]: uid } };
  const deployment = aDeployment({
    image: "web:2",
    meta: {
      ...meta,
      annotations: { "serin.dev/rollout": "canary", [HELD]: formatHoldRecord(aHeld()), [REVISION]: "2" },
    },
  });
  const owner = { apiVersion: "apps/v1", kind: "Deployment", name, uid, controller: true };
  const set = (image: string, revision: string, more: Record<string, string> = {}) => {
    const own = aReplicaSet({ image });
    const labels = { ...own.metadata.labels, app: name, [FLIGHT]: uid };
    const template = {
      ...own.spec.template,
      metadata: {
        labels: { app: name, "pod-template-hash": own.metadata.labels?.["pod-template-hash"] ?? "" },
      },
    };
    return {
      ...own,
      metadata: {
        ...{ name: `${name}-${image.replace(":", "")}`, namespace, uid: `${uid}-${revision}`, labels },
        ...{ annotations: { [REVISION]: revision, ...more }, ownerReferences: [owner] },
      },
      spec: { ...own.spec, selector: { matchLabels: labels }, template },
    };
  };
  const since = NOON + 60_000;
  const record: RunRecord = {
    ...{ started: AT_NOON, outcome: "running", step: 0, stepSince: AT_NOON, stable: "web1" },
    ...{ course: [{ step: 0, weight, at: instant(since) }], message: "step 1 of 3" },
    ...run,
  };
  const share = { namespace, canaryServices: { [name]: `${name}-canary` }, weight, since: instant(since) };
  const plain = aRoute({ backends: [{ name, port: 80 }], meta: { name, namespace, uid: `${uid}-route` } });
  const { metadata, spec } = routePatch(plain, { [uid]: share });
  const route = {
    ...{ apiVersion: "gateway.networking.k8s.io/v1", kind: "HTTPRoute" },
    ...plain,
    metadata: {
      ...plain.metadata,
      labels: { [FLIGHT]: uid },
      annotations: metadata.annotations as Record<string, string>,
    },
    spec: { ...plain.spec, rules: [...spec.rules] },
  };
  const service = aService({ meta: { name, namespace, uid: `${uid}-service` }, selector: { app: name } });
  return {
    deployment,
    service,
    replicaSets: [set("web:1", "1"), set("web:2", "2", { [RUN]: formatRun(record) })],
    route,
  };
}

/** Puts them into the API server; returns the key of the Deployment. */
export function fly(api: FakeApi, flight: Flight = {}): string {
  const { deployment, service, replicaSets: sets, route } = flightObjects(flight);
  api.put(services, service);
  api.put(deployments, deployment);
  for (const set of sets) api.put(replicaSets, set);
  api.put(httpRoutes, route);
  return `${deployment.metadata.namespace}/${deployment.metadata.name}`;
}

/** Ends the rollout as a promotion; the Deployment is at rest. */
export function land(api: FakeApi, flight: Flight = {}): void {
  const ended = { outcome: "promoted" as const, ended: instant(NOON + 600_000), message: "promoted" };
  const {
    deployment,
    service,
    replicaSets: sets,
    route,
  } = flightObjects({ ...flight, run: { ...flight.run, ...ended } });
  const { [FLIGHT]: _flight, ...labels } = deployment.metadata.labels ?? {};
  const { [HELD]: _held, ...annotations } = deployment.metadata.annotations ?? {};
  api.put(deployments, { ...deployment, metadata: { ...deployment.metadata, labels, annotations } });
  api.put(services, service);
  const [stable, canary] = sets;
  for (const set of [stable, canary]) {
    if (set === undefined) continue;
    const { [FLIGHT]: _mark, ...own } = set.metadata.labels as Record<string, string>;
    const verdict = set === canary ? { [VERDICT]: "promoted" } : {};
    api.put(replicaSets, { ...set, metadata: { ...set.metadata, labels: { ...own, ...verdict } } });
  }
  const { labels: _labels, annotations: _annotations, ...plain } = route.metadata;
  const name = deployment.metadata.name;
  api.put(httpRoutes, {
    ...route,
    metadata: plain,
    spec: { rules: [{ backendRefs: [{ name, port: 80 }] }] },
  });
}
