import { expect } from "chai";
import { migrateCommand } from "../../../../cli/commands/migrate.ts";
import { systemClock } from "../../../../kube/core/clock.ts";
import { kept, plainTerminal } from "../frame/streams.ts";

/** Runs the command on a Deployment without a Rollout of Kruise; returns what it said. */
async function migrate(execute: boolean, annotations: Readonly<Record<string, string>>) {
  const streams = kept("");
  const kube = {
    get: async () => ({ metadata: { name: "web", annotations }, spec: { selector: {}, template: {} } }),
    list: async () => ({ items: [], resourceVersion: "1" }),
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
    expect(await migrate(false, opted)).not.to.contain("no step opts it in");
  });

  it("is not with Serin if nothing could be carried, and says so before the first step", async () => {
    expect(await migrate(true, {})).to.contain(
      "deployment.apps/web is without Kruise Rollouts, and not opted in: kubectl serin convert",
    );
    expect(await migrate(false, {})).to.contain("! no step opts it in: kubectl serin convert");
  });
});
