import { readBundle } from "../../../certs/inspect.ts";
import type { Cluster } from "../../cluster/cluster.ts";
import { type Daemon, startDaemon } from "../../cluster/daemon.ts";
import { installDefinitions } from "../../cluster/definitions.ts";
import { findCertManager } from "../../cluster/tools.ts";
import { eventually } from "../../cluster/wait.ts";

const PROBES = "127.0.0.1:18092";
const CERTIFICATES = "/apis/cert-manager.io/v1/namespaces/serin-system/certificates";
const SECRETS = "/api/v1/namespaces/serin-system/secrets";
const CONFIGURATION = "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations/serin";

interface Configuration {
  readonly webhooks: readonly { readonly clientConfig: { readonly caBundle?: string } }[];
}
interface Secret {
  readonly data: Readonly<Record<string, string>>;
}

/** Starts the real controllers of cert-manager beside the API server. */
export async function startCertManager(cluster: Cluster): Promise<Daemon> {
  const { program, definitions } = findCertManager();
  await installDefinitions(cluster.api, definitions);
  const args = [`--kubeconfig=${cluster.kubeconfig}`, `--probes=${PROBES}`];
  const daemon = startDaemon(cluster.dir, "cert-manager", program, args);
  await daemon.ready(`http://${PROBES}/healthz`);
  return daemon;
}

/** The serving certificate that cert-manager keeps for Serin, PEM. */
export async function issuedIn(cluster: Cluster): Promise<string> {
  return (await pemOf(cluster, "tls.crt")).join("");
}

/** Whether each webhook of Serin trusts the authority of that certificate. cert-manager keeps the ones before. */
export async function isInjectedIn(cluster: Cluster): Promise<boolean> {
  const authority = (await pemOf(cluster, "ca.crt")).join("");
  const { webhooks } = await cluster.api.demand<Configuration>("GET", CONFIGURATION);
  return webhooks.every(({ clientConfig: { caBundle = "" } }) => decoded(caBundle).includes(authority));
}

async function pemOf({ api }: Cluster, key: string): Promise<readonly string[]> {
  const { data } = await api.demand<Secret>("GET", `${SECRETS}/serin-tls`);
  return decoded(data[key] ?? "");
}

function decoded(base64: string): readonly string[] {
  return readBundle(Buffer.from(base64, "base64").toString()).map(String);
}

/** Has cert-manager issue a Certificate of Serin's again, as `cmctl renew` does, and waits until it has. */
export async function renewIn({ api }: Cluster, name: "serin" | "serin-authority"): Promise<void> {
  const revision = async () => {
    const { status } = await api.demand<{ status: { revision: number } }>("GET", `${CERTIFICATES}/${name}`);
    return status.revision;
  };
  const before = await revision();
  const value = {
    ...{ type: "Issuing", status: "True", reason: "ManuallyTriggered", message: "by a test" },
    lastTransitionTime: new Date().toISOString().replace(/\.\d+/, ""),
  };
  const change = [{ op: "add", path: "/status/conditions/-", value }];
  await api.demand("PATCH", `${CERTIFICATES}/${name}/status`, change);
  await eventually(`${name} issued again`, async () => (await revision()) > before || undefined);
}
