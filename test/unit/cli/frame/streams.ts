import { type Streams, type Terminal, terminalAt } from "../../../../cli/frame/terminal.ts";

/** Streams that keep what a command writes. */
export function kept(input = ""): Streams & { readonly written: { out: string; error: string } } {
  const written = { out: "", error: "" };
  return {
    written,
    out: (text) => {
      written.out += text;
    },
    error: (text) => {
      written.error += text;
    },
    input: async () => input,
  };
}

/** A plain terminal of 100 columns with UTF-8 and without colours. */
export function plainTerminal(streams: Streams): Terminal {
  const place = { isTty: false, environment: { LANG: "C.UTF-8" }, platform: "linux" };
  return terminalAt(place, { color: "auto", ascii: false }, streams);
}
