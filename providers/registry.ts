import { nearest } from "../rollout/text/suggest.ts";
import { cloudWatchProvider } from "./cloudwatch.ts";
import { datadogProvider } from "./datadog.ts";
import { dynatraceProvider } from "./dynatrace.ts";
import { googleCloudMonitoringProvider } from "./google-cloud-monitoring.ts";
import { graphiteProvider } from "./graphite.ts";
import { httpProvider } from "./http.ts";
import { influxdbProvider } from "./influxdb.ts";
import { keptnProvider } from "./keptn.ts";
import { newRelicProvider } from "./new-relic.ts";
import { prometheusProvider } from "./prometheus.ts";
import { type Provider, ProviderError } from "./provider.ts";
import type { RequestContext } from "./request.ts";
import { fromSecrets, type SecretsOptions } from "./secret-settings.ts";
import type { Settings } from "./settings.ts";
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
export interface ProvidersOptions extends RequestContext, SecretsOptions {
  readonly clock: RequestContext["clock"];
  /** The provider that needs no Secret. */
  readonly prometheus: Provider;
}

/** Finds a provider by the name that a template gives; rejects with a ProviderError that says what to do. */
export function providersFrom(options: ProvidersOptions): (name: string) => Promise<Provider> {
  const find = fromSecrets(options, (name, settings) => makeProvider(name, settings, options));
  const isBuiltIn = (name: string) => name === "prometheus" && !options.names.includes(name);
  return async (name) => (isBuiltIn(name) ? options.prometheus : find(name));
}

function makeProvider(name: string, settings: Settings, context: RequestContext): Provider {
  const product = settings.required("provider");
  const make = Object.hasOwn(products, product) ? products[product] : undefined;
  if (make !== undefined) return make(settings, context);
  const known = Object.keys(products);
  const near = nearest(product, known);
  const hint = near === undefined ? `use one of ${known.join(", ")}` : `did you mean ${near}?`;
  throw new ProviderError(`provider ${name}: unknown provider in its Secret; ${hint}`);
}
