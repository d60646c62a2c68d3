import { expect } from "chai";
import type { Service } from "../../kube/core/services.ts";
import type { GrpcLoad } from "../cluster/grpcLoad.ts";
import { Shop } from "./shop.ts";

const H2C = "projectcontour.io/upstream-protocol.h2c";
const plan = { "serin.dev/steps": "50:10m", "serin.dev/compare": "off", "serin.dev/checks": "none" };
/** A kind of policies that names rules of routes. */
const kind = { group: "gateway.envoyproxy.io", plural: "securitypolicies" };
const definition = `${kind.plural}.${kind.group}`;
const definitions = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
/** As a user does who applies a set of manifests and prunes what they have removed from it. */
const APPLY = ["--prune", "--applyset=web-set"];

describe("a canary Service that must be as its Service", function () {
  this.timeout(120_000);
  let shop: Shop;
  let load: GrpcLoad;
  let manifests: string;

  before(async () => {
    shop = await Shop.open("copies", { gateway: "contour" });
    const schema = { openAPIV3Schema: { type: "object", "x-kubernetes-preserve-unknown-fields": true } };
    // At first, because Serin asks at most once in ten seconds which kinds exist.
    await shop.cluster.api.demand("POST", definitions, {
      metadata: { name: definition },
      spec: {
        group: kind.group,
        scope: "Namespaced",
        names: { kind: "SecurityPolicy", plural: kind.plural, singular: "securitypolicy" },
        versions: [{ name: "v1alpha1", served: true, storage: true, schema }],
      },
    });
    await shop.run("wait", "--for=condition=Established", `crd/${definition}`);
    const list = JSON.parse(shop.manifests({ protocol: "grpc", interval: "2s", plan }));
    const [, service] = list.items;
    delete service.spec.ports[0].appProtocol;
    service.metadata.annotations = { [H2C]: "9090,grpc" };
    service.spec.sessionAffinity = "ClientIP";
    manifests = JSON.stringify(list);
    await shop.apply(manifests, ...APPLY);
    await shop.run("rollout", "status", "deployment/web", "--timeout=60s");
    await shop.serves(shop.host(), "/", "grpc");
    load = shop.calls(100);
  });
  after(async () => {
    await shop?.cluster.api.request("DELETE", `${definitions}/${definition}`);
    await shop?.close();
  });

  const stored = () =>
    shop.cluster.api.demand<Service>("GET", `/api/v1/namespaces/${shop.namespace}/services/web-canary`);

  it("speaks the protocol that an annotation names, and outlives an apply that prunes", async () => {
    const v2 = manifests.replace("app:v1", "app:v2");
    await shop.apply(v2, ...APPLY);
    const from = await shop.weighs(50);
    const before = await stored();
    expect(before.metadata.annotations).to.include({ [H2C]: "9090,grpc" });
    expect(before.spec).to.include({ sessionAffinity: "ClientIP" });
    for (let again = 0; again < 2; again += 1) await shop.apply(v2, ...APPLY);
    const to = await shop.answered(load, from, 600);
    const { byVersion, failed } = load.between(from, to);
    expect(byVersion.v2, "answers of the canary").to.be.at.least(200);
    expect(failed).to.equal(0);
    expect((await stored()).metadata.uid).to.equal(before.metadata.uid);
  });

  it("is asked about again for a version that supersedes the canary, and for new rules of the plan in flight", async () => {
    const policy = {
      apiVersion: `${kind.group}/v1alpha1`,
      kind: "SecurityPolicy",
      metadata: { name: "limits" },
      spec: { targetRefs: [{ group: "", kind: "Service", name: "web" }] },
    };
    await shop.apply(JSON.stringify(policy));
    const next = await shop.kubectl("set", "image", "deployment/web", "app=app:v3");
    expect(next.code).to.equal(1);
    expect(next.stderr).to.contain(
      "Service web: SecurityPolicy limits applies to it, and not to its canary Service web-canary",
    );
    await shop.run("delete", `${definition}/limits`);
    const testers = await shop.kubectl("annotate", "deployment/web", "serin.dev/match=header x-tester=yes");
    expect(testers.code).to.equal(1);
    expect(testers.stderr).to.contain("serin.dev/match: this version began without it");
    expect(shop.weight(), "weight of the canary").to.equal(50);
  });

  it("gets a changed protocol alone, also when the user edits nothing but its annotation", async () => {
    const edits = [`${H2C}-`, `${H2C}=9091`, "haproxy.org/server-ssl=true"];
    for (const edit of edits) {
      const said = await shop.run("annotate", "service/web", edit, "--overwrite", "--dry-run=server");
      expect(said, edit).to.match(/Service web (keeps|does not get) annotation .* until the promotion/);
    }
  });

  it("follows an annotation and a port that the user adds in flight", async () => {
    const copy = () => shop.stock.services.get("web-canary");
    await shop.run("annotate", "service/web", "example.com/team=a");
    const port = [
      { op: "add", path: "/spec/ports/-", value: { name: "more", port: 9091, targetPort: "grpc" } },
    ];
    await shop.run("patch", "service/web", "--type=json", "-p", JSON.stringify(port));
    await shop.until(
      "the copy",
      () =>
        copy()?.metadata.annotations?.["example.com/team"] === "a" && copy()?.spec.ports?.[1]?.port === 9091,
    );
    await shop.run("annotate", "service/web", "example.com/team-");
    await shop.until("the removal", () => !("example.com/team" in (copy()?.metadata.annotations ?? {})));
    await shop.promote();
    expect(load.since(0).failed).to.equal(0);
  });

  it("must be named by a policy that names its Service", async () => {
    const target = (name: string) => ({ group: "", kind: "Service", name });
    const policy = (...names: string[]) =>
      JSON.stringify({
        apiVersion: "gateway.networking.k8s.io/v1",
        kind: "BackendTLSPolicy",
        metadata: { name: "tls" },
        spec: {
          targetRefs: names.map(target),
          validation: { hostname: "web.example", wellKnownCACertificates: "System" },
        },
      });
    const update = () => shop.kubectl("set", "image", "deployment/web", "app=app:v3", "--dry-run=server");
    await shop.apply(policy("web"));
    const refused = await update();
    expect(refused.code).to.equal(1);
    expect(refused.stderr).to.contain(
      "Service web: BackendTLSPolicy tls applies to it, and not to its canary Service web-canary",
    );
    await shop.apply(policy("web", "web-canary"));
    expect(await update()).to.include({ code: 0 });
  });

  it("is not added to a rule's testers past a policy that names the rule", async () => {
    const policy = (sectionName?: string) =>
      JSON.stringify({
        apiVersion: `${kind.group}/v1alpha1`,
        kind: "SecurityPolicy",
        metadata: { name: "login" },
        spec: { targetRefs: [{ kind: "GRPCRoute", name: "web", sectionName }] },
      });
    const named = [{ op: "add", path: "/spec/rules/0/name", value: "calls" }];
    await shop.run("patch", "grpcroute/web", "--type=json", "-p", JSON.stringify(named));
    await shop.run("annotate", "deployment/web", "serin.dev/match=header x-tester=yes");
    const update = () => shop.kubectl("set", "image", "deployment/web", "app=app:v3", "--dry-run=server");
    await shop.apply(policy("calls"));
    const refused = await update();
    expect(refused.code).to.equal(1);
    expect(refused.stderr).to.contain(
      `serin.dev/match: SecurityPolicy login names rule "calls" of GRPCRoute ${shop.namespace}/web`,
    );
    await shop.apply(policy());
    expect(await update()).to.include({ code: 0 });
  });
});
