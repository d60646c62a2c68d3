/** What the last stage of a Dockerfile makes: the configuration of the image, and the folders that it copies. */
export interface Stage {
  readonly base: string;
  readonly user: string;
  readonly workdir: string;
  readonly env: readonly string[];
  readonly labels: readonly string[];
  readonly cmd: readonly string[];
  readonly copies: readonly { readonly from: string; readonly to: string }[];
}

/**
 * Reads the last stage of a Dockerfile with the defaults of its arguments. Throws an Error on an instruction that it does not
 * know, so that nothing of the image is left out in silence.
 */
export function lastStage(text: string): Stage {
  const instructions = text
    .replaceAll(/^#.*\n/gm, "")
    .replaceAll(/\\\n/g, " ")
    .split("\n")
    .map((line) => /^(\w+)\s+(.+)$/.exec(line.trim()))
    .flatMap((match) => (match === null ? [] : [{ name: match[1] ?? "", value: match[2] ?? "" }]));
  const last = instructions.slice(instructions.findLastIndex(({ name }) => name === "FROM"));
  const args: Record<string, string> = {};
  const valuesOf = (name: string) =>
    last.filter((each) => each.name === name).map(({ value }) => value.replaceAll(/\$\{?(\w+)\}?/g, fill));
  const fill = (whole: string, arg: string) => args[arg] ?? whole;
  for (const { name, value } of last) {
    if (!KNOWN.includes(name))
      throw new Error(`Dockerfile: ${name} ${value}: this instruction is not known here`);
    const [arg = "", usual = ""] = value.split("=");
    if (name === "ARG") args[arg] = usual;
  }
  return {
    base: valuesOf("FROM").join(),
    user: valuesOf("USER").at(-1) ?? "",
    workdir: valuesOf("WORKDIR").at(-1) ?? "/",
    env: valuesOf("ENV").flatMap(pairsOf),
    labels: valuesOf("LABEL").flatMap(pairsOf),
    cmd: JSON.parse(valuesOf("CMD").at(-1) ?? "[]"),
    copies: valuesOf("COPY").map((value) => {
      const [from = "", to = ""] = value.replace(/^--from=\S+\s+/, "").split(/\s+/);
      return { from, to };
    }),
  };
}

const KNOWN = ["FROM", "ARG", "LABEL", "ENV", "USER", "WORKDIR", "COPY", "CMD"];

/** `a=b c="d e"` as `a=b` and `c=d e`. */
function pairsOf(value: string): readonly string[] {
  return [...value.matchAll(/([\w.-]+)=(?:"([^"]*)"|(\S+))/g)].map(
    ([, name, quoted, plain]) => `${name}=${quoted ?? plain}`,
  );
}
