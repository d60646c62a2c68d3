import type { Kube } from "../../kube/client/api.ts";
import { isForbidden, isNotFound } from "../../kube/client/errors.ts";
import type { KubeObject } from "../../kube/core/meta.ts";
import { secrets } from "../../kube/core/resources.ts";
import { nearest } from "../../rollout/text/suggest.ts";
import { cloudWatchProvider } from "./cloudwatch.ts";
import { datadogProvider } from "./datadog.ts";
import { dynatraceProvider } from "./dynatrace.ts";
import { googleCloudMonitoringProvider } from "./google-cloud-monitoring.ts";
import { graphiteProvider } from "./graphite.ts";
import { httpProvider } from "./http.ts";
import { influxdbProvider } from "./influxdb.ts";
import { keptnProvider } from "./keptn.ts";
import { memoize } from "./memo.ts";
import { newRelicProvider } from "./new-relic.ts";
import { prometheusProvider } from "./prometheus.ts";
import { type Provider, ProviderError } from "./provider.ts";
import type { RequestContext } from "./request.ts";
import { type Settings, settingsOf } from "./settings.ts";
import { splunkProvider } from "./splunk.ts";

type MakeProvider = (settings: Settings, context: RequestContext) => Provider;

/** The products that a Secret may name as its `provider`. */
const products: Readonly<Record<string, MakeProvider>> = {
  prometheus: prometheusProvider,
  datadog: datadogProvider,
  cloudwatch: cloudWatchProvider,
  newrelic: newRelicProvider,
  graphite: graphiteProvider,
  influxdb: influxdbProvider,
  dynatrace: dynatraceProvider,
  gcm: googleCloudMonitoringProvider,
  stackdriver: googleCloudMonitoringProvider,
  splunk: splunkProvider,
  keptn: keptnProvider,
  http: httpProvider,
};

/** The sources of providers. */
export interface ProvidersOptions extends RequestContext {
  readonly kube: Pick<Kube, "get">;
  /** Serin's own namespace, which holds the Secrets. */
  readonly namespace: string;
  /** The Secrets that the administrator names; Serin reads no other one. */
  readonly names: readonly string[];
  /** The provider that needs no Secret. */
  readonly prometheus: Provider;
}

interface Secret extends KubeObject {
  readonly data?: Readonly<Record<string, string>>;
}

/** Finds a provider by the name that a template gives; rejects with a ProviderError that says what to do. */
export function providersFrom(options: ProvidersOptions): (name: string) => Promise<Provider> {
  const made = new Map<string, { version: string | undefined; provider: Provider }>();
  const read = async (name: string): Promise<Provider> => {
    const secret = await getSecret(options, name);
    const version = secret.metadata.resourceVersion;
    const known = made.get(name);
    // An unchanged Secret keeps its provider, and with it an access token that is still valid.
    if (known !== undefined && version !== undefined && known.version === version) return known.provider;
    const provider = makeProvider(name, secret, options);
    made.set(name, { version, provider });
    return provider;
  };
  const find = memoize({ clock: options.clock, forMs: 60_000, failureForMs: 10_000, most: 1_000 }, read);
  return async (name) => {
    if (options.names.includes(name)) return find(name);
    if (name === "prometheus") return options.prometheus;
    throw new ProviderError(
      `provider ${name}: not allowed: an administrator must start the controller with --provider=${name}`,
    );
  };
}

async function getSecret({ kube, namespace }: ProvidersOptions, name: string): Promise<Secret> {
  const fail = (what: string, cause: unknown) => new ProviderError(`provider ${name}: ${what}`, { cause });
  const secret = `Secret ${namespace}/${name}`;
  try {
    return await kube.get<Secret>(secrets, { namespace, name });
  } catch (cause) {
    if (isNotFound(cause)) throw fail(`${secret} not found`, cause);
    if (isForbidden(cause)) {
      throw fail(`Serin may not get ${secret}: add its name to a Role of ${namespace}`, cause);
    }
    throw fail(`Serin cannot read ${secret} now`, cause);
  }
}

function makeProvider(name: string, { data = {} }: Secret, context: RequestContext): Provider {
  const decoded = Object.entries(data).map(([key, value]) => [key, Buffer.from(value, "base64").toString()]);
  const settings = settingsOf(name, Object.fromEntries(decoded));
  const product = settings.required("provider");
  const make = Object.hasOwn(products, product) ? products[product] : undefined;
  if (make !== undefined) return make(settings, context);
  const known = Object.keys(products);
  const near = nearest(product, known);
  const hint = near === undefined ? `use one of ${known.join(", ")}` : `did you mean ${near}?`;
  throw new ProviderError(`provider ${name}: unknown provider in its Secret; ${hint}`);
}
