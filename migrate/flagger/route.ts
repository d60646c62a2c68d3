import type { KubeObject } from "../../kube/core/meta.ts";
import type { RuleMatch } from "../../kube/core/routes.ts";
import { metadataOf } from "../conversion.ts";
import { differs, type Note, notCarried } from "../note.ts";
import { typedMatches } from "../string-match.ts";
import type { CanaryService, CanarySpec, RequestMatch } from "./canary.ts";
import { filtersOf } from "./filters.ts";
import { apexOf, type CanaryTarget } from "./service.ts";

const MATCH = "spec.service.match";
/** What Flagger's matches may have that a match of the Gateway API has not. */
const FOREIGN = [
  "scheme",
  "authority",
  "port",
  "withoutHeaders",
  "sourceLabels",
  "sourceNamespace",
  "gateways",
  "ignoreUriCase",
];
/** The placeholder for a Gateway that only the user knows. */
const YOUR_GATEWAY = "your-gateway";
/** Flagger's providers whose callers' proxies route: the parent of their route is the Service. */
const MESHES = ["linkerd", "kuma", "osm", "smi:v1alpha1", "smi:v1alpha2", "smi:v1alpha3"];

/** The HTTPRoute that Flagger made, or one that would do where it made something else; absent if its matches cannot be written. */
export function apexRoute(
  { service, provider = "" }: CanarySpec,
  { name: target, namespace }: CanaryTarget,
): { readonly object?: KubeObject; readonly notes: readonly Note[] } {
  const { name = target, port = 80, hosts, match, apex } = service;
  const read = (match ?? []).map(matchOf);
  const notes = read.flatMap((one) => one.notes);
  const matches = read.flatMap((one) => one.match ?? []);
  if (match !== undefined && match.length > 0 && matches.length === 0)
    return {
      notes: [
        ...notes,
        notCarried(MATCH, "no HTTPRoute is written: without its matches it would take all requests"),
      ],
    };
  const timeouts = timeoutsOf(service);
  const parent = parentsOf(service, provider, name);
  const { filters, notes: unfit } = filtersOf(service);
  const spec = {
    parentRefs: parent.refs,
    ...(hosts && hosts.length > 0 && { hostnames: hosts.filter((host) => host !== "*") }),
    rules: [
      {
        ...(matches.length > 0 && { matches }),
        ...(filters.length > 0 && { filters }),
        backendRefs: [{ name, port }],
        ...(timeouts && { timeouts }),
      },
    ],
  };
  return {
    object: {
      apiVersion: "gateway.networking.k8s.io/v1",
      kind: "HTTPRoute",
      metadata: metadataOf(name, namespace, apexOf(apex)),
      spec,
    },
    notes: [...notes, ...parent.notes, ...unfit],
  };
}

function parentsOf({ gatewayRefs }: CanaryService, provider: string, service: string) {
  if (gatewayRefs !== undefined && gatewayRefs.length > 0) {
    const refs = gatewayRefs.map(({ group, ...rest }) => ({
      ...(group !== undefined && { group: group === "core" ? "" : group }),
      ...rest,
    }));
    return { refs, notes: [] };
  }
  if (MESHES.includes(provider))
    return {
      refs: [{ group: "", kind: "Service", name: service }],
      notes: [
        differs(
          "spec.provider",
          `${provider}: the HTTPRoute has the Service as its parent, as a mesh wants it`,
        ),
      ],
    };
  const says = `${provider || "the provider"}: put the name of your Gateway for ${YOUR_GATEWAY} into the HTTPRoute, and remove what routed before`;
  return { refs: [{ name: YOUR_GATEWAY }], notes: [differs("spec.provider", says)] };
}

function matchOf(given: RequestMatch): { readonly match?: RuleMatch; readonly notes: readonly Note[] } {
  const { uri, method, headers, queryParams } = given;
  const found = { headers: typedMatches(headers), queryParams: typedMatches(queryParams) };
  const path = pathOf(uri);
  const foreign = FOREIGN.filter((key) => given[key] !== undefined);
  const unfit = [
    ...foreign,
    ...(uri !== undefined && path === undefined ? ["uri"] : []),
    ...(method !== undefined && method.exact === undefined ? ["method"] : []),
    ...(found.headers === undefined ? ["headers"] : []),
    ...(found.queryParams === undefined ? ["queryParams"] : []),
  ];
  if (unfit.length > 0) {
    const says = `a match with ${unfit.join(", ")} is left out: without it, the route would take more requests`;
    const [first = ""] = unfit;
    return { notes: [notCarried(FOREIGN.includes(first) ? `${MATCH}[].${first}` : MATCH, says)] };
  }
  const { headers: byHeader = [], queryParams: byParameter = [] } = found;
  return {
    match: {
      ...(path && { path }),
      ...(method?.exact !== undefined && { method: method.exact }),
      ...(byHeader.length > 0 && { headers: byHeader }),
      ...(byParameter.length > 0 && { queryParams: byParameter }),
    },
    notes: [],
  };
}

function pathOf(uri: RequestMatch["uri"]) {
  if (uri?.regex) return { type: "RegularExpression", value: uri.regex };
  if (uri?.exact?.startsWith("/")) return { type: "Exact", value: uri.exact };
  return uri?.prefix?.startsWith("/") ? { type: "PathPrefix", value: uri.prefix } : undefined;
}

function timeoutsOf({ timeout, backendTimeout }: CanaryService) {
  if (timeout === undefined && backendTimeout === undefined) return undefined;
  return {
    ...(timeout !== undefined && { request: timeout }),
    ...(backendTimeout !== undefined && { backendRequest: backendTimeout }),
  };
}
