import { expect } from "chai";
import { performAll } from "../../../../controller/reconcile/perform.ts";
import { mentionEvent, writeEvent } from "../../../../rollout/workload/writes.ts";
import { aDeployment, NOON } from "../../../support/builders.ts";
import { FakeClock } from "../../../support/clock.ts";
import { noLog } from "../../../support/log.ts";

describe("controller/reconcile/perform", () => {
  let told: string[];
  let needs: Parameters<typeof performAll>[2];

  beforeEach(() => {
    told = [];
    const create = async (_kind: unknown, _where: unknown, { message }: { message: string }) =>
      told.push(message);
    needs = { kube: { create }, caches: {}, observer: {}, clock: new FakeClock(NOON), log: noLog } as never;
  });

  it("records Events, but none that only hooks and the log hear of", async () => {
    const writes = [
      mentionEvent(aDeployment(), "Normal", "CanaryStep", "brief"),
      writeEvent(aDeployment(), "Normal", "Promoted", "why"),
    ];
    expect(await performAll(writes, "uid-web", needs)).to.equal(undefined);
    expect(told).to.deep.equal(["why"]);
  });

  it("records each of several Events with one reason, once for all tries, whatever their numbers", async () => {
    const superseded = (...seconds: number[]) =>
      seconds.map((s) => writeEvent(aDeployment(), "Normal", "Superseded", `after ${s}s`));
    const recorded = new Set<string>();
    await performAll(superseded(1, 2), "uid-web", needs, recorded);
    await performAll(superseded(3, 4), "uid-web", needs, recorded);
    expect(told).to.deep.equal(["after 1s", "after 2s"]);
  });
});
