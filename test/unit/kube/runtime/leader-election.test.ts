import { expect } from "chai";
import { hastyClock, steadyClock, systemClock } from "../../../../kube/core/clock.ts";
import type { LeadOptions } from "../../../../kube/runtime/leader-election.ts";
import type { Lease } from "../../../../kube/runtime/lease.ts";
import { FakeApi } from "../../../support/api.ts";
import { FakeClock } from "../../../support/clock.ts";
import { eventually } from "../../../support/eventually.ts";
import { type Line, MemoryApi } from "../../../support/memory.ts";
import { type Contender, contend, Throne } from "./election.ts";

const LEASES = "coordination.k8s.io/v1/leases";
const KEY = "serin-system/serin";

describe("leader election", () => {
  let clock: FakeClock;
  let api: MemoryApi;
  let throne: Throne;
  let contenders: Contender[];

  beforeEach(() => {
    clock = new FakeClock();
    [api, throne, contenders] = [new MemoryApi(clock), new Throne(clock), []];
  });
  afterEach(() => {
    for (const { stop } of contenders) stop.abort();
  });

  const enter = (identity: string, more: Partial<LeadOptions & Line> = {}) => {
    const contender = contend({ api, clock, throne }, identity, more);
    contenders.push(contender);
    return contender;
  };
  const leaders = () => [...throne.leaders.keys()];
  const lease = () => api.store.get(LEASES, KEY) as Lease;
  const edit = (spec: object) => api.store.patch(LEASES, KEY, "merge", { spec });
  /** Lets everything happen that needs no time. */
  const settle = () => clock.advance(0);

  it("elects one of three, and the leader renews", async () => {
    for (const identity of ["a", "b", "c"]) enter(identity);
    // Those who were not the first wait a moment before they look again.
    await clock.advance(200);
    expect(leaders()).to.have.length(1);
    const first = lease().spec?.renewTime ?? "";
    expect(first).to.match(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/);
    await clock.advance(5_000);
    expect((lease().spec?.renewTime ?? "") > first).to.equal(true);
    await clock.advance(600_000);
    expect([throne.history.length, throne.most]).to.deep.equal([1, { leaders: 1, writers: 1 }]);
  });

  it("tells whether it stands by in order: it sees renewals, or the API server answers its tries", async () => {
    const heard: boolean[] = [];
    enter("a");
    await settle();
    const b = enter("b", { onStandby: (isInOrder) => heard.push(isInOrder) });
    await clock.advance(60_000);
    expect(new Set(heard)).to.deep.equal(new Set([true]));
    b.line.cut = true;
    await clock.advance(60_000);
    expect(heard.at(-1)).to.equal(false);
    b.line.cut = false;
    await clock.advance(60_000);
    expect([heard.at(-1), leaders()]).to.deep.equal([true, ["a"]]);
  });

  it("says that it is not in order when it may not write the Lease", async () => {
    const heard: boolean[] = [];
    enter("a", { refusal: () => 403, onStandby: (isInOrder) => heard.push(isInOrder) });
    await clock.advance(60_000);
    expect([new Set(heard), leaders()]).to.deep.equal([new Set([false]), []]);
  });

  it("hands over at once on shutdown, after the work has settled", async () => {
    const a = enter("a");
    await settle();
    expect(leaders()).to.deep.equal(["a"]);
    enter("b");
    await clock.advance(1_000);
    a.stop.abort();
    await settle();
    await a.done;
    expect(leaders()).to.deep.equal(["b"]);
    expect(throne.most.leaders).to.equal(1);
    expect(lease().spec?.leaseTransitions).to.equal(1);
  });

  it("does not begin to lead when it was stopped while it took the lease, and frees the lease", async () => {
    const a = enter("a", { latencyMs: () => 1_000 });
    // The API server has stored the Lease, its answer is under way.
    await clock.advance(1_200);
    expect(lease().spec?.holderIdentity).to.equal("a");
    a.stop.abort();
    await clock.advance(5_000);
    await a.done;
    expect(throne.history).to.deep.equal([]);
    expect(lease().spec?.holderIdentity).to.equal("");
  });

  it("keeps the lease while a long shutdown runs", async () => {
    const work = Promise.withResolvers<void>();
    const a = enter("a", { onLead: () => work.promise });
    await settle();
    enter("b");
    a.stop.abort();
    await clock.advance(600_000);
    expect(leaders()).to.deep.equal([]);
    work.resolve();
    await settle();
    expect(leaders()).to.deep.equal(["b"]);
  });

  it("stops a leader that is cut off before another follows", async () => {
    const a = enter("a");
    await settle();
    enter("b");
    await clock.advance(7_000);
    const cut = clock.now();
    a.line.cut = true;
    await clock.advance(60_000);
    const [first, second] = throne.history;
    // It renewed 2 s before it was cut off: 10 s later it stops, and 15 s later the other one begins.
    expect((first?.to ?? 0) - cut).to.equal(8_000);
    expect((second?.from ?? 0) - cut).to.equal(13_000);
    expect(leaders()).to.deep.equal(["b"]);
    a.line.cut = false;
    await clock.advance(60_000);
    expect([throne.history.length, throne.most.leaders, leaders()]).to.deep.equal([2, 1, ["b"]]);
  });

  it("stops a leader whose lease was taken or deleted", async () => {
    enter("a");
    await settle();
    edit({ holderIdentity: "thief" });
    await clock.advance(5_000);
    expect(leaders()).to.deep.equal([]);
    await clock.advance(20_000);
    expect(throne.history).to.have.length(2);
    api.store.delete(LEASES, KEY);
    await clock.advance(20_000);
    expect([throne.history.length, throne.most.leaders]).to.deep.equal([3, 1]);
  });

  const edits: Readonly<Record<string, () => void>> = {
    "deletes the lease": () => api.store.delete(LEASES, KEY),
    "empties its holder": () => edit({ holderIdentity: "" }),
    "makes it end after a second": () => edit({ leaseDurationSeconds: 1 }),
    "names another holder": () => edit({ holderIdentity: "thief" }),
  };
  for (const [what, byHand] of Object.entries(edits)) {
    it(`has one leader, and soon again one, when a person ${what}`, async () => {
      enter("a");
      await settle();
      enter("b");
      await clock.advance(7_000);
      byHand();
      await clock.advance(20_000);
      expect([throne.most, leaders().length]).to.deep.equal([{ leaders: 1, writers: 1 }, 1]);
    });
  }

  it("sets the duration back that a person made longer, so that another replica follows in time", async () => {
    const a = enter("a");
    await settle();
    enter("b");
    edit({ leaseDurationSeconds: 86_400 });
    // The renewal after 5 s does not fit the version that the person has changed, and the one a second later does.
    await clock.advance(7_000);
    a.line.cut = true;
    await clock.advance(20_000);
    expect(leaders()).to.deep.equal(["b"]);
  });

  it("does not poll while another leads", async () => {
    enter("a");
    await settle();
    const b = enter("b");
    await clock.advance(600_000);
    expect(b.line.requests).to.deep.equal(["WATCH"]);
  });

  it("takes over from a former self at once", async () => {
    const spec = { holderIdentity: "a", leaseDurationSeconds: 15 };
    const metadata = { name: "serin", namespace: "serin-system" };
    api.store.create(LEASES, { metadata, spec });
    enter("a");
    await settle();
    expect(leaders()).to.deep.equal(["a"]);
  });

  it("takes a lease at once that an administrator created empty", async () => {
    api.store.create(LEASES, {
      metadata: { name: "serin", namespace: "serin-system", labels: { team: "a" } },
    });
    enter("a");
    await settle();
    expect([leaders(), lease().metadata.labels]).to.deep.equal([["a"], { team: "a" }]);
  });

  it("ends with what the work throws, and frees the lease", async () => {
    const a = enter("a", { onLead: () => Promise.reject(new Error("broken")) });
    await settle();
    expect(await a.done.catch((error: Error) => error.message)).to.equal("broken");
    expect(lease().spec?.holderIdentity).to.equal("");
  });

  for (const seed of [7, 77, 777, 7_777]) {
    it(`has never two leaders while contenders come, go, hang and meet conflicts, seed ${seed}`, async () => {
      const random = randomOf(seed);
      const chaotic = {
        latencyMs: () => (random() < 0.8 ? random() * 100 : random() * 5_000),
        refusal: () => (random() < 0.2 ? 409 : undefined),
      };
      for (const identity of ["a", "b", "c"]) enter(identity, chaotic);
      for (let round = 0; round < 200; round += 1) {
        await clock.advance(random() * 8_000);
        throne.count();
        const living = contenders.filter(({ stop }) => !stop.signal.aborted);
        const contender = living[Math.floor(random() * living.length)] as Contender;
        if (random() < 0.5) contender.line.cut = !contender.line.cut;
        else {
          contender.stop.abort();
          enter(`${contender.identity}'`, chaotic);
        }
      }
      expect(throne.most).to.deep.equal({ leaders: 1, writers: 1 });
      expect(throne.history.length).to.be.above(20);
    });
  }

  it("hands over on the machine's clock and a real connection, too", async () => {
    const server = await FakeApi.start();
    const kubes = ["a", "b"].map(() => server.connect());
    const [a, b] = kubes.map((kube, i) =>
      enter(["a", "b"][i] ?? "", { kube, clock: systemClock, steady: steadyClock, hasty: hastyClock() }),
    );
    await eventually("one leads", () => throne.leaders.size === 1);
    const [leader, other] = throne.leaders.has("a") ? [a, b] : [b, a];
    leader?.stop.abort();
    await leader?.done;
    await eventually("the other one leads", () => throne.leaders.has(other?.identity ?? ""));
    other?.stop.abort();
    await other?.done;
    for (const kube of kubes) await kube.close();
    await server.stop();
  });
});

/** Numbers from 0 to 1 that are the same in every run. */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 16_807) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}
