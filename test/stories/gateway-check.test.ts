import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { expect } from "chai";
import { request } from "undici";
import { checkedWorkloads } from "../../conformance/objects.ts";
import type { GatewayReport } from "../../conformance/report.ts";
import { onEachGatewayAtOnce } from "../cluster/fixture.ts";
import { eventually } from "../cluster/wait.ts";
import { serin } from "./plugin.ts";
import { Shop } from "./shop.ts";

/** The objects of the check in the shop's namespace. */
async function made({ cluster, namespace }: Shop): Promise<readonly string[]> {
  const kinds = "deployments,services,httproutes,grpcroutes";
  const { stdout } = await cluster.kubectl(["get", kinds, "-o", "name"], { namespace });
  return stdout.split("\n").filter((name) => name.includes("serin-check"));
}

/** Makes what a check that was killed leaves. */
async function leave(shop: Shop): Promise<void> {
  for (const { body } of checkedWorkloads("node:24-alpine", "killed").slice(0, 2))
    await shop.apply(JSON.stringify(body));
}

/** The requests that the gateway has counted for a series, which may be gone. */
async function counted({ cluster }: Shop, series: string): Promise<number> {
  const query = new URLSearchParams({ query: `sum(max_over_time(${series}[10m]))` });
  const { body } = await request(`${cluster.prometheusUrl}/api/v1/query?${query}`);
  const { data } = (await body.json()) as {
    data: { result: readonly { value: readonly [number, string] }[] };
  };
  return Number(data.result[0]?.value[1] ?? 0);
}

onEachGatewayAtOnce("kubectl serin doctor --gateway", function (gateway) {
  this.timeout(480_000);
  let shop: Shop;
  let flags: readonly string[];
  let child: ChildProcess | undefined;
  before(async () => {
    shop = await Shop.open("doctor", { gateway });
    const { namespace, name } = shop.cluster.gateways[gateway];
    flags = [`--gateway=${namespace}/${name}`, `--address=${shop.url}`];
  });
  after(async () => {
    child?.kill("SIGKILL");
    await shop?.close();
  });

  it("shows what it would make, and makes nothing", async () => {
    const { code, stdout, stderr } = await serin(shop, "doctor", ...flags);
    expect(code, stderr).to.equal(0);
    for (const line of ["Deployment serin-check-v1", "Service serin-check-v2", "HTTPRoute serin-check"])
      expect(stdout).to.match(new RegExp(`^ {2}${line}`, "m"));
    expect(await made(shop)).to.deep.equal([]);
  });

  it("removes everything if it is interrupted", async () => {
    const args = ["cli/main.ts", "doctor", "-n", shop.namespace, ...flags, "--execute"];
    const env = { PATH: "/usr/bin:/bin", KUBECONFIG: shop.cluster.kubeconfig, LANG: "C.UTF-8" };
    child = spawn(process.execPath, args, { env, stdio: ["ignore", "ignore", "pipe"] });
    const said = text(child.stderr ?? process.stdin);
    await eventually(
      "its route",
      async () => (await made(shop)).join(" ").includes("httproute") || undefined,
    );
    child.kill("SIGINT");
    await once(child, "exit");
    expect(child.signalCode, await said).to.equal("SIGINT");
    expect(await made(shop)).to.deep.equal([]);
  });

  it("says what the gateway did with requests that the gateway counted as well", async () => {
    await leave(shop);
    // Traefik takes up to 2 s for a change; Contour's proxy follows at once.
    const settle = `--settle=${gateway === "traefik" ? 3 : 1}s`;
    const { code, stdout, stderr } = await serin(
      shop,
      ...["doctor", ...flags, "--execute", "--turns=1", settle, "-o", "json"],
      `--prometheus=${shop.cluster.prometheusUrl}`,
    );
    expect(code, stderr).to.equal(0);
    expect(stderr).to.include("which may still run: Service serin-check-v1, Deployment");
    const report = JSON.parse(stdout) as GatewayReport;
    expect(report.implementation.toLowerCase()).to.equal(gateway);
    expect(report.conditions).to.include({ Accepted: "True", ResolvedRefs: "True" });
    const features = { ...report.features };
    // docs/gateways.md says what these gateways do with copies.
    const copies = { all: features["mirror, 100 %"], fifth: features["mirror, 20 %"] };
    delete features["mirror, 100 %"];
    delete features["mirror, 20 %"];
    expect(new Set(Object.values(features)), JSON.stringify(features)).to.deep.equal(new Set(["yes"]));
    if (gateway === "contour") expect(copies).to.deep.equal({ all: "yes", fifth: "100 % are copied" });
    else expect(copies.all).to.match(/^\d+ of \d+ failed/);
    const requests = Object.entries(report.losses).filter(([kind]) => !kind.startsWith("gRPC"));
    expect(requests).to.have.length(7);
    for (const [kind, loss] of Object.entries(report.losses)) {
      expect([loss.lost, loss.wrong], kind).to.deep.equal([0, 0]);
      expect(loss.requests, kind).to.be.above(300);
    }
    // Each request of the changes had an answer of one of the versions.
    const { v1 = "", v2 = "" } = report.series ?? {};
    const sent = requests.reduce((sum, [, loss]) => sum + loss.requests, 0);
    const both = await eventually("the gateway's own count", async () => {
      const sum = (await counted(shop, v1)) + (await counted(shop, v2));
      return sum >= sent ? sum : undefined;
    });
    expect(both).to.be.above(sent);
    expect(await made(shop)).to.deep.equal([]);
  });
});
