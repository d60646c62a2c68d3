import { expect } from "chai";
import { ports } from "../cluster/addresses.ts";
import { onEachGatewayAtOnce } from "../cluster/fixture.ts";
import type { Load } from "../cluster/load.ts";
import { grants } from "./granted.ts";
import { expectShare } from "./share.ts";
import { Shop } from "./shop.ts";

const plan = {
  "serin.dev/steps": "20",
  "serin.dev/compare": "off",
  "serin.dev/checks": "none",
  "serin.dev/interval": "5m",
  "serin.dev/max-interval": "5m",
};
const labels = { app: "web" };

onEachGatewayAtOnce("who stands behind the Service of a route", function (gateway) {
  this.timeout(120_000);
  let shop: Shop;
  let load: Load;
  before(async () => {
    shop = await Shop.open("behind", { gateway });
    await shop.deploy({ plan });
    load = shop.load(100);
  });
  after(() => shop?.close());

  it("is named if it is another workload: the update is refused, and both keep their requests", async () => {
    await shop.apply(JSON.stringify(statefulSet("legacy")));
    await shop.run("rollout", "status", "statefulset/legacy", "--timeout=60s");
    await shop.counted(load, Date.now(), 300);
    const { code, stderr } = await shop.kubectl("set", "image", "deployment/web", "app=app:v2");
    expect(code).to.equal(1);
    expect(stderr).to.contain(
      'Service web: it also selects the pods of StatefulSet legacy, so Serin cannot isolate one version: give it a selector of its own, or annotate it serin.dev/isolate: "false"',
    );
    const from = Date.now();
    const { byVersion } = load.between(from, await shop.counted(load, from, 600));
    expect(Object.keys(byVersion).toSorted()).to.deep.equal(["old", "v1"]);
    await shop.run("delete", "statefulset/legacy", "--wait=true");
    await shop.until("its pods' end", () =>
      [...shop.stock.pods.keys()].every((name) => !name.startsWith("legacy")),
    );
  });

  it("is named if somebody adds addresses in flight, which answer a part of the stable version's requests", async () => {
    await shop.apply(JSON.stringify(aMachine()));
    await shop.run("wait", "pod/machine", "--for=condition=Ready", "--timeout=60s");
    const address = await shop.run("get", "pod/machine", "-o", "jsonpath={.status.podIP}");
    await shop.run("set", "image", "deployment/web", "app=app:v3");
    await shop.weighs(20);
    await shop.apply(JSON.stringify(keptSlice(address)));
    const told = await shop.until("the slice in the condition", () =>
      shop
        .condition()
        ?.message?.includes(
          "Service web also leads to the addresses of EndpointSlice web-machine: they answer a part of the stable version's requests",
        ),
    );
    const seen = load.between(told, await shop.counted(load, told, 1_500));
    expect(seen.byVersion.old ?? 0, "requests that the machine answered").to.be.above(0);
    expectShare(seen, "v3", 0.2);
    await shop.run("delete", "endpointslice/web-machine");
    await shop.run("rollout", "undo", "deployment/web");
    await shop.atRest();
  });

  it("is isolated if the Service is headless, and one beside it is told", async () => {
    await shop.run("delete", "service/web");
    await shop.apply(
      JSON.stringify({ apiVersion: "v1", kind: "List", items: ["web", "peers"].map(headless) }),
    );
    await shop.serves(shop.host());
    const from = Date.now();
    const said = await shop.run("set", "image", "deployment/web", "app=app:v2-err50");
    expect(said).to.contain("serin: Serin does not isolate Service peers, which also selects these pods");
    const weighed = await shop.weighs(20);
    const [granted] = grants(shop, from);
    expect(load.between(from, granted?.at ?? 0).byVersion.v2 ?? 0, "requests before the weight").to.equal(0);
    expectShare(load.between(weighed, await shop.counted(load, weighed, 2_000)), "v2", 0.2);
    await shop.run("rollout", "undo", "deployment/web");
    await shop.atRest();
  });

  it("is the reason to refuse a template without the Service's label, and for native control the other way round", async () => {
    await shop.run(
      "patch",
      "service/web",
      "--patch",
      JSON.stringify({ spec: { selector: { ...labels, version: "v1" } } }),
    );
    await relabel("v1");
    await shop.run("rollout", "status", "deployment/web", "--timeout=60s");
    await shop.atRest();
    await shop.serves(shop.host());
    const refused = await shop.kubectl("patch", "deployment/web", "--patch", template("v2"));
    expect(refused.stderr).to.contain("it selects version=v1, and the new template has version=v2");
    await shop.run(
      "patch",
      "service/web",
      "--patch",
      JSON.stringify({ spec: { selector: { ...labels, version: "v2" } } }),
    );
    expect(await relabel("v2")).to.contain("Service web selects only the new template");
    await shop.run("rollout", "status", "deployment/web", "--timeout=60s");
    await shop.serves(shop.host());
    expect(shop.pods("v2")).to.have.length(5);
  });

  function relabel(version: string): Promise<string> {
    return shop.run("patch", "deployment/web", "--patch", template(version));
  }
});

function template(version: string): string {
  const containers = [{ name: "app", image: `app:${version}` }];
  return JSON.stringify({ spec: { template: { metadata: { labels: { version } }, spec: { containers } } } });
}

function headless(name: string): object {
  const ports = [{ name: "http", port: 80, targetPort: "http" }];
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name },
    spec: { clusterIP: "None", selector: labels, ports },
  };
}

function statefulSet(name: string): object {
  const containers = [{ name: "app", image: "app:old", ports: [{ name: "http", containerPort: ports.app }] }];
  const spec = {
    replicas: 2,
    serviceName: name,
    selector: { matchLabels: { ...labels, tier: name } },
    template: { metadata: { labels: { ...labels, tier: name } }, spec: { containers } },
  };
  return { apiVersion: "apps/v1", kind: "StatefulSet", metadata: { name }, spec };
}

/** A program that the Service does not select. */
function aMachine(): object {
  const containers = [{ name: "app", image: "app:old", ports: [{ name: "http", containerPort: ports.app }] }];
  return { apiVersion: "v1", kind: "Pod", metadata: { name: "machine" }, spec: { containers } };
}

function keptSlice(address: string): object {
  return {
    apiVersion: "discovery.k8s.io/v1",
    kind: "EndpointSlice",
    metadata: { name: "web-machine", labels: { "kubernetes.io/service-name": "web" } },
    addressType: "IPv4",
    endpoints: [{ addresses: [address], conditions: { ready: true } }],
    ports: [{ name: "http", port: ports.app, protocol: "TCP" }],
  };
}
