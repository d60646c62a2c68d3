import { expect } from "chai";
import { runController } from "../../../controller/controller.ts";
import { deployments, replicaSets, services } from "../../../kube/core/resources.ts";
import { EtcdRestores } from "../../../kube/runtime/etcd-restores.ts";
import { FLIGHT, HELD } from "../../../rollout/keys.ts";
import { isolationPatch } from "../../../rollout/traffic/isolation.ts";
import { FakeApi } from "../../support/api.ts";
import { AT_NOON, aDeployment, aHeld, aReplicaSet, aService, ownedByWeb } from "../../support/builders.ts";
import { hastyClock as clock } from "../../support/clock.ts";
import { eventually } from "../../support/eventually.ts";
import { noLog as log } from "../../support/log.ts";
import { merge } from "../../support/patch.ts";
import { aTelemetry } from "../../support/telemetry.ts";

/** The controller asks only the API server. */
const alone = {
  ...{ clock, log, namespace: "serin-system", hookHosts: [] },
  prometheus: () => ({ over: async () => new Map(), scrapes: async () => undefined }) as never,
  gates: async () => ({}),
  telemetry: aTelemetry(),
  onWork() {},
};
const isOfDeployments = ({ path }: { path: string }) => path.endsWith("/deployments");

describe("controller after a restore of etcd", () => {
  it("opens no Service to the canary whose Deployment it has not listed again", async () => {
    const api = await FakeApi.start();
    const kube = api.connect();
    const stop = new AbortController();
    const restores = new EtcdRestores({ clock, log });
    const labels = { [FLIGHT]: "uid-web" };
    const annotations = { [HELD]: JSON.stringify(aHeld()) };
    const inFlight = aDeployment({ image: "web:2", annotations, meta: { labels } });
    const isolated = merge(
      aService() as never,
      isolationPatch(aService(), "uid-web", "web1", AT_NOON) as never,
    );
    api.add(deployments, inFlight);
    api.add(services, isolated as never);
    const running = restores.outlive(stop.signal, (term) =>
      runController({ ...alone, kube, restores }, term),
    );
    await eventually("everything followed", () => api.watching >= 6);
    // The rollout ends, and much happens after it.
    api.remove(deployments, "shop/web");
    api.remove(services, "shop/web");
    api.store.version += 1_000;
    api.bookmark();

    // The backup has the rollout, and Deployments are the last to be listed again.
    let isAway = true;
    api.faults.push(() => (isAway ? { status: 503 } : undefined));
    api.endWatches("end");
    const away = api.requests.length;
    await eventually("three attempts of each", () => api.requests.length > away + 40);
    api.store.version = 1;
    api.store.changes.length = 0;
    api.add(deployments, inFlight);
    api.add(services, isolated as never);
    api.faults.push((request) => (isOfDeployments(request) ? { status: 503 } : undefined));
    // Until then, the end of the rollout is a reason for writes.
    const back = api.requests.length;
    isAway = false;
    await eventually("a restore noticed", () => restores.at !== undefined);
    const noticed = api.requests.filter(isOfDeployments).length;
    await eventually("more attempts", () => api.requests.filter(isOfDeployments).length > noticed + 40);
    const writes = api.requests.slice(back).filter(({ method }) => method !== "GET");
    expect(writes.map(({ method, path }) => `${method} ${path}`)).to.deep.equal([]);
    stop.abort();
    await running;
    await kube.close();
    await api.stop();
  });

  it("ends work that has begun before its next write, until the copies are complete again", async () => {
    const api = await FakeApi.start();
    const kube = api.connect();
    const stop = new AbortController();
    const restores = new EtcdRestores({ clock, log });
    const meta = { labels: { [FLIGHT]: "uid-web" } };
    api.add(
      deployments,
      aDeployment({ image: "web:2", annotations: { [HELD]: JSON.stringify(aHeld()) }, meta }),
    );
    for (const image of ["web:1", "web:2"])
      api.add(replicaSets, aReplicaSet({ image, meta: { ownerReferences: [ownedByWeb] } }));
    api.add(services, aService());
    const writes: string[] = [];
    let asked = 0;
    api.faults.push(({ method, path }) => {
      if (method === "GET") return writes.length > 0 && ++asked ? { status: 503 } : undefined;
      writes.push(`${method} ${path}`);
      // The first copy notices the restore while the write is on its way.
      restores.note();
      return undefined;
    });
    const running = restores.outlive(stop.signal, (term) =>
      runController({ ...alone, kube, restores }, term),
    );
    await eventually("copies that cannot be listed", () => asked > 40);
    expect(writes).to.have.length(1);
    stop.abort();
    await running;
    await kube.close();
    await api.stop();
  });
});
