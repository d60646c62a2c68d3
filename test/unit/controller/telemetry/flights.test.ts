import { Registry } from "@prometheus-io/client";
import { expect } from "chai";
import type { Write } from "../../../../kube/core/writes.ts";
import { aDeployment, aHeld, aReplicaSet, aSnapshot, NOON } from "../../../support/builders.ts";
import { FakeClock } from "../../../support/clock.ts";
import { aRollout } from "../../../support/rollout.ts";
import { aTelemetry } from "../../../support/telemetry.ts";

const event = (reason: string): Write => ({
  verb: "event",
  regarding: aDeployment(),
  type: "Normal",
  reason,
  message: "",
});
const progressing = { condition: { status: "Unknown", reason: "Progressing", message: "" } } as const;

describe("controller/telemetry/flights", () => {
  let clock: FakeClock;
  let registry: Registry;
  let telemetry: ReturnType<typeof aTelemetry>;
  const seriesOf = async (name: string) =>
    (await registry.metrics()).split("\n").filter((line) => line.startsWith(`${name}{`));

  beforeEach(() => {
    [clock, registry] = [new FakeClock(NOON), new Registry()];
    telemetry = aTelemetry(clock, registry);
  });

  it("has no series of rollouts at rest, and none after a rollout has ended", async () => {
    expect(await seriesOf("serin_rollout_info")).to.deep.equal([]);
    telemetry.flights.note(aRollout({ weight: 25 }), progressing);
    expect(await seriesOf("serin_rollout_info")).to.have.length(1);
    expect(await seriesOf("serin_rollout_weight_ratio")).to.deep.equal([
      'serin_rollout_weight_ratio{namespace="shop",deployment="web"} 0.1',
    ]);
    telemetry.flights.forget("uid-web");
    const left = (await registry.metrics()).split("\n").filter((line) => /^serin_rollout_\w+\{/.test(line));
    expect(left.filter((line) => !/_seconds_(bucket|sum|count)/.test(line))).to.deep.equal([]);
  });

  it("counts a start once, and its end once, from 0", async () => {
    const begins = aSnapshot({ replicaSets: [aReplicaSet()] });
    telemetry.flights.note(begins, {});
    telemetry.flights.note(begins, {});
    const labels = 'namespace="shop",deployment="web",strategy="canary"';
    expect(await seriesOf("serin_rollouts_started_total")).to.deep.equal([
      `serin_rollouts_started_total{${labels}} 1`,
    ]);
    const ended = (promoted: number) =>
      [`promoted"} ${promoted}`, 'failed"} 0', 'undone"} 0', 'superseded"} 0'].map(
        (end) => `serin_rollouts_ended_total{${labels},outcome="${end}`,
      );
    expect(await seriesOf("serin_rollouts_ended_total")).to.deep.equal(ended(0));
    telemetry.flights.wrote(begins, [event("CanaryStep"), event("Promoted")]);
    telemetry.flights.wrote(begins, [event("Promoted")]);
    expect(await seriesOf("serin_rollouts_ended_total")).to.deep.equal(ended(1));
  });

  it("has the durations of each outcome from 0, so that no rate misses the first one", async () => {
    expect(await seriesOf("serin_rollout_duration_seconds_count")).to.have.length(4);
    for (const one of await seriesOf("serin_rollout_duration_seconds_count")) expect(one).to.match(/ 0$/);
  });

  it("counts no start of a rollout that another replica has begun", async () => {
    telemetry.flights.note(aRollout({ weight: 25 }), progressing);
    expect((await seriesOf("serin_rollouts_started_total")).join()).to.match(/ 0$/);
  });

  it("counts another rollout of the same Deployment as a superseding", async () => {
    telemetry.flights.note(aSnapshot({ replicaSets: [aReplicaSet()] }), {});
    const held = aHeld({ started: "2026-01-01T13:00:00Z" });
    telemetry.flights.note(aSnapshot({ held, replicaSets: [aReplicaSet()] }), {});
    expect(
      (await seriesOf("serin_rollouts_ended_total")).filter((line) => line.endsWith(" 1")),
    ).to.have.length(1);
    expect((await seriesOf("serin_rollouts_ended_total")).join()).to.contain('outcome="superseded"} 1');
  });

  it("names no Deployment in counters with --metric-labels=namespace", async () => {
    registry = new Registry();
    telemetry = aTelemetry(clock, registry, { labels: "namespace" });
    telemetry.flights.note(aSnapshot({ replicaSets: [aReplicaSet()] }), {});
    expect((await seriesOf("serin_rollouts_ended_total")).join()).to.not.contain("deployment=");
  });

  it("adds Flagger's gauges only when it is asked to", async () => {
    telemetry.flights.note(aRollout({ weight: 25 }), progressing);
    expect(await registry.metrics()).to.not.contain("flagger_");
    registry = new Registry();
    telemetry = aTelemetry(clock, registry, { flagger: true });
    telemetry.flights.note(aRollout({ weight: 25 }), progressing);
    expect(await seriesOf("flagger_canary_weight")).to.deep.equal([
      'flagger_canary_weight{workload="web",namespace="shop"} 10',
      'flagger_canary_weight{workload="web-primary",namespace="shop"} 90',
    ]);
    expect(await seriesOf("flagger_canary_status")).to.deep.equal([
      'flagger_canary_status{name="web",namespace="shop"} 0',
    ]);
  });

  it("says how long a rollout waited for a person", async () => {
    const paused = aRollout({ weight: 25 });
    const waits = {
      ...paused,
      deployment: { ...paused.deployment, spec: { ...paused.deployment.spec, paused: true } },
    };
    const holding = { condition: { status: "Unknown", reason: "Holding", message: "" } } as const;
    telemetry.flights.note(waits, holding);
    expect(await seriesOf("serin_rollout_waiting")).to.deep.equal([
      'serin_rollout_waiting{namespace="shop",deployment="web",reason="person"} 1',
    ]);
    await clock.advance(90_000);
    telemetry.flights.wrote(waits, [event("RolledBack")]);
    expect(await seriesOf("serin_rollout_waited_seconds_sum")).to.have.members(
      ['promoted"} 0', 'failed"} 90', 'undone"} 0', 'superseded"} 0'].map(
        (end) => `serin_rollout_waited_seconds_sum{outcome="${end}`,
      ),
    );
  });

  it("forgets everything in flight when another replica leads", async () => {
    telemetry.leads(true);
    telemetry.flights.note(aRollout({ weight: 25 }), progressing);
    expect(await registry.metrics()).to.contain("serin_leader 1");
    telemetry.leads(false);
    expect(await registry.metrics()).to.contain("serin_leader 0");
    expect(telemetry.flights.all()).to.deep.equal([]);
  });
});
