import { existsSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";
import type { Dispatcher } from "undici";
import type { Endpoint } from "../../evidence/prometheus.ts";
import type { FlagValues } from "../../flags/program.ts";
import type { Kube } from "../../kube/client/api.ts";
import { connect } from "../../kube/client/connect.ts";
import type { Credentials } from "../../kube/client/credentials.ts";
import { gatewayApi, negotiated } from "../../kube/client/discovery.ts";
import { inCluster } from "../../kube/client/in-cluster.ts";
import type { ServerClock } from "../../kube/client/server-clock.ts";
import type { Clock } from "../../kube/core/clock.ts";
import type { everyFlags } from "./kubectl-flags.ts";

/** A pod's own namespace, as the kubelet tells it. */
const POD_NAMESPACE = "/var/run/secrets/kubernetes.io/serviceaccount/namespace";
/** The longest time that a timer can wait, in ms, for "no limit". */
const NO_LIMIT_MS = 2 ** 31 - 1;

type Environment = Readonly<Record<string, string | undefined>>;

/** The cluster that the flags and the kubeconfig name. */
export interface Cluster {
  readonly kube: Kube;
  /** The namespace of `-n`, else of the context, else `default`. */
  readonly namespace: string;
  /** How to ask a path of the API server that answers other than Kubernetes' API: a program behind its proxy. */
  behind(path: string): Promise<Endpoint>;
  close(): Promise<void>;
}

export interface ClusterOptions {
  readonly flags: FlagValues<typeof everyFlags>;
  readonly environment: Environment;
  readonly clock: Clock;
  /** Hears the API server's time. */
  readonly serverClock?: ServerClock;
  readonly userAgent: string;
  readonly onWarning: (sentence: string) => void;
}

/** Reads the kubeconfig and opens a connection, which must be closed. Throws if no file says where the cluster is. */
export async function openCluster(options: ClusterOptions): Promise<Cluster> {
  const { flags, clock, serverClock, userAgent, onWarning } = options;
  const { namespace, load } = await placeOf(options);
  const read = async () => impersonating(await load(), flags.as, flags["as-group"]);
  const proxied = proxyOf(read);
  const connection = connect({
    fieldManager: "kubectl-serin",
    userAgent,
    onWarning,
    load: read,
    log: { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} },
    ...(serverClock && { serverClock }),
    timeoutMs: flags["request-timeout"] || NO_LIMIT_MS,
  });
  const kube = negotiated(connection, { ...gatewayApi, clock });
  return {
    kube,
    namespace,
    behind: proxied.behind,
    close: async () => {
      await Promise.all([kube.close(), proxied.close()]);
    },
  };
}

/** Another pool of connections than that of Kubernetes' API: its requests have their own time limits and answers. */
function proxyOf(read: () => Promise<Credentials>) {
  let session: Promise<{ readonly credentials: Credentials; readonly dispatcher: Dispatcher }> | undefined;
  const open = async () => {
    const credentials = await read();
    return { credentials, dispatcher: credentials.connect() };
  };
  return {
    behind: async (path: string): Promise<Endpoint> => {
      session ??= open();
      const { credentials, dispatcher } = await session;
      const { server } = credentials;
      const headers = await credentials.headers();
      const url = new URL(`${server.pathname.replace(/\/$/, "")}${path}`, server.origin);
      const { authorization } = headers;
      const secrets =
        typeof authorization === "string" ? [authorization, authorization.replace(/^\S+ /, "")] : [];
      return { url, headers, secrets, dispatcher };
    },
    close: async () => (await session)?.dispatcher.destroy(),
  };
}

async function placeOf({ flags, environment, clock }: ClusterOptions) {
  const paths = kubeconfigPaths(flags.kubeconfig, environment);
  if (paths.length === 0 && flags.context === undefined && environment.KUBERNETES_SERVICE_HOST) {
    const own = existsSync(POD_NAMESPACE) ? readFileSync(POD_NAMESPACE, "utf8").trim() : "default";
    return { namespace: flags.namespace ?? own, load: async () => inCluster(environment, clock) };
  }
  if (paths.length === 0)
    throw new Error("no kubeconfig: set $KUBECONFIG or --kubeconfig, or create ~/.kube/config");
  // The vendor's client takes half of the start-up time, so only commands that ask a cluster load it.
  const { fromKubeConfig, mergedConfig } = await import("../../kube/client/kubeconfig.ts");
  const read = () => mergedConfig(paths, flags.context);
  const config = read();
  const own = config.getContextObject(config.getCurrentContext())?.namespace;
  return { namespace: flags.namespace ?? own ?? "default", load: () => fromKubeConfig(read()) };
}

/** The kubeconfig files as kubectl finds them: those of $KUBECONFIG that do not exist do not count. */
function kubeconfigPaths(flag: string | undefined, environment: Environment): readonly string[] {
  if (flag !== undefined) return [flag];
  const listed = (environment.KUBECONFIG ?? "").split(delimiter).filter((path) => path !== "");
  if (listed.length > 0) return listed.filter((path) => existsSync(path));
  const usual = join(environment.HOME ?? homedir(), ".kube", "config");
  return existsSync(usual) ? [usual] : [];
}

/** The credentials with the headers of an impersonation, as the API server reads them. */
function impersonating(
  credentials: Credentials,
  user: string | undefined,
  groups: readonly string[],
): Credentials {
  const headers = {
    ...(user === undefined ? {} : { "impersonate-user": user }),
    ...(groups.length === 0 ? {} : { "impersonate-group": [...groups] }),
  };
  return { ...credentials, headers: async () => ({ ...(await credentials.headers()), ...headers }) };
}
