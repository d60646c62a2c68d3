import type { Hook } from "../plan/hooks.ts";
import { formatProblem, invalid, type Parsed } from "../text/parse.ts";
import { quote } from "../text/quote.ts";

/** Hosts that hooks may call, as an administrator names them by `--hook-host`. */
export interface HookHost {
  /** The value of the flag. */
  readonly text: string;
  /** `any`: every host; `below`: every host that ends so, with a dot before it; `exactly`: this one. */
  readonly scope: "any" | "below" | "exactly";
  readonly name: string;
  /** Absent: every port. */
  readonly port?: string;
}
const LABEL = "[a-z0-9_](?:[-a-z0-9_]{0,61}[a-z0-9_])?";
const HOST = new RegExp(
  String.raw`^(?:\*|(\*\.)?(${LABEL}(?:\.${LABEL})*|\[[0-9a-f:.]+\]))(?::(\d{1,5}))?$`,
  "i",
);

/** Reads `tester.test`, `*.test.svc.cluster.local` or `*`, each with or without a port. */
function parseHookHost(text: string): Parsed<HookHost> {
  const [whole, below, name = "", port] = HOST.exec(text.trim()) ?? [];
  const odd = whole === undefined || (below && name.startsWith("[")) || Number(port ?? 1) > 65_535;
  if (odd) return invalid(text, "use a host, such as tester.test, *.test.svc:8080 or *");
  const scope = name === "" ? "any" : below ? "below" : "exactly";
  return { value: { text: text.trim(), scope, name: name.toLowerCase(), ...(port && { port }) } };
}

/** The hosts of the flag. Throws an Error that says which value is invalid. */
export function hookHostsOf(texts: readonly string[]): readonly HookHost[] {
  return texts.map((text) => {
    const parsed = parseHookHost(text);
    if ("value" in parsed) return parsed.value;
    throw new Error(parsed.problems.map((one) => formatProblem(one, "--hook-host")).join("\n"));
  });
}

/** Why Serin must not call a hook; `undefined` when it may. */
export function forbidden({ name, url }: Hook, allowed: readonly HookHost[]): string | undefined {
  const { hostname, port, protocol } = new URL(url);
  const actual = port || (protocol === "https:" ? "443" : "80");
  const fits = (host: HookHost) =>
    (host.port === undefined || host.port === actual) &&
    (host.scope === "any" ||
      (host.scope === "exactly" ? hostname === host.name : hostname.endsWith(`.${host.name}`)));
  if (allowed.some(fits)) return undefined;
  const those = allowed.map(({ text }) => text).join(", ") || "none";
  const what = `host ${new URL(url).host} is not allowed`;
  const use = `use a host that Serin's administrator allows (--hook-host): ${those}`;
  return formatProblem({ what, use }, `hook ${quote(name)}`);
}
