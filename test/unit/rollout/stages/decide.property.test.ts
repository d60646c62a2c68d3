import { expect } from "chai";
import fc from "fast-check";
import { holdRecordOf } from "../../../../rollout/workload/hold-record.ts";
import { lastRunOf } from "../../../../rollout/workload/run-record.ts";
import type { World } from "../../../model/world.ts";
import { cases } from "../../../support/cases.ts";
import { annotate, aShop, edit, ending, image } from "../../../support/shop.ts";

const quick = { "serin.dev/interval": "10s", "serin.dev/max-interval": "20s" };
const strategies = {
  "blue-green": {
    "serin.dev/rollout": "blue-green",
    "serin.dev/mirror": "20%",
    "serin.dev/steps": "100:30s",
  },
  "ab-test": {
    "serin.dev/rollout": "ab-test",
    "serin.dev/match": "header x-t=1, cookie t=1",
    "serin.dev/iterations": "3",
  },
  sticky: { "serin.dev/steps": "10, 50", "serin.dev/match": "query t=1", "serin.dev/sticky": "1h" },
} as const;
const phase = (world: World) => holdRecordOf(world.get("deployments", "web"))?.phase;
const weights = (world: World) => world.story.filter((line) => line.startsWith("web "));
const told = (world: World) =>
  ["Promoted", "RolledBack", "Undone"].filter((reason) => world.story.includes(reason));
const outcomes = (world: World) => world.list("replicasets").map((set) => lastRunOf(set)?.outcome);

/** Which can do everything. */
function behindEnvoy(world: World): World {
  const route = world.get("httproutes", "web");
  const controllerName = "io.cilium/gateway-controller";
  world.put("httproutes", { ...route, status: { parents: [{ controllerName }] } });
  world.follow();
  return world;
}

describe("a rollout whose controller is killed between any two writes", () => {
  const stories = {
    "a good version": (world: World) => {
      world.request("web", image("web:2"));
    },
    "a bad version": (world: World) => {
      world.request("web", image("web:bad"));
    },
    "an undo at 50 %": (world: World) => {
      world.request("web", image("web:2"));
      world.runTo(50);
      world.request("web", image("web:1"));
    },
    "a newer version at 50 %": (world: World) => {
      world.request("web", image("web:2"));
      world.runTo(50);
      world.request("web", image("web:3"));
    },
    "a newer version in the middle of a promotion": (world: World) => {
      world.request("web", image("web:2"));
      for (let i = 0; i < 200 && phase(world) !== "promoting"; i += 1) world.run(1);
      world.request("web", image("web:3"));
    },
    "an undo in the middle of a promotion": (world: World) => {
      world.request("web", image("web:2"));
      for (let i = 0; i < 200 && phase(world) !== "promoting"; i += 1) world.run(1);
      world.request("web", image("web:1"));
    },
  };
  const all: [string, Record<string, string>, (world: World) => void][] = [
    ...Object.entries(stories).map(([name, story]): (typeof all)[number] => [name, {}, story]),
    ["blue-green with copies", strategies["blue-green"], stories["a good version"]],
    ["blue-green with copies, a bad version", strategies["blue-green"], stories["a bad version"]],
    ["an ab-test", strategies["ab-test"], stories["a good version"]],
    ["testers and cookies", strategies.sticky, stories["a good version"]],
    ["testers and cookies, a bad version", strategies.sticky, stories["a bad version"]],
    ["testers and cookies, an undo", strategies.sticky, stories["an undo at 50 %"]],
  ];
  for (const [name, plan, story] of all) {
    it(`${name}: ends the same, with the same steps`, () => {
      const begin = () => behindEnvoy(aShop({ annotations: { ...quick, ...plan } }));
      const whole = begin();
      story(whole);
      whole.run(60);
      for (let killAfter = 1; killAfter < whole.writes; killAfter += 1) {
        const world = begin();
        world.killAfter = killAfter;
        story(world);
        world.run(60);
        expect(ending(world), `killed after ${killAfter} writes`).to.deep.equal(ending(whole));
        expect(weights(world), `killed after ${killAfter} writes`).to.deep.equal(weights(whole));
        expect(outcomes(world), `killed after ${killAfter} writes`).to.deep.equal(outcomes(whole));
        expect(told(world), `killed after ${killAfter} writes`).to.deep.equal(told(whole));
      }
    });
  }
});

