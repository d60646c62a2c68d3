import { writeFileSync } from "node:fs";
import { toJsonSchema } from "@valibot/to-json-schema";
import { noticeSchema } from "../rollout/notice/notice.ts";

/** The JSON Schema of a notice, which is the `data` of a CloudEvent. Later versions only add fields. */
export function noticeSchemaPage(): string {
  const whole = { title: "A notice of Serin", ...toJsonSchema(noticeSchema, { target: "draft-2020-12" }) };
  return `${JSON.stringify(whole, undefined, 2)}\n`;
}

if (import.meta.main) writeFileSync(new URL("notice.schema.json", import.meta.url), noticeSchemaPage());
