import { expect } from "chai";
import { annotationPath, HELD } from "../../../../rollout/keys.ts";
import { decide } from "../../../../rollout/stages/decide.ts";
import { awaitStable } from "../../../../rollout/stages/latch.ts";
import type { Snapshot } from "../../../../rollout/stages/snapshot.ts";
import { instant } from "../../../../rollout/text/instant.ts";
import { isolationPatch } from "../../../../rollout/traffic/isolation.ts";
import { type HoldRecord, holdRecordOf } from "../../../../rollout/workload/hold-record.ts";
import type { Outcome } from "../../../../rollout/workload/run-record.ts";
import { fewestAvailable } from "../../../../rollout/workload/surge.ts";
import { AT_NOON, aDeployment, aHeld, aService, NOON } from "../../../support/builders.ts";
import { merge } from "../../../support/patch.ts";
import { aRollout } from "../../../support/rollout.ts";
import { annotate, aShop, image, outcome } from "../../../support/shop.ts";

const MINUTE = 60_000;
const isolated = merge(aService(), isolationPatch(aService(), "uid-web", "web1", AT_NOON)) as ReturnType<
  typeof aService
>;
const text = (value: unknown) => JSON.stringify(value);

const minutesAfter = (minutes: number) => NOON + minutes * MINUTE;

/** The latch of web:3 while web:2 has 25 % and so many of 5 stable pods are ready; it has waited for so many minutes. */
function latched(
  ready: number,
  {
    minutes = 0,
    waited,
    asked,
    services = [isolated],
    weight = 25,
    outcome = "running",
  }: {
    minutes?: number;
    waited?: number;
    asked?: "promote" | "abort";
    services?: (typeof isolated)[];
    weight?: number;
    outcome?: Outcome;
  } = {},
) {
  const base = aRollout({ weight, run: { outcome } });
  const [stable, second] = base.replicaSets;
  if (stable === undefined || second === undefined) throw new Error("two ReplicaSets");
  const status = { replicas: 5, readyReplicas: ready };
  return aRollout({
    weight,
    now: minutesAfter(minutes),
    held: aHeld({
      latched: true,
      ...(asked && { asked }),
      ...(waited !== undefined && { waitingSince: instant(minutesAfter(minutes - waited)) }),
    }),
    deployment: aDeployment({ image: "web:3", paused: true }),
    canary: undefined,
    services,
    replicaSets: [{ ...stable, status }, second],
  });
}

/** The record that a decision writes on the Deployment, and nothing else. */
function writtenBy(snapshot: Snapshot): HoldRecord {
  const { writes } = decide(snapshot);
  expect(writes).to.have.length(1);
  const operations = writes[0]?.verb === "json" ? writes[0].body : [];
  const written = operations.flatMap((one) =>
    one.op === "replace" && one.path === annotationPath(HELD) ? [String(one.value)] : [],
  );
  const annotations = Object.fromEntries(written.map((record) => [HELD, record]));
  return holdRecordOf({ metadata: { name: "web", annotations } }) as HoldRecord;
}

