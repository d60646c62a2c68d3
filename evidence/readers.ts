import type { JudgeInput } from "../rollout/judge/evidence.ts";
import type { EvidenceReader } from "./reader.ts";

type Reader = Pick<EvidenceReader, "of" | "forget">;

/** One reader for each Prometheus, so that one that does not answer delays no rollout of the others. */
export function readersBy(make: (prometheus: string | undefined) => Reader): Reader {
  const readers = new Map<string | undefined, { readonly reader: Reader; readonly uids: Set<string> }>();
  const forget = (uid: string) => {
    for (const [name, { reader, uids }] of readers) {
      if (!uids.delete(uid)) continue;
      reader.forget(uid);
      // Tenants choose the names.
      if (uids.size === 0) readers.delete(name);
    }
  };
  return {
    of(watch: JudgeInput) {
      const name = watch.prometheus;
      if (readers.get(name)?.uids.has(watch.uid) !== true) forget(watch.uid);
      const { reader, uids } = readers.get(name) ?? { reader: make(name), uids: new Set<string>() };
      readers.set(name, { reader, uids: uids.add(watch.uid) });
      return reader.of(watch);
    },
    forget,
  };
}
