import { issueAuthority, issueLeaf, type KeyPair } from "../../certs/issue.ts";
import type { Cluster } from "../cluster/cluster.ts";
import { eventually } from "../cluster/wait.ts";
import { defineKind } from "./define-kind.ts";

const NAMESPACE = "/api/v1/namespaces/serin-system";
const CERTIFICATE = "/apis/cert-manager.io/v1/namespaces/serin-system/certificates/serin";
const CONFIGURATION = "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations/serin";
const INSTALL_MS = 60_000;
const HOUR_MS = 3_600_000;

interface Certificate {
  readonly spec: { readonly secretName: string; readonly dnsNames: readonly [string, ...string[]] };
}
interface Configuration {
  readonly metadata: { readonly annotations?: Readonly<Record<string, string>> };
  readonly webhooks: readonly object[];
}

/** Stands in for cert-manager, and writes what it writes for Serin: the Secret of the Certificate, and the bundle of the configuration. */
export class ExternalIssuer {
  readonly #cluster: Cluster;
  #authority: KeyPair | undefined;

  private constructor(cluster: Cluster) {
    this.#cluster = cluster;
  }

  /** Defines its kinds, for an installation that follows. */
  static async installedIn(cluster: Cluster): Promise<ExternalIssuer> {
    const kind = { group: "cert-manager.io", version: "v1" };
    await defineKind(cluster, { ...kind, kind: "Issuer", plural: "issuers" });
    await defineKind(cluster, { ...kind, kind: "Certificate", plural: "certificates" });
    return new ExternalIssuer(cluster);
  }

  /** Issues the first certificate as soon as somebody applies the Certificate. */
  async begin(): Promise<void> {
    await this.#present<Certificate>(CERTIFICATE);
    await this.newAuthority();
    await this.issue();
    await this.inject();
  }

  async newAuthority(): Promise<void> {
    this.#authority = await issueAuthority({ now: Date.now(), lifeMs: HOUR_MS });
  }

  /** Writes a new certificate of the authority into the Secret; returns it, PEM. */
  async issue(): Promise<string> {
    const { secretName: name, dnsNames } = (await this.#present<Certificate>(CERTIFICATE)).spec;
    const authority = this.#signer();
    const { cert, key } = await issueLeaf(authority, dnsNames, { now: Date.now(), lifeMs: HOUR_MS });
    const stringData = { "tls.crt": cert, "tls.key": key, "ca.crt": authority.cert };
    const secret = {
      apiVersion: "v1",
      kind: "Secret",
      metadata: { name },
      type: "kubernetes.io/tls",
      stringData,
    };
    const { status } = await this.#cluster.api.request("POST", `${NAMESPACE}/secrets`, secret);
    if (status === 409)
      await this.#cluster.api.demand("PATCH", `${NAMESPACE}/secrets/${name}`, { stringData });
    return cert;
  }

  /** Writes the authority into the configuration that its annotation names the Certificate for. */
  async inject(): Promise<void> {
    const { metadata, webhooks } = await this.#present<Configuration>(CONFIGURATION);
    if (metadata.annotations?.["cert-manager.io/inject-ca-from"] !== "serin-system/serin")
      throw new Error("the configuration does not ask for the bundle");
    const value = Buffer.from(this.#signer().cert).toString("base64");
    const patch = webhooks.map((_, i) => ({
      op: "add",
      path: `/webhooks/${i}/clientConfig/caBundle`,
      value,
    }));
    await this.#cluster.api.demand("PATCH", CONFIGURATION, patch);
  }

  #signer(): KeyPair {
    if (this.#authority === undefined) throw new Error("no authority");
    return this.#authority;
  }

  #present<T>(path: string): Promise<T> {
    const read = async () => {
      const { status, body } = await this.#cluster.api.request("GET", path);
      return status === 200 ? (body as T) : undefined;
    };
    return eventually(`${path} exists`, read, INSTALL_MS);
  }
}
