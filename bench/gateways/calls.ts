import { type Loss, losses, OF_CALLS } from "./changes.ts";
import { CheckedRoute, type CheckTarget } from "./checked-route.ts";
import { areRight, type FeatureOutcome, weights } from "./routing.ts";

/** What a gateway did with gRPC calls. */
export interface Calls {
  /** Whether each version gets the share of its weight. */
  readonly outcome: FeatureOutcome;
  /** Kind of change → the calls that it cost. */
  readonly losses: Readonly<Record<string, Loss>>;
}

/** Checks the gateway with a GRPCRoute of its own. A gateway that serves none costs the wait for it, and nothing else. */
export async function checkCalls(target: CheckTarget, turns: number): Promise<Calls> {
  let route: CheckedRoute;
  try {
    route = await CheckedRoute.open(target, "grpc");
  } catch (error) {
    return { outcome: error instanceof Error ? error.message : String(error), losses: {} };
  }
  try {
    const shares = await weights(route);
    const told = Object.entries(shares).map(([split, share]) => `${split}: ${share} %`);
    const outcome = areRight(shares) ? "yes" : told.join(", ");
    return { outcome, losses: await losses(route, turns, OF_CALLS) };
  } finally {
    await route.close();
  }
}
