import type { Deployment } from "../../kube/core/workloads.ts";
import type { Write } from "../../kube/core/writes.ts";
import { hashOf } from "../../rollout/workload/template.ts";
import { image } from "../support/shop.ts";
import { imageOf } from "./cluster.ts";
import { does, each, web } from "./command.ts";
import { edgeGrant } from "./manifests.ts";
import type { ModelWorld } from "./model-world.ts";
import { heldIn } from "./records.ts";
import { type Spoiler, spoilers } from "./spoilers.ts";
import { aStranger, STRANGER } from "./strangers.ts";

/** The kinds of Serin's writes that a quota or a policy refuses. */
const refusals: Readonly<Record<string, (write: Exclude<Write, { verb: "event" }>) => boolean>> = {
  "canary Services": ({ verb, kind }) => verb === "create" && kind === "services",
  routes: ({ kind }) => kind === "httproutes",
  "another namespace's route": ({ kind, name }) => kind === "httproutes" && name === "front",
  scales: (write) => write.verb === "merge" && write.subresource === "scale",
};

/** Makes pods of the stable version of `web`, or of its newest one, unready. */
function sicken(world: ModelWorld, version: "stable" | "newest", pods: number): void {
  const sets = world.replicaSetsOf(web(world)).filter(({ spec }) => (spec.replicas ?? 0) > 0);
  const stable = heldIn(web(world))?.stable;
  const set = version === "newest" ? sets.at(-1) : (sets.find((one) => hashOf(one) === stable) ?? sets[0]);
  if (set === undefined) return;
  world.disturb();
  world.sick.set(set.metadata.name, pods);
}

/** What a policy makes of a Deployment that pins its image by a digest. */
function pinned(deployment: Deployment): Deployment {
  const found = imageOf(deployment);
  return found.includes("@") ? deployment : image(`${found}@sha`)(deployment);
}

/** Trouble that stays until it is over: unready pods, refused writes, missing grants. */
export const trouble = [
  each([1, Number.POSITIVE_INFINITY], (pods) =>
    each(["stable", "newest"] as const, (version) =>
      does(`${pods === 1 ? "one pod" : "all pods"} of the ${version} version unready`, (world) =>
        sicken(world, version, pods),
      ),
    ),
  ),
  does(
    "all pods well again",
    (world) => {
      world.disturb();
      world.sick.clear();
    },
    [],
  ),
  each([1, 4], (pods) =>
    does(
      `${pods} pods of another workload come behind the Services of web`,
      (world) => {
        world.put("replicasets", aStranger(pods));
        world.pass(2, 5_000);
      },
      [],
    ),
  ),
  does("the pods of another workload go", (world) => world.remove("replicasets", STRANGER), []),
  each(Object.keys(refusals), (what) =>
    does(
      `the API server refuses ${what}`,
      (world) => {
        const isRefused = refusals[what] ?? (() => false);
        world.endRefusals();
        world.refuses = (write) => write.verb !== "event" && isRefused(write);
        world.refusesRoutes = /route/.test(what);
        world.refusesScales = what === "scales";
      },
      [],
    ),
  ),
  each([0, 1, 2, 4], (writes) =>
    does(
      `somebody changes what Serin writes after ${writes} writes, just before it does`,
      (world) => world.meddler.wait(writes),
      [],
    ),
  ),
  does(
    "somebody changes what Serin deletes, just before it does",
    (world) => world.meddler.wait(0, ({ verb }) => verb === "delete"),
    [],
  ),
  does("the API server refuses nothing", (world) => world.endRefusals(), []),
  does(
    "a policy adds labels and defaults to what Serin writes",
    (world) => Object.assign(world, { isMutating: true }),
    [],
  ),
  each(Object.keys(spoilers) as Spoiler["does"][], (what) =>
    each([false, true], (isLast) =>
      does(`a policy ${what}${isLast ? " after all webhooks" : ""}`, (world) =>
        Object.assign(world, { spoiler: { does: what, isLast } satisfies Spoiler }),
      ),
    ),
  ),
  does("no policy removes anything", (world) => Object.assign(world, { spoiler: undefined })),
  does("a policy pins images in what users write", (world) => Object.assign(world, { mutate: pinned })),
  each([true, false], (given) =>
    does(
      given ? "grant front" : "revoke the grant of front",
      (world) => {
        if (!world.isWide) return;
        world.setGrants(given ? [edgeGrant] : []);
      },
      [],
    ),
  ),
];
