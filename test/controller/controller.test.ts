import { runController } from "../../controller/controller.ts";
import { deployments, pods, replicaSets } from "../../kube/resources.ts";
import { FLIGHT, HELD } from "../../rollout/keys.ts";
import { FakeApi } from "../support/api.ts";
import { aDeployment, aHeld, aReplicaSet } from "../support/builders.ts";
import { hastyClock } from "../support/clock.ts";
import { eventually } from "../support/eventually.ts";
import { noLog } from "../support/log.ts";

describe("controller/controller", () => {
  it("follows the pods of a Deployment no longer that was deleted in flight, and waited for nothing", async () => {
    const api = await FakeApi.start();
    const kube = api.connect();
    const stop = new AbortController();
    const labels = { [FLIGHT]: "uid-web" };
    const ownerReferences = [{ apiVersion: "apps/v1", kind: "Deployment", name: "web", uid: "uid-web" }];
    // Its native rolling update runs.
    const held = JSON.stringify(aHeld({ phase: "promoting" }));
    api.add(
      deployments,
      aDeployment({ image: "web:2", annotations: { [HELD]: held }, meta: { labels, generation: 2 } }),
    );
    for (const image of ["web:1", "web:2"]) {
      const { metadata, ...set } = aReplicaSet({ image });
      const marked = { ...metadata, labels: { ...metadata.labels, ...labels }, ownerReferences };
      api.add(replicaSets, { metadata: marked, ...set });
    }
    const nothing = async () => new Map();
    const running = runController(
      {
        kube,
        prometheus: { over: nothing, scrapeMs: async () => undefined } as never,
        gates: async () => ({}),
        hookHosts: [],
        clock: hastyClock,
        log: noLog,
      },
      stop.signal,
    );
    // Deployments, ReplicaSets, Services, slices, routes of two kinds; and these pods.
    await eventually("the pods followed", () => api.watching === 7 && api.requests.some(isOfPods));
    api.remove(deployments, "shop/web");
    await eventually("one watch fewer", () => api.watching === 6);
    stop.abort();
    await running;
    await kube.close();
    await api.stop();
  }).timeout(20_000);
});

function isOfPods({ path }: { readonly path: string }): boolean {
  return path.endsWith(`/${pods.plural}`);
}
