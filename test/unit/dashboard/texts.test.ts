import { expect } from "chai";
import type { RolloutDetail } from "../../../dashboard/api.ts";
import {
  diagramSentence,
  diagramsOf,
  diagramTable,
  numberText,
} from "../../../dashboard/page/model/curves.ts";
import { ageText, listRowOf, trafficText } from "../../../dashboard/page/model/row.ts";
import { stepsOfPast, stepsOfView } from "../../../dashboard/page/model/steps.ts";
import { subjectOf } from "../../../dashboard/page/model/subject.ts";
import { failedAndLost } from "../../../docs/example-rollout.ts";
import { shareText, timeOf } from "../../../rollout/view/words.ts";
import { NOON } from "../../support/builders.ts";
import { someCharts } from "../../support/page/charts.ts";
import { aListedView } from "../../support/page/flights.ts";
import { aScene } from "../../support/page/scene.ts";

describe("the texts of the dashboard's page", () => {
  it("tell ages in seconds only while they are short", () => {
    const ages = [9_000, 80_000, 599_000, 600_000, 3_120_000, 7_380_000, 4 * 86_400_000];
    expect(ages.map(ageText)).to.deep.equal(["9s", "1m20s", "9m59s", "10m", "52m", "2h3m", "4d"]);
  });

  it("tell when a rollout began, and when it ended", () => {
    const [from, to] = ["2026-11-29T14:20:11.000Z", "2026-11-29T14:20:42.000Z"];
    expect(timeOf(from, undefined, "31s")).to.equal("since 14:20:11 (31s)");
    expect(timeOf(from, to, "31s")).to.equal("14:20:11–14:20:42 (31s)");
  });

  it("name copies and matching users beside the canary's share", () => {
    expect(trafficText({ canary: 0, stable: 100, copies: 20 })).to.equal("0 % + copies of 20 %");
    expect(trafficText({ canary: 5, stable: 95, matching: true })).to.equal("5 % + matching users");
  });

  it("name what Serin has done to a route", () => {
    const route = {};
    expect(shareText("preparing", route)).to.equal("not changed yet");
    expect(shareText("progressing", { weight: 25 })).to.equal("canary 25 %");
    for (const over of ["promoting", "rolled-back", "undone"] as const)
      expect(shareText(over, route)).to.equal("not changed any more");
  });

  it("have numbers with three digits that count", () => {
    expect([null, undefined, 0, 0.12345, 12.345, 123456].map(numberText)).to.deep.equal([
      ...["–", "–", "0", "0.123", "12.3", "123,456"],
    ]);
  });

  it("want a person for a pause and a verdict, and not for a rollout that holds by itself", () => {
    const wantedOf = (state: "waiting" | "rolled-back" | "holding" | "progressing") =>
      listRowOf(aListedView({ state }), NOON).wanted?.command;
    expect(wantedOf("waiting")).to.equal("kubectl rollout resume deployment/web -n shop");
    expect(wantedOf("rolled-back")).to.equal("kubectl serin undo web -n shop");
    expect(listRowOf(failedAndLost, NOON).wanted?.command).to.equal("kubectl serin promote web -n shop");
    expect([wantedOf("holding"), wantedOf("progressing")]).to.deep.equal([undefined, undefined]);
  });

  it("bound the bars, and say nothing where nothing is compared", () => {
    const row = listRowOf(aListedView({ harm: 9, safe: 99 }), NOON);
    expect([row.harm.part, row.safe]).to.deep.equal([1, { part: 1, text: "verified" }]);
    const { evidence: _none, ...bare } = aListedView();
    expect(listRowOf(bare, NOON).harm).to.deep.equal({ text: "–" });
  });

  it("have the steps behind with how long they took, and the present one", () => {
    const texts = stepsOfView(aListedView(), NOON).map(({ look, text }) => `${look}: ${text}`);
    expect(texts).to.deep.equal(["done: 10 % ✔ 1m04s", "now: 25 % ◑ 16s", "next: 50 %", "next: promote"]);
    const failed = stepsOfView(aListedView({ state: "rolled-back" }), NOON);
    expect(failed[1]).to.deep.equal({ look: "failed", text: "25 % ✖" });
  });

  it("have the weights of a rollout that ended", () => {
    const [past] = aScene().ended.ended;
    if (past === undefined) throw new Error("the scene has no rollout that ended");
    expect(stepsOfPast(past).map(({ text }) => text)).to.deep.equal([
      "step 1: 10 % ✔ 2h2m",
      "step 2: 25 % ✖ 11s",
    ]);
  });
});

describe("the diagrams of the dashboard's page", () => {
  const charts = someCharts();

  it("are four, each with as many values as there are times", () => {
    const diagrams = diagramsOf(charts, 1);
    expect(diagrams.map(({ title }) => title)).to.deep.equal([
      ...["Failed requests", "Slower than 250 ms", "Evidence", "Traffic of the canary"],
    ]);
    for (const { curves } of diagrams)
      for (const { values } of curves) expect(values).to.have.length(charts.times.length);
  });

  it("are three where Prometheus has no buckets", () => {
    expect(diagramsOf({ ...charts, slow: [] }, 0)).to.have.length(3);
  });

  it("are told as a sentence and as a table with the newest first", () => {
    const [failed] = diagramsOf(charts, 0);
    if (failed === undefined) throw new Error("there is no diagram");
    expect(diagramSentence(failed, charts.times)).to.match(
      /^Failed requests at 12:00:00 UTC, % so far: allowed [\d.]+, stable [\d.]+, canary [\d.]+$/,
    );
    expect(diagramSentence(failed, [])).to.equal("Failed requests: no numbers yet");
    const table = diagramTable(failed, charts.times);
    expect(table.rows.map(([time]) => time)).to.include.ordered.members(["12:00:00", "11:59:59"]);
    expect(table.rows).to.have.length(80);
  });
});

describe("what the page of a rollout is about", () => {
  const detail = aScene().detail("shop", "web") as RolloutDetail;
  const rest = aScene().detail("infra", "dns") as RolloutDetail;

  it("is the rollout in flight, as new as the stream has it, with the pods of the detail", () => {
    const live = { ...aListedView({ weight: 50 }), at: "2026-01-01T12:00:01Z" };
    const subject = subjectOf(detail, live);
    if (subject.kind !== "flight") throw new Error(`is ${subject.kind}`);
    expect(subject.view.traffic.canary).to.equal(50);
    expect(subject.view.pods).to.have.length(7);
    const older = subjectOf(detail, { ...live, at: "2026-01-01T11:00:00Z" });
    expect(older).to.deep.equal({ kind: "flight", view: detail.view, revision: "8" });
  });

  it("is the rollout that ended last, or the revision that the reader chose", () => {
    expect(subjectOf(rest, undefined)).to.deep.include({ kind: "past", revision: "8" });
    expect(subjectOf(detail, undefined, "7")).to.deep.include({ kind: "past", revision: "7" });
    expect(subjectOf(detail, undefined, "3")).to.deep.equal({ kind: "none", revision: "3" });
    expect(subjectOf({ ...rest, history: [] }, undefined)).to.deep.equal({ kind: "none" });
  });
});
