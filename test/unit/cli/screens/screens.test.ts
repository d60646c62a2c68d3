import { readFileSync, writeFileSync } from "node:fs";
import { stripVTControlCharacters } from "node:util";
import { expect } from "chai";
import fc from "fast-check";
import stringWidth from "string-width";
import { statusScreen } from "../../../../cli/screens/status-screen.ts";
import { historyScreen, listScreen, recordScreen } from "../../../../cli/screens/tables.ts";
import { states } from "../../../../cli/screens/words.ts";
import * as example from "../../../../docs/example-rollout.ts";
import { kubectlSerinPage } from "../../../../docs/kubectl-serin.ts";
import type { RolloutView } from "../../../../rollout/view/view.ts";
import { cases } from "../../../support/cases.ts";

const surfaceOf = (columns: number, isUnicode = true) => ({
  columns,
  isUnicode,
  paint: (_how: unknown, text: string) => text,
});
type Surface = ReturnType<typeof surfaceOf>;
const {
  inProgress,
  failed,
  waiting,
  atRest,
  preparing,
  withoutMetrics,
  promoting,
  undone,
  lost,
  failedAndLost,
} = example;
const views = [
  ...[inProgress, failed, waiting, atRest, preparing, withoutMetrics, promoting, undone],
  ...[lost, failedAndLost],
];

/** All screens of these views. */
function all(surface: Surface, of = views, past = example.history): readonly string[] {
  const record = past.revisions[0];
  return [
    ...of.flatMap((view) => statusScreen(surface, view, ["you may not list routes, so they are not shown"])),
    ...listScreen(surface, of, { withNamespace: true, withHead: true }),
    ...historyScreen(surface, past, true),
    ...(record ? recordScreen(surface, record) : []),
  ];
}

describe("the screens of kubectl serin", () => {
  const golden = new URL("golden.txt", import.meta.url);
  const made = [surfaceOf(80), surfaceOf(140), surfaceOf(80, false)]
    .map(
      (surface) =>
        `# ${surface.columns} ${surface.isUnicode ? "UTF-8" : "ASCII"}\n${all(surface).join("\n")}\n`,
    )
    .join("\n");

  it("look as golden.txt has them at 80 and 140 columns, and without UTF-8 (SERIN_GOLDEN=1 writes it)", () => {
    if (process.env.SERIN_GOLDEN !== undefined) writeFileSync(golden, made);
    expect(made).to.equal(readFileSync(golden, "utf8"));
  });

  it("go to no stable version that is lost", () => {
    const nextOf = (view: RolloutView) =>
      statusScreen(surfaceOf(200), view).filter((one) => one.startsWith("  next"));
    const logs = "kubectl logs web-5f6c7d8b9c-q8zvl -n shop";
    expect(nextOf(failedAndLost)).to.deep.equal([
      `  next      ${logs} · kubectl serin promote web -n shop · or apply another version`,
    ]);
    expect(nextOf({ ...lost, paused: true })).to.deep.equal(["  next      kubectl serin resume web -n shop"]);
    expect(statusScreen(surfaceOf(200), { ...lost, paused: true })[1]).to.include("(lost) → shop/web:2");
  });

  it("show both versions whole in a narrow terminal: the tag is at the end of a name", () => {
    const name = "registry.example.com/platform/checkout";
    const images = [{ container: "app", stable: `${name}:v1.9.0`, canary: `${name}:v1.10.0` }];
    const narrow = statusScreen(surfaceOf(80), { ...inProgress, images });
    const at = narrow.indexOf(`  ${name}:v1.9.0`);
    expect(narrow.slice(at, at + 3)).to.deep.equal([
      `  ${name}:v1.9.0`,
      `  → ${name}:v1.10.0`,
      "  asked by jane@example.com",
    ]);
  });

  it("are shown in every state", () => {
    expect(new Set(views.map(({ state }) => state))).to.deep.equal(new Set(Object.keys(states)));
  });

  it("stand in docs/kubectl-serin.md as the program prints them: npm run docs", () => {
    const page = readFileSync(new URL("../../../../docs/kubectl-serin.md", import.meta.url), "utf8");
    expect(kubectlSerinPage(page)).to.equal(page);
  });

  it("have no line wider than the terminal, whatever the names, numbers and sentences", () => {
    const text = fc.oneof(fc.string({ unit: "grapheme", maxLength: 300 }), fc.string({ maxLength: 80 }));
    const count = fc.double({ noNaN: true, min: 0, max: 1e12 });
    const given = fc.record({
      text,
      count,
      columns: fc.integer({ min: 20, max: 200 }),
      isUnicode: fc.boolean(),
    });
    const check = ({
      text,
      count,
      columns,
      isUnicode,
    }: {
      text: string;
      count: number;
      columns: number;
      isUnicode: boolean;
    }) => {
      const renamed = views.map((view) => ({
        ...view,
        metadata: { namespace: text, name: text },
        says: text,
        images: [{ container: "app", stable: text, canary: `${text}2` }],
        step: Math.round(count),
        checks: [{ text, says: text }],
        ...(view.evidence && { evidence: { ...view.evidence, requests: { canary: count, stable: count } } }),
        pods: view.pods.map((pod) => ({ ...pod, name: text, says: text })),
        services: [{ name: text, isolated: true }],
        routes: view.routes.map((route) => ({ ...route, name: text, says: text })),
      }));
      const revisions = example.history.revisions.map((past) => ({ ...past, images: [text], says: text }));
      for (const made of all(surfaceOf(columns, isUnicode), renamed, { ...example.history, revisions })) {
        expect(stringWidth(made)).to.be.at.most(columns);
        expect(made).to.not.match(/\p{Cc}/u);
        if (!isUnicode) expect(made).to.match(/^[ -~]*$/);
      }
    };
    fc.assert(fc.property(given, check), { numRuns: cases(200) });
  });

  it("are coloured after they are laid out", () => {
    const paint = (_how: unknown, text: string) => `\u001b[31m${text}\u001b[39m`;
    const coloured = all({ ...surfaceOf(80), paint }).map((one) => stripVTControlCharacters(one).trimEnd());
    expect(coloured).to.deep.equal(all(surfaceOf(80)));
  });
});
