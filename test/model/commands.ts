import fc from "fast-check";
import type { Model } from "./command.ts";
import type { ModelWorld } from "./model-world.ts";
import { nature } from "./nature.ts";
import { owners } from "./owners.ts";
import { people } from "./people.ts";
import { trouble } from "./trouble.ts";

/** Time passes more often than anything else happens. */
const time = Array.from({ length: 8 }, () => nature.slice(0, 1)).flat();

/** Sequences of up to `most` commands. */
export function commands(most: number): fc.Arbitrary<Iterable<fc.Command<Model, ModelWorld>>> {
  return fc.commands([...time, ...people, ...people, ...owners, ...nature, ...trouble], {
    maxCommands: most,
    size: "max",
  });
}
