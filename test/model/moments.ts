import { image } from "../support/shop.ts";
import { web } from "./command.ts";
import type { ModelWorld } from "./model-world.ts";

/** Moments of a rollout at which a sequence may begin. */
export const moments = {
  "at rest": () => {},
  "at the first step": (world: ModelWorld) => ship(world, "web:2"),
  "while a version supersedes": (world: ModelWorld) => {
    ship(world, "web:2");
    world.lowerGrants(() => world.request("web", image("web:3")));
  },
  "after a failure": (world: ModelWorld) => ship(world, "web:bad"),
  "during a promotion": (world: ModelWorld) => {
    ship(world, "web:2");
    for (let i = 0; i < 60 && !isPromoting(world); i += 1) world.pass(1, 5_000);
  },
} as const;
export type Moment = keyof typeof moments;

function ship(world: ModelWorld, version: string): void {
  world.request("web", image(version));
  world.pass(6, 5_000);
}

function isPromoting(world: ModelWorld): boolean {
  return web(world).spec.minReadySeconds === undefined;
}
