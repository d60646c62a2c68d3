import { isRecord } from "../../rollout/text/parse.ts";
import { type Note, notCarried } from "../note.ts";

const PLUGIN = "argoproj-labs/gatewayAPI";
const FIELD = "spec.strategy.canary.trafficRouting.plugins";

/** The value of `serin.dev/routes`; absent if no plugin names a route. */
export function routesOf(
  plugins: Readonly<Record<string, unknown>> | undefined,
  namespace: string | undefined,
): { readonly text?: string; readonly notes: readonly Note[] } {
  const settings = plugins?.[PLUGIN];
  const others = Object.keys(plugins ?? {}).filter((name) => name !== PLUGIN);
  const unknown = others.map((name) => notCarried(FIELD, `${name}: Serin shifts traffic by the Gateway API`));
  if (!isRecord(settings)) return { notes: unknown };
  const { httpRoute, httpRoutes, grpcRoute, grpcRoutes, namespace: elsewhere } = settings;
  const names = [httpRoute, grpcRoute, ...namesIn(httpRoutes), ...namesIn(grpcRoutes)].filter(
    (name) => typeof name === "string",
  );
  const place = typeof elsewhere === "string" && elsewhere !== namespace ? `${elsewhere}/` : "";
  const lost = ["tcpRoute", "tcpRoutes", "tlsRoute", "tlsRoutes"].filter(
    (key) => settings[key] !== undefined,
  );
  return {
    ...(names.length > 0 && { text: [...new Set(names)].map((name) => `${place}${name}`).join(", ") }),
    notes: [
      ...unknown,
      ...lost.map((key) => notCarried(FIELD, `${key}: Serin shifts HTTPRoutes and GRPCRoutes only`)),
    ],
  };
}

function namesIn(routes: unknown): readonly unknown[] {
  return Array.isArray(routes) ? routes.map((route) => (isRecord(route) ? route.name : undefined)) : [];
}