describe("a version that waits for the one before it to be superseded", () => {
  it("takes nothing from it while no stable pod is ready, and names the order that works", () => {
    const decision = decide(latched(0, { waited: 0 }));
    expect(decision.writes).to.deep.equal([]);
    expect(decision.condition?.message).to.match(
      /no pod of stable web1 is ready.*kubectl annotate deployment\/web serin\.dev\/promote=2 starts the new version/,
    );
  });

  it("starts natively on promote or at the deadline, after the Services are restored", () => {
    for (const late of [latched(0, { asked: "promote" }), latched(0, { minutes: 11, waited: 11 })]) {
      const [write] = decide(late).writes;
      expect(text(write)).to.contain(String.raw`\"lost\":true`);
      const next = decide({ ...late, held: { ...late.held, lost: true } });
      expect(text(next.writes[0]), "the Services come first").to.contain('"kind":"services"');
      expect(text(next.writes)).to.contain("too few pods of stable web1 are ready, so Serin restores");
    }
  });

  it("has the whole deadline from when it begins to wait, however long ago it was admitted", () => {
    const late = latched(0, { minutes: 60 });
    expect(writtenBy(late)).to.deep.equal({ ...late.held, waitingSince: instant(minutesAfter(60)) });
    const ahead = { ...latched(0), now: minutesAfter(-3) };
    expect(writtenBy(ahead).waitingSince, "a webhook's clock that is ahead").to.equal(AT_NOON);
    expect(awaitStable({ ...ahead, held: writtenBy(ahead) })?.writes).to.deep.equal([]);
    const earlier = latched(0, { minutes: 5, waited: 60 });
    expect(writtenBy(earlier).waitingSince, "after an earlier latch").to.equal(instant(minutesAfter(5)));
  });

  it("has the whole deadline again after a restore of etcd", () => {
    const waiting = latched(0, { minutes: 60, waited: 11 });
    const restored = { ...waiting, restoredAt: minutesAfter(59) };
    expect(writtenBy(restored)).to.deep.equal({ ...waiting.held, waitingSince: instant(minutesAfter(60)) });
    expect(decide({ ...restored, held: writtenBy(restored) }).writes).to.deep.equal([]);
  });

  it("does not start against an order to abort", () => {
    const decision = decide(latched(0, { minutes: 60, waited: 60, asked: "abort" }));
    expect(decision.writes).to.deep.equal([]);
    expect(decision.condition?.message).to.contain("serin.dev/abort waits for one");
  });

  for (const ready of [1, 4, 5]) {
    it(`asks for no more than a first canary does: ${ready} of 5 stable pods will do`, () => {
      const drain = decide(latched(ready));
      expect(text(drain.writes), "the drain").to.contain('"kind":"httproutes"');
      const next = decide(latched(ready, { weight: 0, minutes: 1 }));
      expect(next.condition).to.equal(undefined);
      expect(next.writes).not.to.deep.equal([]);
    });
  }

  it("leaves no Service that somebody has recreated to a version that is not proven", () => {
    const decision = decide(latched(1, { services: [aService()], weight: 0, minutes: 1 }));
    expect(text(decision.writes)).to.contain('"pod-template-hash":"web1"');
  });

  it("waits for as many stable pods as native control would if a proven version serves too, but not beyond the deadline", () => {
    const open = (ready: number, minutes: number, asked?: "promote") =>
      decide(
        latched(ready, {
          services: [aService()],
          weight: 0,
          ...{ minutes, waited: minutes },
          outcome: "promoted",
          ...(asked && { asked }),
        }),
      );
    expect(open(3, 1).condition?.message).to.match(
      /3 of 5 pods of stable web1 are ready, and 4 must carry all traffic.*promote=2/,
    );
    expect(open(4, 1).condition).to.equal(undefined);
    expect(open(3, 11).condition).to.equal(undefined);
    expect(text(open(3, 1, "promote").writes)).to.contain(String.raw`\"lost\":true`);
  });
});

describe("the fewest pods that native control keeps", () => {
  const cases: [number | string | undefined, number, number][] = [
    [undefined, 5, 4],
    ["25%", 5, 4],
    [0, 5, 5],
    [2, 5, 3],
    ["100%", 5, 1],
    ["10%", 3, 3],
  ];
  for (const [maxUnavailable, replicas, fewest] of cases) {
    it(`are ${fewest} of ${replicas} at maxUnavailable ${maxUnavailable}`, () => {
      const rollingUpdate = maxUnavailable === undefined ? {} : { maxUnavailable };
      expect(fewestAvailable({ type: "RollingUpdate", rollingUpdate }, replicas)).to.equal(fewest);
    });
  }
});

describe("a second update while stable pods are unready", () => {
  const unready = (pods: number) => {
    const world = aShop();
    world.request("web", image("web:2"));
    world.runTo(25);
    world.check = () => {};
    const stable = world.get("replicasets", "web-h1");
    world.put("replicasets", {
      ...stable,
      status: { ...stable.status, readyReplicas: 5 - pods, availableReplicas: 5 - pods },
    });
    world.request("web", image("web:3"));
    return world;
  };

  it("is a canary if one stable pod is ready", () => {
    expect(holdRecordOf(unready(4).get("deployments", "web"))).to.include({ phase: "canary", latched: true });
  });

  it("waits if none is, and takes nothing from the version in flight", () => {
    const world = unready(5);
    const routes = world.routes();
    world.control();
    expect(holdRecordOf(world.get("deployments", "web"))).to.include({ phase: "canary", latched: true });
    expect(world.routes()).to.deep.equal(routes);
    expect(world.decided?.condition?.message).to.include("no pod of stable h1 is ready");
  });

  it("waits anew at a second such moment, although a route keeps the latch shut between both", () => {
    const world = aShop();
    world.request("web", image("web:2"));
    world.runTo(25);
    world.refuses = (write) => write.verb !== "event" && write.kind === "httproutes";
    const blink = () => {
      world.sick.set("web-h1", 5);
      world.run(1);
      world.sick.delete("web-h1");
      world.run(1);
    };
    world.sick.set("web-h1", 5);
    world.tick();
    world.request("web", image("web:3"));
    blink();
    world.tick(12 * MINUTE);
    blink();
    const held = holdRecordOf(world.get("deployments", "web"));
    expect(held).to.include({ phase: "canary", latched: true }).and.not.to.have.property("lost");
    world.refuses = () => false;
    world.run();
    expect(outcome(world, "web-h3")).to.equal("promoted");
    expect(world.story).not.to.include("StableLost");
  });

  it("can be promoted", () => {
    const world = unready(4);
    expect(world.request("web", annotate("serin.dev/promote", "2"))).to.equal(undefined);
    world.run();
    expect(outcome(world, "web-h3")).to.equal("promoted");
  });
});
