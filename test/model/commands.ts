import fc from "fast-check";
import type { Model } from "./command.ts";
import { nature } from "./nature.ts";
import { owners } from "./owners.ts";
import { people } from "./people.ts";
import type { ModelWorld } from "./universe.ts";

/** Most of what happens is that time passes. */
const time = Array.from({ length: 8 }, () => nature.slice(0, 1)).flat();

/** Up to so many things that happen one after the other. */
export function commands(most: number): fc.Arbitrary<Iterable<fc.Command<Model, ModelWorld>>> {
  return fc.commands([...time, ...people, ...people, ...owners, ...nature], {
    maxCommands: most,
    size: "max",
  });
}
