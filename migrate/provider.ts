import { isDnsLabel } from "../rollout/text/dns.ts";
import { SERIN_NAMESPACE } from "./conversion.ts";
import { forAdmin, type Note } from "./note.ts";

/** The metrics service of a template, as the source describes it. */
export interface SourceProvider {
  /** Serin's name of the kind: `prometheus`, `datadog`. */
  readonly type: string;
  readonly address?: string | undefined;
  readonly region?: string | undefined;
  readonly headers?: readonly string[] | undefined;
  /** The Secret with its credentials: `namespace/name`, or only its name. */
  readonly secret?: string | undefined;
}

const KNOWN = [
  "prometheus",
  "datadog",
  "cloudwatch",
  "newrelic",
  "graphite",
  "stackdriver",
  "influxdb",
  "dynatrace",
  "keptn",
  "splunk",
  "http",
];

/** The `source` of a template of Serin, and what an administrator has to do for it; `undefined` if Serin has no such provider. */
export function sourceFor(
  template: string,
  { type, address, region, headers = [], secret }: SourceProvider,
): { readonly source: string; readonly note: Note } | undefined {
  if (!KNOWN.includes(type)) return undefined;
  if (type === "prometheus" && secret === undefined && headers.length === 0) {
    const says = `template ${template} asks the Prometheus of the controller: --prometheus must name ${address ?? "it"}`;
    return { source: "prometheus", note: forAdmin(says) };
  }
  const wanted = secret?.split("/").at(-1) ?? type;
  const source = isDnsLabel(wanted) && wanted !== "prometheus" ? wanted : type;
  const keys = [
    `provider: ${type}`,
    ...(address === undefined ? [] : [`address: ${address}`]),
    ...(region === undefined ? [] : [`region: ${region}`]),
    ...(headers.length === 0 ? [] : [`headers: ${headers.join(", ")} as before`]),
    ...(secret === undefined ? [] : [`the keys of Secret ${secret}`]),
  ];
  const says =
    `create the Secret ${SERIN_NAMESPACE}/${source} with ${keys.join(", ")}; let the controller read it and start it with ` +
    `--provider=${source}: docs/metrics.md`;
  return { source, note: forAdmin(says) };
}
