import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { Server, ServerCredentials, type sendUnaryData, status } from "@grpc/grpc-js";
import { expect } from "chai";
import { request } from "undici";
import { type GatewayClient, httpClient } from "../../conformance/client.ts";
import { echoProgram } from "../../conformance/echo-program.ts";
import { grpcClient } from "../../conformance/grpc-client.ts";
import { startGrpcLoad } from "../cluster/grpcLoad.ts";
import { eventually } from "../cluster/wait.ts";

const HOST = "check.example";

/** A port that was free a moment ago. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  return typeof address === "object" && address !== null ? address.port : 0;
}

describe("the pods of a gateway's check", () => {
  let program: ChildProcess;
  let url: string;
  let callUrl: string;
  let requests: GatewayClient;
  before(async () => {
    const [port, callPort] = [await freePort(), await freePort()];
    url = `http://127.0.0.1:${port}`;
    callUrl = `http://127.0.0.1:${callPort}`;
    const args = ["-e", echoProgram, "v2", `${port}`, `${callPort}`];
    program = spawn(process.execPath, args, { stdio: "inherit" });
    requests = httpClient(url, HOST);
    await eventually("the program answers", () => requests.ask({ path: "/ready" }).catch(() => undefined));
  });
  after(async () => {
    await requests?.close();
    program?.kill();
  });

  it("tell their version with every answer, and how many requests they had besides probes", async () => {
    const { status: code, version } = await requests.ask({ path: "/?beta=1" });
    expect([code, version]).to.deep.equal([200, "v2"]);
    await requests.ask({ path: "/ready" });
    expect(await requests.ask({ path: "/received" })).to.include({ text: "1", version: "v2" });
  });

  it("leave the end of an idle connection to the gateway", async () => {
    const { headers, body } = await request(url);
    await body.dump();
    expect(headers).to.include({ connection: "keep-alive" }).and.not.have.property("keep-alive");
  });

  it("tell it with every call of the check, and of another client of gRPC", async () => {
    const calls = grpcClient(callUrl, HOST);
    for (let i = 0; i < 3; i += 1) expect(await calls.ask()).to.include({ status: status.OK, version: "v2" });
    await calls.close();
    const load = startGrpcLoad({ url: callUrl, host: HOST, rps: 50 });
    await eventually("ten calls", async () => load.since(0).total >= 10 || undefined);
    const { total, failed, byVersion } = await load.stop();
    expect([failed, byVersion]).to.deep.equal([0, { v2: total }]);
  });
});

describe("the gRPC client of a gateway's check", () => {
  const bytes = { serialize: (value: Buffer) => value, deserialize: (value: Buffer) => value };
  const say = {
    path: "/serin.check.Echo/Say",
    requestStream: false,
    responseStream: false,
    requestSerialize: bytes.serialize,
    requestDeserialize: bytes.deserialize,
    responseSerialize: bytes.serialize,
    responseDeserialize: bytes.deserialize,
  } as const;

  /** A server of another implementation, which answers with this code. */
  async function serve(code: status, port = 0) {
    const server = new Server();
    server.addService(
      { say },
      {
        say: (_call: unknown, answer: sendUnaryData<Buffer>) =>
          code === status.OK ? answer(null, Buffer.alloc(0)) : answer({ code, details: "as asked" }),
      },
    );
    const bound = await new Promise<number>((resolve, reject) =>
      server.bindAsync(`127.0.0.1:${port}`, ServerCredentials.createInsecure(), (error, found) =>
        error ? reject(error) : resolve(found),
      ),
    );
    return { server, bound };
  }

  it("tells the status of each call, opens a connection again, and rejects where nobody answers", async () => {
    const first = await serve(status.OK);
    const calls = grpcClient(`http://127.0.0.1:${first.bound}`, HOST);
    expect((await calls.ask()).status).to.equal(status.OK);
    first.server.forceShutdown();
    expect(await calls.ask().catch((error: unknown) => error)).to.be.an("error");
    const second = await serve(status.UNAVAILABLE, first.bound);
    expect((await calls.ask()).status).to.equal(status.UNAVAILABLE);
    await calls.close();
    second.server.forceShutdown();
  });
});
