import { keyOf } from "../../kube/core/meta.ts";
import type { Route } from "../../kube/core/routes.ts";
import type { Plan } from "../plan/plan.ts";

/** The routes of `serin.dev/routes` that are not among these; `home` is the Deployment's namespace. */
export function missingRoutes({ routes }: Plan, found: readonly Route[], home: string) {
  const keys = found.map(keyOf);
  return (routes ?? []).filter(({ namespace = home, name }) => !keys.includes(`${namespace}/${name}`));
}

/** One warning for each of them. A user may apply it after the Deployment. */
export function missingRouteWarnings(plan: Plan, found: readonly Route[], home: string): readonly string[] {
  return missingRoutes(plan, found, home).map(
    ({ name }) =>
      `serin.dev/routes: no route "${name}" names a Service of these pods yet, and the canary waits without weight until one does`,
  );
}
