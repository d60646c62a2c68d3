import { expect } from "chai";
import fc from "fast-check";
import type { GivenUpBounds } from "../../../../rollout/gateways/metrics/given-up.ts";
import {
  type Arm,
  type Baseline,
  type Counter,
  incrementsSince,
} from "../../../../rollout/judge/counters.ts";
import { cases } from "../../../support/cases.ts";
import { after } from "./criteria.ts";
import { on } from "./verdicts.ts";

/** The tries at one cluster, and what the process shows with them. */
function tries(value: number, givenUp: GivenUpBounds, more: Partial<Counter> = {}): Counter {
  return { arm: "canary", series: "t", target: "envoy", fresh: false, value, givenUp, ...more };
}

/** The requests given up in each tick after the first instant. */
function given(arm: Arm, ...instants: readonly (readonly Counter[])[]): (number | undefined)[] {
  let baseline: Baseline | undefined;
  const found = instants.map((counters) => {
    const { counts, ...rest } = incrementsSince(baseline, counters);
    baseline = rest.baseline;
    return counts[arm].givenUp;
  });
  return found.slice(1);
}

/** An Envoy that keeps its counters of one cluster, and what is true. */
class Cluster {
  // So many that an older sample does not look like a restart.
  tries = 100_000;
  completed = 100_000;
  retried = 0;
  active = 0;
  reset = 0;
  streams = 0;
  waiting = 0;
  gaveUp = 0;

  readonly events = {
    answers: () => this.#answered(1),
    "answers itself, without a try": () => void this.completed++,
    "tries again": () => {
      this.tries += 1;
      this.retried += 1;
    },
    "begins to wait": () => {
      this.tries += 1;
      this.active += 1;
      this.waiting += 1;
    },
    "is given up": () => {
      if (this.waiting === 0) return;
      this.waiting -= 1;
      this.active -= 1;
      this.reset += 1;
      this.gaveUp += 1;
    },
    "begins a stream": () => {
      this.#answered(1);
      this.active += 1;
      this.streams += 1;
    },
    "ends a stream": () => this.#endStream(),
    "sees a client end a stream": () => {
      if (this.streams > 0) this.reset += 1;
      this.#endStream();
    },
    restarts: () => {
      Object.assign(this, {
        tries: 0,
        completed: 0,
        retried: 0,
        active: 0,
        reset: 0,
        streams: 0,
        waiting: 0,
      });
    },
  };

  copy(): Cluster {
    return Object.assign(new Cluster(), this);
  }

  counters(): Counter[] {
    const givenUp = {
      atLeast: this.tries - this.retried - this.completed - this.active,
      atMost: this.reset,
    };
    return (["canary", "stable"] as const).map((arm) => tries(this.tries, givenUp, { arm, series: arm }));
  }

  #answered(requests: number): void {
    this.tries += requests;
    this.completed += requests;
  }

  #endStream(): void {
    if (this.streams === 0) return;
    this.streams -= 1;
    this.active -= 1;
  }
}

