import type { Write } from "../../kube/core/writes.ts";
import type { Objects } from "./objects.ts";

/** Somebody who changes an object between Serin's read of it and its write. */
export class Meddler {
  #left = Number.POSITIVE_INFINITY;
  #isMeant: (write: Write) => boolean = () => true;
  /** How often it has changed an object. */
  changes = 0;

  /** Lets so many of these writes of Serin's pass, and then changes what the next one is about; Infinity: never. */
  wait(writes: number, isMeant: (write: Write) => boolean = () => true): void {
    this.#left = writes;
    this.#isMeant = isMeant;
  }

  /** Changes the object of this write if it is time. Returns whether the API server must refuse the write. */
  meddle(objects: Objects & { disturb(): void }, write: Write): boolean {
    // Conditions are guarded by the UID alone: no decision depends on them.
    if (write.verb === "event" || write.verb === "create" || write.verb === "strategic") return false;
    const { kind, name } = write;
    const stored = objects.find(kind, name);
    if (stored === undefined || !this.#isMeant(write)) return false;
    this.#left -= 1;
    if (this.#left >= 0) return false;
    this.#left = Number.POSITIVE_INFINITY;
    this.changes += 1;
    const labels = { ...stored.metadata.labels, "meddler.test/seen": `${this.changes}` };
    objects.put(kind, { ...stored, metadata: { ...stored.metadata, labels } });
    // Native control writes Deployments all the time; Serin's guard there is about what users change.
    if (kind === "deployments") {
      objects.disturb();
      const deployment = objects.get(kind, name);
      const replicas = (deployment.spec.replicas ?? 1) + 1;
      objects.put(kind, { ...deployment, spec: { ...deployment.spec, replicas } });
    }
    return true;
  }
}
