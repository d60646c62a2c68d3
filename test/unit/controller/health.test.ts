import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect } from "chai";
import { Health, probes } from "../../../controller/health.ts";

describe("controller/health", () => {
  it("is ready while it stands by in order or works, and dead only when its work is stuck", async () => {
    const health = new Health();
    const server = createServer(probes(health));
    await once(server.listen(0, "127.0.0.1"), "listening");
    const { port } = server.address() as AddressInfo;
    const ask = async (path: string) => (await fetch(`http://127.0.0.1:${port}${path}`)).status;
    const answers = async () => [await ask("/readyz"), await ask("/healthz")];
    expect(await answers(), "before it has heard of the Lease").to.deep.equal([503, 200]);
    health.standsBy(true);
    expect(await answers(), "another one leads").to.deep.equal([200, 200]);
    health.standsBy(false);
    expect(await answers(), "it cannot take the Lease").to.deep.equal([503, 200]);
    health.begins();
    expect(await answers(), "it leads without copies").to.deep.equal([503, 200]);
    let workMs = 0;
    health.works(() => workMs);
    expect(await answers(), "it works").to.deep.equal([200, 200]);
    workMs = 15 * 60_000;
    expect(await answers(), "it is stuck").to.deep.equal([503, 503]);
    health.begins();
    expect(await answers(), "it has lost the Lease").to.deep.equal([503, 200]);
    expect(await ask("/metrics")).to.equal(404);
    server.close();
  });
});
