import fc from "fast-check";
import type { Deployment } from "../../kube/core/workloads.ts";
import { isIsolated } from "../../rollout/traffic/service-record.ts";
import { holdRecordOf } from "../../rollout/workload/hold-record.ts";
import { edit, ending, image } from "../support/shop.ts";
import { order } from "./command.ts";
import { commands } from "./commands.ts";
import { appOf } from "./invariants.ts";
import { both, edgeGrant, front } from "./manifests.ts";
import { ModelWorld } from "./model-world.ts";
import { type Moment, moments } from "./moments.ts";
import { heldIn, runIn } from "./records.ts";
import { STRANGER } from "./strangers.ts";
import { exits, expectWayOut } from "./ways-out.ts";

const quick = { interval: "5s", "max-interval": "10s", compare: "off", checks: "orders <= 5" };
const hooks = `[
  {type: confirm-traffic-increase, name: gate, url: http://gate.test/},
  {type: rollback, name: alarm, url: http://alarm.test/}
]`;
/** The plans that the sequences draw from. */
const plans: readonly Readonly<Record<string, string>>[] = [
  {},
  { steps: "10, 50" },
  { steps: "10, pause, 100" },
  { steps: "33.33", "on-failure": "undo" },
  { steps: "25, 50", mirror: "50%", size: "60%" },
  { rollout: "blue-green", mirror: "20%", steps: "100:10s" },
  { rollout: "blue-green", match: "header x-t=1", steps: "pause, 100" },
  { rollout: "ab-test", match: "header x-t=1, cookie t=1", iterations: "2" },
  { steps: "10, 50", match: "query t=1", sticky: "1h" },
  { steps: "20, 100", restart: "canary", hooks },
];
/** Plans for a shop in which `web` has a second Service, behind a second route of another namespace. */
const widePlans: typeof plans = [
  { steps: "10, 50" },
  { steps: "10, 50", services: "web", routes: "web" },
  { steps: "10, pause, 100", services: "web, admin" },
  { steps: "25, 50", mirror: "50%", routes: "web, edge/front" },
  { steps: "50", match: "header x-t=1", routes: "edge/front", "on-failure": "undo" },
];
const shops = [
  ...plans.map((plan) => ({ plan, isWide: false })),
  ...widePlans.map((plan) => ({ plan, isWide: true })),
];

/** revisionHistoryLimit at the beginning. */
const history = fc.constantFrom(0, 1, 2, 10);

/** The most time that the last version may take, in ticks of 10 s. */
const LAST_TICKS = 150;

/** Heals everything and ships a good version. Serin must promote it and leave nothing of its own. */
function expectArrival(world: ModelWorld, way: Way): void {
  const heal = {
    metrics: "good",
    hooks: "yes",
    isDown: false,
    refuse: false,
    answers: "True",
    dropsRules: false,
  } as const;
  Object.assign(world, heal, { quota: Number.POSITIVE_INFINITY, killAfter: Number.POSITIVE_INFINITY });
  if (world.isWide) world.setGrants([edgeGrant]);
  world.endRefusals();
  world.meddler.wait(Number.POSITIVE_INFINITY);
  Object.assign(world, { isMutating: false, spoiler: undefined, defaults: {} });
  world.mutate = (deployment) => deployment;
  world.sick.clear();
  world.remove("replicasets", STRANGER);
  world.disturb();
  if (world.find("deployments", "web") === undefined) world.create("web", "web:1", 4);
  for (const name of ["web", "api"])
    world.put("deployments", edit({ replicas: 4 })(world.get("deployments", name)));
  world.applyAll();
  const manifest = (deployment: Deployment): Deployment => ({
    ...edit({ paused: false, progressDeadlineSeconds: 600, revisionHistoryLimit: 3, strategy })(deployment),
    metadata: {
      ...deployment.metadata,
      annotations: { ...othersIn(deployment), ...world.planOf(deployment.metadata.name) },
    },
  });
  for (const name of ["web", "api"]) world.lowerGrants(() => world.request(name, manifest));
  world.pass(3, 10_000);
  const held = heldIn(world.get("deployments", "web"));
  if (held?.lost && held.phase !== "undone") end(world, way);
  arrive(world, "web");
  // A neighbour at rest stays at rest: its earlier rollouts test as much as a last one would.
  if (holdRecordOf(world.get("deployments", "api")) !== undefined) arrive(world, "api");
  for (let i = 0; i < LAST_TICKS && !isOver(world); i += 1) {
    world.pass(1, 10_000);
    for (const { metadata, spec } of world.list("deployments"))
      if (spec.paused) world.request(metadata.name, edit({ paused: false }));
  }
  world.pass(3, 10_000);
  const { pods, marks, services, rules, deployments } = ending(world);
  const byName = services.toSorted((a, b) => a.name.localeCompare(b.name));
  const byText = rules.toSorted((a, b) => JSON.stringify(a).localeCompare(JSON.stringify(b)));
  const found = JSON.stringify({ pods: Object.values(pods), marks, services: byName, rules: byText });
  const wanted = wantedIn(world);
  if (found !== wanted) throw new Error(`${JSON.stringify(pods)}: ended as ${found}, expected ${wanted}`);
  for (const set of world.list("replicasets")) {
    const outcome = runIn(set)?.outcome;
    if (outcome === "running" || outcome === "proven")
      throw new Error(`${set.metadata.name} keeps a record that says ${outcome}`);
  }
  for (const { strategy: own, revisionHistoryLimit: limit, ...spec } of deployments) {
    const { minReadySeconds, progressDeadlineSeconds, paused = false } = spec;
    const fields = JSON.stringify({ own, limit, minReadySeconds, progressDeadlineSeconds, paused });
    if (fields !== untouched) throw new Error(`a Deployment keeps ${fields}`);
  }
}

