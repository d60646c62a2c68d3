import fc from "fast-check";
import type { Deployment } from "../../kube/core/workloads.ts";
import { revisionInFlight } from "../../rollout/workload/revision.ts";
import { lastRunOf } from "../../rollout/workload/run-record.ts";
import { findByTemplate } from "../../rollout/workload/template.ts";
import { annotate } from "../support/shop.ts";
import type { ModelWorld } from "./model-world.ts";

/** The objects that exist in the cluster. */
export interface Model {
  readonly there: Set<"web" | "service" | "route">;
}

/** One event in a sequence. */
export class Command implements fc.Command<Model, ModelWorld> {
  readonly #what: string;
  readonly #needs: readonly ("web" | "service" | "route")[];
  readonly #act: (world: ModelWorld, model: Model) => void;

  constructor(what: string, needs: Command["needs"], act: (world: ModelWorld, model: Model) => void) {
    this.#what = what;
    this.#needs = needs;
    this.#act = act;
  }

  get needs(): readonly ("web" | "service" | "route")[] {
    return this.#needs;
  }

  check({ there }: Readonly<Model>): boolean {
    return this.#needs.every((one) => there.has(one));
  }

  run(model: Model, world: ModelWorld): void {
    this.#act(world, model);
    world.check();
  }

  toString(): string {
    return this.#what;
  }
}

/** The Deployment that most commands change. */
export const web = (world: ModelWorld) => world.get("deployments", "web");
/** The order about the version in flight, as Serin's sentences name it. */
export function order(world: ModelWorld, name: string): (deployment: Deployment) => Deployment {
  const deployment = web(world);
  const present = findByTemplate(world.replicaSetsOf(deployment), deployment.spec.template);
  return annotate(`serin.dev/${name}`, revisionInFlight(deployment, present));
}

/** Gives the order to leave a step: the one in force, or with `by` another one, which must change nothing. */
export function advance(world: ModelWorld, by: number): (deployment: Deployment) => Deployment {
  const deployment = web(world);
  const present = findByTemplate(world.replicaSetsOf(deployment), deployment.spec.template);
  const step = ((present && lastRunOf(present)?.step) ?? 0) + 1 + by;
  return annotate("serin.dev/advance", `${revisionInFlight(deployment, present)}/${Math.max(1, step)}`);
}

/** A command that runs only while the objects that it needs exist. */
export const does = (
  what: string,
  act: (world: ModelWorld, model: Model) => void,
  needs: Command["needs"] = ["web"],
) => fc.constant(new Command(what, needs, act));
/** A command for one of these values. */
export const each = <T>(values: readonly T[], of: (value: T) => fc.Arbitrary<Command>) =>
  fc.constantFrom(...values).chain(of);
