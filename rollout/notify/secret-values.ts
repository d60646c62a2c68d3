import type { Parsed } from "../text/parse.ts";
import { isHttpUrl } from "./links.ts";
import { isProxyUrl } from "./proxy-url.ts";
import { ADDRESSES, KEY, type Receiver } from "./receivers.ts";

/** The receiver with the values of the Secret, or what is missing there. No message tells a value of it. */
export function withSecret(receiver: Receiver, secret: Readonly<Record<string, string>>): Parsed<Receiver> {
  const filled = Object.entries(receiver.settings).map(([name, text]): Parsed<readonly [string, string]> => {
    const at = `.${receiver.name}.${name}`;
    const key = KEY.exec(text)?.[1];
    if (key === undefined) return { value: [name, text] };
    const value = Object.hasOwn(secret, key) ? secret[key]?.trim() : undefined;
    if (value === undefined || value === "") {
      const keys = Object.keys(secret);
      const use =
        keys.length === 0
          ? "add the key"
          : `add the key or use one of ${keys.map((one) => `$${one}`).join(", ")}`;
      return { problems: [{ at, what: `the Secret serin-notifications has no key ${key}`, use }] };
    }
    const isProxy = name === "proxy";
    if (ADDRESSES.includes(name) && !(isProxy ? isProxyUrl(value) : isHttpUrl(value))) {
      const use = isProxy
        ? "use http://user:password@host:port"
        : "use https://host/path without credentials";
      return { problems: [{ at, what: `the key ${key} of the Secret is not an HTTP URL`, use }] };
    }
    // A line end would end the header in which it stands. Addresses and channels stand in none.
    if (/[^\x20-\x7e]/.test(value) && !ADDRESSES.includes(name) && name !== "channel")
      return {
        problems: [
          {
            at,
            what: `the key ${key} of the Secret has characters that no header may have`,
            use: "use printable ASCII",
          },
        ],
      };
    return { value: [name, value] };
  });
  const problems = filled.flatMap((one) => ("problems" in one ? one.problems : []));
  if (problems.length > 0) return { problems };
  const settings = Object.fromEntries(filled.flatMap((one) => ("value" in one ? [one.value] : [])));
  return { value: { ...receiver, settings } };
}

/** Whether any receiver has a `$key`, so that the Secret must be read. */
export function needsSecret(receivers: readonly Receiver[]): boolean {
  return receivers.some(({ settings }) => Object.values(settings).some((text) => text.startsWith("$")));
}
