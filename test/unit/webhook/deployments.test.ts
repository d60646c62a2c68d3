import { expect } from "chai";
import type { Kube } from "../../../kube/client/api.ts";
import { deployments, httpRoutes, namespaces, replicaSets, services } from "../../../kube/core/resources.ts";
import type { Route } from "../../../kube/core/routes.ts";
import type { Service } from "../../../kube/core/services.ts";
import type { Deployment, ReplicaSet } from "../../../kube/core/workloads.ts";
import type { RouteIndex } from "../../../kube/runtime/route-index.ts";
import { shareOf } from "../../../rollout/traffic/route-record.ts";
import { hold } from "../../../rollout/workload/hold.ts";
import { holdRecordOf, withHoldRecord } from "../../../rollout/workload/hold-record.ts";
import { admitDeployments } from "../../../webhook/deployments.ts";
import type { AdmissionRequest } from "../../../webhook/review.ts";
import type { FakeApi } from "../../support/api.ts";
import {
  AT_NOON,
  aDeployment,
  aHeld,
  aReplicaSet,
  aRoute,
  aService,
  aTemplate,
  ownedByWeb,
} from "../../support/builders.ts";
import { hastyClock } from "../../support/clock.ts";
import { noLog } from "../../support/log.ts";
import { openFollowed } from "../../support/route-index.ts";
import { applied } from "../../support/routes.ts";

const ownerReferences = [ownedByWeb];
const owned = (set: ReplicaSet): ReplicaSet => ({ ...set, metadata: { ...set.metadata, ownerReferences } });

