import type { KubeObject } from "../core/meta.ts";

/** A Lease of coordination.k8s.io/v1. */
export interface Lease extends KubeObject {
  spec?: {
    holderIdentity?: string;
    /** Seconds. */
    leaseDurationSeconds?: number;
    leaseTransitions?: number;
    acquireTime?: string;
    renewTime?: string;
  };
}

/** The candidate that writes the Lease, the time (ms since the epoch), and the duration (ms). */
interface Holder {
  readonly identity: string;
  readonly durationMs: number;
  readonly now: number;
}

/** How long (ms) a candidate that saw the Lease change at `seenAt` must still respect its holder. */
export function respectMs(
  lease: Lease | undefined,
  seenAt: number,
  { identity, now }: Omit<Holder, "durationMs">,
) {
  const holder = lease?.spec?.holderIdentity;
  if (!holder || holder === identity) return 0;
  return Math.max(0, seenAt + (lease?.spec?.leaseDurationSeconds ?? 0) * 1000 - now);
}

/** The spec with which a new holder takes the Lease. */
export function taken(lease: Lease | undefined, { identity, durationMs, now }: Holder) {
  return {
    holderIdentity: identity,
    leaseDurationSeconds: Math.ceil(durationMs / 1000),
    leaseTransitions: (lease?.spec?.leaseTransitions ?? -1) + 1,
    acquireTime: microTime(now),
    renewTime: microTime(now),
  };
}

/** The change by which the holder keeps the Lease. */
export function renewed(now: number) {
  return { renewTime: microTime(now) };
}

/** The change by which the holder frees the Lease, as client-go writes it. Any candidate may take it at once. */
export function released(now: number) {
  return { holderIdentity: "", leaseDurationSeconds: 1, renewTime: microTime(now) };
}

/** RFC3339Micro, the six digits that Go's MicroTime has. */
function microTime(now: number): string {
  return new Date(now).toISOString().replace("Z", "000Z");
}
