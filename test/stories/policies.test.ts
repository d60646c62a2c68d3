import { readFileSync } from "node:fs";
import { expect } from "chai";
import { parseAllDocuments } from "yaml";
import type { Load } from "../cluster/load.ts";
import { eventually } from "../cluster/wait.ts";
import { Shop } from "./shop.ts";

const plan = { "serin.dev/steps": "20, 50", "serin.dev/compare": "off", "serin.dev/checks": "none" };
const TENANT = ["--as=ann", "--as-group=system:masters"];
/** As another policy or webhook changes a write of Serin: no webhook of Serin is asked about its own account. */
const SERIN = ["--as=serin", "--as-group=system:serviceaccounts:serin-system", "--as-group=system:masters"];

describe("a policy", function () {
  this.timeout(120_000);
  let shop: Shop;
  let load: Load;
  before(async () => {
    shop = await Shop.open("policies");
    await shop.deploy({ interval: "1s", plan });
    load = shop.load(100);
  });
  after(() => shop?.close());

  const annotate = (key: string, ...more: string[]) =>
    shop.kubectl("annotate", "deployment/web", `serin.dev/${key}`, "--overwrite", ...more);

  it("lets tenants set some annotations and give no order to promote, while Serin's own writes pass", async () => {
    const policies = documented("docs/security.md", "name: serin-tenants");
    await shop.apply(JSON.stringify({ apiVersion: "v1", kind: "List", items: policies }));
    await eventually("the policy in force", async () => {
      const { stderr } = await annotate("compare=alpha=2%", ...TENANT, "--dry-run=server");
      return stderr.includes("only releasers may set serin.dev/compare") || undefined;
    });
    expect(await annotate("steps=20:10m", ...TENANT)).to.include({ code: 0 });
    await shop.run("set", "image", "deployment/web", "app=app:v2", ...TENANT);
    await shop.weighs(20);
    const denied = await annotate(`promote=${shop.revision()}`, ...TENANT);
    expect(denied).to.include({ code: 1 });
    expect(denied.stderr).to.include("only releasers may order serin.dev/promote");
  });

  it("cannot take the hold or its record from a version in flight, so none ships without a judgement", async () => {
    const [record, label] = ["/metadata/annotations/serin.dev~1held", "/metadata/labels/serin.dev~1flight"];
    const field = "/spec/strategy/rollingUpdate/maxUnavailable";
    const changes = [
      [{ op: "remove", path: record }, "removed the annotation serin.dev/held"],
      [{ op: "remove", path: label }, "removed the label serin.dev/flight"],
      [{ op: "replace", path: "/spec/minReadySeconds", value: 5 }, "changed minReadySeconds or strategy"],
      [{ op: "replace", path: field, value: "50%" }, "changed minReadySeconds or strategy"],
    ] as const;
    for (const [change, told] of changes) {
      const { code, stderr } = await patch(change);
      expect(code, told).to.equal(1);
      expect(stderr).to.include(`another policy or webhook ${told}`);
    }
    const other = { op: "add", path: "/metadata/labels/team", value: "a" };
    expect(await patch(other)).to.include({ code: 0 });
    const order = `promote=${shop.revision()}`;
    expect(await annotate(order, ...TENANT, "--as-group=releasers")).to.include({ code: 0 });
    await shop.atRest();
    await shop.until("the record", () => shop.record("v2")?.outcome === "promoted");
    for (const { kind, metadata } of documented("docs/security.md", "name: serin-tenants"))
      await shop.run("delete", `${kind}/${metadata.name}`);
    expect(load.since(0).failed, "failed requests").to.equal(0);
  });

  it("that limits fields of the hold lets a rollout pass if it exempts Deployments in flight, and nobody can get around it", async () => {
    const [policy] = documented("docs/installation.md", "name: deadlines");
    const name = `deadlines.${shop.namespace}`;
    policy.metadata.name = name;
    const { apiVersion } = policy;
    const spec = { policyName: name, validationActions: ["Deny"] };
    const binding = { apiVersion, kind: "ValidatingAdmissionPolicyBinding", metadata: { name }, spec };
    await shop.apply(JSON.stringify({ apiVersion: "v1", kind: "List", items: [policy, binding] }));
    const late = { spec: { progressDeadlineSeconds: 1_000 } };
    const edit = (change: object) =>
      shop.kubectl("patch", "deployment/web", `--patch=${JSON.stringify(change)}`, "--dry-run=server");
    const told = "use a progressDeadlineSeconds of at most 900";
    await eventually(
      "the policy in force",
      async () => (await edit(late)).stderr.includes(told) || undefined,
    );
    const forged = { ...late, metadata: { annotations: { "serin.dev/held": "{}" } } };
    expect((await edit(forged)).stderr).to.include(told);
    expect(await annotate("steps=20:10m")).to.include({ code: 0 });
    await shop.run("set", "image", "deployment/web", "app=app:v3");
    await shop.weighs(20);
    expect(shop.deployment().spec.progressDeadlineSeconds).to.be.above(900);
    await shop.promote();
    await shop.until("the record", () => shop.record("v3")?.outcome === "promoted");
    for (const { kind } of [binding, policy]) await shop.run("delete", `${kind}/${name}`);
    expect(load.since(0).failed, "failed requests").to.equal(0);
  });

  const patch = (change: object) =>
    shop.kubectl(
      "patch",
      "deployment/web",
      "--type=json",
      `--patch=${JSON.stringify([change])}`,
      ...SERIN,
      "--dry-run=server",
    );

  /** A page's policy, and the objects after it. The policy is for this shop only: other stories share the cluster. */
  function documented(page: string, word: string) {
    const blocks = [...readFileSync(page, "utf8").matchAll(/```yaml\n(.*?)```/gs)].map(
      ([, text = ""]) => text,
    );
    const found = blocks.find((text) => text.includes(word)) ?? "";
    const objects = parseAllDocuments(found).map((document) => document.toJS());
    objects[0].spec.matchConstraints.namespaceSelector = {
      matchLabels: { "kubernetes.io/metadata.name": shop.namespace },
    };
    return objects;
  }
});
