import { readFileSync } from "node:fs";
import { expect } from "chai";
import { parseAllDocuments } from "yaml";
import { describeCluster } from "../cluster/fixture.ts";
import type { Load } from "../cluster/load.ts";
import { eventually } from "../cluster/wait.ts";
import { Shop } from "./shop.ts";

const plan = {
  "serin.dev/steps": "20, pause, 50:2h",
  "serin.dev/compare": "off",
  "serin.dev/checks": "none",
};
/** All rights, as somebody may have who releases; the policy alone tells both apart. */
const RELEASER = ["--as=ann", "--as-group=system:masters"];
const MANAGER = [...RELEASER, "--as-group=release-managers"];

describeCluster("the policy that says who may promote", function () {
  this.timeout(120_000);
  let shop: Shop;
  let load: Load;
  before(async () => {
    shop = await Shop.open("promoters");
    await shop.deploy({ interval: "1s", plan });
    load = shop.load(100);
    await shop.apply(JSON.stringify({ apiVersion: "v1", kind: "List", items: example() }));
    await shop.run("set", "image", "deployment/web", "app=app:v2", ...RELEASER);
    await shop.until("the pause of the plan", () => shop.deployment().spec.paused);
    await eventually("the policy in force", async () => {
      const { stderr } = await order("promote", RELEASER);
      return stderr.includes("release-managers") || undefined;
    });
  });
  after(() => shop?.close());

  it("refuses a promotion, and the end of a pause, by somebody who only releases", async () => {
    expect((await order("promote", RELEASER)).stderr).to.include(
      "only the group release-managers may promote",
    );
    const resumed = await shop.kubectl("rollout", "resume", "deployment/web", ...RELEASER);
    expect(resumed).to.include({ code: 1 });
    expect(resumed.stderr).to.include("only the group release-managers may end a pause");
    expect(shop.deployment().spec.paused).to.equal(true);
  });

  it("leaves the way back to everybody", async () => {
    expect(await order("abort", RELEASER)).to.include({ code: 0 });
  });

  it("lets the managers end the pause and promote, while Serin's own writes pass", async () => {
    await shop.run("rollout", "resume", "deployment/web", ...MANAGER);
    await shop.weighs(50);
    await shop.run("annotate", "deployment/web", `serin.dev/promote=${shop.revision()}`, ...MANAGER);
    await shop.atRest();
    await shop.until("the record", () => shop.record("v2")?.outcome === "promoted");
    for (const { kind, metadata } of example()) await shop.run("delete", `${kind}/${metadata.name}`);
    expect(load.since(0).failed, "failed requests").to.equal(0);
  });

  const order = (name: string, as: readonly string[]) => {
    const key = `serin.dev/${name}=${shop.revision()}`;
    return shop.kubectl("annotate", "deployment/web", key, "--dry-run=server", ...as);
  };

  /** The policy of docs/gitops.md and its binding, for this shop only: other stories share the cluster. */
  function example() {
    const text = readFileSync("docs/gitops.md", "utf8");
    const [, manifest = ""] = /```yaml\n# promoters\.yaml\n(.*?)```/s.exec(text) ?? [];
    const [policy, binding] = parseAllDocuments(manifest).map((document) => document.toJS());
    policy.spec.matchConstraints.namespaceSelector = {
      matchLabels: { "kubernetes.io/metadata.name": shop.namespace },
    };
    return [policy, binding];
  }
});
