import type { Clock } from "../core/clock.ts";
import type { Resource } from "../core/resources.ts";
import type { Kube, Served } from "./api.ts";
import { ifNotFound, isNotFound } from "./errors.ts";

/** How long what was discovered counts as news, in ms: a cluster without the kind is not asked at every list. */
const FRESH_MS = 10_000;

interface ApiGroup {
  readonly versions?: readonly { readonly version: string }[];
}

interface ApiResourceList {
  readonly resources?: readonly { readonly name: string }[];
}

/** What the API server serves of a group, in its own order of preference; nothing when it does not know the group. */
export async function discover(
  fetch: (path: string) => Promise<unknown>,
  group: string,
): Promise<readonly Served[]> {
  const { versions = [] } = (await fetch(`/apis/${group}`).catch(ifNotFound({}))) as ApiGroup;
  return Promise.all(
    versions.map(async ({ version }) => {
      const found = await fetch(`/apis/${group}/${version}`).catch(ifNotFound({}));
      return { version, plurals: ((found as ApiResourceList).resources ?? []).map(({ name }) => name) };
    }),
  );
}

/** Which group is asked for, and in which versions, the best first; their schemas must be the same. */
export interface Negotiation {
  readonly group: string;
  readonly versions: readonly string[];
  readonly clock: Clock;
}

/** The Gateway API's routes and grants: v1 since 2023, the same as v1beta1 before. */
export const gatewayApi = { group: "gateway.networking.k8s.io", versions: ["v1", "v1beta1"] } as const;

/**
 * The same API, but a resource of this group is asked for in a version that is served. The server is asked which these are
 * only when a list finds nobody at home: where the version of resources.ts is served, this costs nothing.
 */
export function negotiated(kube: Kube, { group, versions, clock }: Negotiation): Kube {
  const chosen = new Map<string, string>();
  let asked = Number.NEGATIVE_INFINITY;
  let answer = Promise.resolve();

  const spoken = (resource: Resource): Resource => {
    const version = resource.group === group ? chosen.get(resource.plural) : undefined;
    return version === undefined ? resource : { ...resource, version };
  };

  async function choose(): Promise<void> {
    const served = await kube.discover(group);
    chosen.clear();
    for (const version of versions.toReversed()) {
      const plurals = served.find((candidate) => candidate.version === version)?.plurals ?? [];
      for (const plural of plurals) chosen.set(plural, version);
    }
  }

  /** One question for all who have it at the same time. */
  function chooseAnew(): Promise<void> {
    if (clock.now() - asked < FRESH_MS) return answer;
    asked = clock.now();
    answer = choose();
    answer.catch(() => {
      asked = Number.NEGATIVE_INFINITY;
    });
    return answer;
  }

  return {
    ...kube,
    get: (resource, where) => kube.get(spoken(resource), where),
    async list(resource, where, query) {
      const used = spoken(resource);
      try {
        return await kube.list(used, where, query);
      } catch (error) {
        if (resource.group !== group || !isNotFound(error)) throw error;
        await chooseAnew();
        const served = spoken(resource);
        if (served.version === used.version) throw error;
        return kube.list(served, where, query);
      }
    },
    create: (resource, where, body) => kube.create(spoken(resource), where, body),
    jsonPatch: (resource, where, patch) => kube.jsonPatch(spoken(resource), where, patch),
    mergePatch: (resource, where, patch) => kube.mergePatch(spoken(resource), where, patch),
    strategicPatch: (resource, where, patch) => kube.strategicPatch(spoken(resource), where, patch),
    delete: (resource, where, options) => kube.delete(spoken(resource), where, options),
    watch: (resource, where, query, signal) => kube.watch(spoken(resource), where, query, signal),
  };
}
