import { expect } from "chai";
import { performAll } from "../../../../controller/reconcile/perform.ts";
import { mentionEvent, writeEvent } from "../../../../rollout/workload/writes.ts";
import { aDeployment, NOON } from "../../../support/builders.ts";
import { FakeClock } from "../../../support/clock.ts";
import { noLog } from "../../../support/log.ts";

describe("controller/reconcile/perform", () => {
  it("records Events, but none that only hooks and the log hear of", async () => {
    const created: unknown[] = [];
    const kube = { create: async (_kind: unknown, _where: unknown, body: object) => created.push(body) };
    const needs = { kube, caches: {}, observer: {}, clock: new FakeClock(NOON), log: noLog };
    const writes = [
      mentionEvent(aDeployment(), "Normal", "CanaryStep", "brief"),
      writeEvent(aDeployment(), "Normal", "Promoted", "why"),
    ];
    expect(await performAll(writes, "uid-web", needs as never)).to.equal(undefined);
    expect(created.map((body) => (body as { message: string }).message)).to.deep.equal(["why"]);
  });
});
