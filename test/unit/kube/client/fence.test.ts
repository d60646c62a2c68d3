import { expect } from "chai";
import type { Kube } from "../../../../kube/client/api.ts";
import { Fenced, fenced } from "../../../../kube/client/fence.ts";
import { leases, services } from "../../../../kube/core/resources.ts";
import { type LeadOptions, lead } from "../../../../kube/runtime/leader-election.ts";
import { FakeApi } from "../../../support/api.ts";
import { FakeClock } from "../../../support/clock.ts";
import { eventually } from "../../../support/eventually.ts";
import { noLog } from "../../../support/log.ts";

const where = { namespace: "shop", name: "web" };

describe("the fence of a leader's writes", () => {
  let api: FakeApi;
  let kube: Kube;
  let clock: FakeClock;
  /** For so long (ms) the process was suspended: time has passed, no timer has fired. */
  let suspendedMs: number;
  let stop: AbortController;
  const now = () => clock.now() + suspendedMs;

  beforeEach(async () => {
    api = await FakeApi.start();
    kube = api.connect();
    [clock, suspendedMs, stop] = [new FakeClock(), 0, new AbortController()];
    api.add(services, { metadata: where, spec: { writes: 0 } });
  });
  afterEach(async () => {
    stop.abort();
    await kube.close();
    await api.stop();
  });

  const writes: Record<string, (kube: Kube) => Promise<unknown>> = {
    create: (to) => to.create(services, { namespace: "shop" }, { metadata: { name: "new" } }),
    "JSON patch": (to) => to.jsonPatch(services, where, [{ op: "replace", path: "/spec/writes", value: 1 }]),
    "merge patch": (to) => to.mergePatch(services, where, { spec: { writes: 1 } }),
    "strategic patch": (to) => to.strategicPatch(services, where, { spec: { writes: 1 } }),
    delete: (to) => to.delete(services, where),
  };
  for (const [what, write] of Object.entries(writes)) {
    it(`lets a ${what} pass until the deadline, and none from then on`, async () => {
      const until = clock.now() + 10_000;
      const behind = fenced(kube, () => until, { now });
      suspendedMs = 10_000;
      expect(await refusalOf(write(behind))).to.be.instanceOf(Fenced);
      expect(api.requests.filter(({ method }) => method !== "GET")).to.deep.equal([]);
      await behind.get(services, where);
      suspendedMs = 9_999;
      expect(await refusalOf(write(behind))).not.to.be.instanceOf(Fenced);
      expect(api.requests.filter(({ method }) => method !== "GET")).to.have.length(1);
    });
  }

  function elect(onLead: LeadOptions["onLead"]): Promise<void> {
    const suspendable = { now, sleep: clock.sleep.bind(clock) };
    const options = {
      namespace: "serin-system",
      name: "serin",
      identity: "a",
      signal: stop.signal,
      log: noLog,
    };
    return lead({ kube, ...options, clock: suspendable, steady: clock, hasty: suspendable, onLead });
  }

  it("stops a leader between two writes that was suspended for two thirds of its lease", async () => {
    const outcomes: unknown[] = [];
    const done = elect(async (signal, until) => {
      const behind = fenced(kube, until, { now });
      const write = (count: number) =>
        refusalOf(behind.mergePatch(services, where, { spec: { writes: count } }));
      outcomes.push(await write(1));
      suspendedMs = 10_000;
      // Nothing has told it yet that another may lead: no timer has fired, no answer has come.
      outcomes.push(signal.aborted, await write(2));
      stop.abort();
    });
    await done;
    expect(outcomes[0]).to.equal(undefined);
    expect(outcomes[1]).to.equal(false);
    expect(outcomes[2]).to.be.instanceOf(Fenced);
    expect(api.store.get("/v1/services", "shop/web").spec).to.deep.equal({ writes: 1 });
  });

  it("moves on with every renewal, and is shut at once when the leader must go", async () => {
    let deadline = () => 0;
    const done = elect(async (signal, until) => {
      deadline = until;
      await new Promise((resolve) => signal.addEventListener("abort", resolve));
    });
    await eventually("the term", () => deadline() > 0);
    const first = deadline();
    expect(first - now()).to.equal(10_000);
    await eventually("the wait for the first renewal", () => clock.sleeping > 0);
    await clock.advance(5_000);
    await eventually("the renewal", () => deadline() === first + 5_000);
    stop.abort();
    expect(deadline()).to.equal(Number.NEGATIVE_INFINITY);
    await done;
  });

  it("of one term stays shut in the next", async () => {
    const deadlines: (() => number)[] = [];
    const done = elect(async (signal, until) => {
      deadlines.push(until);
      await new Promise((resolve) => signal.addEventListener("abort", resolve));
    });
    await eventually("the first term", () => deadlines.length === 1 && clock.sleeping > 0);
    api.change(leases, "serin-system/serin", { spec: { holderIdentity: "" } });
    await clock.advance(5_000);
    await eventually("the second term", async () => {
      await clock.advance(1_000);
      return deadlines.length === 2;
    });
    expect(deadlines[0]?.()).to.equal(Number.NEGATIVE_INFINITY);
    expect(deadlines[1]?.()).to.be.above(now());
    stop.abort();
    await done;
  });
});

async function refusalOf(write: Promise<unknown>): Promise<unknown> {
  return write.then(
    () => undefined,
    (error: unknown) => error,
  );
}
