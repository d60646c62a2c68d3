import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { stringify } from "yaml";
import { convertCommand } from "../../../../cli/commands/convert.ts";
import { lint } from "../../../../cli/lint/lint.ts";
import { canary } from "../../migrate/canaries.ts";
import { kept, plainTerminal } from "../frame/streams.ts";

const analysis = { interval: "30s", threshold: 5, stepWeight: 25, maxWeight: 50 };

describe("kubectl serin convert", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "serin-convert-"));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  /** Runs the command on the standard input. */
  async function convert(input: string, flags: object = {}) {
    const streams = kept(input);
    const given = { filename: ["-"], output: undefined, strict: false, "same-verdicts": false, ...flags };
    const terminal = plainTerminal(streams);
    const code = await convertCommand.run({ flags: given, args: [], terminal } as never);
    return { code, ...streams.written };
  }

  it("writes a folder for each application, whose manifests lint accepts", async () => {
    const { code, out } = await convert(stringify(canary({ analysis })), { output: folder });
    expect(code).to.equal(0);
    const place = join(folder, "shop", "web");
    expect(out).to.contain(`canary/web → ${place} (deployment-patch.yaml, service.yaml, httproute.yaml)\n`);
    expect(out)
      .to.contain("✔ canary 25→50 %, at least 1 min; compared with stable")
      .and.contain("! spec.analysis.threshold: no counterpart");
    expect(readdirSync(place)).to.have.members([
      "NOTES.md",
      "deployment-patch.yaml",
      "service.yaml",
      "httproute.yaml",
    ]);
    expect(readFileSync(join(place, "NOTES.md"), "utf8")).to.match(
      /^# canary\/web as deployment\/web\n[\s\S]*\n## Is carried\n/,
    );
    const text = readFileSync(join(place, "deployment-patch.yaml"), "utf8");
    expect(lint([{ name: "patch", text }]).map(({ kind }) => kind)).to.deep.equal(["good"]);
  });

  it("keeps the notes about an AlertProvider apart from those about a Deployment of its name", async () => {
    const alert = { apiVersion: "flagger.app/v1beta1", kind: "AlertProvider", spec: { type: "slack" } };
    const items = [canary({ analysis }), { ...alert, metadata: { name: "web", namespace: "shop" } }];
    const { out } = await convert(JSON.stringify({ kind: "List", items }), { output: folder });
    expect(readFileSync(join(folder, "shop", "web", "NOTES.md"), "utf8")).to.contain("# canary/web as");
    expect(out).to.contain(`alertprovider/web → ${join(folder, "shop", "alertprovider-web")}\n`);
    expect((await convert(JSON.stringify(items[1]))).error).to.contain(
      "alertprovider/web → no manifests -n shop",
    );
  });

  it("prints the manifests without a folder, and what it has to say on the standard error", async () => {
    const list = { apiVersion: "v1", kind: "List", items: [canary({ analysis })] };
    const { out, error } = await convert(JSON.stringify(list));
    expect(out).to.match(
      /^apiVersion: apps\/v1\nkind: Deployment\n[\s\S]*\n---\napiVersion: v1\nkind: Service\n/,
    );
    expect(error).to.contain("canary/web → deployment/web -n shop");
  });

  it("quotes the texts that kubectl would read as something else", async () => {
    const metrics = ["y", "1:30", "010"].map((query) => ({ name: "own", query, thresholdRange: { max: 1 } }));
    const text = JSON.stringify(canary({ analysis: { ...analysis, metrics } }));
    const { out } = await convert(text, { "same-verdicts": true });
    expect(out).to.contain('serin.dev/compare: "off"').and.not.contain("%YAML");
    for (const query of ['"y"', '"1:30"', '"010"']) expect(out).to.contain(`query: ${query}\n`);
  });

  it("reads booleans as kubectl does", async () => {
    const text = stringify(canary({ analysis, skipAnalysis: true })).replace(
      "skipAnalysis: true",
      "skipAnalysis: yes",
    );
    const { out } = await convert(text);
    expect(out).not.to.contain("serin.dev/rollout");
  });

  it("reads anchors, merge keys, comments and Windows' line ends as kubectl does", async () => {
    const lines = [
      "x: &usual # for all",
      "  interval: 30s",
      "apiVersion: flagger.app/v1beta1",
      "kind: Canary",
      "metadata: { name: web }",
      "spec:",
      "  targetRef: { kind: Deployment, name: web }",
      "  analysis:",
      "    <<: *usual",
      "    stepWeight: 50",
    ];
    expect((await convert(lines.join("\r\n"))).out).to.contain("serin.dev/interval: 30s\n");
  });

  it("exits with 3 under --strict if something cannot be carried", async () => {
    const lost = stringify(canary({ analysis, metricsServer: "http://a.test" }));
    expect((await convert(lost)).code).to.equal(0);
    expect((await convert(lost, { strict: true })).code).to.equal(3);
    expect((await convert(stringify(canary({ analysis })), { strict: true })).code).to.equal(0);
  });

  it("says what is missing, and what it cannot read", async () => {
    const failure = async (input: string, flags: object = {}) => {
      try {
        await convert(input, flags);
        return "";
      } catch (error) {
        return String(error);
      }
    };
    expect(await failure("", { filename: [] })).to.contain("-f is missing");
    expect(await failure("kind: Service")).to.contain(
      "nothing to convert in -: use files with a Canary of Flagger",
    );
    expect(await failure("a: [")).to.contain("standard input: ");
    const wrong = stringify(canary({ analysis: { stepWeight: "5" } }));
    expect(await failure(wrong)).to.contain(
      'canary/web: spec.analysis.stepWeight: invalid value "5": use a number',
    );
  });
});
