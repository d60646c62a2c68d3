import { isRecord } from "../../rollout/text/parse.ts";
import { differs, type Note, notCarried } from "../note.ts";

const PLUGIN = "argoproj-labs/gatewayAPI";
const FIELD = "spec.strategy.canary.trafficRouting.plugins";

/** The plugin's settings that have a meaning here, or a note of their own. */
const KNOWN = /^(namespace|(http|grpc|tcp|tls)Routes?)$/;

/** The names of the HTTPRoutes and GRPCRoutes whose weights Argo's plugin shifts. */
export function shiftedRoutes(plugins: unknown): readonly string[] {
  const settings = isRecord(plugins) && isRecord(plugins[PLUGIN]) ? plugins[PLUGIN] : {};
  const { httpRoute, httpRoutes, grpcRoute, grpcRoutes } = settings;
  const names = [httpRoute, grpcRoute, ...namesIn(httpRoutes), ...namesIn(grpcRoutes)];
  return [...new Set(names.filter((name) => typeof name === "string"))];
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
  const names = shiftedRoutes(plugins);
  const { namespace: elsewhere } = settings;
  const place = typeof elsewhere === "string" && elsewhere !== namespace ? `${elsewhere}/` : "";
  const lost = Object.keys(settings).filter((key) => /^(tcp|tls)Routes?$/.test(key));
  const idle = Object.keys(settings).filter((key) => !KNOWN.test(key));
  return {
    ...(names.length > 0 && { text: names.map((name) => `${place}${name}`).join(", ") }),
    notes: [
      ...unknown,
      ...lost.map((key) => notCarried(FIELD, `${key}: Serin shifts HTTPRoutes and GRPCRoutes only`)),
      ...idle.map((key) => differs(FIELD, `${key}: not needed: Serin finds routes by their backends`)),
    ],
  };
}

function namesIn(routes: unknown): readonly unknown[] {
  return Array.isArray(routes) ? routes.map((route) => (isRecord(route) ? route.name : undefined)) : [];
}
