import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { expect } from "chai";
import { dashboardCommand } from "../../../cli/commands/dashboard.ts";
import { systemClock } from "../../../kube/core/clock.ts";
import { FakeApi } from "../../support/api.ts";
import { kept, plainTerminal } from "./frame/streams.ts";

describe("kubectl serin dashboard", () => {
  it("says of a port in use that alone, and follows nothing any more", async () => {
    const api = await FakeApi.start();
    const kube = api.connect();
    const taken = createServer().listen(0, "127.0.0.1");
    await once(taken, "listening");
    const { port } = taken.address() as AddressInfo;
    const streams = kept();
    const flags = { "all-namespaces": true, port, open: false, prometheus: undefined };
    const cluster = async () => ({ kube, namespace: "shop", behind: async () => ({}) });
    const call = { args: [], flags, terminal: plainTerminal(streams), clock: systemClock, cluster };
    const error = await dashboardCommand.run(call as never).catch(String);
    expect(error).to.equal(`Error: port ${port} is in use: choose another one by --port`);
    await kube.close();
    await api.stop();
    taken.close();
    expect(streams.written).to.deep.equal({ out: "", error: "" });
  });
});
