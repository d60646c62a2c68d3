import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { expect } from "chai";
import { runController } from "../../../../controller/controller.ts";
import { configMaps, deployments, replicaSets } from "../../../../kube/core/resources.ts";
import type { ReplicaSet } from "../../../../kube/core/workloads.ts";
import { FLIGHT, HELD, RUN } from "../../../../rollout/keys.ts";
import { formatRun, lastRunOf, type RunRecord } from "../../../../rollout/workload/run-record.ts";
import { FakeApi } from "../../../support/api.ts";
import { aDeployment, aHeld, aReplicaSet, ownedByWeb } from "../../../support/builders.ts";
import { hastyClock } from "../../../support/clock.ts";
import { eventually } from "../../../support/eventually.ts";
import { noLog } from "../../../support/log.ts";
import { aTelemetry } from "../../../support/telemetry.ts";

const ALONE = {
  namespace: "serin-system",
  prometheus: () => ({ over: async () => new Map(), scrapes: async () => undefined }) as never,
  gates: async () => ({}),
  hookHosts: [],
  log: noLog,
  clock: hastyClock,
  onWork() {},
};

/** A receiver that keeps the ids of the notices that arrived. */
async function receiverOf(answer: (response: ServerResponse) => void) {
  const ids: string[] = [];
  const server = createServer(async (request, response) => {
    let text = "";
    for await (const chunk of request) text += chunk;
    ids.push(JSON.parse(text).id);
    answer(response);
  }).listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  return { ids, server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/` };
}

describe("a controller that dies while it tells of a rollback", () => {
  let api: FakeApi;
  let receiver: Awaited<ReturnType<typeof receiverOf>>;
  let answer: (response: ServerResponse) => void;
  const started = new Date(Date.now() - 60_000).toISOString();

  beforeEach(async () => {
    api = await FakeApi.start();
    answer = (response) => response.end();
    receiver = await receiverOf((response) => answer(response));
    const labels = { [FLIGHT]: "uid-web" };
    const annotations = { [HELD]: JSON.stringify(aHeld({ started, phase: "failed" })) };
    api.add(deployments, aDeployment({ image: "web:2", annotations, meta: { labels } }));
    const run: RunRecord = {
      ...{ started, outcome: "failed", step: 0, stepSince: started, stable: "web1" },
      ...{ message: "rolled back at 10%: errors", ended: new Date().toISOString() },
    };
    for (const [image, kept] of [["web:1", {}] as const, ["web:2", { [RUN]: formatRun(run) }] as const]) {
      const { metadata, ...set } = aReplicaSet({ image, replicas: image === "web:1" ? 5 : 1 });
      const meta = {
        labels: { ...metadata.labels, ...labels },
        ownerReferences: [ownedByWeb],
        annotations: kept,
      };
      api.add(replicaSets, { metadata: { ...metadata, ...meta }, ...set });
    }
    const data = {
      receivers: `audit: {type: cloudevents, url: "${receiver.url}"}`,
      routes: "- {receivers: [audit]}",
    };
    api.add(configMaps, {
      metadata: { namespace: "serin-system", name: "serin-notifications" },
      data,
    } as never);
  });
  afterEach(async () => {
    receiver.server.closeAllConnections();
    receiver.server.close();
    await api.stop();
  });

  /** A controller until it is killed. */
  async function lead(until: () => Promise<void>): Promise<void> {
    const kube = api.connect();
    const stop = new AbortController();
    const running = runController({ ...ALONE, telemetry: aTelemetry(), kube }, stop.signal);
    await until().finally(() => stop.abort());
    await running;
    await kube.close();
  }
  const told = () => {
    const set = api.store.get("apps/v1/replicasets", "shop/web-web2") as ReplicaSet;
    return lastRunOf(set)?.told;
  };
  const recorded = () => eventually("the record", () => told()?.["rolled-back"]?.includes("audit"));
  /** Long enough for a controller to tell again, if it did. */
  const quiet = async () => {
    await eventually("following", () => api.watching >= 6);
    await delay(300);
  };

  it("before the send: the next one tells it, and a third one does not again", async () => {
    // The first controller died right after its verdict was recorded.
    await lead(recorded);
    expect(receiver.ids).to.deep.equal([`uid-web/${started}/rolled-back`]);
    await lead(quiet);
    expect(receiver.ids).to.have.length(1);
  });

  it("in the middle of the send: the next one sends it once more", async () => {
    answer = () => {};
    await lead(() => eventually("arrived", () => receiver.ids.length === 1));
    expect(told()).to.equal(undefined);
    answer = (response) => response.end();
    await lead(recorded);
    await lead(quiet);
    expect(receiver.ids).to.deep.equal(Array.from({ length: 2 }, () => `uid-web/${started}/rolled-back`));
  });

  it("after the send and before the record: the next one sends it once more, with the same id", async () => {
    let refused = 0;
    api.faults.push(({ method, path }) => {
      if (method !== "PATCH" || !path.endsWith("/replicasets/web-web2")) return undefined;
      refused += 1;
      return { status: 500, message: "no" };
    });
    await lead(() => eventually("sent, not recorded", () => receiver.ids.length === 1 && refused > 0));
    expect(told()).to.equal(undefined);
    api.faults.pop();
    await lead(recorded);
    await lead(quiet);
    expect(receiver.ids).to.deep.equal(Array.from({ length: 2 }, () => `uid-web/${started}/rolled-back`));
  });
});