describe("whatever people do during rollouts", () => {
  type Act = readonly [what: string, act: (world: World) => void];
  const request = (what: string, change: Parameters<World["request"]>[1]): Act => [
    what,
    (world) => world.request("web", change),
  ];
  const acts: fc.Arbitrary<Act> = fc.oneof(
    fc
      .constantFrom("web:1", "web:2", "web:3", "web:bad", "web:late", "web:never")
      .map((name) => request(name, image(name))),
    fc.integer({ min: 1, max: 12 }).map((ticks): Act => [`${ticks} ticks`, (world) => world.run(ticks)]),
    fc
      .integer({ min: 0, max: 9 })
      .map(
        (replicas): Act => [
          `scale to ${replicas}`,
          (world) => world.put("deployments", edit({ replicas })(world.get("deployments", "web"))),
        ],
      ),
    fc
      .constantFrom("promote", "abort", "retry")
      .map((verb) => request(verb, annotate(`serin.dev/${verb}`, "1"))),
    fc.boolean().map((paused) => request(paused ? "pause" : "resume", edit({ paused }))),
    fc.constantFrom("web:1", "web:2", "web:never").map(
      (name): Act => [
        `at rest, ${name} past admission, as before the opt-in`,
        (world) => {
          if (phase(world) === undefined)
            world.put("deployments", image(name)(world.get("deployments", "web")));
        },
      ],
    ),
    fc.constantFrom<Act[]>(
      ["a refusal to come", (world) => Object.assign(world, { refuse: true })],
      ["a kill to come", (world) => Object.assign(world, { killAfter: world.writes + 2 })],
    ),
  );
  const steps = (text: string) => ({ "serin.dev/steps": text });
  const plans = fc.constantFrom<Record<string, string>>(
    ...["10, 25, 50", "10, pause, 100", "33.33", "100"].map(steps),
    strategies["blue-green"],
    { ...strategies["blue-green"], ...steps("pause, 100"), "serin.dev/match": "header x-t=1" },
    strategies["ab-test"],
    { ...strategies["ab-test"], "serin.dev/mirror": "100%", "serin.dev/size": "2" },
    strategies.sticky,
    { ...strategies.sticky, ...steps("pause, 10, 100"), "serin.dev/mirror": "50%", "serin.dev/size": "60%" },
    { ...strategies.sticky, "serin.dev/on-failure": "undo" },
  );

  it("keeps every promise about traffic, and the next good version arrives", () => {
    fc.assert(
      fc.property(plans, fc.array(acts, { maxLength: 12 }), (plan, story) => {
        const world = behindEnvoy(aShop({ annotations: { ...quick, ...plan }, neighbour: true }));
        const { rules, services } = ending(world);
        try {
          for (const [, act] of story) act(world);
          world.refuse = false;
          world.put("deployments", edit({ replicas: 4 })(world.get("deployments", "web")));
          world.run(3);
          world.request("web", edit({ paused: false }));
          expect(world.request("web", image("web:last"))).to.equal(undefined);
          for (let i = 0; i < 60 && phase(world) !== undefined; i += 1) {
            world.run(5);
            world.request("web", edit({ paused: false }));
          }
          const end = ending(world);
          expect(end).to.deep.include({ rules, services, marks: [] });
          expect(Object.values(end.pods).sort()).to.deep.equal([4, 5]);
        } catch (error) {
          throw new Error(
            `${JSON.stringify(plan)}; ${story.map(([what]) => what).join(", ")}: ${(error as Error).message}`,
            { cause: error },
          );
        }
      }),
      { numRuns: cases(150) },
    );
  });
});