describe("requests that their clients gave up", () => {
  it("are bounded from both sides, whatever streams, retries, restarts and older samples come between", () => {
    const names = Object.keys(new Cluster().events) as (keyof Cluster["events"])[];
    const step = fc.record({
      event: fc.constantFrom(...names),
      times: fc.nat(20),
      looks: fc.boolean(),
      isOlder: fc.boolean(),
    });
    const property = fc.property(fc.array(step, { maxLength: 60 }), fc.nat(30), (steps, first) => {
      const cluster = new Cluster();
      const shown: Cluster[] = [];
      const counted = { canary: 0, stable: 0 };
      let baseline: Baseline | undefined;
      let from = 0;
      let hasRestarted = false;
      const look = (at: Cluster) => {
        if (baseline === undefined) from = at.gaveUp;
        const found = incrementsSince(baseline, at.counters());
        baseline = found.baseline;
        for (const arm of ["canary", "stable"] as const) {
          const { givenUp = 0 } = found.counts[arm];
          expect(givenUp, "of a tick").to.be.at.least(0);
          counted[arm] += givenUp;
        }
      };
      steps.forEach(({ event, times, looks, isOlder }, i) => {
        // A process is read before and after it restarts, as in the property of the other counters.
        const isRestart = event === "restarts";
        if (isRestart) look(cluster);
        for (let n = 0; n <= (isRestart ? 0 : times); n++) cluster.events[event]();
        shown.push(cluster.copy());
        hasRestarted ||= isRestart;
        if (isRestart || (looks && i >= first)) look((isOlder && !hasRestarted && shown.at(-3)) || cluster);
      });
      look(cluster);
      expect(counted.canary, "at least").to.be.at.most(cluster.gaveUp - from);
      expect(counted.stable, "at most").to.be.at.least(cluster.gaveUp - from);
    });
    fc.assert(property, { numRuns: cases(1_000) });
  });

  it("are counted where nothing is open", () => {
    const at = (count: number) => [tries(10 * count, { atLeast: 7 * count, atMost: 7 * count })];
    expect(given("canary", at(0), at(1), at(3))).to.deep.equal([7, 14]);
    expect(given("canary", [], at(1)), "a process that nobody knew").to.deep.equal([0]);
  });

  it("are no streams that were open at the first look", () => {
    const open = [tries(50, { atLeast: -40, atMost: 10 })];
    const ended = [tries(50, { atLeast: 10, atMost: 50 })];
    expect(given("canary", open, ended)).to.deep.equal([0]);
  });

  it("are no tries of a newer scrape than the answers", () => {
    expect(
      given("canary", [tries(0, { atLeast: 0, atMost: 0 })], [tries(90, { atLeast: 90, atMost: 1 })]),
    ).to.deep.equal([1]);
  });

  it("count once if two jobs scrape the process", () => {
    const scraped = (count: number) =>
      ["one", "other"].map((by) =>
        tries(
          10 * count,
          { atLeast: 7 * count, atMost: 7 * count },
          {
            ...{ series: by, target: by, scrape: { address: "10.0.0.5:8002", by } },
          },
        ),
      );
    expect(given("canary", scraped(1), scraped(2))).to.deep.equal([7]);
  });

  it("are no counter of answers", () => {
    const { counts, present } = incrementsSince(
      incrementsSince(undefined, [tries(1, { atLeast: 0, atMost: 0 })]).baseline,
      [tries(9, { atLeast: 8, atMost: 8 })],
    );
    expect(counts.canary).to.deep.include({ total: 0, codes: new Map(), givenUp: 8 });
    expect(present.canary).to.equal(false);
  });
});

describe("the verdict: requests without an answer", () => {
  const tick = (canary: number, stable: number) =>
    [
      { total: 40 - canary, givenUp: canary },
      { total: 360 - stable, givenUp: stable },
    ] as const;
  const kindOf = (canary: number, stable: number) => on(after(6, ...tick(canary, stable))).kind;

  it("are harm if the canary leaves seven of ten, with the numbers", () => {
    const { kind, message } = on(after(6, ...tick(28, 3)));
    expect(kind).to.equal("harm");
    expect(message).to.match(
      /^unanswered requests\. canary at least 168 of 240 requests got no answer \(70\.00%\), stable at most 18 of 2160 \(0\.83%\): 84\.0x\. Evidence .* \(limit 100:1; allowed: 2x stable \+ 5 pp\)/,
    );
    expect(message).to.include("No evidence of harm by errors and 4xx answers");
  });

  for (const [what, canary, stable, isHarm] of [
    ["none at all", 0, 0, false],
    ["as many as the stable version may have", 20, 180, false],
    ["twice as many and five points", 6, 18, false],
    ["all, of a version that answers nothing", 40, 0, true],
    ["none, of a canary whose stable version may hang", 0, 180, false],
  ] as const)
    it(`are ${isHarm ? "" : "no "}harm: ${what}`, () => {
      expect(kindOf(canary, stable) === "harm").to.equal(isHarm);
    });

  it("are decided by two ticks at the least", () => {
    const one = after(1, { total: 300, givenUp: 700 }, { total: 9_000, givenUp: 0 });
    expect(on(one).kind).to.not.equal("harm");
  });

  it("change nothing where only one version has the counters, or neither", () => {
    const plain = after(6, { total: 12 }, { total: 360 });
    expect(plain).to.not.have.property("givenUp");
    expect(after(6, { total: 12, givenUp: 28 }, { total: 360 })).to.deep.equal(plain);
  });

  it("keep no step from ending", () => {
    const healthy = [{ total: 900 }, { total: 900 }] as const;
    const told = healthy.map((did) => ({ ...did, givenUp: 0 })) as unknown as typeof healthy;
    expect(on(after(40, ...told)).kind)
      .to.equal(on(after(40, ...healthy)).kind)
      .and.to.equal("safe");
  });
});
