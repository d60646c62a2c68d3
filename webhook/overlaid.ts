import { reimpose } from "../rollout/intent.ts";
import { renarrow } from "../rollout/isolation.ts";
import type { Route, Service } from "../rollout/objects.ts";
import type { Admit } from "./server.ts";

/** Answers updates of Services in flight: the new selector is the owner's wish, narrowed as the old one was. */
export const admitServices: Admit<Service> = async ({ object, oldObject }) => ({
  allowed: true,
  object: oldObject === null ? object : renarrow(object, oldObject),
});

/** Answers updates of routes in flight: the new rules are the owner's wish, with the flights' shares put into them. */
export const admitRoutes: Admit<Route> = async ({ object, oldObject }) => ({
  allowed: true,
  object: oldObject === null ? object : reimpose(object, oldObject),
});
