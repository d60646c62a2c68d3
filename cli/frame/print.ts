import { stringify } from "yaml";
import { fillJsonPath } from "./jsonpath.ts";
import type { Format } from "./kubectl-flags.ts";
import type { Terminal } from "./terminal.ts";

/** An object that can be printed as JSON; `name` is its form for `-o name`, such as `deployment.apps/web`. */
export interface Printed {
  readonly name: string;
  readonly object: object;
}

/**
 * Prints objects in one of kubectl's forms for programs; returns false for a table, which the command lays out itself.
 * `isOne`: the user named one object, so that it is printed alone and not in a List.
 */
export function printObjects(
  terminal: Terminal,
  format: Format,
  objects: readonly Printed[],
  isOne: boolean,
): boolean {
  const [first] = objects;
  const whole =
    isOne && first !== undefined
      ? first.object
      : { apiVersion: "v1", kind: "List", items: objects.map(({ object }) => object) };
  switch (format.kind) {
    case "table":
    case "wide":
      return false;
    case "json":
      terminal.say(JSON.stringify(whole, undefined, 4));
      return true;
    case "yaml":
      terminal.out(stringify(whole, { lineWidth: 0 }));
      return true;
    case "name":
      for (const { name } of objects) terminal.say(name);
      return true;
    case "jsonpath":
      terminal.out(fillJsonPath(format.template, whole));
      return true;
    default:
      return format satisfies never;
  }
}
