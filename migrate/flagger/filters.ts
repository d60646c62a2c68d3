import type { RouteFilter } from "../../kube/core/routes.ts";
import { parseDuration } from "../../rollout/text/duration.ts";
import { quote } from "../../rollout/text/quote.ts";
import { type Note, notCarried } from "../note.ts";
import type { CanaryService } from "./canary.ts";

/** What the Gateway API takes for an origin. */
const ORIGIN = /^(\*|https?:\/\/((\*\.)?([a-z\d-]+\.)*[a-z\d-]+|\*)(:\d{1,5})?)$/i;

/** The filters of the HTTPRoute's rule. */
export function filtersOf({ headers, rewrite, mirror = [], corsPolicy }: CanaryService): {
  readonly filters: readonly RouteFilter[];
  readonly notes: readonly Note[];
} {
  const { uri, authority, type = "ReplaceFullPath" } = rewrite ?? {};
  const cors = corsOf(corsPolicy);
  const filters = [
    ...(headers?.request
      ? [{ type: "RequestHeaderModifier", requestHeaderModifier: modifier(headers.request) }]
      : []),
    ...(headers?.response
      ? [{ type: "ResponseHeaderModifier", responseHeaderModifier: modifier(headers.response) }]
      : []),
    ...(rewrite
      ? [
          {
            type: "URLRewrite",
            urlRewrite: {
              ...(authority !== undefined && { hostname: authority }),
              ...(uri !== undefined && {
                path: { type, [type === "ReplaceFullPath" ? "replaceFullPath" : "replacePrefixMatch"]: uri },
              }),
            },
          },
        ]
      : []),
    ...mirror.map((one) => ({ type: "RequestMirror", requestMirror: one })),
    ...cors.filters,
  ] as readonly RouteFilter[];
  return { filters, notes: cors.notes };
}

/** A browser's origin has a scheme, so an origin without one has allowed no request. */
function corsOf(policy: CanaryService["corsPolicy"]) {
  if (policy === undefined) return { filters: [], notes: [] };
  const { allowOrigin = [], allowCredentials, allowMethods, allowHeaders, exposeHeaders, maxAge } = policy;
  const seconds = Math.round((parseDuration(maxAge ?? "") ?? 0) / 1000);
  const allowOrigins = allowOrigin.filter((origin) => ORIGIN.test(origin));
  const notes = allowOrigin
    .filter((origin) => !ORIGIN.test(origin))
    .map((origin) => notCarried("spec.service.corsPolicy", `origin ${quote(origin)} is left out: ${USE}`));
  if (allowOrigins.length === 0) return { filters: [], notes };
  const cors = {
    allowOrigins,
    ...(allowCredentials && { allowCredentials: true }),
    ...(allowMethods && { allowMethods }),
    ...(allowHeaders && { allowHeaders }),
    ...(exposeHeaders && { exposeHeaders }),
    ...(seconds > 0 && { maxAge: seconds }),
  };
  return { filters: [{ type: "CORS", cors }], notes };
}

const USE = "write its scheme, such as https://www.example.com, into the HTTPRoute's filter `CORS`";

type Changes = NonNullable<NonNullable<CanaryService["headers"]>["request"]>;

function modifier({ add, set, remove }: Changes) {
  const listed = (map: Readonly<Record<string, string>>) =>
    Object.entries(map).map(([name, value]) => ({ name, value }));
  return { ...(add && { add: listed(add) }), ...(set && { set: listed(set) }), ...(remove && { remove }) };
}
