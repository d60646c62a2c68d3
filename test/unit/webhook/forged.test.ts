import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { expect } from "chai";
import { request } from "undici";
import type { Kube } from "../../../kube/client/api.ts";
import { deployments, namespaces, replicaSets, services } from "../../../kube/core/resources.ts";
import { isolationPatch } from "../../../rollout/traffic/isolation.ts";
import { admitDeployments } from "../../../webhook/deployments.ts";
import { admitRoutes, admitServices } from "../../../webhook/in-flight.ts";
import { Lanes } from "../../../webhook/lanes.ts";
import { admitOwnWrites } from "../../../webhook/ownership.ts";
import { admissionApp } from "../../../webhook/server.ts";
import { admitTracked } from "../../../webhook/tracked.ts";
import { FakeApi } from "../../support/api.ts";
import { AT_NOON, aDeployment, aHeld, aReplicaSet, aRoute, aService } from "../../support/builders.ts";
import { hastyClock } from "../../support/clock.ts";
import { noLog } from "../../support/log.ts";
import { aReview } from "../../support/review.ts";
import { followRoutes } from "../../support/route-index.ts";

const token = "a".repeat(64);
const held = { "serin.dev/held": JSON.stringify(aHeld({ phase: "failed", stable: "none" })) };
const flight = { "serin.dev/flight": "uid-web" };
const config = (kind: string, value: string) => ({
  kind,
  metadata: {
    name: "web",
    namespace: "shop",
    uid: "uid-c",
    resourceVersion: "1",
    labels: { "serin.dev/track": "true" },
  },
  data: { a: value },
});
const service = { kind: "Service", ...aService({ meta: { labels: flight } }) };
const route = { ...aRoute(), kind: "HTTPRoute" };

describe("webhook, called by a pod in the API server's place", () => {
  let api: FakeApi;
  let kube: Kube;
  let server: Server;
  let stop: AbortController;
  beforeEach(async () => {
    stop = new AbortController();
    api = await FakeApi.start();
    kube = api.connect();
    api.add(namespaces, { metadata: { name: "shop" } });
    api.add(services, aService());
    api.add(replicaSets, aReplicaSet());
    const envFrom = [{ configMapRef: { name: "web" } }];
    const template = { ...aDeployment().spec.template, spec: { containers: [{ name: "main", envFrom }] } };
    api.add(deployments, aDeployment({ template }));
    const index = await followRoutes(api, kube, stop.signal);
    const needs = { kube, index, namespace: "serin-system", hookHosts: [], clock: hastyClock, log: noLog };
    const app = admissionApp({
      kinds: {
        deployments: { kinds: ["Deployment"], admit: admitDeployments(needs) },
        services: { kinds: ["Service"], admit: admitServices(kube, new Lanes(hastyClock)) },
        routes: { kinds: ["HTTPRoute", "GRPCRoute"], admit: admitRoutes },
        ownership: { kinds: ["Service"], admit: admitOwnWrites },
        config: { kinds: ["ConfigMap", "Secret"], admit: admitTracked(needs) },
      },
      accepts: async (given) => given === token,
      ready: () => true,
      log: noLog,
    });
    server = createServer(app).listen(0, "127.0.0.1");
    await once(server, "listening");
  });
  afterEach(async () => {
    server.close();
    stop.abort();
    await kube.close();
    await api.stop();
  });

  const post = async (path: string, object: { kind?: string }, oldObject: object) => {
    const { port } = server.address() as AddressInfo;
    const body = JSON.stringify(aReview({ kind: { kind: object.kind }, object, oldObject }));
    const headers = { "content-type": "application/json" };
    const answer = await request(`http://127.0.0.1:${port}${path}`, { method: "POST", headers, body });
    await answer.body.dump();
    return answer.statusCode;
  };
  const bodies: [string, { kind?: string }, object][] = [
    ["deployments", aDeployment({ image: "web:3" }), aDeployment({ annotations: held })],
    ["services", service, service],
    ["routes", route, route],
    ["ownership", service, service],
    ["config", config("ConfigMap", "2"), config("ConfigMap", "1")],
    ["config", config("Secret", "2"), config("Secret", "1")],
  ];
  for (const [plural, object, oldObject] of bodies) {
    it(`answers 404 about a ${object.kind} at ${plural}, and sends no request itself`, async () => {
      for (const path of [`/admit/${plural}`, `/admit/${"b".repeat(64)}/${plural}`])
        expect(await post(path, object, oldObject), path).to.equal(404);
      expect(api.requests).to.deep.equal([]);
    });

    // Serin may not read users' Secrets, so for these the token protects alone.
    if (object.kind === "Secret") continue;
    it(`changes nothing for a forged ${object.kind} at ${plural}, even with the token`, async () => {
      expect(await post(`/admit/${token}/${plural}`, object, oldObject)).to.equal(200);
      expect(api.requests.filter(({ method }) => method !== "GET")).to.deep.equal([]);
    });
  }

  it("changes nothing for a Deployment in flight whose forged body has no record", async () => {
    const inFlight = api.put(deployments, {
      ...aDeployment({ image: "web:2" }),
      metadata: { ...aDeployment().metadata, annotations: { "serin.dev/held": JSON.stringify(aHeld()) } },
    });
    api.change(services, "shop/web", isolationPatch(aService(), "uid-web", "web1", AT_NOON));
    const bare = (image: string) => ({
      ...aDeployment({ image }),
      metadata: { ...inFlight.metadata, annotations: {} },
    });
    expect(await post(`/admit/${token}/deployments`, bare("web:9"), bare("web:2"))).to.equal(200);
    expect(api.requests.filter(({ method }) => method !== "GET")).to.deep.equal([]);
  });
});
