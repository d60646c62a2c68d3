import type { Clock } from "../core/clock.ts";
import type { Resource } from "../core/resources.ts";
import type { Kube, Served } from "./api.ts";
import { ifNotFound, isNotFound } from "./errors.ts";

/** How long (ms) a discovery counts, so that Serin does not repeat it at every list in a cluster without the kind. */
const FRESH_MS = 10_000;

interface ApiGroup {
  readonly versions?: readonly { readonly version: string }[];
}

interface ApiResourceList {
  readonly resources?: readonly { readonly name: string }[];
}

/** The names of the groups that the API server serves. */
export async function discoverGroups(fetch: (path: string) => Promise<unknown>): Promise<readonly string[]> {
  const { groups = [] } = (await fetch("/apis")) as {
    readonly groups?: readonly { readonly name: string }[];
  };
  return groups.map(({ name }) => name);
}

/** The versions of a group in the API server's order of preference; none if it does not know the group. */
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

/** A group and the versions that Serin can use, the best first. Their schemas must be the same. */
export interface Negotiation {
  readonly group: string;
  readonly versions: readonly string[];
  readonly clock: Clock;
}

/** The Gateway API's routes and grants: v1 since 2023, the same as v1beta1 before. */
export const gatewayApi = { group: "gateway.networking.k8s.io", versions: ["v1", "v1beta1"] } as const;

/**
 * The same API, but requests for this group use a version that the API server serves. Serin discovers the versions only
 * after a list that ended with 404, so it costs nothing where the server serves the version of resources.ts.
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

  /** One discovery for all callers that need it at the same time. */
  function chooseAgain(): Promise<void> {
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
    async list(resource, where, query, pick) {
      const used = spoken(resource);
      try {
        return await kube.list(used, where, query, pick);
      } catch (error) {
        if (resource.group !== group || !isNotFound(error)) throw error;
        await chooseAgain();
        const served = spoken(resource);
        if (served.version === used.version) throw error;
        return kube.list(served, where, query, pick);
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
