import { isRecord } from "../../rollout/text/parse.ts";
import { differs, type Note, notCarried } from "../note.ts";

const PLUGIN = "argoproj-labs/gatewayAPI";
const FIELD = "spec.strategy.canary.trafficRouting.plugins";

const SELECTED = "Serin shifts every route that names the Service; name some in serin.dev/routes";
const FOUND = "not needed: Serin finds routes by their backends";

type Settings = Readonly<Record<string, unknown>>;

/** The plugin's settings that have a meaning here, or a note of their own. */
const KNOWN = /^(namespace|(http|grpc|tcp|tls)Routes?)$/;

/** The names of the HTTPRoutes and GRPCRoutes in this namespace whose weights Argo's plugin shifts. */
export function shiftedRoutes(plugins: unknown, namespace: string | undefined): readonly string[] {
  const settings = isRecord(plugins) && isRecord(plugins[PLUGIN]) ? plugins[PLUGIN] : {};
  return otherNamespace(settings, namespace) === undefined ? routeNames(settings) : [];
}

/** The value of `serin.dev/routes`; absent if no plugin names a route. */
export function routesOf(
  plugins: Readonly<Record<string, unknown>> | undefined,
  namespace: string | undefined,
): { readonly text?: string; readonly notes: readonly Note[] } {
  const settings = plugins?.[PLUGIN];
  const others = Object.keys(plugins ?? {}).filter((name) => name !== PLUGIN);
  const unknown = others.map((name) => notCarried(FIELD, `${name}: Serin shifts traffic by the Gateway API`));
  if (!isRecord(settings)) return { notes: unknown };
  const names = routeNames(settings);
  const other = otherNamespace(settings, namespace);
  const place = other === undefined ? "" : `${other}/`;
  const lost = Object.keys(settings).filter((key) => /^(tcp|tls)Routes?$/.test(key));
  const idle = Object.keys(settings).filter((key) => !KNOWN.test(key));
  return {
    ...(names.length > 0 && { text: names.map((name) => `${place}${name}`).join(", ") }),
    notes: [
      ...unknown,
      ...lost.map((key) => notCarried(FIELD, `${key}: Serin shifts HTTPRoutes and GRPCRoutes only`)),
      ...idle.map((key) => differs(FIELD, `${key}: ${key.endsWith("Selector") ? SELECTED : FOUND}`)),
    ],
  };
}

function routeNames({ httpRoute, httpRoutes, grpcRoute, grpcRoutes }: Settings): readonly string[] {
  const names = [httpRoute, grpcRoute, ...namesIn(httpRoutes), ...namesIn(grpcRoutes)];
  return [...new Set(names.filter((name) => typeof name === "string"))];
}

/** The namespace of the routes where the plugin names another one than the Rollout's. */
function otherNamespace({ namespace: named }: Settings, own: string | undefined): string | undefined {
  return typeof named === "string" && named !== own ? named : undefined;
}

function namesIn(routes: unknown): readonly unknown[] {
  return Array.isArray(routes) ? routes.map((route) => (isRecord(route) ? route.name : undefined)) : [];
}
