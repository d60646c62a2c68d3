import { expect } from "chai";
import { cleanUp } from "../../../cli/cleanup/cleanup.ts";
import type { Kube } from "../../../kube/client/api.ts";
import type { Meta } from "../../../kube/core/meta.ts";
import { deployments, httpRoutes, replicaSets, services } from "../../../kube/core/resources.ts";
import type { Deployment } from "../../../kube/core/workloads.ts";
import { FLIGHT, HELD } from "../../../rollout/keys.ts";
import { hold } from "../../../rollout/workload/hold.ts";
import { withHoldRecord } from "../../../rollout/workload/hold-record.ts";
import { FakeApi } from "../../support/api.ts";
import { AT_NOON, aDeployment, aHeld, aRoute, aService } from "../../support/builders.ts";
import { hastyClock } from "../../support/clock.ts";

const status = { observedGeneration: 1, replicas: 5, updatedReplicas: 5, availableReplicas: 5 };
const flying = (meta: Partial<Meta>, held = aHeld()): Deployment => {
  const old = aDeployment({ meta });
  return { ...withHoldRecord({ ...old, spec: hold(old.spec, "10%") }, held, old), status };
};

describe("the clean-up command among forged records", () => {
  let api: FakeApi;
  let kube: Kube;
  beforeEach(async () => {
    api = await FakeApi.start();
    kube = api.connect();
  });
  afterEach(async () => {
    await kube.close();
    await api.stop();
  });

  it("gives everything of others back, writes nothing but the forger's own, and names what is left", async () => {
    const evil = { namespace: "evil", labels: { [FLIGHT]: "uid-web" } };
    const text = (value: object) => ({ annotations: { [HELD]: JSON.stringify(value) } });
    const share = { namespace: "shop", twins: { web: "web" }, weight: 100, since: AT_NOON };
    const forged = {
      rules: { 0: { backendRefs: [{ name: "x", namespace: "shop" }] } },
      flights: { "uid-web": share },
    };
    const slow = flying({ namespace: "aaa", name: "slow", uid: "uid-slow" });
    api.add(deployments, { ...slow, status: { ...status, replicas: 4 } });
    api.add(deployments, flying({}, aHeld({ phase: "promoting" })));
    api.add(
      services,
      aService({ meta: { ...evil, name: "evil", ...text({ selector: { app: "web" }, since: AT_NOON }) } }),
    );
    api.add(services, aService({ meta: { ...evil, name: "odd", annotations: { [HELD]: "{" } } }));
    api.add(httpRoutes, aRoute({ kind: "HTTPRoute", meta: { ...evil, name: "evil", ...text(forged) } }));
    api.add(
      httpRoutes,
      aRoute({ kind: "HTTPRoute", meta: { ...evil, name: "odd", annotations: { [HELD]: "null" } } }),
    );
    api.add(httpRoutes, aRoute({ kind: "HTTPRoute" }));

    const said: string[] = [];
    const options = { kube, clock: hastyClock, say: (line: string) => said.push(line), patienceMs: 1_000 };
    const failure = await cleanUp(options).catch((error: unknown) => error);
    expect(String(failure)).to.include("Deployment aaa/slow: its pods are not back after 1s");
    const promoted = "runs its new version under its own fields: its promotion had begun";
    expect(said).to.include(`Deployment shop/web ${promoted}`);
    const { metadata } = await kube.get<Deployment>(deployments, { namespace: "shop", name: "web" });
    expect(metadata.annotations).to.not.have.property(HELD);
    const written = api.requests.filter(({ method }) => method !== "GET").map(({ path }) => path);
    expect(written.filter((path) => !/\/(evil|shop|aaa)\//.test(path))).to.deep.equal([]);
    expect(
      written.filter((path) => path.includes("/shop/") && !/\/deployments\/web(\/status)?$/.test(path)),
    ).to.deep.equal([]);
    expect(await kube.list(replicaSets, {}))
      .to.have.property("items")
      .that.deep.equals([]);
  });
});
