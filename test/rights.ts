import { existsSync } from "node:fs";
import { policyKinds } from "../rollout/preflight/policy-kinds.ts";
import { granted, type Right, readNoted } from "./cluster/rights.ts";
import { count } from "./count.ts";

const BEFORE_WATCH_LIST = "Kubernetes before 1.34 has no WatchList: test/unit/kube/runtime/reflector.test.ts";

const CONFLICT = "a write of Serin's conflicts: test/unit/kube/runtime/apply.test.ts";
const GRPC_UNDO = "an undo drains a GRPCRoute: test/unit/webhook/deployments.routes.test.ts";

/** The cluster of the tests has none of these kinds, except that of the Gateway API's standard channel. */
const foreignPolicies = policyKinds
  .filter(({ group, plural }) => `${plural}.${group}` !== "backendtlspolicies.gateway.networking.k8s.io")
  .map(({ group, plural }): [Right, string] => [
    `webhook: list ${plural}.${group}`,
    "a kind of another gateway: test/unit/webhook/policies.test.ts",
  ]);

/** Rights for rare situations that no story can cause, each with the reason for it. */
export const RARE: Readonly<Record<Right, string>> = {
  "webhook: get grpcroutes.gateway.networking.k8s.io": GRPC_UNDO,
  "webhook: patch grpcroutes.gateway.networking.k8s.io": GRPC_UNDO,
  "webhook: list secrets serin-certificate in serin-system": BEFORE_WATCH_LIST,
  "webhook: list secrets serin-tls in serin-system": BEFORE_WATCH_LIST,
  "webhook: list mutatingwebhookconfigurations.admissionregistration.k8s.io": BEFORE_WATCH_LIST,
  "controller: get deployments.apps": CONFLICT,
  "controller: get services": CONFLICT,
  "controller: get httproutes.gateway.networking.k8s.io": CONFLICT,
  "controller: get grpcroutes.gateway.networking.k8s.io": CONFLICT,
  "controller: list pods": BEFORE_WATCH_LIST,
  "controller: list leases.coordination.k8s.io serin in serin-system": BEFORE_WATCH_LIST,
  ...Object.fromEntries(foreignPolicies),
};

/**
 * Whether all stories together used every right that deploy/rbac.yaml grants to each program, and no request was refused. Prints the
 * result, and counts it as `count` does.
 */
export function compareRights(path: string, args: readonly string[]): boolean {
  const result = existsSync(path) ? compared(path) : undefined;
  count(result, args);
  return result !== false;
}

function compared(path: string): boolean {
  const { used, refused } = readNoted(path);
  const unused = granted().filter((right) => !used.has(right) && !(right in RARE));
  const lines = [
    ...unused.map((right) => `  unused: ${right}`),
    ...[...refused].map((right) => `  refused: ${right}`),
  ];
  const fits = lines.length === 0;
  const mark = fits ? "\u2714" : "\u2716";
  console.log(
    `\n  ${mark} Each of Serin's programs has exactly the rights that the stories use (${used.size})`,
  );
  for (const line of lines) console.log(line);
  return fits;
}
