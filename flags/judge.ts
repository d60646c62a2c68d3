/** The judge's replay of an incident. */
export const judgeProgram = {
  command: "npm run -s judge --",
  about:
    "Judges the ticks of a JSON file as the controller does. Prints JSON and exits with status 0 for every verdict.",
  argument: {
    name: "FILE",
    about: "The file with the ticks; - reads standard input. docs/judge.md describes its content.",
  },
  flags: {},
} as const;
