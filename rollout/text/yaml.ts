import { parse } from "yaml";
import { type Parsed, problem } from "./parse.ts";

/** YAML that people write into an annotation, without anchors. */
export function parseYaml(text: string): Parsed<unknown> {
  try {
    return { value: parse(text, { maxAliasCount: 0, logLevel: "error" }) };
  } catch (error) {
    return problem(`is no YAML: ${String((error as Error).message).split("\n")[0]}`);
  }
}
