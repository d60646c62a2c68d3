import { expect } from "chai";
import { shareOf } from "../../../../rollout/traffic/route-record.ts";
import type { World } from "../../../model/world.ts";
import { annotate, aShop, image } from "../../../support/shop.ts";

const weight = (world: World) => shareOf(world.get("httproutes", "web"), "uid-web")?.weight;

/** A canary with half of the requests at a pause of the plan, whose pods are not ready any more. */
function unanswered(): World {
  const world = aShop({ annotations: { "serin.dev/steps": "50, pause", "serin.dev/checks": "none" } });
  world.request("web", image("web:2"));
  for (let i = 0; i < 200 && !world.get("deployments", "web").spec.paused; i += 1) world.run(1);
  expect(weight(world)).to.equal(50);
  world.sick.set("web-h2", Number.POSITIVE_INFINITY);
  world.check = () => {};
  world.tick();
  return world;
}

/** Somebody has taken pods from the stable version. */
function shorten(world: World): void {
  const stable = world.get("replicasets", "web-h1");
  world.put("replicasets", { ...stable, spec: { ...stable.spec, replicas: 3 } });
}

const promote = (world: World) => world.request("web", annotate("serin.dev/promote", "1"));

/** The write that a policy refuses, and after which request Serin wants it. */
const cases: readonly { write: string; after: string; kind: string; request: (world: World) => void }[] = [
  { write: "the end of a pause", after: "an order to promote", kind: "deployments", request: promote },
  { write: "the Services", after: "an order to promote", kind: "services", request: promote },
  { write: "a size", after: "a scale of the stable version", kind: "replicasets/scale", request: shorten },
  {
    write: "a size",
    after: "another version",
    kind: "replicasets/scale",
    request: (world) => {
      shorten(world);
      world.request("web", image("web:3"));
    },
  },
];

describe("a canary with weight and without a ready pod", () => {
  for (const { write, after, kind, request } of cases)
    it(`loses its weight although the API server refuses ${write} after ${after}`, () => {
      const world = unanswered();
      world.refuses = (one) =>
        one.verb !== "event" &&
        kind === [one.kind, ...("subresource" in one ? [one.subresource] : [])].join("/");
      request(world);
      world.control();
      expect(weight(world)).to.equal(0);
    });
});
