/** One command of a page, and what the page shows below it. */
interface Command {
  readonly page: string;
  /** The number of its line in the page, from 1. */
  readonly line: number;
  /** The text for the shell, without the prompt. */
  readonly text: string;
  /** The lines that must follow; absent where the page shows none. */
  readonly expected?: readonly string[];
}

/** What a fenced block asks of a reader: to run commands, or to save a file. */
export type Block =
  | {
      readonly kind: "commands";
      readonly page: string;
      readonly line: number;
      readonly commands: readonly Command[];
    }
  | {
      readonly kind: "file";
      readonly page: string;
      readonly line: number;
      readonly name: string;
      readonly text: string;
    };

const SHELLS = ["console", "sh", "bash"];

/**
 * The blocks of a page in Markdown that a reader acts on. In a block `console`, `sh` or `bash`, the lines that begin with
 * `$ ` are commands, and the lines below a command are its output; without such a line, each line is a command, and one that
 * begins with a blank continues the line before. A backslash at the end of a line joins the next one. A block `yaml` whose first line is `# NAME.yaml` is a file.
 */
export function blocksOf(page: string, text: string): readonly Block[] {
  const blocks: Block[] = [];
  const fences = text.matchAll(/^```(\w+)[^\n]*\n([\s\S]*?)^```$/gm);
  for (const { index, 1: language = "", 2: content = "" } of fences) {
    const line = text.slice(0, index).split("\n").length;
    const [, name] = /^# ([\w.-]+\.yaml)\n/.exec(content) ?? [];
    if (SHELLS.includes(language))
      blocks.push({ kind: "commands", page, line, commands: commandsIn(content, page, line + 1) });
    else if (language === "yaml" && name !== undefined)
      blocks.push({ kind: "file", page, line, name, text: content });
  }
  return blocks;
}

function commandsIn(content: string, page: string, first: number): readonly Command[] {
  const lines = content.replace(/\n$/, "").split("\n");
  const hasPrompts = lines.some((line) => line.startsWith("$ "));
  const commands: Command[] = [];
  for (let i = 0; i < lines.length; i += 1) {
    const start = i;
    const isCommand = hasPrompts ? lines[i]?.startsWith("$ ") : !/^\s*(#|$)/.test(lines[i] ?? "");
    if (!isCommand) {
      const last = commands.at(-1);
      if (hasPrompts && last !== undefined)
        commands.splice(-1, 1, { ...last, expected: [...(last.expected ?? []), lines[i] ?? ""] });
      continue;
    }
    const goesOn = () => lines[i]?.endsWith("\\") || (!hasPrompts && /^\s+[^\s#]/.test(lines[i + 1] ?? ""));
    while (goesOn() && i + 1 < lines.length) i += 1;
    const text = lines.slice(start, i + 1).join("\n");
    commands.push({ page, line: first + start, text: hasPrompts ? text.slice(2) : text });
  }
  return commands;
}

/**
 * Whether an output is what a page shows: `…` stands for any text, and on a line of its own for any lines or none; digits stand
 * for any digits, blanks for any blanks. Blanks at the ends do not count.
 */
export function isShown(expected: readonly string[], output: string): boolean {
  const pattern = expected
    .join("\n")
    .trim()
    .split(/(?:^|\n)…(?:\n|$)|…/)
    .map((part) =>
      part
        .replaceAll(/[\\^$.*+?()[\]{}|/]/g, "\\$&")
        .replaceAll(/\d+/g, "\\d+")
        .replaceAll(/\s+/g, "\\s+"),
    )
    .join("[^]*?");
  return new RegExp(`^${pattern}$`).test(output.trim());
}
