import { keyOf } from "../../kube/core/meta.ts";
import type { Route, RouteRule } from "../../kube/core/routes.ts";
import { isHeadless, type Service } from "../../kube/core/services.ts";
import type { Feature, Gateway } from "../../rollout/gateways/gateway.ts";
import { gatewaysOf } from "../../rollout/gateways/lookup.ts";
import { settleMs } from "../../rollout/gateways/settle.ts";
import type { Plan } from "../../rollout/plan/plan.ts";
import { namesAny, rulesOf } from "../../rollout/traffic/overlay.ts";
import { answersOf } from "../../rollout/traffic/route-status.ts";
import { canaryPods, surgeAt } from "../../rollout/workload/surge.ts";
import type { Surroundings } from "../reading/surroundings.ts";
import { paragraph, type Surface } from "./line.ts";
import { short } from "./words.ts";

/** Each part of a route that some gateway lacks, as its annotation is called. */
const FEATURES: Readonly<Record<Feature, string>> = {
  mirror: "mirror",
  "mirror-percent": "copies of a part",
  "backend-filters": "sticky",
  expressions: "match by expressions",
  "query-parameters": "match by query parameters",
};

/** What a rollout of this plan would move: Services, routes with what their gateways can, and pods. */
export function surroundingLines(
  surface: Surface,
  { isolated, left, routes }: Surroundings,
): readonly string[] {
  const says = [
    ...isolated.map(describeService),
    ...left.map((one) => `${one.metadata.name} is ${isHeadless(one) ? "headless and " : ""}left as it is`),
  ];
  return [
    ...paragraph(surface, "  services       ", says.join("; ") || "none selects these pods"),
    ...(routes.length === 0
      ? paragraph(
          surface,
          "  routes         ",
          "none: the canary's share follows its pods, and no gateway counts it",
        )
      : routes.flatMap((route) => routeLines(surface, route, isolated))),
  ];
}

/** How many pods each step needs. */
export function podLines(surface: Surface, plan: Plan, replicas: number): readonly string[] {
  const weights = plan.steps.flatMap((step) => (step.kind === "weight" ? [step.weight] : []));
  const sizes = (weights.length > 0 ? weights : [0]).map((weight) => ({
    weight,
    pods: canaryPods(surgeAt(plan, weight), replicas),
  }));
  const most = Math.max(...sizes.map(({ pods }) => pods));
  const each =
    weights.length > 0 ? ` (${sizes.map(({ weight, pods }) => `${weight} % ${pods}`).join(", ")})` : "";
  return paragraph(surface, "  pods           ", `${replicas} stable + at most ${most}${each}`);
}

function describeService({ metadata, spec }: Service): string {
  const ports = (spec.ports ?? []).map(({ port, targetPort }) =>
    targetPort === undefined || targetPort === port ? `${port}` : `${port} to ${targetPort}`,
  );
  return `${metadata.name} (${ports.join(", ")})`;
}

function routeLines(surface: Surface, route: Route, isolated: readonly Service[]): readonly string[] {
  const rules = rulesOf(route);
  const isNaming = (rule: RouteRule) =>
    namesAny({ ...route, spec: { ...route.spec, rules: [rule] } }, isolated);
  const naming = rules.flatMap((rule, i) => (isNaming(rule) ? [i] : []));
  const parents = [
    ...new Set(answersOf(route).map(({ parentRef }) => parentRef?.name ?? "a default Gateway")),
  ];
  const gateways = gatewaysOf(route);
  const by = gateways.map(({ name }) => name).join(", ") || "no gateway answers";
  const which = `rule${naming.length === 1 ? "" : "s"} ${naming.join(", ")} of ${rules.length}`;
  const kind = (route.kind ?? "HTTPRoute").toLowerCase();
  return [
    ...paragraph(
      surface,
      "  route          ",
      `${kind} ${keyOf(route)}, ${which}: ${parents.join(", ")} (${by})`,
    ),
    ...(gateways.length === 0
      ? []
      : paragraph(
          surface,
          "                 ",
          `follows within ${secondsOf(settleMs(route))}; ${abilities(gateways)}`,
        )),
  ];
}

function abilities(gateways: readonly Gateway[]): string {
  const lacking = Object.entries(FEATURES).flatMap(([feature, name]) => {
    // A gateway that copies no requests cannot copy a part of them.
    const able = feature === "mirror-percent" ? gateways.filter(({ lacks }) => !lacks?.mirror) : gateways;
    const why = able.flatMap(({ lacks }) => lacks?.[feature as Feature] ?? [])[0];
    return why === undefined ? [] : [`${name}: refused, because it ${why}`];
  });
  return lacking.length === 0 ? "match, sticky and mirror are possible" : lacking.join("; ");
}

/** Settle times have halves of seconds. */
function secondsOf(ms: number): string {
  return ms < 60_000 ? `${ms / 1000}s` : short(ms);
}
