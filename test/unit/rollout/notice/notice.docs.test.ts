import { readFileSync } from "node:fs";
import { expect } from "chai";
import { noticeSchemaPage } from "../../../../docs/notice-schema.ts";
import { channels } from "../../../../rollout/notice/channels/registry.ts";
import { moments } from "../../../../rollout/plan/notify.ts";

const read = (name: string) => readFileSync(new URL(`../../../../docs/${name}`, import.meta.url), "utf8");

describe("docs/notifications.md", () => {
  it("has the schema of a notice beside it (npm run docs)", () => {
    expect(read("notice.schema.json")).to.equal(noticeSchemaPage());
  });

  it("has a row for every type of receiver and for every moment", () => {
    const page = read("notifications.md");
    const rows = page.split("\n").filter((line) => line.startsWith("| `"));
    for (const name of [...Object.keys(channels), ...moments])
      expect(
        rows.some((row) => row.split("|")[1]?.includes(`\`${name}\``)),
        name,
      ).to.equal(true);
  });
});
