import { readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { Agent } from "undici";
import type { Clock } from "../core/clock.ts";
import type { Credentials } from "./credentials.ts";

/** The folder in which the kubelet puts a pod's token and the authority of the API server's certificate. */
const FOLDER = "/var/run/secrets/kubernetes.io/serviceaccount";

/** The pod's variables KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT, the address of the API server. */
type Environment = Readonly<Record<string, string | undefined>>;

/**
 * How long (ms) a token that was read counts. The kubelet replaces it minutes before it expires, and a 401 loads new
 * credentials at once. A read for each request took a fifth of the controller's CPU time with a hundred rollouts.
 */
const TOKEN_MS = 10_000;

/**
 * The credentials of the pod in which this process runs. The token is read again and again, because the kubelet replaces it
 * before it expires. Throws outside a cluster, and in a pod without a token.
 */
export function inCluster(environment: Environment, clock: Pick<Clock, "now">, folder = FOLDER): Credentials {
  const { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port } = environment;
  if (!host || !port) {
    throw new Error(
      "no API server: KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT are not set; run in a pod",
    );
  }
  let token: { readonly at: number; readonly authorization: Promise<string> } | undefined;
  // Every watch keeps its headers, so all that begin with one token share the text.
  const authorize = () => {
    if (token !== undefined && clock.now() - token.at < TOKEN_MS) return token.authorization;
    const read = readFile(`${folder}/token`, "utf8").then((text) => `Bearer ${text.trim()}`);
    const reading = { at: clock.now(), authorization: read };
    token = reading;
    // The next request tries again.
    read.catch(() => {
      if (token === reading) token = undefined;
    });
    return read;
  };
  const ca = readFileSync(`${folder}/ca.crt`);
  return {
    server: new URL(`https://${host.includes(":") ? `[${host}]` : host}:${port}`),
    connect: () => new Agent({ connect: { ca } }),
    headers: async () => ({ authorization: await authorize() }),
  };
}
