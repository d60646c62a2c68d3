import { request } from "undici";
import { ports } from "./addresses.ts";

/** Which pods: those of a version (the tag without tokens) in a namespace. */
export interface Version {
  readonly namespace: string;
  readonly version: string;
}

/** What pods received, whoever saw their answers: copies that a gateway mirrors count as well. */
export interface Received {
  /** HTTP requests. */
  readonly requests: number;
  /** gRPC calls, streams among them. */
  readonly calls: number;
  /** Both by Host or :authority; Envoy adds `-shadow` to it in mirrored copies. */
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

  /** What was received from the beginning until now. */
  of(version: Version): Received {
    return this.#versions.get(keyOf(version)) ?? { requests: 0, calls: 0, byHost: {} };
  }
}

/** Asks the pods of a running cluster, from inside its namespace, what they received until now. */
export async function receivedBy({ namespace, version }: Version): Promise<Received> {
  const query = new URLSearchParams({ namespace, version });
  const { body } = await request(`http://127.0.0.1:${ports.podsControl}/?${query}`);
  return (await body.json()) as Received;
}

/** The copies among them that a gateway mirrored and whose answers nobody saw (Envoy only). */
export function mirrored({ byHost }: Received): number {
  const copies = Object.entries(byHost).filter(([host]) => /-shadow(:\d+)?$/.test(host));
  return copies.reduce((sum, [, count]) => sum + count, 0);
}

function keyOf({ namespace, version }: Version): string {
  return `${namespace}/${version}`;
}
