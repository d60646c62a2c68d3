import type { Flag } from "../flags/flag.ts";
import type { Flags } from "../flags/program.ts";
import type { Kube } from "../kube/client/api.ts";
import type { KubeObject } from "../kube/core/meta.ts";
import { deployments, namespaces } from "../kube/core/resources.ts";
import type { Command, Completion } from "./frame/command.ts";
import { everyFlags } from "./frame/kubectl-flags.ts";
import { parseLine } from "./frame/program.ts";
import type { Process } from "./frame/run.ts";

/** How long completion may wait for the API server, in ms: people wait at the keyboard. */
const PATIENCE_MS = 2_000;

/** What completion offers: words with their help, or names to look up; the shell itself knows best the names of files. */
export type Offers = Extract<Completion, string> | readonly (readonly [word: string, help: string])[];

/** What may stand in place of the last word of a command line. */
export function offersFor(commands: readonly Command[], words: readonly string[]): Offers {
  const last = words.at(-1) ?? "";
  const before = words.slice(0, -1);
  const command = commandIn(commands, before);
  const flags: Flags = { ...command?.flags, ...everyFlags };
  const [name, value] = divided(last);
  const flag = flagWithValue(value === undefined ? before.at(-1) : name, flags);
  if (flag !== undefined) return offersOf(flag.complete ?? []);
  if (last.startsWith("-"))
    return Object.entries(flags).map(([name, flag]) => [
      flag.argument === undefined ? `--${name}` : `--${name}=`,
      flag.about,
    ]);
  if (command === undefined) return commands.map(({ name, about }) => [name, about]);
  return offersOf(offeredFor(command.arguments, argumentsIn(before, command, flags)));
}

function offersOf(offered: Completion): Offers {
  return typeof offered === "string" ? offered : offered.map((word) => [word, ""]);
}

/** A flag and its value, which `=` joins in one word: `--output=json`. Without one, the word as it is. */
function divided(word: string): readonly [name: string, value?: string] {
  const [, name, value] = /^(--[^=]+)=(.*)$/.exec(word) ?? [];
  return name === undefined ? [word] : [name, value ?? ""];
}

/** What is offered after these arguments. */
function offeredFor(of: Command["arguments"], given: readonly string[]): Completion {
  const [first] = given;
  if (of === undefined) return [];
  if (first === undefined) return of.complete;
  const second = of.completeSecond?.[first];
  if (second !== undefined) return given.length === 1 ? second : [];
  return of.count === "one" || typeof of.complete !== "string" ? [] : of.complete;
}

/** The words after the command that are neither a flag nor its value. */
function argumentsIn(words: readonly string[], command: Command, flags: Flags): readonly string[] {
  const { name, aliases = [] } = command;
  const at = words.findIndex((word) => word === name || aliases.includes(word));
  return words
    .slice(at + 1)
    .filter((word, i, all) => !word.startsWith("-") && flagWithValue(all[i - 1], flags) === undefined);
}

/**
 * Answers kubectl, which runs `kubectl_complete-serin` with the words after `serin`, as cobra's programs answer: a line for
 * each word with its help after a tab, then a colon and what the shell must do: 4 is no file names, 0 is file names, and 6 is
 * no blank either, because a value follows.
 */
export async function completeLine(commands: readonly Command[], words: readonly string[], process: Process) {
  const offers = offersFor(commands, words);
  const [word, value] = divided(words.at(-1) ?? "");
  // Shells want the value alone, as cobra answers.
  const last = value ?? word;
  const { out } = process.streams;
  if (offers === "files") return out(":0\n");
  const rows = typeof offers === "string" ? await namesOf(offers, commands, words, process) : offers;
  const fitting = rows.filter(([word]) => word.startsWith(last));
  const isOpen = fitting.length === 1 && fitting[0]?.[0].endsWith("=");
  const shell = offers === "deployments and files" ? ":0" : isOpen ? ":6" : ":4";
  return out([...fitting.map(([word, help]) => (help ? `${word}\t${help}` : word)), shell, ""].join("\n"));
}

function commandIn(commands: readonly Command[], words: readonly string[]): Command | undefined {
  return words
    .map((word) => commands.find(({ name, aliases = [] }) => name === word || aliases.includes(word)))
    .find((found) => found !== undefined);
}

function flagWithValue(word: string | undefined, flags: Flags): Flag<unknown> | undefined {
  const [, flag] =
    Object.entries(flags).find(
      ([name, { short }]) => word === `--${name}` || (short && word === `-${short}`),
    ) ?? [];
  return flag?.argument === undefined ? undefined : flag;
}

/** The names of such objects of the cluster; none where it does not answer. */
async function namesOf(
  what: Extract<Completion, string>,
  commands: readonly Command[],
  words: readonly string[],
  { place, clock, version }: Process,
) {
  const silent = { out: () => {}, error: () => {} };
  // Names in place of the word that is not complete yet, and of the argument that may be missing after a flag.
  const [parsed] = [["x"], ["x", "x"]].flatMap((rest) => {
    const line = parseLine("kubectl serin", commands, [...words.slice(0, -1), ...rest], silent);
    return "code" in line ? [] : [line];
  });
  if (parsed === undefined) return [];
  const flags = { ...parsed.every, "request-timeout": PATIENCE_MS };
  let kube: Kube | undefined;
  try {
    const { environment } = place;
    const { openCluster } = await import("./frame/cluster.ts");
    const userAgent = `kubectl-serin/${version}`;
    const cluster = await openCluster({ flags, environment, clock, userAgent, onWarning: () => {} });
    kube = cluster.kube;
    if (what === "receivers") {
      const { readReceiverNames } = await import("../notices/read-notifications.ts");
      const { homeOfSerin } = await import("./reading/serin.ts");
      const { receivers } = await readReceiverNames({ kube, namespace: await homeOfSerin(kube) });
      return receivers.map(({ name, type }) => [name, type] as const);
    }
    const { items } =
      what === "namespaces"
        ? await kube.list<KubeObject>(namespaces, {})
        : await kube.list<KubeObject>(deployments, { namespace: cluster.namespace });
    return items.map(({ metadata }) => [metadata.name, ""] as const);
  } catch {
    // An error message would stand in the middle of the command that the user types.
    return [];
  } finally {
    await kube?.close();
  }
}
