import type { Route } from "../../kube/core/routes.ts";
import { does, each } from "./command.ts";
import { both } from "./universe.ts";

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

/** What people and GitOps engines do to everything else, and what is deleted and made again. */
export const owners = [
  each(["both", "two", "turned", "without web"] as const, (name) =>
    does(
      `apply route ${name}`,
      (world, { there }) => {
        if (name === "without web") world.blow();
        there.add("route");
        world.applyRoute(structuredClone(rules[name]));
      },
      [],
    ),
  ),
  does("edit weights", (world) => world.editRoute(reweighed), ["route"]),
  does(
    "edit twins away",
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
    "apply service otherwise",
    (world, { there }) => {
      there.add("service");
      world.applyService("web", "other");
    },
    [],
  ),
  does(
    "delete service",
    (world, { there }) => {
      world.blow();
      there.delete("service");
      world.remove("services", "web");
    },
    ["service"],
  ),
  does(
    "delete twin",
    (world) => {
      world.blow();
      world.remove("services", "web-canary");
    },
    [],
  ),
  does("delete web", (world, { there }) => {
    world.blow();
    there.delete("web");
    world.remove("deployments", "web");
  }),
  each(["web:1", "web:2", "web:bad"], (name) =>
    does(
      `create ${name}`,
      (world, { there }) => {
        if (there.has("web")) return;
        world.blow();
        there.add("web");
        world.create("web", name, 3);
      },
      [],
    ),
  ),
];
