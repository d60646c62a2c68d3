import { FLIGHT, HELD } from "../../../rollout/keys.ts";
import type { Sample } from "./corpus.ts";
import { BOMBS, ENCODINGS, JSON_TYPE, KEYS, KINDS, NAMES, SCALARS, TYPES, VALUES } from "./words.ts";

/** A request as it goes over the wire. */
export interface Sent {
  readonly path: string;
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
}

type Json = Record<string, unknown>;
type Chance = () => number;
interface Place {
  readonly parent: Json;
  readonly key: string;
}

/** Draws one of a list. */
export function draw<T>(chance: Chance, of: readonly T[]): T {
  return of[Math.floor(chance() * of.length)] as T;
}

/** A sample as a hostile, broken or unusual client might send it, with parts of `others`. */
export function mutate(chance: Chance, sample: Sample, others: readonly Sample[]): Sent {
  const review = structuredClone(sample.review) as unknown as Json;
  const rounds = Math.floor(chance() * 5);
  for (let round = 0; round < rounds; round += 1) draw(chance, MUTATIONS)(review, chance, others);
  const path = `/admit/${chance() < 0.02 ? draw(chance, others).path : sample.path}`;
  return garble(chance, { path, body: JSON.stringify(review), headers: { "content-type": JSON_TYPE } });
}

/** Mutates the bytes and headers, below the level of JSON. */
function garble(chance: Chance, sent: Sent): Sent {
  const { body } = sent;
  const at = Math.floor(chance() * body.length);
  const fate = Math.floor(chance() * 250);
  if (fate === 0) return { ...sent, body: body.slice(0, at) };
  if (fate === 1)
    return {
      ...sent,
      body: `${body.slice(0, at)}${draw(chance, ["{", "\u0000", "\\u", "1e999", ","])}${body.slice(at)}`,
    };
  if (fate === 2) return { ...sent, headers: { "content-type": draw(chance, TYPES) } };
  if (fate === 3)
    return { ...sent, headers: { ...sent.headers, "content-encoding": draw(chance, ENCODINGS) } };
  if (fate === 4) return { ...sent, body: draw(chance, ["", "null", "[]", '"x"', "0", "[".repeat(10_000)]) };
  if (fate === 5)
    return { ...sent, body: body.replace('"name":"web"', `"deep":${nested(5_000)},"name":"web"`) };
  return sent;
}

/** JSON deeper than a recursive function can go, though JSON.parse can. */
function nested(depth: number): string {
  return `${'[{"x":'.repeat(depth)}0${"}]".repeat(depth)}`;
}

const MUTATIONS: readonly ((review: Json, chance: Chance, others: readonly Sample[]) => void)[] = [
  (review, chance) => {
    const { parent, key } = placeIn(review, chance);
    delete parent[key];
  },
  (review, chance) => {
    const { parent, key } = placeIn(review, chance);
    put(parent, key, structuredClone(draw(chance, SCALARS)));
  },
  (review, chance) => {
    const { parent, key } = placeIn(review, chance);
    let nested: unknown = parent[key];
    const depth = chance() < 0.1 ? 1_000 : 5;
    for (let i = 0; i < depth; i += 1) nested = chance() < 0.5 ? [nested] : { x: nested };
    put(parent, key, nested);
  },
  (review, chance) => {
    const { parent, key } = placeIn(review, chance);
    put(parent, key, draw(chance, ["x", "é", "\ud83d\ude00", "{"]).repeat(chance() < 0.02 ? 200_000 : 300));
  },
  (review, chance) => {
    const { parent } = placeIn(review, chance);
    put(parent, draw(chance, NAMES), { polluted: true });
  },
  (review, chance) => {
    const { parent, key } = placeIn(review, chance);
    const value = parent[key];
    if (Array.isArray(value)) put(parent, key, [...value, ...value]);
  },
  // Copies a part of another review to the same place in this one, or to any place.
  (review, chance, others) => {
    const { parent, key } = placeIn(review, chance);
    const from = structuredClone(draw(chance, others).review) as unknown as Json;
    put(parent, key, placeIn(from, chance).parent[key] ?? placeIn(from, chance).parent);
  },
  (review) => {
    const request = review.request as Json | undefined;
    if (typeof request !== "object" || request === null) return;
    [request.object, request.oldObject] = [request.oldObject, request.object];
  },
  (review, chance, others) => {
    const request = review.request as Json | undefined;
    const other = draw(chance, others).review.request;
    if (typeof request !== "object" || request === null) return;
    const part = draw(chance, ["object", "oldObject"]);
    request[part] = structuredClone(other[part]);
  },
  (review, chance) => {
    const { object, kind } = (review.request ?? {}) as { object?: Json; kind?: Json };
    const target = draw(chance, [object, kind]);
    if (typeof target === "object" && target !== null) target.kind = draw(chance, KINDS);
  },
  annotateAnything,
  annotateAnything,
  annotateAnything,
];

/** Sets one of Serin's annotations on the object or, less often, on the stored object. */
function annotateAnything(review: Json, chance: Chance, others: readonly Sample[]): void {
  const request = review.request as Record<string, { metadata?: Json } | null> | undefined;
  const meta = request?.[chance() < 0.8 ? "object" : "oldObject"]?.metadata;
  if (typeof meta !== "object" || meta === null) return;
  if (chance() < 0.1) {
    meta.labels = { ...(meta.labels as Json), [FLIGHT]: draw(chance, ["uid-web", "x", ""]) };
    return;
  }
  const records = [recordsIn(draw(chance, others)), recordsIn(draw(chance, others))].flat();
  const value = draw(chance, [draw(chance, VALUES), draw(chance, BOMBS), ...records]);
  meta.annotations = { ...(meta.annotations as Json), [draw(chance, KEYS)]: value };
}

/** The records of a sample. */
function recordsIn({ review }: Sample): string[] {
  const objects = [review.request.object, review.request.oldObject] as ({
    metadata: { annotations?: Json };
  } | null)[];
  return objects.flatMap((object) => (object?.metadata.annotations?.[HELD] as string | undefined) ?? []);
}

/** A random place, rarely a deep one. Most are in the objects, because Serin refuses other mutations early. */
function placeIn(review: Json, chance: Chance): Place {
  const request = review.request as Json | undefined;
  const inside = chance() < 0.9 ? request?.[chance() < 0.7 ? "object" : "oldObject"] : review;
  let parent = (typeof inside === "object" && inside !== null ? inside : review) as Json;
  for (;;) {
    const keys = Object.keys(parent);
    const key = draw(chance, keys);
    if (key === undefined) return { parent, key: "x" };
    const value = parent[key];
    if (typeof value !== "object" || value === null || chance() < 0.12) return { parent, key };
    parent = value as Json;
  }
}

/** Sets a key as JSON.parse does, also `__proto__`. */
function put(parent: Json, key: string, value: unknown): void {
  Object.defineProperty(parent, key, { value, enumerable: true, configurable: true, writable: true });
}
