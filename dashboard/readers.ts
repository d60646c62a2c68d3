import { BlockList, isIP } from "node:net";

/** A person who reads the page, as the proxy in front of the dashboard has authenticated them. */
export interface Reader {
  readonly user: string;
  readonly groups: readonly string[];
}

/** Which of these namespaces a reader may see; without a reader, all. Rejects if the API server does not answer. */
export type MayRead = (
  reader: Reader | undefined,
  namespaces: readonly string[],
) => Promise<ReadonlySet<string>>;

/** How the dashboard learns who reads. */
export interface ReadersOptions {
  /** The header with the user's name, in lower case; absent: nobody is asked for a name. */
  readonly userHeader?: string | undefined;
  /** The header with the user's groups, separated by commas. */
  readonly groupsHeader?: string | undefined;
  /** The addresses of the proxy, as `10.0.0.0/8`. Anybody else could write any name into the header. */
  readonly trusted: readonly string[];
}

/** The parts of a request that tell who reads. */
export interface AskedBy {
  readonly address: string;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
}

/** The reader, or why the dashboard does not answer. */
export type Identified =
  | { readonly reader: Reader | undefined }
  | { readonly status: 401 | 403; readonly error: string };

/** Every user has this group, as in the API server. */
const AUTHENTICATED = "system:authenticated";

/** Tells who reads. Throws if the flags do not fit together. */
export function identifiedBy(options: ReadersOptions): (asked: AskedBy) => Identified {
  const { userHeader, groupsHeader, trusted } = options;
  if (userHeader === undefined) {
    if (groupsHeader !== undefined || trusted.length > 0)
      throw new Error("--groups-header and --trust-proxy-cidr need --user-header");
    return () => ({ reader: undefined });
  }
  if (trusted.length === 0)
    throw new Error("--user-header needs --trust-proxy-cidr: else everybody could send the header");
  const proxies = blockListOf(trusted);
  return ({ address, headers }) => {
    if (!isIn(proxies, address)) {
      const error = `this dashboard answers only to its proxy (--trust-proxy-cidr), not to ${address}`;
      return { status: 403, error };
    }
    const [user] = valuesOf(headers[userHeader]);
    if (user === undefined) return { status: 401, error: `the proxy sent no header ${userHeader}` };
    const groups = groupsHeader === undefined ? [] : valuesOf(headers[groupsHeader], ",");
    return { reader: { user, groups: [...new Set([...groups, AUTHENTICATED])] } };
  };
}

function blockListOf(cidrs: readonly string[]): BlockList {
  const list = new BlockList();
  for (const cidr of cidrs) {
    const [address = "", bits] = cidr.split("/");
    list.addSubnet(address, Number(bits), isIP(address) === 6 ? "ipv6" : "ipv4");
  }
  return list;
}

/** A socket that listens to both families shows IPv4 addresses as `::ffff:10.0.0.1`. */
function isIn(list: BlockList, shown: string): boolean {
  const address = shown.replace(/^::ffff:(?=\d+\.)/i, "");
  const family = isIP(address);
  return family !== 0 && list.check(address, family === 6 ? "ipv6" : "ipv4");
}

function valuesOf(header: string | readonly string[] | undefined, separator?: string): readonly string[] {
  const given = typeof header === "string" ? [header] : (header ?? []);
  const all = separator === undefined ? given : given.flatMap((one) => one.split(separator));
  return all.map((one) => one.trim()).filter((one) => one !== "");
}
