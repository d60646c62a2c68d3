import { parse } from "yaml";
import { type Parsed, problem } from "./parse.ts";

/** YAML with all scalars as text: a query takes `5..` and `500` alike. Throws if it is not valid. */
export function readYamlTexts(text: string): unknown {
  return parse(text, { schema: "failsafe", maxAliasCount: 0 });
}

/** YAML that people write into an annotation. Aliases are refused: a short text could expand to a huge value. */
export function parseYaml(text: string): Parsed<unknown> {
  try {
    return { value: parse(text, { maxAliasCount: 0, logLevel: "error" }) };
  } catch (error) {
    const [reason = ""] = String((error as Error).message).split("\n");
    return problem(`invalid YAML: ${reason.replace(/:$/, "")}`);
  }
}
