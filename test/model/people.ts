import type { Deployment, ReplicaSet } from "../../kube/core/workloads.ts";
import { serviceRecordOf } from "../../rollout/traffic/service-record.ts";
import { holdRecordOf } from "../../rollout/workload/hold-record.ts";
import { onlyTemplate } from "../../rollout/workload/template.ts";
import { aTemplate } from "../support/builders.ts";
import { annotate, edit, image } from "../support/shop.ts";
import { advance, does, each, order, web } from "./command.ts";

const asks = (what: string, change: (deployment: Deployment) => Deployment, name = "web") =>
  does(what, (world) => void world.request(name, change));
/** `kubectl rollout undo --to-revision`: restores the template and annotations of another version. */
const undo = each([0, 1, 2], (index) =>
  does(`undo to ${index}`, (world) => {
    const { uid } = web(world).metadata;
    const sets = world.list("replicasets").filter((set) => set.metadata.ownerReferences?.[0]?.uid === uid);
    const set = sets[index];
    if (set === undefined || web(world).spec.paused) return;
    world.lowerGrants(() =>
      world.request("web", (deployment) => ({
        ...deployment,
        metadata: { ...deployment.metadata, annotations: undone(deployment, set) },
        spec: { ...deployment.spec, template: onlyTemplate(set) },
      })),
    );
  }),
);

/** The annotations after an undo: the other version's, except those of the native controller. */
function undone(deployment: Deployment, set: ReplicaSet): Record<string, string> {
  const isNative = ([key]: [string, string]) => key.startsWith("deployment.kubernetes.io/");
  const theirs = Object.entries(set.metadata.annotations ?? {}).filter((entry) => !isNative(entry));
  return Object.fromEntries([
    ...Object.entries(deployment.metadata.annotations ?? {}).filter(isNative),
    ...theirs,
  ]);
}

/** Changes that users make to the Deployments. */
export const people = [
  each(["web:1", "web:2", "web:2", "web:3", "web:bad", "web:never", "web:crash", "web:slow"], (name) =>
    asks(`set image ${name}`, image(name)),
  ),
  each(["api:1", "api:2", "api:bad"], (name) => asks(`set image ${name}`, image(name), "api")),
  each(["web:1", "web:2", "web:3"], (name) =>
    does(`replace by the manifest of ${name}`, (world) => world.replace("web", name, 4)),
  ),
  undo,
  asks("pause", edit({ paused: true })),
  asks("resume", edit({ paused: false })),
  does("restart", (world) =>
    world.request("web", (deployment) => {
      const template = structuredClone(deployment.spec.template);
      const annotations = { "kubectl.kubernetes.io/restartedAt": String(world.now) };
      template.metadata = { ...template.metadata, annotations };
      return edit({ template })(deployment);
    }),
  ),
  each([0, 1, 3, 10], (replicas) =>
    does(`scale ${replicas}`, (world) => {
      world.disturb();
      world.put("deployments", edit({ replicas })(web(world)));
    }),
  ),
  each([0, 1, 10], (limit) => asks(`a history of ${limit}`, edit({ revisionHistoryLimit: limit }))),
  each(["10, 50", "50", "5, 20, 100"], (steps) =>
    does(`plan ${steps}`, (world) =>
      world.lowerGrants(() => world.request("web", annotate("serin.dev/steps", steps))),
    ),
  ),
  does("without mirror", (world) =>
    world.lowerGrants(() =>
      world.request("web", (deployment) => {
        const { "serin.dev/mirror": _mirror, ...annotations } = deployment.metadata.annotations ?? {};
        return { ...deployment, metadata: { ...deployment.metadata, annotations } };
      }),
    ),
  ),
  asks("opt out", (deployment) => {
    const own = Object.entries(deployment.metadata.annotations ?? {});
    const annotations = Object.fromEntries(own.filter(([key]) => !key.startsWith("serin.dev/")));
    return { ...deployment, metadata: { ...deployment.metadata, annotations } };
  }),
  each(["promote", "abort", "retry"], (name) =>
    does(name, (world) =>
      world.lowerGrants(() => {
        world.request("web", order(world, name));
      }),
    ),
  ),
  each([0, 0, 0, -1, 1], (by) =>
    does(`advance ${by}`, (world) =>
      world.lowerGrants(() => {
        world.request("web", advance(world, by));
      }),
    ),
  ),
  does("apply all", (world) =>
    world.lowerGrants(() => {
      world.request("web", (deployment) => {
        const annotations = { ...deployment.metadata.annotations, ...world.planOf("web") };
        return { ...deployment, metadata: { ...deployment.metadata, annotations } };
      });
    }),
  ),
  does("strategy", (world) =>
    world.request(
      "web",
      edit({ strategy: { type: "RollingUpdate", rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } } }),
    ),
  ),
  does("apply at rest without admission", (world) => {
    if (holdRecordOf(web(world)) !== undefined) return;
    // After another admission refused an update, the Services stay isolated for 10 s. Serin restores them at once for a
    // version that it admits. A version that bypasses admission gets them back only after that time.
    const service = world.find("services", "web");
    if (service && serviceRecordOf(service)) world.disturb();
    world.put("deployments", edit({ template: aTemplate("web:4") })(web(world)));
  }),
];
