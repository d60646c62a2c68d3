import type { LeanRoute, LeanShare } from "../../kube/core/routes.ts";

/**
 * The routes with a share of the rollout, in the order in which Serin reads them if it cannot read all at once. The largest
 * weight comes first, so that a share which Serin has lowered makes room for the next one. Of the shares without traffic, the one
 * that was written last comes first: it settles last, so no drain ends before it.
 */
export function exposedFirst(uid: string, routes: readonly LeanRoute[]): readonly LeanRoute[] {
  const found = routes.flatMap((route) => {
    const share = route.shares.find((one) => one.uid === uid);
    return share === undefined ? [] : [{ route, share }];
  });
  return found.sort((a, b) => inOrder(a.share, b.share)).map(({ route }) => route);
}

function inOrder(a: LeanShare, b: LeanShare): number {
  return (
    b.weight - a.weight || Number(b.exposed) - Number(a.exposed) || Date.parse(b.since) - Date.parse(a.since)
  );
}
