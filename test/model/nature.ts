import fc from "fast-check";
import { Command, does, each } from "./command.ts";

/** Events that no user causes: time, losses, refusals, metrics, hooks, killed processes, and a deposed controller. */
export const nature = [
  fc
    .tuple(fc.integer({ min: 1, max: 6 }), fc.constantFrom(1_000, 5_000, 15_000))
    .map(([times, ms]) => new Command(`${times} x ${ms} ms`, [], (world) => world.pass(times, ms))),
  each([0, 1, 2], (index) =>
    does(
      `lose pods of ${index}`,
      (world) => {
        const set = world.list("replicasets").filter(({ status }) => (status?.replicas ?? 0) > 0)[index];
        if (set === undefined) return;
        world.disturb();
        world.losePods(set, 1 + index);
      },
      [],
    ),
  ),
  does(
    "a janitor deletes ReplicaSets without pods",
    (world) => {
      for (const { metadata, spec, status } of world.list("replicasets"))
        if ((spec.replicas ?? 0) === 0 && (status?.replicas ?? 0) === 0) world.loseSet(metadata.name);
    },
    [],
  ),
  each([0, 1, 2], (index) =>
    does(
      `delete ReplicaSet ${index}`,
      (world) => {
        const set = world.list("replicasets")[index];
        if (set !== undefined) world.loseSet(set.metadata.name);
      },
      [],
    ),
  ),
  each([0, 1, 2], (index) =>
    does(
      `ReplicaSet ${index} loses its owner, and Serin looks before native control adopts it again`,
      (world) => {
        const set = world.list("replicasets")[index];
        if (set === undefined || world.isDown) return;
        world.put("replicasets", { ...set, metadata: { ...set.metadata, ownerReferences: [] } });
        world.control();
        world.adopt();
      },
    ),
  ),
  each([9, 12, Number.POSITIVE_INFINITY], (quota) =>
    does(
      `quota ${quota}`,
      (world) => {
        world.disturb();
        world.quota = quota;
      },
      [],
    ),
  ),
  each(["True", "False"] as const, (status) =>
    does(
      `ResolvedRefs ${status}`,
      (world) => {
        world.answers = status;
      },
      [],
    ),
  ),
  each([true, false], (dropsRules) =>
    does(
      `the gateway ${dropsRules ? "leaves out" : "takes"} rules with a canary Service`,
      (world) => Object.assign(world, { dropsRules }),
      [],
    ),
  ),
  each(["good", "none"] as const, (metrics) =>
    does(`metrics: ${metrics}`, (world) => Object.assign(world, { metrics }), []),
  ),
  each(["yes", "no", "silent"] as const, (hooks) =>
    does(`hooks: ${hooks}`, (world) => Object.assign(world, { hooks }), []),
  ),
  does("another admission refuses", (world) => Object.assign(world, { refuse: true }), []),
  each([1, 2, 3, 5], (writes) =>
    does(
      `killed after ${writes} writes`,
      (world) => Object.assign(world, { killAfter: world.writes + writes }),
      [],
    ),
  ),
  each([true, false], (down) =>
    does(
      down ? "both processes down" : "both processes up",
      (world) => Object.assign(world, { isDown: down }),
      [],
    ),
  ),
  does("another controller reads the cluster", (world) =>
    Object.assign(world, { stale: world.observe("web") ?? world.stale }),
  ),
  does(
    "another controller writes its decision",
    (world) => {
      if (world.stale === undefined) return;
      world.witness.isStale = true;
      world.obey(world.stale);
      world.witness.isStale = false;
    },
    [],
  ),
];
