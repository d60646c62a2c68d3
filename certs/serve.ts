import { backoffMs } from "../kube/core/clock.ts";
import type { Log } from "../kube/core/log.ts";
import type { KubeObject } from "../kube/core/meta.ts";
import { mutatingWebhookConfigurations, type Resource, secrets } from "../kube/core/resources.ts";
import { reflect } from "../kube/runtime/reflector.ts";
import { keepCaBundle } from "./bundle.ts";
import type { Material } from "./material.ts";
import { type CertificateOptions, ensureCertificate } from "./rotate.ts";

/** The certificate, and the listener that serves it. */
export interface ServingOptions extends Omit<CertificateOptions, "served" | "trust"> {
  /** The MutatingWebhookConfiguration whose caBundle follows the certificate. */
  readonly configuration: string;
  readonly signal: AbortSignal;
  readonly log: Log;
  /** Called with the first certificate and with each new one: `server.setSecureContext`. */
  readonly apply: (certificate: { readonly cert: string; readonly key: string }) => void;
}

/** The longest time (ms) between two decisions. Timers cannot wait for longer than 24 days. */
const longestSleepMs = 24 * 3_600_000;

/**
 * Keeps a certificate served and trusted until the signal aborts: at start, when it is due, and when the Secret or the
 * webhook configuration changes. Logs a failure and tries again (0.2 s doubling to 10 s).
 */
export async function keepServing(options: ServingOptions): Promise<void> {
  const { kube, namespace, name, configuration, clock, signal, log, apply } = options;
  const trust = (caBundle: string) => keepCaBundle({ kube, configuration, caBundle, owner: namespace });
  const bell = new Bell();
  follow(options, secrets, name, bell, namespace);
  follow(options, mutatingWebhookConfigurations, configuration, bell);
  let served: Material | undefined;
  for (let failures = 0; !signal.aborted; ) {
    let waitMs: number;
    const rung = bell.next();
    try {
      const certificate = await ensureCertificate({ ...options, served, trust });
      if (certificate.cert !== served?.cert) {
        apply({ cert: certificate.cert, key: certificate.key });
        log.info({ nextAt: new Date(certificate.nextAt).toISOString() }, "certificate served");
      }
      served = certificate;
      await trust(certificate.caBundle);
      failures = 0;
      waitMs = Math.min(longestSleepMs, Math.max(0, certificate.nextAt - clock.now()));
    } catch (error) {
      log.warn({ err: error }, "keep certificate failed");
      waitMs = backoffMs(failures++);
    }
    await clock.sleep(waitMs, AbortSignal.any([signal, rung])).catch(() => {});
  }
}

/** Rings the bell at every change of one object. */
function follow(
  options: ServingOptions,
  resource: Resource,
  name: string,
  bell: Bell,
  namespace?: string,
): void {
  reflect<KubeObject>({
    ...options,
    resource,
    namespace,
    fieldSelector: `metadata.name=${name}`,
    initial: "watch",
    onChange: () => bell.ring(),
  });
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
