import pLimit from "p-limit";
import type { Route } from "../../kube/core/routes.ts";
import type { Api, KubeObject } from "../../test/cluster/api.ts";

/** A weight of the canary in a route, as the gateway saw it, and when (ms since the epoch). */
interface Seen {
  readonly at: number;
  readonly weight: number;
}

/** A gateway that only accepts routes, and the weights that it has seen. */
export interface AcceptingGateway {
  /** The canary's weights in the route of that name, in order; absent: none yet. */
  readonly weights: ReadonlyMap<string, readonly Seen[]>;
}

const API = "/apis/gateway.networking.k8s.io/v1";
const WRITERS = 16;
/** Serin takes it for Contour, whose settle time and metrics it uses. */
const CONTROLLER = "projectcontour.io/gateway-controller";

/** Accepts every route's present generation in its status until the signal aborts, as a gateway without any traffic would. */
export function startGateway(api: Api, signal: AbortSignal): AcceptingGateway {
  const weights = new Map<string, Seen[]>();
  const limit = pLimit(WRITERS);
  const accepted = new Map<string, number>();
  void api.follow<Route & KubeObject>(
    `${API}/httproutes`,
    ({ type, object }) => {
      if (type === "DELETED") return;
      noteWeight(weights, object);
      const { uid = "", generation = 0 } = object.metadata;
      if ((accepted.get(uid) ?? 0) >= generation) return;
      accepted.set(uid, generation);
      void limit(() => accept(api, object)).catch((error: unknown) => {
        if (!signal.aborted) console.error(`bench: ${error}`);
      });
    },
    signal,
  );
  return { weights };
}

function noteWeight(weights: Map<string, Seen[]>, { metadata: { name }, spec }: Route): void {
  const refs = spec.rules?.flatMap(({ backendRefs = [] }) => backendRefs) ?? [];
  const weight = refs.find((ref) => ref.name === `${name}-canary`)?.weight ?? 0;
  const seen = weights.get(name) ?? [];
  if (seen.at(-1)?.weight === weight || (seen.length === 0 && weight === 0)) return;
  weights.set(name, [...seen, { at: Date.now(), weight }]);
}

async function accept(api: Api, { metadata, spec }: Route): Promise<void> {
  const { namespace, name, generation } = metadata;
  const condition = (type: string) => ({
    ...{ type, status: "True", reason: type, message: "", observedGeneration: generation },
    lastTransitionTime: new Date().toISOString(),
  });
  const conditions = ["Accepted", "ResolvedRefs"].map(condition);
  const parents = (spec.parentRefs ?? []).map((parentRef) => ({
    parentRef,
    controllerName: CONTROLLER,
    conditions,
  }));
  await api.demand("PATCH", `${API}/namespaces/${namespace}/httproutes/${name}/status`, {
    status: { parents },
  });
}
