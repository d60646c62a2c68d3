import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import { request } from "undici";
import { startGrpcLoad } from "../cluster/grpcLoad.ts";
import { eventually } from "../cluster/wait.ts";

/** A port that was free a moment ago. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  return typeof address === "object" && address !== null ? address.port : 0;
}

describe("the pods of npm run gateway-check on a cluster of one's own", () => {
  let program: ChildProcess;
  let url: string;
  let callUrl: string;
  before(async () => {
    const [port, callPort] = [await freePort(), await freePort()];
    url = `http://127.0.0.1:${port}`;
    callUrl = `http://127.0.0.1:${callPort}`;
    const path = fileURLToPath(new URL("../../bench/gateways/echo.ts", import.meta.url));
    const env = { ...process.env, VERSION: "v2", PORT: `${port}`, GRPC_PORT: `${callPort}` };
    program = spawn(process.execPath, [path], { env, stdio: "inherit" });
    await eventually("the program answers", () => received().catch(() => undefined));
  });
  after(() => program?.kill());

  const received = async () => (await request(`${url}/received`)).body.text();

  it("tell their version with every answer, and how many requests they had", async () => {
    const { statusCode, headers, body } = await request(`${url}/?beta=1`);
    await body.dump();
    expect([statusCode, headers["x-version"]]).to.deep.equal([200, "v2"]);
    expect(await received()).to.equal("1");
  });

  it("tell it with every gRPC call as well", async () => {
    const load = startGrpcLoad({ url: callUrl, host: "check.example", rps: 50 });
    await eventually("ten calls", async () => load.since(0).total >= 10 || undefined);
    const { total, failed, byVersion } = await load.stop();
    expect([failed, byVersion]).to.deep.equal([0, { v2: total }]);
  });
});
