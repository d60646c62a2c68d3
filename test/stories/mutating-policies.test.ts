import { expect } from "chai";
import type { Load } from "../cluster/load.ts";
import { eventually } from "../cluster/wait.ts";
import { grantedTo } from "./granted.ts";
import { Shop } from "./shop.ts";

const plan = { "serin.dev/steps": "20", "serin.dev/compare": "off", "serin.dev/checks": "none" };
/** A step that lasts until the test has looked, and the same step once its time is over. */
const LONG = { "serin.dev/steps": "20:10m" };
const OVER = "serin.dev/steps=20:1s";
const KINDS = "mutatingadmissionpolicies,mutatingadmissionpolicybindings";

describe("a MutatingAdmissionPolicy beside Serin", function () {
  this.timeout(120_000);
  let shop: Shop;
  let load: Load;
  before(async () => {
    shop = await Shop.open("mutating");
    await shop.deploy({ interval: "1s", plan });
    load = shop.load(100);
  });
  after(async () => {
    await shop?.run("delete", KINDS, `--selector=shop=${shop.namespace}`);
    await shop?.close();
  });

  it("adds fields to the Services that Serin creates, and the rollout goes on", async () => {
    await enforce(
      "near",
      "services",
      ["CREATE"],
      'Object{spec: Object.spec{trafficDistribution: "PreferSameZone"}}',
    );
    await inForce("PreferSameZone", "create", "service", "clusterip", "probe", "--tcp=80");
    const service = await shop.manifest("services");
    await start("v2");
    expect((await shop.manifest("services", "web-canary")).spec).to.include({
      trafficDistribution: "PreferSameZone",
    });
    await shop.run("annotate", "deployment/web", OVER, "--overwrite");
    await shop.atRest();
    await shop.until("the record", () => shop.record("v2")?.outcome === "promoted");
    expect(await shop.manifest("services")).to.deep.equal(service);
    expect(load.since(0).failed, "failed requests").to.equal(0);
  });

  it("changes the template that a user applies, and Serin judges the version that is stored", async () => {
    const annotations = 'Object.spec.template.metadata{annotations: {"policy.test/team": "a"}}';
    const expression = `Object{spec: Object.spec{template: Object.spec.template{metadata: ${annotations}}}}`;
    await enforce("team", "deployments", ["CREATE", "UPDATE"], expression);
    await inForce("policy.test/team", "set", "image", "deployment/web", "app=app:v3");
    const asked = Date.now();
    await start("v3");
    const judged = shop.pods("v3").map(({ metadata }) => metadata.name);
    await shop.run("annotate", "deployment/web", OVER, "--overwrite");
    await shop.atRest();
    await shop.until("the record", () => shop.record("v3")?.outcome === "promoted");
    expect(shop.pods("v3").map(({ metadata }) => metadata.name)).to.include.members(judged);
    expect(shop.deployment().spec.template.metadata?.annotations).to.deep.equal({ "policy.test/team": "a" });
    expect(grantedTo(shop, asked)).to.deep.equal([20, 0]);
    expect(load.since(0).failed, "failed requests").to.equal(0);
  });

  /**
   * Starts a version whose first step lasts until the test ends it, in one request: with the policy, any update of the
   * version before it would be another version.
   */
  async function start(version: string): Promise<void> {
    const containers = [{ name: "app", image: `app:${version}` }];
    const patch = { metadata: { annotations: LONG }, spec: { template: { spec: { containers } } } };
    await shop.run("patch", "deployment/web", `--patch=${JSON.stringify(patch)}`);
    await shop.weighs(20);
  }

  /** Creates such a policy for this shop only: other stories share the cluster. */
  function enforce(name: string, resource: string, operations: readonly string[], expression: string) {
    const [apiVersion, policyName] = ["admissionregistration.k8s.io/v1", `${name}.${shop.namespace}`];
    const metadata = { name: policyName, labels: { shop: shop.namespace } };
    const apiGroups = [resource === "services" ? "" : "apps"];
    const spec = {
      failurePolicy: "Fail",
      reinvocationPolicy: "IfNeeded",
      matchConstraints: {
        namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": shop.namespace } },
        resourceRules: [{ apiGroups, apiVersions: ["v1"], operations, resources: [resource] }],
      },
      mutations: [{ patchType: "ApplyConfiguration", applyConfiguration: { expression } }],
    };
    const items = [
      { apiVersion, kind: "MutatingAdmissionPolicy", metadata, spec },
      { apiVersion, kind: "MutatingAdmissionPolicyBinding", metadata, spec: { policyName } },
    ];
    return shop.apply(JSON.stringify({ apiVersion: "v1", kind: "List", items }));
  }

  /** Waits until the API server obeys a policy, which takes it a second or two. */
  function inForce(field: string, ...command: readonly string[]): Promise<true> {
    return eventually("the policy in force", async () => {
      const { stdout } = await shop.kubectl(...command, "--dry-run=server", "--output=json");
      return stdout.includes(field) || undefined;
    });
  }
});
