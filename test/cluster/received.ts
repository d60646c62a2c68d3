import { request } from "undici";
import { ports } from "./addresses.ts";

/** The pods of a version (the tag without tokens) in a namespace. */
export interface Version {
  readonly namespace: string;
  readonly version: string;
}

/** The requests that pods received, including the copies that a gateway mirrors. */
export interface Received {
  /** The number of HTTP requests. */
  readonly requests: number;
  /** The number of gRPC calls, streams included. */
  readonly calls: number;
  /** Both together by Host or :authority, to which Envoy adds `-shadow` in mirrored copies. */
  readonly byHost: Readonly<Record<string, number>>;
}

/** Counts what the pods of each version receive. */
export class Receipts {
  readonly #versions = new Map<string, { requests: number; calls: number; byHost: Record<string, number> }>();

  add(of: Version, kind: "requests" | "calls", host: string): void {
    const key = keyOf(of);
    const counts = this.#versions.get(key) ?? { requests: 0, calls: 0, byHost: {} };
    this.#versions.set(key, counts);
    counts[kind] += 1;
    counts.byHost[host] = (counts.byHost[host] ?? 0) + 1;
  }

  /** The counts since the start of the cluster. */
  of(version: Version): Received {
    return this.#versions.get(keyOf(version)) ?? { requests: 0, calls: 0, byHost: {} };
  }
}

/** Reads the counts of a running cluster's pods, from inside its network namespace. */
export async function receivedBy({ namespace, version }: Version): Promise<Received> {
  const query = new URLSearchParams({ namespace, version });
  const { body } = await request(`http://127.0.0.1:${ports.podsControl}/?${query}`);
  return (await body.json()) as Received;
}

/** The number of mirrored copies among them (Envoy only). */
export function mirrored({ byHost }: Received): number {
  const copies = Object.entries(byHost).filter(([host]) => /-shadow(:\d+)?$/.test(host));
  return copies.reduce((sum, [, count]) => sum + count, 0);
}

function keyOf({ namespace, version }: Version): string {
  return `${namespace}/${version}`;
}
