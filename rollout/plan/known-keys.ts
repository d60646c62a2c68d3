import { CHANGED, FLIGHT, HELD, ISOLATE, RUN } from "../keys.ts";
import { unknown } from "../text/parse.ts";
import { nearest } from "../text/suggest.ts";
import { PREFIX } from "./annotation.ts";
import { annotations as table } from "./annotations.ts";
import type { Complaint } from "./complaints.ts";

const known: readonly string[] = Object.values(table).map(({ key }) => key);
const ownKeys: readonly string[] = [HELD, RUN, FLIGHT, CHANGED];

/** Complains about every key under `serin.dev/` that means nothing on a Deployment. */
export function keyComplaints(given: Readonly<Record<string, string>>): readonly Complaint[] {
  return Object.keys(given).flatMap((key) => {
    if (!key.startsWith(PREFIX) || known.includes(key) || ownKeys.includes(key)) return [];
    if (key === ISOLATE) return [misplacedKey(key, "a Service")];
    return [unknownKey(key, known, "annotation")];
  });
}

/** A key that nothing reads, with the one that was meant. `noun` says what the key is. */
export function unknownKey(key: string, keys: readonly string[], noun: string): Complaint {
  // The common prefix would make all keys look alike.
  const near = nearest(short(key), keys.map(short));
  const meant = keys.find((each) => near !== undefined && short(each) === near);
  return { ...unknown(`${noun} ${key}`, meant, "remove it or correct its name"), key, where: [] };
}

/** A key that means something elsewhere: on "a Service". */
export function misplacedKey(key: string, place: string): Complaint {
  return { key, where: [key], what: "not valid here", use: `use it on ${place}` };
}

function short(key: string): string {
  return key.startsWith(PREFIX) ? key.slice(PREFIX.length) : key;
}
