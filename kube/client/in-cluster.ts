import { readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { Agent } from "undici";
import type { Credentials } from "./credentials.ts";

/** The folder in which the kubelet puts a pod's token and the authority of the API server's certificate. */
const FOLDER = "/var/run/secrets/kubernetes.io/serviceaccount";

/** The pod's variables KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT, the address of the API server. */
type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The credentials of the pod in which this process runs. Each request reads the token, because the kubelet replaces it
 * before it expires. Throws outside a cluster, and in a pod without a token.
 */
export function inCluster(environment: Environment, folder = FOLDER): Credentials {
  const { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port } = environment;
  if (!host || !port) {
    throw new Error(
      "no API server: KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT are not set; run in a pod",
    );
  }
  const ca = readFileSync(`${folder}/ca.crt`);
  return {
    server: new URL(`https://${host.includes(":") ? `[${host}]` : host}:${port}`),
    connect: () => new Agent({ connect: { ca } }),
    headers: async () => ({ authorization: `Bearer ${(await readFile(`${folder}/token`, "utf8")).trim()}` }),
  };
}
