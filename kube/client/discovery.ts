import type { Clock } from "../core/clock.ts";
import type { Resource } from "../core/resources.ts";
import type { Discovered, Kube } from "./api.ts";
import { isNotFound } from "./errors.ts";

/** How long (ms) a discovery counts, so that Serin does not repeat it at every rollout, or at every list without the kind. */
const FRESH_MS = 10_000;

/** The media type of the document that names all groups, versions and resources at once; Kubernetes 1.30 and newer. */
const AGGREGATED = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";

interface ApiGroupDiscoveryList {
  readonly items?: readonly {
    readonly metadata: { readonly name: string };
    readonly versions?: readonly {
      readonly version: string;
      readonly resources?: readonly { readonly resource: string }[];
    }[];
  }[];
}

/** Group → its versions in the API server's order of preference. One request; `fetch` gets a path and the type to accept. */
export async function discover(
  fetch: (path: string, accept: string) => Promise<unknown>,
): Promise<Discovered> {
  const { items = [] } = (await fetch("/apis", AGGREGATED)) as ApiGroupDiscoveryList;
  return new Map(
    items.map(({ metadata, versions = [] }) => [
      metadata.name,
      versions.map(({ version, resources = [] }) => ({
        version,
        plurals: resources.map(({ resource }) => resource),
      })),
    ]),
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
 * after a list that ended with 404, so it costs nothing where the server serves the version of resources.ts. A discovery
 * counts for 10 s, for every caller.
 */
export function negotiated(kube: Kube, { group, versions, clock }: Negotiation): Kube {
  const chosen = new Map<string, string>();
  let known: { readonly at: number; readonly answer: Promise<Discovered> } | undefined;
  let used: Promise<Discovered> | undefined;

  const spoken = (resource: Resource): Resource => {
    const version = resource.group === group ? chosen.get(resource.plural) : undefined;
    return version === undefined ? resource : { ...resource, version };
  };

  /** One discovery for all callers in ten seconds. A failure does not count. */
  function discover(): Promise<Discovered> {
    if (known !== undefined && clock.now() - known.at < FRESH_MS) return known.answer;
    const asked = { at: clock.now(), answer: kube.discover() };
    known = asked;
    asked.answer.catch(() => {
      if (known === asked) known = undefined;
    });
    return asked.answer;
  }

  async function choose(): Promise<void> {
    const answer = discover();
    const served = (await answer).get(group) ?? [];
    if (used === answer) return;
    used = answer;
    chosen.clear();
    for (const version of versions.toReversed()) {
      const plurals = served.find((candidate) => candidate.version === version)?.plurals ?? [];
      for (const plural of plurals) chosen.set(plural, version);
    }
  }

  return {
    ...kube,
    discover,
    get: (resource, where) => kube.get(spoken(resource), where),
    async list(resource, where, query, pick) {
      const asked = spoken(resource);
      try {
        return await kube.list(asked, where, query, pick);
      } catch (error) {
        if (resource.group !== group || !isNotFound(error)) throw error;
        await choose();
        const served = spoken(resource);
        if (served.version === asked.version) throw error;
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
