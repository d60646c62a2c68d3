import { expect } from "chai";
import { migrateCommand } from "../../../../cli/commands/migrate.ts";
import { systemClock } from "../../../../kube/core/clock.ts";
import { kept, plainTerminal } from "../frame/streams.ts";

/** Runs the command on a Deployment with these Rollouts of Kruise; returns what it said. */
async function migrate(
  execute: boolean,
  annotations: Readonly<Record<string, string>>,
  rollouts: readonly object[] = [],
) {
  const streams = kept("");
  const kube = {
    get: async () => ({ metadata: { name: "web", annotations }, spec: { selector: {}, template: {} } }),
    list: async () => ({ items: rollouts, resourceVersion: "1" }),
  };
  await migrateCommand.run({
    args: ["kruise", "web"],
    flags: { execute, to: undefined, timeout: 0 },
    terminal: plainTerminal(streams),
    clock: systemClock,
    cluster: async () => ({ kube, namespace: "shop" }),
  } as never);
  return streams.written.out;
}

describe("the end of kubectl serin migrate", () => {
  it("is with Serin alone if the Deployment is opted in", async () => {
    const opted = { "serin.dev/rollout": "canary" };
    expect(await migrate(true, opted)).to.equal("deployment.apps/web is with Serin alone\n");
    expect(await migrate(false, opted)).to.equal("deployment.apps/web is with Serin alone\n");
  });

  it("is not with Serin if nothing could be carried, and says so before the first step", async () => {
    const rollout = { metadata: { name: "web" }, spec: { workloadRef: { name: "web" }, strategy: {} } };
    const planned = await migrate(false, {}, [rollout]);
    expect(planned).to.contain("from Kruise Rollouts to Serin, 1 of 3 steps done");
    expect(planned).to.contain("! no step opts it in: kubectl serin convert");
  });

  it("claims no step of a Deployment that the rival does not have", async () => {
    for (const execute of [true, false])
      expect(await migrate(execute, {})).to.match(
        /^deployment\.apps\/web is without Kruise Rollouts, and not opted in: kubectl serin convert .*\n$/,
      );
  });
});
