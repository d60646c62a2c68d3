import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { expect } from "chai";
import { FakeApi } from "../support/api.ts";
import { eventually } from "../support/eventually.ts";
import { FakeGateway } from "../support/gateway.ts";
import { kubeconfigFor } from "../support/kubeconfig.ts";

const gateways = { group: "gateway.networking.k8s.io", version: "v1", plural: "gateways" };

describe("kubectl serin doctor --gateway, interrupted", () => {
  let folder: string;
  let api: FakeApi;
  let gateway: FakeGateway;
  let child: ChildProcess;
  let said: Promise<string>;
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), "serin-"));
    api = await FakeApi.start();
    gateway = await FakeGateway.start(api);
    gateway.fault = "hang";
    const allowedRoutes = { namespaces: { from: "All" } };
    const listeners = [{ name: "http", protocol: "HTTP", port: 80, allowedRoutes }];
    api.add(gateways, { metadata: { namespace: "edge", name: "public" }, spec: { listeners } });
    const config = join(folder, "config");
    writeFileSync(config, kubeconfigFor(api));
    const flags = ["--gateway=edge/public", `--address=${gateway.url}`, "-n", "scratch", "--execute"];
    const env = { PATH: "/usr/bin:/bin", KUBECONFIG: config };
    const stdio = ["ignore", "ignore", "pipe"] as const;
    child = spawn(process.execPath, ["cli/main.ts", "doctor", ...flags], { env, stdio: [...stdio] });
    said = text(child.stderr ?? process.stdin).catch(() => "");
    await eventually("a request of the check", () => gateway.requests > 0 || child.exitCode !== null);
  });
  afterEach(async () => {
    child.kill("SIGKILL");
    await gateway.stop();
    await api.stop();
    rmSync(folder, { recursive: true });
  });

  const left = () =>
    api.store.list("apps/v1/deployments").length +
    api.store.list("gateway.networking.k8s.io/v1/httproutes").length;

  it("says what it does, removes everything, and ends by the signal", async () => {
    expect(left()).to.equal(3);
    child.kill("SIGINT");
    await once(child, "exit");
    expect([child.signalCode, left()], await said).to.deep.equal(["SIGINT", 0]);
    expect(await said).to.match(
      /interrupted: removing the objects of the check; another Ctrl-C leaves them\n$/,
    );
  });

  it("removes everything if the terminal closes", async () => {
    child.stderr?.destroy();
    child.kill("SIGHUP");
    await once(child, "exit");
    expect([child.signalCode, left()]).to.deep.equal(["SIGHUP", 0]);
  });

  it("says what it cannot remove", async () => {
    api.faults.push(({ method }) => (method === "DELETE" ? { status: 403, message: "not you" } : undefined));
    child.kill("SIGTERM");
    await once(child, "exit");
    expect([child.signalCode, left()]).to.deep.equal(["SIGTERM", 3]);
    expect(await said).to.include("Deployment serin-check-v2: not you; delete them by kubectl delete");
  });
});
