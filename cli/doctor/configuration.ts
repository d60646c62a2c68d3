import { readBundle } from "../../certs/inspect.ts";
import { formatAge } from "../frame/age.ts";
import type { Finding } from "../lint/finding.ts";
import type { Calling } from "../reading/serin.ts";

/** From when on (ms before its end) a certificate should have been replaced. */
const SOON_MS = 7 * 86_400_000;
/** What to do where a part of Serin is missing. */
export const INSTALL = "docs/installation.md tells how to install it";

/** Whether the API server asks Serin, and trusts its certificate. */
export function aboutConfiguration(found: readonly Calling[], now: number): Finding {
  const where = "webhook";
  const [first, ...more] = found;
  if (first === undefined)
    return { kind: "bad", where, says: `the API server does not know Serin's webhook; ${INSTALL}` };
  if (more.length > 0) {
    const names = found.map(({ name, namespace }) => `${name} (namespace ${namespace})`).join(", ");
    return {
      kind: "bad",
      where,
      says: `${names} all call Serin: keep one installation, and delete the configurations of those that are gone`,
    };
  }
  const { name, namespace, bundles, deviations } = first;
  const ends = bundles.map((bundle) => lastEnd(bundle));
  const logs = `see the logs: kubectl logs -n ${namespace} -l app.kubernetes.io/name=serin`;
  if (ends.includes(undefined))
    return {
      kind: "bad",
      where,
      says: `${name} has no caBundle, which Serin's webhook or cert-manager writes; ${logs}`,
    };
  const leftMs = Math.min(...ends.map((end) => (end ?? 0) - now));
  if (leftMs <= 0) return { kind: "bad", where, says: `the authority in ${name} has expired; ${logs}` };
  if (deviations.length > 0)
    return {
      kind: "bad",
      where,
      says: `${name} is not as Serin installs it: ${deviations.join("; ")}; apply the manifests or the chart of this version again`,
    };
  return {
    kind: leftMs < SOON_MS ? "warning" : "good",
    where,
    says: `${name} calls Serin in the namespace ${namespace}; its authority lasts ${formatAge(leftMs)}`,
  };
}

/** When (ms) the last certificate of a bundle ends. */
function lastEnd(bundle: string | undefined): number | undefined {
  const certificates = readBundle(bundle && Buffer.from(bundle, "base64").toString());
  return certificates.length === 0
    ? undefined
    : Math.max(...certificates.map(({ validToDate }) => validToDate.getTime()));
}
