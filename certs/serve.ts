import { backoffMs } from "../kube/core/clock.ts";
import type { Log } from "../kube/core/log.ts";
import { mutatingWebhookConfigurations, pods, secrets } from "../kube/core/resources.ts";
import type { Pod } from "../kube/core/workloads.ts";
import { reflect } from "../kube/runtime/reflector.ts";
import type { Accepted } from "./accepted.ts";
import { reaches, tokensIn, trusts, type WebhookConfiguration } from "./configuration.ts";
import { deviationsOf } from "./deviations.ts";
import { readExternal } from "./external.ts";
import { readBundle } from "./inspect.ts";
import { expectOwn, keepConfiguration, keepTrust } from "./keep-configuration.ts";
import { ownerKeeper } from "./keep-owner.ts";
import type { Material, Secret } from "./material.ts";
import type { Peers } from "./peers.ts";
import { concernsPaths } from "./pods.ts";
import { type CertificateOptions, defaultLives, ensureCertificate } from "./rotate.ts";
import { tokenLifeMs } from "./tokens.ts";

/** The certificate, and the listener that serves it. */
export interface ServingOptions extends Omit<CertificateOptions, "served" | "trust"> {
  /** The Secret in which another issuer keeps the certificate; it also keeps caBundle. Absent: Serin issues and keeps both. */
  readonly external?: string | undefined;
  /** The MutatingWebhookConfiguration whose caBundle, paths and conditions Serin keeps. */
  readonly configuration: string;
  /** The name of the Service by which the API server calls the webhook. */
  readonly service: string;
  /** Learns the tokens of the Secret and of the configuration. */
  readonly accepted: Accepted;
  /** Learns of other installations. */
  readonly peers: Peers;
  /** The life (ms) of a token in the path. */
  readonly tokenMs?: number;
  readonly signal: AbortSignal;
  readonly log: Log;
  /** Called with the first certificate and with each new one: `server.setSecureContext`. */
  readonly apply: (certificate: { readonly cert: string; readonly key: string }) => void;
  /** Called with whether the configuration, whichever replica wrote it, leads the API server to this replica. */
  readonly onReach: (isReached: boolean) => void;
}

/** The longest time (ms) between two decisions. Timers cannot wait for longer than 24 days. */
const longestSleepMs = 24 * 3_600_000;

/**
 * Keeps a certificate served, and the configuration as keep-configuration.ts and keep-owner.ts want it, until the signal
 * aborts: at start, when a certificate or a token is due, and when the Secret, the configuration or the webhook's pods
 * change. Logs a failure and tries again (0.2 s doubling to 10 s).
 */
export async function keepServing(options: ServingOptions): Promise<void> {
  const { kube, namespace, name, names, external, configuration, clock, signal, log } = options;
  const { apply, accepted, peers, onReach } = options;
  const { lives = defaultLives, tokenMs = tokenLifeMs } = options;
  const trust = (caBundle: string) => keepTrust(options, caBundle);
  const keepOwner = ownerKeeper(options);
  const bell = new Bell();
  let served: Material | undefined;
  let found: WebhookConfiguration | undefined;
  let differs = "";
  const tell = () => {
    onReach(found !== undefined && reaches(found, readBundle(served?.cert), options));
  };
  const followed = { kube, clock, signal, log, initial: "watch" } as const;
  for (const each of external === undefined ? [name] : [name, external]) {
    const fieldSelector = `metadata.name=${each}`;
    reflect<Secret>({
      ...followed,
      resource: secrets,
      namespace,
      fieldSelector,
      onChange(_key, now, last) {
        if (each === name && now?.immutable && !last?.immutable)
          log.error(
            { secret: name },
            "the Secret is immutable, so Serin cannot renew what is in it: delete it, and Serin creates it again",
          );
        bell.ring();
      },
    });
  }
  reflect<WebhookConfiguration>({
    ...followed,
    resource: mutatingWebhookConfigurations,
    onChange(_key, now, last) {
      const { name = "" } = (now ?? last)?.metadata ?? {};
      const other = peers.note(name, now);
      if (other !== undefined)
        log.error(
          { configuration: name, namespace: other },
          "another installation of Serin acts on this cluster: remove one of the two",
        );
      if (name !== configuration) return;
      found = now;
      const before = differs;
      differs = now === undefined ? "" : deviationsOf(now).join("; ");
      if (differs !== "" && differs !== before)
        log.error(
          { configuration, differs },
          "new versions may go out without a canary: apply the manifests or the chart of this version again",
        );
      accepted.configure(now === undefined ? new Set() : tokensIn(now));
      tell();
      bell.ring();
    },
  });
  reflect<Pod>({
    ...followed,
    resource: pods,
    namespace,
    onChange: (_key, now, before) => concernsPaths(now, before) && bell.ring(),
  });
  const isTrusted = (chain: string) => found !== undefined && trusts(found, readBundle(chain));
  const certificateNow = () =>
    external === undefined
      ? ensureCertificate({ ...options, served, trust })
      : readExternal({ kube, namespace, secret: external, host: names[0], clock, served, isTrusted });
  for (let failures = 0; !signal.aborted; ) {
    let waitMs: number;
    const rung = bell.next();
    try {
      const certificate = await certificateNow();
      if (certificate.cert !== served?.cert) {
        apply({ cert: certificate.cert, key: certificate.key });
        log.info({ nextAt: new Date(certificate.nextAt).toISOString() }, "certificate served");
      }
      served = certificate;
      tell();
      // An installation with the same names takes the right to read the configuration as well.
      if (found !== undefined) expectOwn(found, options);
      const tokenLives = { lifeMs: tokenMs, settleMs: lives.settleMs };
      const caBundle = external === undefined ? certificate.caBundle : undefined;
      const nextAt = await keepConfiguration(options, caBundle, tokenLives);
      await keepOwner();
      failures = 0;
      waitMs = Math.min(longestSleepMs, Math.max(0, Math.min(certificate.nextAt, nextAt) - clock.now()));
    } catch (error) {
      log.warn({ err: error }, "keep certificate failed");
      waitMs = backoffMs(failures++);
    }
    await clock.sleep(waitMs, AbortSignal.any([signal, rung])).catch(() => {});
  }
}

/** Wakes one sleeper. A ring during the work counts for the next sleep. */
class Bell {
  #rung = new AbortController();

  /** A signal that aborts at the next ring. */
  next(): AbortSignal {
    if (this.#rung.signal.aborted) this.#rung = new AbortController();
    return this.#rung.signal;
  }

  ring(): void {
    this.#rung.abort();
  }
}
