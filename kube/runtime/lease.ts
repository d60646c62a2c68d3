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

/** A candidate, and how long (ms) its Lease lasts. */
interface Holder {
  readonly identity: string;
  readonly durationMs: number;
  /** ms since the epoch for what is written, and of the steady clock for what is measured. */
  readonly now: number;
}

/** A Lease as a candidate last saw it, and when (ms of the steady clock) it last saw it change. */
export interface Seen {
  /** Undefined: it never existed. */
  readonly lease: Lease | undefined;
  /** Whether it still exists. */
  readonly exists: boolean;
  readonly at: number;
}

/** The duration of a Lease that its holder has freed, as client-go writes it. */
const FREED_S = 1;

/**
 * How long (ms) a candidate must still respect the Lease's holder. People delete and edit Leases while the holder leads: it
 * learns of that at its next renewal, and stops for certain when its own duration is over.
 */
export function respectMs({ lease, exists, at }: Seen, { identity, durationMs, now }: Holder): number {
  const { holderIdentity: holder, leaseDurationSeconds = 0 } = lease?.spec ?? {};
  if (holder ? holder === identity : leaseDurationSeconds <= FREED_S) return 0;
  const lastsMs = exists ? Math.max(durationMs, leaseDurationSeconds * 1000) : durationMs;
  return Math.max(0, at + lastsMs - now);
}

/** The spec with which a new holder takes the Lease. */
export function taken(lease: Lease | undefined, { identity, durationMs, now }: Holder) {
  return {
    holderIdentity: identity,
    ...lasting(durationMs),
    leaseTransitions: (lease?.spec?.leaseTransitions ?? -1) + 1,
    acquireTime: microTime(now),
    renewTime: microTime(now),
  };
}

/** The change by which the holder keeps the Lease. It sets back a duration that a person has changed. */
export function renewed({ durationMs, now }: Omit<Holder, "identity">) {
  return { ...lasting(durationMs), renewTime: microTime(now) };
}

/** The change by which the holder frees the Lease. Any candidate may take it at once. */
export function released(now: number) {
  return { holderIdentity: "", leaseDurationSeconds: FREED_S, renewTime: microTime(now) };
}

function lasting(durationMs: number) {
  return { leaseDurationSeconds: Math.ceil(durationMs / 1000) };
}

/** RFC3339Micro, the six digits that Go's MicroTime has. */
function microTime(now: number): string {
  return new Date(now).toISOString().replace("Z", "000Z");
}
