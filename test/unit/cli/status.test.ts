import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { statusCommand } from "../../../cli/commands/status.ts";
import { runLine } from "../../../cli/frame/run.ts";
import { deployments } from "../../../kube/core/resources.ts";
import { FLIGHT, HELD } from "../../../rollout/keys.ts";
import { formatHoldRecord } from "../../../rollout/workload/hold-record.ts";
import { FakeApi } from "../../support/api.ts";
import { aDeployment, aHeld } from "../../support/builders.ts";
import { kubeconfigFor } from "../../support/kubeconfig.ts";
import { kept } from "./frame/streams.ts";

describe("kubectl serin status on a machine whose clock is wrong", () => {
  let folder: string;
  let api: FakeApi;
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), "serin-"));
    api = await FakeApi.start();
    writeFileSync(join(folder, "config"), kubeconfigFor(api));
    const held = aDeployment({ image: "web:2", annotations: { [HELD]: formatHoldRecord(aHeld()) } });
    api.add(deployments, { ...held, metadata: { ...held.metadata, labels: { [FLIGHT]: "uid-web" } } });
  });
  afterEach(async () => {
    await api.stop();
    rmSync(folder, { recursive: true });
  });

  /** `meanwhile` happens in place of each wait. */
  async function status(line: string, aheadMs: number, meanwhile = () => {}) {
    const streams = kept();
    const code = await runLine([statusCommand], {
      program: "kubectl serin",
      line: `status ${line} -n shop`.split(" "),
      place: { isTty: false, environment: { KUBECONFIG: join(folder, "config") }, platform: "linux" },
      streams,
      clock: { now: () => Date.now() + aheadMs, sleep: async () => meanwhile() },
      version: "1",
    });
    return { code, ...streams.written };
  }

  for (const minutes of [-5, 5]) {
    it(`shows a rollout as old as it is, ${minutes} minutes ahead`, async () => {
      for (const line of ["web -o jsonpath={.at}", "-o jsonpath={.items[0].at}"]) {
        const { out } = await status(line, minutes * 60_000);
        expect(Math.abs(Date.parse(out) - Date.now()), `${line}: ms`).to.be.below(5_000);
      }
    });
  }

  it("waits as long as --timeout says, 5 minutes behind", async () => {
    const fail = () => {
      const record = formatHoldRecord(aHeld({ phase: "failed" }));
      api.change(deployments, "shop/web", { metadata: { annotations: { [HELD]: record } } });
    };
    const { code, out } = await status("web --wait --timeout=4m", -300_000, fail);
    expect(out).to.match(/^rolled-back deployment\/web /m);
    expect(code).to.equal(3);
  });
});
