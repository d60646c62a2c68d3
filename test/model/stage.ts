import { expect } from "chai";
import { conditionOf } from "../../kube/core/meta.ts";
import { shortly } from "../../rollout/plan/grant.ts";
import { exposureOf } from "../../rollout/traffic/exposure.ts";
import { shareOf } from "../../rollout/traffic/route-record.ts";
import { aShop, ending, watched } from "../support/shop.ts";
import type { World } from "./world.ts";

/** A shop, and the history of its canary's exposure. */
export interface Stage {
  readonly world: World;
  /** The exposures that the route gave the canary, in order. */
  readonly given: string[];
}

/** A shop behind Contour, which can do everything except mirror a part of the requests. */
export function aStage(
  annotations: Record<string, string>,
  controllerName = "projectcontour.io/gateway-controller",
): Stage {
  const keyed = Object.fromEntries(
    Object.entries(annotations).map(([key, value]) => [`serin.dev/${key}`, value]),
  );
  const world = aShop({ annotations: keyed });
  const route = world.get("httproutes", "web");
  world.put("httproutes", { ...route, status: { parents: [{ controllerName }] } });
  world.follow();
  watched(world);
  const given: string[] = [];
  const promises = world.check;
  world.check = () => {
    promises();
    const share = shareOf(world.get("httproutes", "web"), "uid-web");
    const now = share
      ? `${shortly(exposureOf(share))}${share.match ? " and testers" : ""}${share.sticky ? ", kept" : ""}`
      : "-";
    if (now !== given.at(-1)) given.push(now);
  };
  return { world, given };
}

/** The message of the condition `Canary`. */
export const message = (world: World) =>
  conditionOf(world.get("deployments", "web").status?.conditions, "Canary")?.message ?? "";
/** The number of pods by ReplicaSet. */
export const pods = (world: World) => ending(world).pods;
/** Runs until the route gives the canary this exposure. */
export function runTo({ world, given }: Stage, what: string): void {
  for (let i = 0; i < 400 && given.at(-1) !== what; i += 1) world.run(1);
  expect(given.at(-1), given.join()).to.equal(what);
}
const paused = (world: World) => world.get("deployments", "web").spec.paused === true;
/** Runs until the plan has paused the Deployment. */
export function runToPause(world: World): void {
  for (let i = 0; i < 100 && !paused(world); i += 1) world.run(1);
  expect(paused(world)).to.equal(true);
}
