import { optional, repeatable, toggle } from "../../flags/flag.ts";
import { convert } from "../../migrate/convert.ts";
import { defineCommand } from "../frame/command.ts";
import { exitCode } from "../frame/exit-code.ts";
import { UsageError } from "../frame/failure.ts";
import { manifestsIn } from "../lint/manifests.ts";
import { readSources } from "../lint/read-files.ts";
import { summaryOf } from "../migration/summary.ts";
import { writeConversion, yamlOf } from "../migration/write-files.ts";

export const convertCommand = defineCommand({
  name: "convert",
  group: "Migration",
  about: "Writes manifests of Flagger, Argo Rollouts or Kruise Rollouts in Serin's terms, without a cluster.",
  more: "Every field of the source is carried, or named with the reason why not. Put the templates, and the Deployment if you have it, among the files.",
  flags: {
    filename: repeatable({
      short: "f",
      argument: "file",
      complete: "files",
      about: "A file, a folder, or - for the standard input. May be repeated.",
    }),
    output: optional({
      short: "o",
      argument: "folder",
      complete: "files",
      about: "The folder to write to; each application gets a folder of its own in it.",
      usualText: "the manifests are printed",
    }),
    strict: toggle({ about: "Exit with 3 if something cannot be carried." }),
    "same-verdicts": toggle({
      about: 'Let the thresholds alone decide, as before: `serin.dev/compare: "off"`.',
    }),
  },
  examples: [
    ["convert -f podinfo/ -o serin/", "Convert the manifests of a folder"],
    ["convert -f -", "Convert what kubectl get canaries,metrictemplates,deployments -A -o yaml prints"],
  ],
  async run({ flags, terminal }) {
    if (flags.filename.length === 0) throw new UsageError("-f is missing: name a file, a folder, or -");
    const sources = await readSources(flags.filename, terminal.input);
    const read = sources.map(({ name, text }) => manifestsIn(name, text));
    const [unreadable] = read.flatMap(({ findings }) => findings);
    if (unreadable !== undefined) throw new Error(`${unreadable.where}: ${unreadable.says}`);
    const objects = read.flatMap(({ manifests }) => manifests.map(({ object }) => object));
    const conversions = convert(objects, { sameVerdicts: flags["same-verdicts"] });
    if (conversions.length === 0)
      throw new UsageError(
        `nothing to convert in ${flags.filename.join(", ")}: use files with a Canary of Flagger, or a Rollout of Argo Rollouts or Kruise`,
      );
    const { output } = flags;
    const say = output === undefined ? terminal.tell : terminal.say;
    for (const conversion of conversions) {
      const folder = output === undefined ? undefined : writeConversion(output, conversion);
      for (const line of summaryOf(conversion, folder, terminal)) say(line);
    }
    if (output === undefined)
      terminal.out(yamlOf(conversions.flatMap(({ files }) => files.flatMap(({ objects: each }) => each))));
    const isWhole = conversions.every(({ notes }) => notes.every(({ fate }) => fate !== "not"));
    return flags.strict && !isWhole ? exitCode.fault : exitCode.done;
  },
});
