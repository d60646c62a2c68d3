import { once } from "node:events";
import { Agent, request, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { expect } from "chai";
import { issueAuthority, issueLeaf } from "../../../certs/issue.ts";
import { admissionServer, drainServer, tls } from "../../../webhook/listen.ts";
import { FakeClock } from "../../support/clock.ts";

/** Go's net/http, which API servers use. */
const CLIENT_IDLE_MS = 90_000;

describe("webhook/listen", () => {
  let server: Server;
  let agent: Agent;
  let answering: Promise<void> | undefined;
  const clock = new FakeClock();

  beforeEach(async () => {
    answering = undefined;
    server = admissionServer(async (_request, response) => {
      await answering;
      response.end("ok");
    });
    const life = { now: Date.now(), lifeMs: 3_600_000 };
    const authority = await issueAuthority(life);
    server.setSecureContext({ ...(await issueLeaf(authority, ["localhost"], life)), ...tls });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    agent = new Agent({ keepAlive: true, maxSockets: 1, ca: authority.cert, servername: "localhost" });
  });
  afterEach(() => {
    agent.destroy();
    server.closeAllConnections();
    server.close();
  });

  async function ask() {
    const { port } = server.address() as AddressInfo;
    const [response] = await once(request({ host: "127.0.0.1", port, agent }).end(), "response");
    await once(response.resume(), "end");
    return { status: response.statusCode, connection: response.headers.connection };
  }

  it("never leaves an idle connection before its client does", () => {
    const { keepAliveTimeout, headersTimeout, requestTimeout } = server;
    expect(Math.min(keepAliveTimeout, headersTimeout, requestTimeout)).to.be.above(CLIENT_IDLE_MS);
  });

  it("continues to answer while it drains, and asks each client to leave", async () => {
    expect(await ask()).to.deep.equal({ status: 200, connection: "keep-alive" });
    const drained = drainServer(server, clock);
    for (const _connection of ["the old one", "a new one"]) {
      expect(await ask()).to.deep.equal({ status: 200, connection: "close" });
    }
    await clock.advance(3_000);
    await drained;
    expect(server.listening).to.equal(false);
  });

  it("ends only when the last one is answered", async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    answering = promise;
    const order: string[] = [];
    const late = ask().then(({ status }) => order.push(`answered ${status}`));
    await once(server, "request");
    const drained = drainServer(server, clock).then(() => order.push("ended"));
    await clock.advance(3_000);
    resolve();
    await Promise.all([late, drained]);
    expect(order).to.deep.equal(["answered 200", "ended"]);
  });
});
