import { writeFileSync } from "node:fs";
import { toJsonSchema } from "@valibot/to-json-schema";
import { historySchema, viewSchema } from "../rollout/view/view.ts";

/** The JSON Schema of what `kubectl serin status -o json` and `history -o json` print. Later versions only add fields. */
export function statusSchemas(): string {
  const schemas = { RolloutStatus: viewSchema, RolloutHistory: historySchema };
  const $defs = Object.fromEntries(
    Object.entries(schemas).map(([name, schema]) => {
      const { $schema: _dialect, ...rest } = toJsonSchema(schema, { target: "draft-2020-12" });
      return [name, rest];
    }),
  );
  const whole = {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    title: "What kubectl serin prints with -o json",
    oneOf: Object.keys(schemas).map((name) => ({ $ref: `#/$defs/${name}` })),
    $defs,
  };
  return `${JSON.stringify(whole, undefined, 2)}\n`;
}

if (import.meta.main) writeFileSync(new URL("status.schema.json", import.meta.url), statusSchemas());
