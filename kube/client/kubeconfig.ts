import type { AgentOptions, RequestOptions } from "node:https";
import { KubeConfig } from "@kubernetes/client-node";
import { Agent, type buildConnector, type Dispatcher, ProxyAgent } from "undici";
import { messageOf } from "../core/error-message.ts";
import type { Credentials } from "./credentials.ts";

/** The credentials of a kubeconfig file, of its current context or of `context`. */
export function fromFile(path: string, context?: string): Promise<Credentials> {
  const config = new KubeConfig();
  config.loadFromFile(path);
  if (context !== undefined) config.setCurrentContext(context);
  return fromKubeConfig(config);
}

/**
 * The kubeconfig of several files, as kubectl merges them: the first file that has a name, or a current context, wins.
 * `context` instead of the current one, if given. Throws if a file cannot be read or the context does not exist.
 */
export function mergedConfig(paths: readonly string[], context?: string): KubeConfig {
  const files = paths.map((path) => {
    const config = new KubeConfig();
    try {
      config.loadFromFile(path);
    } catch (cause) {
      throw new Error(`cannot read the kubeconfig ${path}: ${messageOf(cause)}`, { cause });
    }
    return config;
  });
  const merged = new KubeConfig();
  merged.loadFromOptions({
    clusters: firstOfName(files.flatMap((file) => file.clusters)),
    users: firstOfName(files.flatMap((file) => file.users)),
    contexts: firstOfName(files.flatMap((file) => file.contexts)),
    currentContext: context ?? files.map((file) => file.currentContext).find(Boolean),
  });
  if (context !== undefined && merged.getContextObject(context) === null)
    throw new Error(`context "${context}" does not exist`);
  return merged;
}

function firstOfName<T extends { readonly name: string }>(all: readonly T[]): readonly T[] {
  return all.filter(({ name }, i) => all.findIndex((other) => other.name === name) === i);
}

/** The credentials of a loaded kubeconfig. Throws if it names no current cluster. */
export async function fromKubeConfig(config: KubeConfig): Promise<Credentials> {
  const cluster = config.getCurrentCluster();
  if (!cluster) throw new Error("the kubeconfig names no current cluster");
  const tls: RequestOptions = {};
  await config.applyToHTTPSOptions(tls);
  const options = config.createDispatcherOptions(cluster, tls as AgentOptions);
  return {
    server: new URL(cluster.server),
    connect: () => dispatcherOf(options),
    headers: () => headersOf(config),
  };
}

function dispatcherOf(options: ReturnType<KubeConfig["createDispatcherOptions"]>): Dispatcher {
  switch (options.type) {
    case "agent":
      return new Agent({ connect: options.connect as buildConnector.BuildOptions });
    case "none":
      return new Agent();
    case "proxy":
      return new ProxyAgent({
        uri: options.uri,
        requestTls: options.requestTls as buildConnector.BuildOptions,
      });
    case "socks":
      throw new Error("SOCKS proxies are not supported");
  }
}

/** The library reads a token file again after a minute, and runs a credential plug-in when its token expires. */
async function headersOf(config: KubeConfig): Promise<Record<string, string>> {
  const options: RequestOptions = { headers: {} };
  await config.applyToHTTPSOptions(options);
  const headers = Object.entries(options.headers ?? {});
  return Object.fromEntries(headers.map(([name, value]) => [name.toLowerCase(), String(value)]));
}
