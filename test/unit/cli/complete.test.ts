import { expect } from "chai";
import { allCommands } from "../../../cli/commands/registry.ts";
import { completeLine, offersFor } from "../../../cli/complete.ts";
import { FakeClock } from "../../support/clock.ts";
import { kept } from "./frame/streams.ts";

const commands = await allCommands();

describe("completion", () => {
  async function answered(...words: string[]): Promise<string> {
    const streams = kept();
    const place = { isTty: false, environment: { HOME: "/nowhere" }, platform: "linux" };
    const own = { program: "kubectl serin", line: [], place, streams, clock: new FakeClock(), version: "1" };
    await completeLine(commands, words, own);
    return streams.written.out;
  }

  it("offers commands with their help, as cobra's programs do", async () => {
    expect(await answered("prom")).to.equal(
      "promote\tPromotes the canary now, whatever the checks say.\n:4\n",
    );
    expect((await answered("")).split("\n")).to.have.length(commands.length + 2);
  });

  it("offers flags, also those that stand before the command", async () => {
    expect(await answered("promote", "--dry")).to.match(/^--dry-run=\tWith .*\n:4\n$/);
    expect(await answered("-n", "shop", "promote", "--names")).to.match(/^--namespace=\t.*\n:4\n$/);
  });

  it("offers Deployments, files, or nothing where a flag has a value", () => {
    expect(offersFor(commands, ["-n", "shop", "promote", "w"])).to.equal("deployments");
    expect(offersFor(commands, ["judge", ""])).to.equal("deployments and files");
    expect(offersFor(commands, ["promote", "-n", ""])).to.deep.equal([]);
    expect(offersFor(commands, ["version", ""])).to.deep.equal([]);
  });

  it("offers what fits the first argument: receivers after notify test, and words only once", () => {
    expect(offersFor(commands, ["notify", "test", ""])).to.equal("receivers");
    expect(offersFor(commands, ["-n", "test", "notify", "--context", "prod", "test", "t"])).to.equal(
      "receivers",
    );
    expect(offersFor(commands, ["notify", "list", ""])).to.deep.equal([]);
    expect(offersFor(commands, ["notify", "test", "oncall", ""])).to.deep.equal([]);
    expect(offersFor(commands, ["migrate", "argo", "w"])).to.equal("deployments");
    expect(offersFor(commands, ["history", "web", ""])).to.deep.equal([]);
    expect(offersFor(commands, ["status", "web", ""])).to.equal("deployments");
  });

  it("offers nothing, and says nothing, without a cluster", async () => {
    expect(await answered("promote", "")).to.equal(":4\n");
    expect(await answered("judge", "in")).to.equal(":0\n");
  });
});
