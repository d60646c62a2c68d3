import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { inOneFile } from "../../release/install.ts";
import { describeCluster } from "../cluster/fixture.ts";
import { UNPACKED } from "../cluster/kubelet/pod.ts";
import { buildImage, unpackImage } from "../cluster/oci/build.ts";
import { findTools, repository } from "../cluster/tools.ts";
import { expectNoFailures } from "./share.ts";
import { Shop } from "./shop.ts";

const IMAGE = "ghcr.io/serin-dev/serin:packed";
const PLAN = { "serin.dev/steps": "50:5s", "serin.dev/compare": "off", "serin.dev/checks": "none" };

// An installation is between Serin and the API server, so one gateway is enough.
describeCluster("install.yaml with the image of the Dockerfile", function () {
  this.timeout(240_000);
  let shop: Shop;
  before(async () => {
    shop = await Shop.open("image");
    const built = await buildImage(join(shop.cluster.dir, "image"));
    unpackImage(built, join(shop.cluster.dir, UNPACKED, "packed"));
  });
  after(async () => {
    // The next file of this cluster expects deploy/ as it is.
    await shop?.cluster.kubectl(["apply", "-k", join(repository, "deploy")]);
    if (shop !== undefined) await rolledOut();
    await shop?.close();
  });

  async function rolledOut(): Promise<void> {
    for (const name of ["serin", "serin-controller"]) {
      const args = ["rollout", "status", `deployment/${name}`, "--timeout=90s"];
      const { code, stderr } = await shop.cluster.kubectl(args, { namespace: "serin-system" });
      expect(code, stderr).to.equal(0);
    }
  }

  it("is applied as it is over an installation, and its pods carry a canary to its promotion", async () => {
    const rendered = execFileSync(findTools().program("kubectl"), ["kustomize", join(repository, "deploy")]);
    const file = join(shop.cluster.dir, "install.yaml");
    writeFileSync(file, inOneFile(rendered.toString(), IMAGE));
    const applied = await shop.cluster.kubectl(["apply", "-f", file]);
    expect(applied.code, applied.stderr).to.equal(0);
    await rolledOut();
    expect(packedProcesses()).to.deep.equal([
      ...["controller/main.ts 65532", "controller/main.ts 65532"],
      ...["webhook/main.ts 65532", "webhook/main.ts 65532"],
    ]);

    await shop.deploy({ interval: "5s", plan: PLAN, preStopSeconds: 3 });
    const load = shop.load(100);
    await shop.run("set", "image", "deployment/web", "app=app:v2");
    await shop.weighs(50);
    await shop.run("rollout", "status", "deployment/web", "--timeout=90s");
    await shop.atRest();
    await shop.until("v2's record", () => shop.record("v2")?.outcome === "promoted");
    await expectNoFailures(load);
  });
});

/** The script and the user of each process of the image's node. */
function packedProcesses(): readonly string[] {
  const found = readdirSync("/proc").flatMap((pid) => {
    const file = `/proc/${pid}/cmdline`;
    if (!/^\d+$/.test(pid) || !existsSync(file)) return [];
    const [program, script] = readFileSync(file, "utf8").split("\0");
    if (program !== "/nodejs/bin/node") return [];
    const [, user] = /^Uid:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? [];
    return [`${script} ${user}`];
  });
  return found.toSorted();
}
