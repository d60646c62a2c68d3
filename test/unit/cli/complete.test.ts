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
    expect(await answered("promote", "--dry")).to.match(/^--dry-run=\tWith .*\n:6\n$/);
    expect(await answered("-n", "shop", "promote", "--names")).to.match(/^--namespace=\t.*\n:6\n$/);
  });

  it("offers Deployments, files, or nothing where a flag has a value", () => {
    expect(offersFor(commands, ["-n", "shop", "promote", "w"])).to.equal("deployments");
    expect(offersFor(commands, ["judge", ""])).to.equal("deployments and files");
    expect(offersFor(commands, ["history", "web", "--revision", ""])).to.deep.equal([]);
    expect(offersFor(commands, ["version", ""])).to.deep.equal([]);
  });

  it("offers the values of a flag, also behind =: words, files, namespaces", async () => {
    expect(await answered("promote", "--dry-run", "")).to.equal("none\nserver\n:4\n");
    expect(await answered("promote", "--dry-run=s")).to.equal("server\n:4\n");
    expect(await answered("status", "-o", "j")).to.equal("json\njsonpath=\n:4\n");
    expect(await answered("lint", "-f", "")).to.equal(":0\n");
    expect(offersFor(commands, ["promote", "-n", ""])).to.equal("namespaces");
    expect(offersFor(commands, ["--namespace=sh"])).to.equal("namespaces");
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
