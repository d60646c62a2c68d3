import { setTimeout as delay } from "node:timers/promises";
import { expect } from "chai";
import type { Kube } from "../../../../kube/client/api.ts";
import { systemClock } from "../../../../kube/core/clock.ts";
import type { KubeObject } from "../../../../kube/core/meta.ts";
import { leases } from "../../../../kube/core/resources.ts";
import { type LeadOptions, lead } from "../../../../kube/runtime/leader-election.ts";
import { FakeApi } from "../../../support/api.ts";
import { eventually } from "../../../support/eventually.ts";
import { noLog } from "../../../support/log.ts";

/** One process that stands for election; its connection can be cut. */
interface Contender {
  readonly identity: string;
  readonly stop: AbortController;
  readonly done: Promise<void>;
  cut: boolean;
}

describe("kube/lease", () => {
  let api: FakeApi;
  let kubes: Kube[];
  let leaders: Set<string>;
  let history: string[];
  let most: number;
  let contenders: Contender[];

  beforeEach(async () => {
    api = await FakeApi.start();
    [kubes, leaders, history, most, contenders] = [[], new Set(), [], 0, []];
    api.faults.push(({ headers }) => {
      const cut = contenders.some(({ identity, cut }) => cut && headers["user-agent"] === identity);
      return cut ? "hang" : undefined;
    });
  });
  afterEach(async () => {
    for (const { stop } of contenders) stop.abort();
    for (const kube of kubes) await kube.close();
    await api.stop();
  });

  function enter(identity: string, more: Partial<LeadOptions> = {}): Contender {
    const kube = api.connect({ userAgent: identity, timeoutMs: 2_000 });
    kubes.push(kube);
    const stop = new AbortController();
    const done = lead({
      kube,
      namespace: "serin-system",
      name: "serin",
      identity,
      durationMs: 1_000,
      renewMs: 200,
      clock: systemClock,
      signal: stop.signal,
      log: noLog,
      async onLead(signal) {
        leaders.add(identity);
        history.push(identity);
        most = Math.max(most, leaders.size);
        await new Promise((resolve) => signal.addEventListener("abort", resolve));
        leaders.delete(identity);
      },
      ...more,
    });
    done.catch(() => {});
    const contender = { identity, stop, done, cut: false };
    contenders.push(contender);
    return contender;
  }
  const lease = () =>
    api.store.get("coordination.k8s.io/v1/leases", "serin-system/serin") as KubeObject & {
      spec: { holderIdentity: string; renewTime: string; leaseTransitions: number };
    };

  it("elects one of three, who renews", async () => {
    // Long enough that a busy machine loses no lease.
    for (const identity of ["a", "b", "c"]) enter(identity, { durationMs: 5_000 });
    await eventually("elected", () => leaders.size === 1);
    const first = lease().spec.renewTime;
    expect(first).to.match(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/);
    await delay(1_500);
    expect(lease().spec.renewTime > first).to.equal(true);
    expect([history.length, most]).to.deep.equal([1, 1]);
  });

  it("hands over at once on shutdown, after the work has settled", async () => {
    const a = enter("a");
    await eventually("a leads", () => leaders.has("a"));
    enter("b");
    await delay(100);
    const start = Date.now();
    a.stop.abort();
    await a.done;
    await eventually("b leads", () => leaders.has("b"));
    expect(Date.now() - start).to.be.below(300);
    expect(most).to.equal(1);
    expect(lease().spec.leaseTransitions).to.equal(1);
  });

  it("keeps the lease while a long shutdown runs", async () => {
    let settle = () => {};
    const a = enter("a", {
      onLead: async () => {
        leaders.add("a");
        await new Promise<void>((resolve) => (settle = resolve));
        leaders.delete("a");
      },
    });
    await eventually("a leads", () => leaders.has("a"));
    enter("b");
    a.stop.abort();
    await delay(1_600);
    expect([...leaders]).to.deep.equal(["a"]);
    settle();
    await eventually("b leads", () => leaders.has("b"), 400);
  });

  it("stops a leader that is cut off before another follows", async () => {
    const a = enter("a");
    await eventually("a leads", () => leaders.has("a"));
    enter("b");
    await delay(100);
    a.cut = true;
    await eventually("a stopped", () => leaders.size === 0);
    await eventually("b leads", () => leaders.has("b"));
    a.cut = false;
    await delay(500);
    expect([most, [...leaders]]).to.deep.equal([1, ["b"]]);
  });

  it("stops a leader whose lease was taken or deleted", async () => {
    enter("a");
    await eventually("a leads", () => leaders.has("a"));
    api.change(leases, "serin-system/serin", { spec: { holderIdentity: "thief" } });
    await eventually("a stopped", () => leaders.size === 0);
    await eventually("a leads again", () => history.length === 2);
    api.remove(leases, "serin-system/serin");
    await eventually("a leads anew", () => history.length === 3);
    expect(most).to.equal(1);
  });

  it("does not poll while another leads", async () => {
    enter("a");
    await eventually("a leads", () => leaders.has("a"));
    enter("b");
    await delay(1_500);
    const asked = api.requests.filter(({ headers }) => headers["user-agent"] === "b");
    expect(asked).to.have.length(1);
  });

  it("takes over from a former self at once", async () => {
    const spec = { holderIdentity: "a", leaseDurationSeconds: 15, renewTime: new Date().toISOString() };
    api.add(leases, { metadata: { name: "serin", namespace: "serin-system" }, spec });
    enter("a");
    await eventually("a leads", () => leaders.has("a"), 500);
  });

  it("ends with what the work throws, and frees the lease", async () => {
    const a = enter("a", { onLead: () => Promise.reject(new Error("broken")) });
    const message = await a.done.catch((error: Error) => error.message);
    expect(message).to.equal("broken");
    expect(lease().spec.holderIdentity).to.equal("");
  });

  it("has never two leaders while contenders come, go, hang and meet conflicts", async function () {
    this.timeout(40_000);
    let seed = 7;
    const random = () => {
      seed = (seed * 16_807) % 2_147_483_647;
      return seed / 2_147_483_647;
    };
    let patches = 0;
    api.faults.push(({ method }) => {
      if (method === "PATCH") patches += 1;
      return method === "PATCH" && patches % 5 === 0 ? { status: 409 } : undefined;
    });
    for (const identity of ["a", "b", "c"]) enter(identity);
    // On a busy machine a change of leaders takes longer; the test is about how many there are at a time.
    for (let round = 0; round < 25 || (history.length <= 2 && round < 60); round++) {
      await delay(300);
      const living = contenders.filter(({ stop }) => !stop.signal.aborted);
      const contender = living[Math.floor(random() * living.length)] as Contender;
      if (random() < 0.5) contender.cut = !contender.cut;
      else {
        contender.stop.abort();
        enter(`${contender.identity}'`);
      }
    }
    expect(most).to.equal(1);
    expect(history.length).to.be.above(2);
  });
});
