import type { Meta } from "../../kube/core/meta.ts";
import type { Route } from "../../kube/core/routes.ts";
import type { Service } from "../../kube/core/services.ts";
import type { Plan } from "../plan/plan.ts";
import { formatProblem } from "../text/parse.ts";
import { quote } from "../text/quote.ts";
import { addedRulesOf } from "../traffic/added-rules.ts";
import { canaryServiceName } from "../traffic/canary-service.ts";
import { copiedKeys } from "../traffic/copied-keys.ts";
import { rulesOf, servicesNamed } from "../traffic/overlay.ts";
import { homeOf } from "../traffic/route-record.ts";
import { selectorOf } from "../traffic/service-record.ts";
import type { PolicyTarget } from "./policy-kinds.ts";
import { comingShares } from "./preflight.ts";

/** An object of one of `policyKinds`. */
export interface Policy {
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly targets: readonly PolicyTarget[];
}

/** The policies of the namespaces of a rollout. */
export interface Policies {
  readonly found: readonly Policy[];
  /** The kinds that Serin could not list, each with the reason. */
  readonly unread: readonly string[];
}

/** No kind of policy is installed. */
export const NO_POLICIES: Policies = { found: [], unread: [] };

/** Why policies would treat the canary's requests otherwise than those of the stable version. */
export function policyBlocker(
  plan: Plan,
  services: readonly Service[],
  routes: readonly Route[],
  policies: Policies,
): string | undefined {
  return uncovered(services, routes, policies) ?? passedBy(plan, services, routes, policies);
}

/** Warns of policies that Serin cannot know. */
export function policyCaveats(
  plan: Plan,
  services: readonly Service[],
  routes: readonly Route[],
  { unread }: Policies,
): readonly string[] {
  const routed = services.some((service) => isRouted(service, routes));
  const named = sectionsPassed(plan, services, routes).find(({ isName }) => isName);
  return [
    ...(routed ? unread : []).map(
      (reason) => `policies that name a Service may not apply to its canary Service: ${reason}`,
    ),
    ...(named === undefined
      ? []
      : [
          formatProblem(
            {
              what: `rule ${quote(named.section)} of ${where(named.route)} has a name, and the rules that Serin adds for it have none, so a policy of a kind that Serin does not know would not apply to them`,
              use: "see docs/gateways.md for the kinds that Serin knows",
            },
            keyOf(plan),
          ),
        ]),
  ];
}

/** A policy for a Service, while no policy of its kind is for the canary Service. */
function uncovered(
  services: readonly Service[],
  routes: readonly Route[],
  { found }: Policies,
): string | undefined {
  for (const routed of services.filter((service) => isRouted(service, routes))) {
    const { name: service, namespace: home } = routed.metadata;
    const canary = canaryServiceName(service);
    const copied = { name: canary, labels: copiedKeys(routed.metadata.labels, selectorOf(routed)) };
    for (const { kind, namespace, name, targets } of found) {
      const isFor = (target: PolicyTarget, wanted: Named) =>
        isAbout(target, "Service", wanted) && (target.namespace ?? namespace) === home;
      const alike = found.filter((other) => other.kind === kind && other.namespace === namespace);
      const covers = alike.flatMap((other) => other.targets).filter((target) => isFor(target, copied));
      const missing = targets.find(
        (target) =>
          isFor(target, routed.metadata) &&
          !covers.some(({ section }) => section === undefined || section === target.section),
      );
      if (missing === undefined) continue;
      const where = namespace === home ? "" : ` of namespace ${namespace}`;
      const what = `${kind} ${name}${where} applies to it, and not to its canary Service ${canary}, so the canary would be treated otherwise`;
      const use = `let ${name}, or another ${kind} with the same settings, name ${canary} as well`;
      return formatProblem({ what, use }, `Service ${service}`);
    }
  }
  return undefined;
}

/** A rule that a policy names, or may name, while rules without a name would take some of its requests. */
function passedBy(
  plan: Plan,
  services: readonly Service[],
  routes: readonly Route[],
  { found, unread }: Policies,
): string | undefined {
  const passed = sectionsPassed(plan, services, routes);
  for (const { route, section } of passed) {
    const home = homeOf(route);
    const isNamed = (target: PolicyTarget) =>
      isAbout(target, home.kind, route.metadata) && target.section === section;
    const policy = found.find(
      ({ namespace, targets }) => namespace === home.namespace && targets.some(isNamed),
    );
    if (policy === undefined) continue;
    const what = `${policy.kind} ${policy.name} names rule ${quote(section)} of ${where(route)}: ${UNNAMED}`;
    return formatProblem({ what, use: "let the policy name the whole route" }, keyOf(plan));
  }
  const doubtful = passed.find(({ isName }) => isName);
  if (doubtful === undefined || unread[0] === undefined) return undefined;
  // The policy may be one that authenticates users, so doubt is a reason to refuse.
  const what = `a policy may name rule ${quote(doubtful.section)} of ${where(doubtful.route)}, and ${UNNAMED}; ${unread[0]}`;
  return formatProblem({ what, use: "grant Serin this right, or remove the rule's name" }, keyOf(plan));
}

type Named = Pick<Meta, "name" | "labels">;

function isAbout({ kind, by }: PolicyTarget, wanted: string, { name, labels = {} }: Named): boolean {
  if (kind !== wanted) return false;
  return typeof by === "string"
    ? by === name
    : Object.entries(by).every(([label, value]) => labels[label] === value);
}

const UNNAMED = "the rules that Serin adds have no name, so it would not apply to them";

/** A name by which a policy may call a rule. */
interface Section {
  readonly route: Route;
  readonly section: string;
  /** Whether the user gave this name. Kuadrant calls a rule by its place, `rule-1` for the first one. */
  readonly isName: boolean;
}

/** The sections whose requests added rules would take, and those whose place added rules would give to other rules. */
function sectionsPassed(plan: Plan, services: readonly Service[], routes: readonly Route[]): Section[] {
  return routes.flatMap((route) => {
    const rules = rulesOf(route);
    const all = comingShares(plan, services, route).map((shares) =>
      addedRulesOf(rules, shares, homeOf(route)),
    );
    return rules.flatMap(({ name }, i): Section[] => {
      const isMoved = all.some((added) => added.slice(0, i).some(({ before }) => before.length > 0));
      const isCopied = all.some(
        (added) => added[i] !== undefined && added[i].before.length + added[i].after.length > 0,
      );
      return [
        ...(isCopied && typeof name === "string" ? [{ route, section: name, isName: true }] : []),
        ...(isCopied || isMoved ? [{ route, section: `rule-${i + 1}`, isName: false }] : []),
      ];
    });
  });
}

function isRouted({ metadata: { name, namespace = "" } }: Service, routes: readonly Route[]): boolean {
  return routes.some((route) => servicesNamed(route, namespace).has(name));
}

function where({ kind, metadata: { namespace, name } }: Route): string {
  return `${kind === "GRPCRoute" ? kind : "HTTPRoute"} ${namespace}/${name}`;
}

function keyOf({ match }: Plan): string {
  return match === undefined ? "serin.dev/sticky" : "serin.dev/match";
}
