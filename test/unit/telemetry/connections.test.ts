import { once } from "node:events";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { connect, type TLSSocket } from "node:tls";
import { expect } from "chai";
import { issueAuthority, issueLeaf } from "../../../certs/issue.ts";
import { Connections } from "../../../telemetry/connections.ts";

const MOST = 8;

describe("the connections to a port that everyone reaches", () => {
  let server: Server;
  let connections: Connections;
  let ca: string;
  let open: TLSSocket[];

  beforeEach(async () => {
    const life = { now: Date.now(), lifeMs: 3_600_000 };
    const authority = await issueAuthority(life);
    ca = authority.cert;
    open = [];
    connections = new Connections(MOST);
    server = createServer(await issueLeaf(authority, ["localhost"], life), (request, response) => {
      if (request.url === "/trusted") connections.trust(request.socket);
      response.end("ok");
    });
    connections.bound(server);
    server.on("tlsClientError", () => {});
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
  });
  afterEach(() => {
    for (const socket of open) socket.destroy();
    server.closeAllConnections();
    server.close();
  });

  const dial = async (localAddress: string): Promise<TLSSocket> => {
    const { port } = server.address() as AddressInfo;
    const options = { host: "127.0.0.1", port, localAddress, ca, servername: "localhost" };
    const socket = connect(options);
    socket.on("error", () => {});
    open.push(socket);
    await Promise.race([once(socket, "secureConnect"), once(socket, "close")]);
    return socket;
  };
  const ask = async (socket: TLSSocket, path: string): Promise<string> => {
    socket.write(`GET ${path} HTTP/1.1\r\nhost: localhost\r\n\r\n`);
    const [data] = await once(socket, "data");
    return String(data).slice(0, 15);
  };
  const answers = (socket: TLSSocket) => ask(socket, "/");

  it("close the oldest of the address with most, and stay open for all others", async () => {
    const trusted = await dial("127.0.0.2");
    expect(await ask(trusted, "/trusted")).to.equal("HTTP/1.1 200 OK");
    const own = await dial("127.0.0.1");
    const hostile: TLSSocket[] = [];
    for (let i = 0; i < 30; i += 1) hostile.push(await dial("127.0.0.2"));
    const [first, last] = [hostile[0], hostile.at(-1)];
    if (!first?.destroyed) await once(first as TLSSocket, "close");
    expect(await answers(last as TLSSocket)).to.equal("HTTP/1.1 200 OK");
    for (const socket of [trusted, own, await dial("127.0.0.3")])
      expect(await answers(socket)).to.equal("HTTP/1.1 200 OK");
    const count = await new Promise<number>((resolve, reject) =>
      server.getConnections((error, found) => (error ? reject(error) : resolve(found))),
    );
    expect(count).to.be.within(3, MOST + 1);
  });

  it("find room again after others have closed", async () => {
    for (let i = 0; i < MOST; i += 1) (await dial("127.0.0.2")).destroy();
    const kept = await dial("127.0.0.2");
    for (let i = 0; i < MOST; i += 1) {
      const one = await dial("127.0.0.2");
      expect(await answers(one)).to.equal("HTTP/1.1 200 OK");
      const closed = once(one, "close");
      one.end();
      await closed;
    }
    expect(await answers(kept)).to.equal("HTTP/1.1 200 OK");
  });
});
