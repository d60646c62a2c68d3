import { once } from "node:events";
import { type ClientRequest, createServer, request, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { expect } from "chai";
import express, { type ErrorRequestHandler, type Express } from "express";
import { bodyLength, readBodies } from "../../../webhook/bodies.ts";

const long = JSON.stringify({ filler: "x".repeat(200_000) });

describe("the bodies of reviews", () => {
  let server: Server;
  let open: ClientRequest[];
  beforeEach(async () => {
    open = [];
    const app: Express = express();
    app.use(readBodies());
    app.use((request, response) => void response.json({ length: JSON.stringify(request.body).length }));
    const ignore: ErrorRequestHandler = (_error, _request, response, _next) => void response.destroy();
    app.use(ignore);
    server = createServer(app).listen(0, "127.0.0.1");
    await once(server, "listening");
  });
  afterEach(() => {
    for (const one of open) one.destroy();
    server.closeAllConnections();
    server.close();
  });

  /** Sends the head of a request and this part of its body. */
  const begin = (body: string, part: string): ClientRequest => {
    const { port } = server.address() as AddressInfo;
    const headers = { "content-type": "application/json", "content-length": Buffer.byteLength(body) };
    const asked = request({ host: "127.0.0.1", port, method: "POST", headers, agent: false });
    asked.on("error", () => {});
    asked.write(part);
    open.push(asked);
    return asked;
  };
  const send = async (body: string): Promise<number | undefined> => {
    const [response] = await once(begin(body, body), "response");
    response.resume();
    return response.statusCode;
  };
  const arrived = (count: number) =>
    new Promise<void>((resolve) => {
      let seen = 0;
      server.on("request", () => (++seen === count ? resolve() : undefined));
    });

  it("are read two at a time if they are long, and short ones do not wait for these", async () => {
    const begun = arrived(2);
    const slow = [begin(long, long.slice(0, 10)), begin(long, long.slice(0, 10))];
    await begun;
    let answered = false;
    const third = send(long).finally(() => {
      answered = true;
    });
    expect(await send("{}")).to.equal(200);
    expect(answered).to.equal(false);
    slow[0]?.destroy();
    expect(await third).to.equal(200);
    // One that its sender has given up, and one that gives up while it waits, take no place for ever.
    const waiting = [begin(long, long.slice(0, 10)), begin(long, long.slice(0, 10))];
    expect(await send("{}")).to.equal(200);
    for (const one of [...waiting, ...slow]) one.destroy();
    expect(await Promise.all([send(long), send(long), send(long)])).to.deep.equal([200, 200, 200]);
  });

  it("count as the longest if their length is not known", () => {
    expect(bodyLength({ "content-length": "12" })).to.equal(12);
    expect(bodyLength({})).to.equal(4 * 1024 * 1024);
    expect(bodyLength({ "content-length": "x" })).to.equal(4 * 1024 * 1024);
  });
});
