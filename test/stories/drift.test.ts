import { join } from "node:path";
import { expect } from "chai";
import type { Cluster } from "../cluster/cluster.ts";
import { describeCluster } from "../cluster/fixture.ts";
import { type Overlay, writeOverlay } from "../cluster/overlay.ts";
import { Shop } from "./shop.ts";

const MORE = ["dashboard", "flow-schema", "network-policy", "notifications", "private-gke", "openshift"];
/** What docs/operations.md lets a GitOps engine ignore, and the generation that follows from it. */
const KEPT = /^[+-] +(path: \/admit\/\S+|generation: \d+)$/;
const IN_ANOTHER_NAMESPACE = /system:serviceaccounts:|^[+-] +(\|\| )?request\.options\.\?fieldManager/;

// A comparison is between kubectl and the API server, so one gateway is enough.
describeCluster("what a GitOps engine would change about an installation", function () {
  this.timeout(180_000);
  const cases: readonly [title: string, overlay: Overlay, kept: readonly RegExp[]][] = [
    ["with most components, is the token in the paths", { components: MORE }, [KEPT]],
    [
      "in another namespace, is the group of Serin's accounts as well",
      { namespace: "platform", prefix: "acme-" },
      [KEPT, IN_ANOTHER_NAMESPACE],
    ],
  ];
  for (const [title, overlay, kept] of cases) {
    it(title, async () => {
      const shop = await Shop.open("drift", { overlay });
      try {
        const lines = await changes(shop.cluster, overlay);
        expect(lines, "changes").to.not.have.length(0);
        expect(lines.filter((line) => !kept.some((each) => each.test(line)))).to.deep.equal([]);
      } finally {
        await shop.close();
      }
    });
  }
});

/** The lines that `kubectl diff` adds and removes. */
async function changes({ dir, kubectl }: Cluster, overlay: Overlay): Promise<readonly string[]> {
  const folder = join(dir, "drift");
  writeOverlay(folder, overlay);
  const { code, stdout, stderr } = await kubectl(["diff", "-k", folder]);
  expect(code, stderr).to.equal(1);
  return stdout.split("\n").filter((line) => /^[+-](?![+-]{2} )/.test(line));
}
