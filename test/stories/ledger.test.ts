import { expect } from "chai";
import { HELD, RUN } from "../../rollout/keys.ts";
import { formatHoldRecord } from "../../rollout/workload/hold-record.ts";
import { formatRun } from "../../rollout/workload/run-record.ts";
import type { Cluster } from "../cluster/cluster.ts";
import { AT_NOON, aDeployment, aHeld, aReplicaSet, aRoute, NOON, ownedByWeb } from "../support/builders.ts";
import { carrying } from "../support/rollout.ts";
import { Ledger } from "./ledger.ts";

type Reported = Parameters<Parameters<Cluster["api"]["follow"]>[1]>[0];
interface Stored {
  readonly metadata: { readonly name: string; readonly uid?: string; readonly resourceVersion?: string };
}

/** An API server whose watches report when the test says so. */
class LateServer {
  readonly stored = new Map<string, Stored[]>();
  version = 1;
  readonly #watches = new Map<string, (change: Reported) => void>();

  readonly api = {
    request: async (_method: string, path: string) => {
      const items = this.stored.get(kindOf(path)) ?? [];
      return { status: 200, body: { metadata: { resourceVersion: String(this.version) }, items } };
    },
    follow: async (path: string, onChange: (change: Reported) => void) =>
      void this.#watches.set(kindOf(path), onChange),
  } as unknown as Cluster["api"];

  report(kind: string, type: Reported["type"], object: Stored): void {
    this.#watches.get(kind)?.({ type, object });
  }
}

const kindOf = (path: string) => path.split("/").at(-1) ?? "";
const stamped = <T extends Stored>(object: T, version: number): T => ({
  ...object,
  metadata: { ...object.metadata, resourceVersion: String(version) },
});

describe("a ledger", () => {
  /** Whether the promise is settled after all that can happen without a further report. */
  const isDone = async (promise: Promise<unknown>) => {
    let done = false;
    void promise.then(() => {
      done = true;
    });
    await new Promise((resolve) => setImmediate(resolve));
    return done;
  };

  it("has caught up when the watch of every kind has reported what the API server has", async () => {
    const server = new LateServer();
    const ledger = new Ledger("shop", { api: server.api } as Cluster);
    const [web, set] = [stamped(aDeployment(), 8), stamped(aReplicaSet(), 9)];
    server.stored.set("deployments", [web]).set("replicasets", [set]);
    const caughtUp = ledger.catchUp();
    server.report("deployments", "ADDED", stamped(web, 7));
    server.report("replicasets", "ADDED", set);
    expect(await isDone(caughtUp), "with an older Deployment").to.equal(false);
    server.report("deployments", "MODIFIED", web);
    expect(await isDone(caughtUp)).to.equal(true);
  });

  it("has caught up when the watch has reported what is gone", async () => {
    const server = new LateServer();
    const ledger = new Ledger("shop", { api: server.api } as Cluster);
    const set = stamped(aReplicaSet(), 8);
    server.report("replicasets", "ADDED", set);
    server.version = 9;
    const caughtUp = ledger.catchUp();
    expect(await isDone(caughtUp), "with a ReplicaSet that is gone").to.equal(false);
    server.report("replicasets", "DELETED", stamped(set, 9));
    expect(await isDone(caughtUp)).to.equal(true);
    server.report("replicasets", "ADDED", stamped(set, 10));
    expect(await isDone(ledger.catchUp()), "with a ReplicaSet that came after the list").to.equal(true);
  });

  it("takes no weight of the rollout before for that of the rollout in flight", async () => {
    const server = new LateServer();
    const ledger = new Ledger("shop", { api: server.api } as Cluster);
    const conditions = [
      { type: "Canary", status: "Unknown", message: "canary has 10% of the traffic, step 1 of 1: verified" },
    ];
    const annotations = { [HELD]: formatHoldRecord(aHeld()) };
    server.report("deployments", "ADDED", {
      ...aDeployment({ annotations }),
      status: { conditions },
    } as Stored);
    server.report("httproutes", "ADDED", carrying(aRoute(), 10, NOON));
    const run = { outcome: "running", step: 0, stepSince: AT_NOON, stable: "web1", message: "" } as const;
    const begun = (image: string, started: string) => {
      const meta = { ownerReferences: [ownedByWeb], annotations: { [RUN]: formatRun({ ...run, started }) } };
      return aReplicaSet({ image, meta });
    };
    server.report("replicasets", "ADDED", begun("web:2", "2026-01-01T11:00:00.000Z"));
    const weighed = ledger.weighs(10);
    expect(await isDone(weighed), "by the rollout before").to.equal(false);
    server.report("replicasets", "ADDED", begun("web:3", AT_NOON));
    expect(await isDone(weighed)).to.equal(true);
  });
});
