import { status } from "@grpc/grpc-js";
import { expect } from "chai";
import { onEachGatewayAtOnce } from "../cluster/fixture.ts";
import type { GrpcLoad, StreamEnd } from "../cluster/grpcLoad.ts";
import { eventually } from "../cluster/wait.ts";
import { expectShare } from "./share.ts";
import { Shop } from "./shop.ts";

const STREAMS = 10;
/** How long (ms) a busy machine may need to move them. */
const FOLLOW_MS = 30_000;

onEachGatewayAtOnce("a service that speaks gRPC", function (gateway) {
  this.timeout(240_000);
  let shop: Shop;
  afterEach(() => shop?.close());

  it("is promoted without a failed call, and breaks no more streams than a native update", async () => {
    shop = await Shop.open("calls", { gateway });
    await deployWithoutSerin();
    const native = shop.calls(100, STREAMS);
    await allFollow(native, "v1");
    await shop.run("set", "image", "deployment/web", "app=app:v2");
    await shop.run("rollout", "status", "deployment/web", "--timeout=60s");
    await allFollow(native, "v2");
    await expectNoFailedCalls(native);

    const optedIn = shop.manifests({ protocol: "grpc", image: "app:v2" });
    await shop.apply(optedIn);
    const { spec: before } = await shop.manifest("grpcroutes");
    const load = shop.calls(300, STREAMS);
    await allFollow(load, "v2");
    await shop.run("set", "image", "deployment/web", "app=app:v3");
    for (const weight of [10, 25, 50]) {
      const from = await shop.weighs(weight);
      const to = await shop.until(`after ${weight}%`, () => shop.weight() !== weight);
      expectShare(load.between(from, to), "v3", weight / 100);
    }
    await shop.atRest();
    await shop.until("v3's record", () => shop.record("v3")?.outcome === "promoted");
    await allFollow(load, "v3");
    await expectNoFailedCalls(load);
    expect((await shop.manifest("grpcroutes")).spec).to.deep.equal(before);
    expect(load.broken().length, reported(load.broken())).to.be.at.most(native.broken().length);
  });

  it("is rolled back when its calls fail, even though their HTTP status is 200", async () => {
    shop = await Shop.open("failing", { gateway });
    const plan = { "serin.dev/steps": "10" };
    await shop.deploy({ protocol: "grpc", image: "app:v1-err0.1-grpc14", interval: "5m", plan });
    const load = shop.calls(100);
    const asked = Date.now();
    await shop.run("set", "image", "deployment/web", "app=app:v2-err20-grpc14");
    const record = () => shop.record("v2-err20-grpc14");
    await shop.until("the verdict", () => record()?.outcome === "failed", 90_000);
    const verdict = Date.now();
    const firstFailure = [...load.rows(asked)].find((row) => row.version === "v2" && row.status !== 0)?.at;
    expect((verdict - (firstFailure ?? 0)) / 1_000, "s from the first failure").to.be.at.most(30);
    expect(record()?.message).to.match(
      /^rolled back at 10% after [\dms]+: errors\. canary \d+ of \d+ requests failed .*\(status UNAVAILABLE x\d+\)/,
    );
    await shop.until("no weight", () => shop.weight() === undefined);
    const { byStatus } = await load.stop();
    expect(byStatus).to.have.all.keys(`${status.OK}`, `${status.UNAVAILABLE}`);
  });

  async function deployWithoutSerin(): Promise<void> {
    const list = JSON.parse(shop.manifests({ protocol: "grpc" }));
    delete list.items[0].metadata.annotations;
    await shop.apply(JSON.stringify(list));
    await shop.run("rollout", "status", "deployment/web", "--timeout=60s");
    await shop.serves(shop.host(), "/", "grpc");
  }
});

/** Waits until all streams are at that version. A pod that ends continues to serve for 4 s; then its streams end. */
async function allFollow(load: GrpcLoad, version: string): Promise<void> {
  const follow = async () => load.followed().filter((it) => it === version).length === STREAMS || undefined;
  await eventually(`${STREAMS} streams at ${version}`, follow, FOLLOW_MS);
}

async function expectNoFailedCalls(load: GrpcLoad): Promise<void> {
  const { failed } = await load.stop();
  const rows = [...load.rows()].filter((row) => row.status !== status.OK).slice(0, 5);
  const which = rows.map(({ at, status: code, pod }) => `${instant(at)} ${code} ${pod}`);
  expect(failed, `failed calls: ${which.join(", ")} …`).to.equal(0);
}

function reported(ends: readonly StreamEnd[]): string {
  const which = ends.map(({ at, code, details, pod }) => `${instant(at)} ${code} ${details} ${pod}`);
  return `broken streams: ${which.join(", ")}`;
}

function instant(at: number): string {
  return new Date(at).toISOString().slice(11, 23);
}