describe("webhook/deployments", () => {
  let api: FakeApi;
  let kube: Kube;
  let index: RouteIndex;
  let close: () => Promise<void>;
  beforeEach(async () => {
    ({ api, kube, index, close } = await openFollowed());
    api.add(replicaSets, owned(aReplicaSet()));
    api.add(replicaSets, aReplicaSet({ image: "web:2", hash: "someone-elses" }));
    api.add(services, aService());
    api.add(deployments, aDeployment());
    api.add(namespaces, { metadata: { name: "shop" } });
  });
  afterEach(() => close());

  /** Asks as the API server does, which stores the old object. */
  const ask = (object: Deployment, oldObject: Deployment | null, rest: Partial<AdmissionRequest> = {}) =>
    answer(object, oldObject && api.put(deployments, oldObject), rest);
  const answer = (object: Deployment, oldObject: Deployment | null, rest: Partial<AdmissionRequest> = {}) => {
    const kind = { group: "apps", version: "v1", kind: "Deployment" };
    const operation = oldObject === null ? "CREATE" : "UPDATE";
    return admitDeployments({
      kube,
      index,
      namespace: "serin-system",
      hookHosts: [],
      clock: hastyClock,
      log: noLog,
    })({
      uid: "u",
      kind,
      operation,
      object,
      oldObject,
      ...rest,
    } as AdmissionRequest<Deployment>);
  };
  const at = { namespace: "shop", name: "web" };
  const service = () => kube.get<Service>(services, at);
  const route = () => kube.get<Route>(httpRoutes, at);
  const writes = () => api.requests.filter(({ method }) => method !== "GET");

  it("sends no request if the template stays", async () => {
    expect(await ask(aDeployment({ replicas: 2 }), aDeployment())).to.deep.include({ allowed: true });
    expect(await ask(aDeployment(), null)).to.deep.include({ allowed: true });
    expect(api.requests).to.deep.equal([]);
  });

  it("starts no rollout in Serin's own namespace", async () => {
    const own = (image: string, annotations: Record<string, string> = {}) =>
      aDeployment({ image, meta: { namespace: "serin-system", annotations } });
    const optedIn = { "serin.dev/rollout": "canary" };
    expect(await answer(own("web:1", optedIn), own("web:1"))).to.deep.include({ allowed: false });
    const verdict = await answer(own("web:2", optedIn), own("web:1", optedIn));
    expect(verdict.allowed && holdRecordOf(verdict.object as Deployment)).to.equal(undefined);
    expect(api.requests).to.deep.equal([]);
  });

  it("holds a new template and isolates its Services before it answers", async () => {
    const verdict = await ask(aDeployment({ image: "web:2" }), aDeployment());
    expect(verdict.allowed && holdRecordOf(verdict.object as Deployment)?.stable).to.equal("web1");
    expect((await service()).spec.selector).to.deep.equal({ app: "web", "pod-template-hash": "web1" });
    expect((await service()).metadata.labels).to.deep.equal({ "serin.dev/flight": "uid-web" });
  });

  it("changes nothing on a dry run, nor with a refusal", async () => {
    await ask(aDeployment({ image: "web:2" }), aDeployment(), { dryRun: true });
    const refused = await ask(
      aDeployment({ image: "web:2", annotations: { "serin.dev/steps": "x" } }),
      aDeployment(),
    );
    expect(refused.allowed).to.equal(false);
    expect(writes()).to.deep.equal([]);
  });

  it("notes who asked, and what it decided", async () => {
    const userInfo = { username: "alice" };
    const verdict = await ask(aDeployment({ image: "web:2" }), aDeployment(), { userInfo });
    const held = verdict.allowed ? holdRecordOf(verdict.object as Deployment) : undefined;
    expect(held?.requests?.map(({ user, verb }) => `${user} ${verb}`)).to.deep.equal(["alice update"]);
    expect(verdict.audit).to.deep.equal({ rollout: held?.started, decision: "canary started" });
  });

  it("isolates a Service that another writer has just changed", async () => {
    let raced = false;
    api.faults.push(({ method }) => {
      if (method !== "PATCH" || raced) return undefined;
      raced = true;
      api.change(services, "shop/web", { spec: { selector: { tier: "front" } } });
      return undefined;
    });
    await ask(aDeployment({ image: "web:2" }), aDeployment());
    expect((await service()).spec.selector).to.deep.equal({
      app: "web",
      tier: "front",
      "pod-template-hash": "web1",
    });
  });

  it("restores Services that were isolated for a refused version, before native control has the next one", async () => {
    const recreate = { image: "web:3", strategy: { type: "Recreate" } } as const;
    await ask(aDeployment({ image: "web:2" }), aDeployment());
    await ask(aDeployment(recreate), aDeployment(), { dryRun: true });
    expect((await service()).metadata.labels).to.have.property("serin.dev/flight");
    await ask(aDeployment(recreate), aDeployment());
    expect((await service()).spec).to.deep.equal(aService().spec);
    expect((await service()).metadata.labels ?? {}).to.deep.equal({});
  });

  const share = { namespace: "shop", canaryServices: { web: "web-canary" }, weight: 50, since: AT_NOON };
  const held = () => {
    const plain = aDeployment({ image: "web:2" });
    return withHoldRecord({ ...plain, spec: hold(plain.spec, "50%") }, aHeld(), plain);
  };

  it("takes the weight before it answers to an undo, and keeps it taken", async () => {
    api.add(
      httpRoutes,
      applied(aRoute(), {
        "uid-web": share,
        "uid-other": { ...share, canaryServices: { api: "api-canary" } },
      }),
    );
    const verdict = await ask(
      { ...held(), spec: { ...held().spec, template: aDeployment().spec.template } },
      held(),
    );
    expect(verdict.allowed && holdRecordOf(verdict.object as Deployment)?.phase).to.equal("undone");
    expect(shareOf(await route(), "uid-web")).to.include({ weight: 0, drained: true });
    expect(shareOf(await route(), "uid-other")?.weight).to.equal(50);
  });

  it("changes nothing for a PUT of an old version, which the API server refuses after the answer", async () => {
    api.add(httpRoutes, applied(aRoute(), { "uid-web": share }));
    const put = (resourceVersion: string) => {
      const { metadata, spec } = held();
      const undo = { metadata: { ...metadata, resourceVersion }, spec: { ...spec, template: aTemplate() } };
      return ask(undo, held());
    };
    const phase = async (resourceVersion: string) => {
      const verdict = await put(resourceVersion);
      return verdict.allowed && holdRecordOf(verdict.object as Deployment)?.phase;
    };
    expect(await phase("1")).to.equal("undone");
    const status = { parents: [{ controllerName: "networking.gke.io/gateway" }] };
    api.change(httpRoutes, "shop/web", { status });
    expect(await phase("1"), "nor is it asked to come again behind a slow gateway").to.equal("undone");
    api.change(httpRoutes, "shop/web", { status: { parents: [] } });
    expect(writes()).to.deep.equal([]);
    // The API server takes this version for any.
    await put("0");
    expect(shareOf(await route(), "uid-web")).to.include({ weight: 0, drained: true });
  });

  const forgeries: [string, () => Deployment, Deployment][] = [
    [
      "with an invented hold record",
      () =>
        aDeployment({
          annotations: { "serin.dev/held": JSON.stringify(aHeld({ phase: "failed", stable: "none" })) },
        }),
      aDeployment({ image: "web:3" }),
    ],
    ["of another UID", () => aDeployment({ meta: { uid: "uid-other" } }), aDeployment({ image: "web:3" })],
    [
      "of another version",
      () => aDeployment({ meta: { resourceVersion: "1" } }),
      aDeployment({ image: "web:3" }),
    ],
    ["without a version", () => aDeployment(), aDeployment({ image: "web:3" })],
    ["that does not exist", () => aDeployment({ meta: { name: "none" } }), aDeployment({ image: "web:3" })],
    ["that asks for an undo", held, aDeployment()],
    ["that opts out", () => aDeployment(), aDeployment({ annotations: { "serin.dev/rollout": "" } })],
  ];
  for (const [what, old, object] of forgeries) {
    it(`changes nothing for a forged Deployment ${what}`, async () => {
      api.add(httpRoutes, applied(aRoute(), { "uid-web": share }));
      const oldObject = old();
      const metadata = { ...object.metadata, name: oldObject.metadata.name };
      await answer({ ...object, metadata }, oldObject).catch(() => {});
      expect(writes()).to.deep.equal([]);
    });
  }

  it("changes nothing for the stored Deployment's version with an invented hold record", async () => {
    const { resourceVersion = "" } = api.put(deployments, aDeployment()).metadata;
    const held = JSON.stringify(aHeld({ phase: "failed", stable: "none" }));
    const forged = aDeployment({ annotations: { "serin.dev/held": held }, meta: { resourceVersion } });
    await answer(aDeployment({ image: "web:3" }), forged);
    expect(writes()).to.deep.equal([]);
  });

  it("leaves a patch to the API server's repetition if the Deployment has just changed", async () => {
    const stored = api.put(deployments, aDeployment());
    api.change(deployments, "shop/web", { status: { replicas: 4 } });
    const verdict = await answer(aDeployment({ image: "web:2" }), stored);
    expect(verdict.allowed && holdRecordOf(verdict.object as Deployment)?.stable).to.equal("web1");
    expect(writes()).to.deep.equal([]);
  });

  it("restores nothing if the list of Deployments was as late as the request", async () => {
    await ask(aDeployment({ image: "web:2" }), aDeployment());
    api.faults.push(({ path }) => {
      // The list has the version of the request. What the API server stores is newer.
      if (path.endsWith("/deployments/web")) api.change(deployments, "shop/web", { status: { replicas: 4 } });
      return undefined;
    });
    const recreate = { image: "web:3", strategy: { type: "Recreate" } } as const;
    expect(await ask(aDeployment(recreate), aDeployment())).to.include({ allowed: true });
    expect((await service()).metadata.labels).to.have.property("serin.dev/flight");
  });

  it("asks for the Deployments once, and for its own only if the list has another version", async () => {
    const read = () => api.requests.filter(({ path }) => path.includes("/deployments"));
    const stored = api.put(deployments, aDeployment());
    await answer(aDeployment({ image: "web:2" }), stored);
    expect(
      read().map(({ path, query }) => [path.split("/").at(-1), query.get("resourceVersion")]),
    ).to.deep.equal([["deployments", "0"]]);
    api.requests.length = 0;
    api.change(deployments, "shop/web", { status: { replicas: 4 } });
    await answer(aDeployment({ image: "web:2" }), stored);
    expect(read().map(({ path }) => path.split("/").at(-1))).to.deep.equal(["deployments", "web"]);
  });

  it("fails as the API server does, instead of guessing the stable version", async () => {
    api.faults.push(({ path }) =>
      path.includes("replicasets") ? { status: 403, message: "no" } : undefined,
    );
    let failure: unknown;
    await ask(aDeployment({ image: "web:2" }), aDeployment()).catch((error: unknown) => {
      failure = error;
    });
    expect(failure).to.be.instanceOf(Error);
    expect(writes()).to.deep.equal([]);
  });
});
