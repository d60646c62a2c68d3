import type { Deployment, ReplicaSet } from "../../kube/core/workloads.ts";
import { runRecordOf } from "../../rollout/workload/run-record.ts";
import { isStableDown } from "../../rollout/workload/stable-down.ts";
import { findByHash, onlyTemplate } from "../../rollout/workload/template.ts";
import { edit, image } from "../support/shop.ts";
import { order, web } from "./command.ts";
import { canServe, failingShare } from "./failing.ts";
import type { ModelWorld } from "./model-world.ts";
import { heldIn } from "./records.ts";

/** The most time that a command may take, in ticks of 10 s: longer than the progress deadline. */
const MOST_TICKS = 150;

/** What users may do to end a rollout in flight. */
export const exits = ["promote", "abort", "the stable manifest", "another template", "opt out"] as const;
export type Exit = (typeof exits)[number];

/** The Deployment's annotations without those of Serin that a user may remove. */
function withoutPlan(deployment: Deployment): Deployment {
  const own = Object.entries(deployment.metadata.annotations ?? {});
  const isKept = ([key]: [string, string]) => !key.startsWith("serin.dev/") || key === "serin.dev/held";
  return {
    ...deployment,
    metadata: { ...deployment.metadata, annotations: Object.fromEntries(own.filter(isKept)) },
  };
}

function stableOf(world: ModelWorld): ReplicaSet | undefined {
  return findByHash(world.replicaSetsOf(web(world)), heldIn(web(world))?.stable ?? "");
}

/** Gives the command; returns why not, if the API server refuses it. */
function give(world: ModelWorld, exit: Exit): string | undefined {
  switch (exit) {
    case "promote":
    case "abort":
      return world.request("web", order(world, exit));
    case "opt out":
      return world.request("web", withoutPlan);
    case "another template":
      return world.request("web", image("web:other"));
    case "the stable manifest": {
      const set = stableOf(world);
      // Without the stable ReplicaSet, the user's old manifest is the one of the first version.
      const change = set === undefined ? image("web:1") : edit({ template: onlyTemplate(set) });
      return world.request("web", change);
    }
    default:
      return exit satisfies never;
  }
}

/** Whether nothing of this rollout is left to be decided: native control has the Deployment, or a failure stands. */
function isEnded(world: ModelWorld, started: string): boolean {
  const held = heldIn(web(world));
  if (held === undefined || held.phase !== "canary") return true;
  const isFailed = world
    .replicaSetsOf(web(world))
    .some((set) => runRecordOf(set, started)?.outcome === "failed");
  if (isFailed && held.started === started) return true;
  return held.started !== started && held.latched !== true;
}

/**
 * Gives the commands one after the other, each until it has had its time. Throws if the rollout in flight goes on after all
 * of them, or if more requests fail after a command than before it although nothing else has changed.
 */
export function expectWayOut(world: ModelWorld, order: readonly Exit[]): void {
  const held = heldIn(world.find("deployments", "web") ?? web(world));
  if (held?.phase !== "canary") return;
  // Nothing takes the weight from a route whose changes the API server refuses: the condition says so, and users mend that.
  if (world.refusesRoutes) world.endRefusals();
  Object.assign(world, {
    isDown: false,
    // It refuses every command about the rollout in flight, and says which policy to mend.
    spoiler: undefined,
    // A policy that changes the stable manifest as well makes another version of it.
    mutate: (deployment: Deployment) => deployment,
  });
  world.request("web", edit({ paused: false }));
  // The events of the sequence may lose requests for a while.
  for (let i = 0; i < 60 && world.isDisturbed; i += 1) world.pass(1, 10_000);
  const tried: string[] = [];
  for (const exit of order) {
    if (isEnded(world, held.started)) return;
    const before = failingShare(world);
    // These drain the canary, also to a stable version that serves nobody.
    const isDown = exit !== "promote" && isStableDown(stableOf(world));
    let refused: string | undefined;
    world.lowerGrants(() => {
      refused = give(world, exit);
    });
    tried.push(refused === undefined ? exit : `${exit} (${refused})`);
    for (let i = 0; i < MOST_TICKS && !isEnded(world, held.started); i += 1) {
      world.pass(1, 10_000);
      const failing = failingShare(world);
      if (failing > before + 1e-6 && canServe(world) && !isDown)
        throw new Error(
          `${exit}: ${before.toFixed(1)} % of the requests failed, then ${failing.toFixed(1)} %`,
        );
      if (refused !== undefined) break;
    }
  }
  if (!isEnded(world, held.started)) throw new Error(`nothing ends the rollout: ${tried.join(", ")}`);
}