/** Differs from every strategy that the hold sets: Serin would take an equal value for its own. */
const strategy = {
  type: "RollingUpdate",
  rollingUpdate: { maxUnavailable: "26%", maxSurge: "27%" },
} as const;
const untouched = JSON.stringify({
  own: strategy,
  limit: 3,
  progressDeadlineSeconds: 600,
  paused: false,
});
const wantedIn = ({ isWide }: ModelWorld) =>
  JSON.stringify({
    pods: [4, 4],
    marks: [],
    services: [...(isWide ? ["admin"] : []), "api", "web"].map((name) => ({
      name,
      selector: { app: appOf(name) },
    })),
    rules: [...(isWide ? [front] : []), [{ backendRefs: both }]],
  });

/** The annotations without Serin's own: admission refuses an opt-in next to an order from before it. */
function othersIn({ metadata }: Deployment): Record<string, string> {
  const all = Object.entries(metadata.annotations ?? {});
  return Object.fromEntries(all.filter(([key]) => !key.startsWith("serin.dev/")));
}

function arrive(world: ModelWorld, name: string): void {
  let refused: string | undefined;
  for (let i = 0; i < 5; i += 1) {
    refused = world.request(name, image(`${name}:last`));
    if (refused === undefined) return;
    world.pass(1, 10_000);
  }
  throw new Error(`the last version was refused: ${refused}`);
}

/** What users may do after the stable version was lost. */
const ways = {
  promote: (world: ModelWorld) => order(world, "promote"),
  "the old manifest": () => image("web:1"),
  "opt out":
    () =>
    (deployment: Deployment): Deployment => ({
      ...deployment,
      metadata: { ...deployment.metadata, annotations: othersIn(deployment) },
    }),
};
type Way = keyof typeof ways;
const way = fc.constantFrom(...(Object.keys(ways) as Way[]));

const moment = fc.constantFrom(...(Object.keys(moments) as Moment[]));
const exit = fc.shuffledSubarray([...exits], { minLength: exits.length });

/** Ends a rollout whose stable version is lost. */
function end(world: ModelWorld, way: Way): void {
  world.request("web", ways[way](world));
  const phase = () => heldIn(world.get("deployments", "web"))?.phase;
  // Native control never completes a version that is never ready; the next version ends that.
  const over = way === "the old manifest" ? [undefined] : [undefined, "promoting", "undone"];
  const isOver = () => over.includes(phase());
  for (let i = 0; i < LAST_TICKS && !isOver(); i += 1) world.pass(1, 10_000);
  if (!isOver()) throw new Error(`${way} does not end a rollout whose stable version is lost`);
  world.request("web", (deployment) => ({
    ...deployment,
    metadata: { ...deployment.metadata, annotations: { ...othersIn(deployment), ...world.planOf("web") } },
  }));
}

/**
 * Whether every Deployment is complete, as `kubectl rollout status` reports it, and carries no record of Serin's. After a refused
 * update, a Service stays isolated until its grace is over, by the webhook's clock.
 */
function isOver(world: ModelWorld): boolean {
  if (world.list("services").some(isIsolated)) return false;
  return world.list("deployments").every((deployment) => {
    const { observedGeneration, replicas, updatedReplicas, availableReplicas } = deployment.status ?? {};
    const isObserved = observedGeneration === deployment.metadata.generation;
    const sizes = [replicas, updatedReplicas, availableReplicas];
    return holdRecordOf(deployment) === undefined && isObserved && sizes.every((size) => size === 4);
  });
}

/**
 * Runs sequences of up to `most` commands, with the webhook's clock so far (ms) ahead of all others, and at each look another
 * controller with the next of these clocks; throws with the seed and the shortest sequence that fails.
 */
export function runModel({
  sequences,
  seed,
  most = 20,
  aheadMs = 0,
  turns = [0],
  hear = () => {},
}: {
  sequences: number;
  seed: number;
  most?: number;
  aheadMs?: number;
  turns?: ModelWorld["clock"]["turns"];
  hear?: ModelWorld["hear"];
}): void {
  fc.assert(
    fc.property(
      fc.constantFrom(...shops),
      history,
      way,
      moment,
      exit,
      commands(most),
      (shop, limit, way, at, exitOrder, story) => {
        const { plan, isWide } = shop;
        const world = new ModelWorld({ rollout: "canary", ...quick, ...plan }, { isWide, limit });
        Object.assign(world, { hear, aheadMs });
        world.clock.turns = turns;
        moments[at](world);
        fc.modelRun(
          () => ({ model: { there: new Set(["web", "service", "route"] as const) }, real: world }),
          story,
        );
        if (world.find("deployments", "web") !== undefined) expectWayOut(world, exitOrder);
        expectArrival(world, way);
      },
    ),
    { numRuns: sequences, seed, endOnFailure: false },
  );
}
