import type { Route } from "../../kube/core/routes.ts";
import type { Write } from "../../kube/core/writes.ts";
import { leftHold } from "../../rollout/workload/hold.ts";
import { does, each, web } from "./command.ts";
import { both, front } from "./manifests.ts";

const rules = {
  both: [{ backendRefs: both }],
  two: [{ backendRefs: [{ name: "web", port: 80 }] }, { backendRefs: [{ name: "api", port: 80 }] }],
  turned: [{ backendRefs: [...both].reverse() }],
  "without web": [{ backendRefs: both.slice(1) }],
};
const reweighed = (route: Route): Route => ({
  ...route,
  spec: {
    rules: (route.spec.rules ?? []).map((rule) => ({
      ...rule,
      backendRefs: (rule.backendRefs ?? []).map((ref) => ({ ...ref, weight: (ref.weight ?? 1) + 1 })),
    })),
  },
});

const isOfDeployment = (write: Write) => write.verb === "json" && write.kind === "deployments";

/** Annotations of the namespace. */
const defaults = {
  none: {},
  "other steps": { "serin.dev/steps": "30, 60" },
  "longer steps and an undo": { "serin.dev/interval": "15s", "serin.dev/on-failure": "undo" },
  "mirrored requests": { "serin.dev/mirror": "50%", "serin.dev/size": "50%" },
};

/** Changes that users and GitOps engines make to routes and Services, and deletions and recreations. */
export const owners = [
  each(["both", "two", "turned", "without web"] as const, (name) =>
    does(
      `apply route ${name}`,
      (world, { there }) => {
        if (name === "without web") world.disturb();
        there.add("route");
        world.applyRoute(structuredClone(rules[name]));
      },
      [],
    ),
  ),
  does("edit weights", (world) => world.editRoute(reweighed), ["route"]),
  does(
    "edit canary Services away",
    (world) =>
      world.editRoute((route) => ({
        ...route,
        spec: {
          rules: (route.spec.rules ?? []).map((rule) => ({
            ...rule,
            backendRefs: (rule.backendRefs ?? []).filter(({ name }) => !name.endsWith("-canary")),
          })),
        },
      })),
    ["route"],
  ),
  does(
    "delete route",
    (world, { there }) => {
      there.delete("route");
      world.remove("httproutes", "web");
    },
    ["route"],
  ),
  does(
    "apply service",
    (world, { there }) => {
      there.add("service");
      world.applyService("web");
    },
    [],
  ),
  does(
    "apply service with another note",
    (world, { there }) => {
      there.add("service");
      world.applyService("web", "other");
    },
    [],
  ),
  does(
    "delete service",
    (world, { there }) => {
      world.disturb();
      there.delete("service");
      world.remove("services", "web");
    },
    ["service"],
  ),
  does(
    "delete canary Service",
    (world) => {
      world.disturb();
      world.remove("services", "web-canary");
    },
    [],
  ),
  each(["apply front", "delete front", "apply admin", "delete admin"] as const, (what) =>
    does(
      what,
      (world) => {
        if (!world.isWide) return;
        if (what === "apply front") world.applyRoute(structuredClone(front), "front");
        else if (what === "apply admin") world.applyService("admin");
        else if (what === "delete front") world.remove("httproutes", "front");
        else {
          world.disturb();
          world.remove("services", "admin");
        }
      },
      [],
    ),
  ),
  does("delete web", (world, { there }) => {
    world.disturb();
    there.delete("web");
    world.remove("deployments", "web");
  }),
  does("delete web without its ReplicaSets", (world, { there }) => {
    world.disturb();
    there.delete("web");
    world.orphan("deployments", "web");
  }),
  each(["web:1", "web:2", "web:bad"], (name) =>
    does(
      `create ${name}`,
      (world, { there }) => {
        if (there.has("web")) return;
        world.disturb();
        there.add("web");
        world.create("web", name, 3);
      },
      [],
    ),
  ),
  each([false, true], (isChanged) =>
    does(
      `replace web by a copy without its annotations${isChanged ? ", which somebody changes just before Serin does" : ""}`,
      (world) => {
        const { spec } = web(world);
        if (leftHold(spec).length === 0) return;
        world.disturb();
        world.remove("deployments", "web");
        world.create("web", "web:1", 3);
        const created = web(world);
        world.put("deployments", { ...created, metadata: { ...created.metadata, annotations: {} }, spec });
        if (isChanged) world.meddler.wait(0, isOfDeployment);
      },
    ),
  ),
  each(Object.keys(defaults) as (keyof typeof defaults)[], (what) =>
    does(
      `the namespace's defaults: ${what}`,
      (world) => Object.assign(world, { defaults: defaults[what] }),
      [],
    ),
  ),
];
