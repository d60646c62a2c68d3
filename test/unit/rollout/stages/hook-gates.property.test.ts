import { expect } from "chai";
import fc from "fast-check";
import type { HookAnswer } from "../../../../rollout/hooks/call.ts";
import { isExposed } from "../../../../rollout/traffic/exposure.ts";
import { shareOf } from "../../../../rollout/traffic/route-record.ts";
import { holdRecordOf } from "../../../../rollout/workload/hold-record.ts";
import type { World } from "../../../model/world.ts";
import { cases } from "../../../support/cases.ts";
import { aShop, edit, image } from "../../../support/shop.ts";

const first = ["confirm-rollout", "pre-rollout"];
const hooks = [...first, "pre-rollout", "rollout", "confirm-traffic-increase", "rollback"].map((type, i) => ({
  name: `${type} ${i}`,
  type,
  url: "http://tester.test/",
}));
const needed = hooks.filter(({ type }) => first.includes(type)).map(({ name }) => name);

describe("whatever hooks answer, in whatever order", () => {
  type Said = HookAnswer["kind"] | "nothing";
  const said = fc.constantFrom<Said[]>("yes", "yes", "yes", "no", "none", "nothing");
  const acts = fc.oneof(
    fc.integer({ min: 1, max: 12 }).map((ticks) => (world: World) => world.run(ticks)),
    fc
      .constantFrom("web:1", "web:2", "web:3")
      .map((name) => (world: World) => void world.request("web", image(name))),
    fc
      .integer({ min: 0, max: 7 })
      .map(
        (replicas) => (world: World) =>
          world.put("deployments", edit({ replicas })(world.get("deployments", "web"))),
      ),
    fc.constant((world: World) => void Object.assign(world, { killAfter: world.writes + 1 })),
  );
  const plans = fc.constantFrom<Record<string, string>[]>(
    {},
    { "serin.dev/steps": "pause, 100" },
    { "serin.dev/mirror": "20%" },
    { "serin.dev/match": "header x-canary=insider" },
    { "serin.dev/rollout": "blue-green" },
    { "serin.dev/rollout": "ab-test", "serin.dev/match": "header x-canary=insider" },
  );

  it("no canary gets anything before confirm-rollout and pre-rollout have said yes about it", () => {
    let exposed = 0;
    fc.assert(
      fc.property(
        plans,
        fc.boolean(),
        fc.array(said),
        fc.array(acts, { maxLength: 10 }),
        (plan, routed, all, story) => {
          const quick = { "serin.dev/interval": "10s", "serin.dev/max-interval": "30s" };
          const annotations = { ...quick, ...plan, "serin.dev/hooks": JSON.stringify(hooks) };
          const world = aShop({ annotations, routed: routed || "serin.dev/rollout" in plan });
          const agreed = new Set<string>();
          const left = [...all];
          world.answer = ({ rollout, hook }) => {
            const kind = left.shift() ?? (hook.type === "rollback" ? "no" : "yes");
            if (kind === "nothing") return undefined;
            if (kind === "yes") agreed.add(`${rollout} ${hook.name}`);
            return kind === "none"
              ? { kind, at: world.now, reason: "no answer" }
              : { kind, at: world.now, status: 200, body: "" };
          };
          world.check = () => {
            const started = exposedSince(world);
            if (started === undefined) return;
            exposed += 1;
            for (const name of needed) {
              if (!agreed.has(`${started} ${name}`))
                throw new Error(`exposed without ${name}: ${world.story.join(" | ")}`);
            }
          };
          world.request("web", image("web:2"));
          for (const act of story) act(world);
          world.run(40);
        },
      ),
      // Ten sequences may all end before an exposure.
      { numRuns: Math.max(30, cases(100)) },
    );
    expect(exposed, "instants with an exposed canary").to.be.greaterThan(cases(100));
  });
});

/** The rollout whose canary gets anything at this instant. */
function exposedSince(world: World): string | undefined {
  const deployment = world.get("deployments", "web");
  const held = holdRecordOf(deployment);
  if (held?.phase !== "canary") return undefined;
  const { uid = "" } = deployment.metadata;
  const onRoute = world.routes().some((route) => isExposed(shareOf(route, uid)));
  const web = world.list("services").find(({ metadata }) => metadata.name === "web");
  const ready = web ? [...world.endpoints(web)] : [];
  const behindService = ready.some(([hash, pods]) => hash !== held.stable && pods > 0);
  // What is latched away belongs to the rollout before.
  return (onRoute || behindService) && !held.latched ? held.started : undefined;
}
