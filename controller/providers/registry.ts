import type { Kube } from "../../kube/client/api.ts";
import { isForbidden, isNotFound } from "../../kube/client/errors.ts";
import type { KubeObject } from "../../kube/core/meta.ts";
import { secrets } from "../../kube/core/resources.ts";
import { nearest } from "../../rollout/text/suggest.ts";
import { cloudWatchSource } from "./cloudwatch.ts";
import { datadogSource } from "./datadog.ts";
import { dynatraceSource } from "./dynatrace.ts";
import { googleCloudMonitoringSource } from "./google-cloud-monitoring.ts";
import { graphiteSource } from "./graphite.ts";
import { httpSource } from "./http.ts";
import { influxdbSource } from "./influxdb.ts";
import { keptnSource } from "./keptn.ts";
import { memoize } from "./memo.ts";
import { newRelicSource } from "./new-relic.ts";
import { prometheusSource } from "./prometheus.ts";
import { type Source, SourceError } from "./provider.ts";
import type { RequestContext } from "./request.ts";
import { type Settings, settingsOf } from "./settings.ts";
import { splunkSource } from "./splunk.ts";

type MakeSource = (settings: Settings, surroundings: RequestContext) => Source;

/** What a source's Secret may have as its `provider`. */
const providers: Readonly<Record<string, MakeSource>> = {
  prometheus: prometheusSource,
  datadog: datadogSource,
  cloudwatch: cloudWatchSource,
  newrelic: newRelicSource,
  graphite: graphiteSource,
  influxdb: influxdbSource,
  dynatrace: dynatraceSource,
  gcm: googleCloudMonitoringSource,
  stackdriver: googleCloudMonitoringSource,
  splunk: splunkSource,
  keptn: keptnSource,
  http: httpSource,
};

/** Where sources come from. */
export interface SourcesOptions extends RequestContext {
  readonly kube: Pick<Kube, "get">;
  /** Serin's own, in which the Secrets are. */
  readonly namespace: string;
  /** The Secrets that the administrator names; no other one is read. */
  readonly names: readonly string[];
  /** The one that needs no Secret. */
  readonly prometheus: Source;
}

interface Secret extends KubeObject {
  readonly data?: Readonly<Record<string, string>>;
}

/** Finds a source by the name that a template gives; rejects with a SourceError that says what is to be done. */
export function sourcesFrom(options: SourcesOptions): (name: string) => Promise<Source> {
  const made = new Map<string, { version: string | undefined; source: Source }>();
  const read = async (name: string): Promise<Source> => {
    const secret = await getSecret(options, name);
    const version = secret.metadata.resourceVersion;
    const known = made.get(name);
    // The same source as before keeps what it has, as the token of an hour.
    if (known !== undefined && version !== undefined && known.version === version) return known.source;
    const source = makeSource(name, secret, options);
    made.set(name, { version, source });
    return source;
  };
  const kept = { clock: options.clock, forMs: 60_000, failureForMs: 10_000, most: 1_000 };
  const remembered = memoize(kept, read);
  return async (name) => {
    if (options.names.includes(name)) return remembered(name);
    if (name === "prometheus") return options.prometheus;
    throw new SourceError(
      `the source ${name} is not allowed: an administrator must start the controller with --source=${name}`,
    );
  };
}

async function getSecret({ kube, namespace }: SourcesOptions, name: string): Promise<Secret> {
  try {
    return await kube.get<Secret>(secrets, { namespace, name });
  } catch (cause) {
    const secret = `the Secret ${namespace}/${name}`;
    if (isNotFound(cause)) throw new SourceError(`the source ${name} lacks ${secret}`, { cause });
    if (isForbidden(cause)) {
      throw new SourceError(`Serin may not get ${secret}: add its name to a Role of ${namespace}`, { cause });
    }
    throw new SourceError(`${secret} cannot be read now`, { cause });
  }
}

function makeSource(name: string, { data = {} }: Secret, surroundings: RequestContext): Source {
  const decoded = Object.entries(data).map(([key, value]) => [key, Buffer.from(value, "base64").toString()]);
  const settings = settingsOf(name, Object.fromEntries(decoded));
  const provider = settings.required("provider");
  const make = Object.hasOwn(providers, provider) ? providers[provider] : undefined;
  if (make !== undefined) return make(settings, surroundings);
  const known = Object.keys(providers);
  const near = nearest(provider, known);
  const hint = near === undefined ? `known are ${known.join(", ")}` : `did you mean ${near}?`;
  throw new SourceError(`the source ${name} has an unknown provider; ${hint}`);
}
