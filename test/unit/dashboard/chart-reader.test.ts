import { expect } from "chai";
import { chartReader } from "../../../dashboard/chart-reader.ts";
import { Copies } from "../../../dashboard/copies.ts";
import { latestInstant } from "../../../evidence/grid.ts";
import type { Prometheus } from "../../../evidence/prometheus.ts";
import { noEvidence } from "../../../rollout/judge/fold.ts";
import { instant } from "../../../rollout/text/instant.ts";
import { FakeApi } from "../../support/api.ts";
import { NOON } from "../../support/builders.ts";
import { FakeClock } from "../../support/clock.ts";
import { noLog } from "../../support/log.ts";
import { FakePrometheus } from "../evidence/metrics.ts";
import { type Flight, fly, land } from "./flying.ts";

const TICK = 5_000;
const SINCE = NOON + 60_000;

describe("the curves of the dashboard", () => {
  let api: FakeApi;
  let stop: AbortController;
  let counting: FakePrometheus;
  beforeEach(async () => {
    api = await FakeApi.start();
    stop = new AbortController();
    counting = new FakePrometheus();
    counting.serve("web", SINCE, { canary: 10, stable: 90, canaryFails: 50, stableFails: 1 });
  });
  afterEach(async () => {
    stop.abort();
    await api.stop();
  });

  /** Curves of what `fill` puts into the API server, ten minutes after noon. */
  async function reading(fill: () => void, prometheus: Prometheus | "none" = counting) {
    fill();
    const clock = new FakeClock(NOON + 600_000);
    const kube = api.connect();
    const copies = new Copies({ kube, clock, log: noLog, signal: stop.signal, onChange: () => {} });
    await copies.synced();
    return {
      clock,
      charts: chartReader({
        kube,
        copies,
        prometheus: prometheus === "none" ? undefined : prometheus,
        clock,
      }),
    };
  }
  const ended = (more: Partial<Flight["run"]> = {}): Flight => {
    const start = { since: SINCE, from: SINCE, tickMs: TICK, phi: 1, bounds: [] };
    return { run: { evidence: { ...noEvidence(start), at: SINCE + 24 * TICK }, ...more } };
  };

  it("of a rollout in flight are those of its judge, up to the newest tick", async () => {
    const { charts, clock } = await reading(() => fly(api));
    const drawn = await charts("shop/web", "2");
    const { times = [], failed, evidence, traffic, rate, course } = drawn ?? {};
    expect(drawn?.says).to.equal(undefined);
    expect(times[0]).to.equal((SINCE + TICK) / 1000);
    expect(times.at(-1)).to.equal(latestInstant({ tickMs: TICK, phaseMs: 0 }, clock.now()) / 1000);
    expect(course).to.deep.equal([{ at: SINCE / 1000, step: 1, weight: 10 }]);
    expect(failed?.canary.at(-1)).to.be.closeTo(5, 0.1);
    expect(failed?.stable.at(-1)).to.be.closeTo(0.1, 0.01);
    expect(failed?.allowed.at(-1)).to.be.closeTo(0.17, 0.01);
    expect(evidence?.harm.at(-1)).to.be.above(evidence?.harmLimit ?? Number.POSITIVE_INFINITY);
    expect(evidence?.harmLimit).to.be.closeTo(Math.log(100), 0.001);
    expect(evidence?.safe.at(-1)).to.be.below(0);
    expect(traffic?.granted.at(-1)).to.equal(10);
    expect(traffic?.measured.at(-1)).to.be.closeTo(10, 1);
    expect(rate?.stable.at(-1)).to.be.closeTo(90, 1);
    for (const series of [failed?.canary, evidence?.harm, traffic?.granted, rate?.canary])
      expect(series).to.have.length(times.length);
  });

  it("of a rollout that has ended are drawn from its record and the present routes, to its last tick", async () => {
    const { charts } = await reading(() => land(api, ended()));
    const drawn = await charts("shop/web", "2");
    expect(drawn?.says).to.equal(undefined);
    expect(drawn?.times).to.have.length(24);
    expect(drawn?.times.at(-1)).to.equal((SINCE + 24 * TICK) / 1000);
    expect(drawn?.failed.canary.at(-1)).to.be.closeTo(5, 0.2);
  });

  it("cost Prometheus one reading in five seconds, however many look", async () => {
    const { charts, clock } = await reading(() => fly(api));
    await Promise.all(Array.from({ length: 20 }, () => charts("shop/web", "2")));
    const asked = counting.asked.length;
    await charts("shop/web", "2");
    expect(counting.asked).to.have.length(asked);
    await clock.advance(5_100);
    await charts("shop/web", "2");
    // The history before the first tick is read once.
    expect(counting.asked.length - asked).to.be.within(1, asked - 1);
  });

  it("are read of four rollouts at once, and the others wait", async () => {
    let [active, most] = [0, 0];
    const held = Promise.withResolvers<void>();
    const slow: Prometheus = {
      over: counting.over,
      scrapes: async (selector) => {
        // Traefik's series may have either of two labels: one question for each rollout.
        if (selector.includes("exported_service")) return undefined;
        active += 1;
        most = Math.max(most, active);
        await held.promise;
        active -= 1;
        return { everyMs: TICK, last: [] };
      },
    };
    const names = Array.from({ length: 9 }, (_, i) => `web${i}`);
    const fill = () => {
      for (const name of names) fly(api, { name });
    };
    const { charts } = await reading(fill, slow);
    const all = Promise.all(names.map((name) => charts(`shop/${name}`, "2")));
    while (active < 4) await new Promise((resolve) => setTimeout(resolve, 5));
    held.resolve();
    expect(await all).to.have.length(9);
    expect(most).to.equal(4);
  });

  it("say why there are none, or only a part", async () => {
    const says = async (fill: () => void, prometheus: Prometheus | "none") => {
      const { charts } = await reading(fill, prometheus);
      const drawn = await charts("shop/web", "2");
      return [drawn?.times.length, drawn?.says];
    };
    expect(await says(() => fly(api), "none")).to.deep.equal([
      0,
      "no Prometheus is known: start the dashboard with --prometheus",
    ]);
    counting.up = false;
    expect(await says(() => fly(api), counting)).to.deep.equal([0, "Prometheus cannot be reached"]);
    counting.up = true;
    expect(await says(() => land(api, ended()), new FakePrometheus())).to.deep.equal([
      24,
      "Prometheus has no counts of this time: it may keep less, or not scrape the gateway",
    ]);
    const late = new FakePrometheus();
    late.serve("web", SINCE + 60_000);
    for (const one of late.series) {
      const { value } = one;
      Object.assign(one, { value: (at: number) => (at < SINCE + 60_000 ? undefined : value(at)) });
    }
    expect(await says(() => land(api, ended()), late)).to.deep.equal([
      24,
      `Prometheus has counts from ${instant(SINCE + 60_000)} on only`,
    ]);
    expect(await says(() => land(api, { run: {} }), counting)).to.deep.equal([
      0,
      "the canary has had no traffic, so nothing was judged",
    ]);
  });

  it("need to know the routes of a rollout that has ended", async () => {
    const { charts } = await reading(() => land(api, ended()));
    const message = "httproutes is forbidden";
    api.faults.push(({ path }) =>
      path.includes("/namespaces/shop/httproutes") ? { status: 403, message } : undefined,
    );
    const drawn = await charts("shop/web", "2");
    expect([drawn?.times, drawn?.says]).to.deep.equal([
      [],
      `it is not known what counted this rollout: ${message}`,
    ]);
    expect(drawn?.course).to.have.length(1);
  });

  it("are not there without a record of that revision", async () => {
    const { charts } = await reading(() => fly(api));
    for (const [key, revision] of [
      ["shop/web", "1"],
      ["shop/web", "7"],
      ["shop/none", "2"],
    ] as const)
      expect(await charts(key, revision)).to.equal(undefined);
  });
});
