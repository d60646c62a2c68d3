import { expect } from "chai";
import { decide } from "../../../../rollout/stages/decide.ts";
import { isolationPatch } from "../../../../rollout/traffic/isolation.ts";
import { holdRecordOf } from "../../../../rollout/workload/hold-record.ts";
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

/** The latch of web:3 while web:2 has 25 % and so many of 5 stable pods are ready. */
function latched(
  ready: number,
  {
    minutes = 0,
    asked,
    services = [isolated],
    weight = 25,
    outcome = "running",
  }: {
    minutes?: number;
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
    now: NOON + minutes * MINUTE,
    held: aHeld({ latched: true, ...(asked && { asked }) }),
    deployment: aDeployment({ image: "web:3", paused: true }),
    canary: undefined,
    services,
    replicaSets: [{ ...stable, status }, second],
  });
}

describe("a version that waits for the one before it to be superseded", () => {
  it("takes nothing from it while no stable pod is ready, and names the order that works", () => {
    const decision = decide(latched(0));
    expect(decision.writes).to.deep.equal([]);
    expect(decision.condition?.message).to.match(
      /no pod of stable web1 is ready.*kubectl annotate deployment\/web serin\.dev\/promote=2 starts the new version/,
    );
  });

  it("starts natively on promote or at the deadline, after the Services are restored", () => {
    for (const late of [latched(0, { asked: "promote" }), latched(0, { minutes: 11 })]) {
      const [write] = decide(late).writes;
      expect(text(write)).to.contain(String.raw`\"lost\":true`);
      const next = decide({ ...late, held: { ...late.held, lost: true } });
      expect(text(next.writes[0]), "the Services come first").to.contain('"kind":"services"');
      expect(text(next.writes)).to.contain("no pod of stable web1 is ready, so Serin restores");
    }
  });

  it("does not start against an order to abort", () => {
    const decision = decide(latched(0, { minutes: 60, asked: "abort" }));
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
          minutes,
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

  it("can be promoted", () => {
    const world = unready(4);
    expect(world.request("web", annotate("serin.dev/promote", "2"))).to.equal(undefined);
    world.run();
    expect(outcome(world, "web-h3")).to.equal("promoted");
  });
});
