/** A secret part of the path by which the API server calls the webhook. Instants are in ms since the epoch. */
export interface Token {
  /** 32 random bytes in hexadecimal: the API server allows only lower-case letters, digits, "-" and "." in a path. */
  readonly value: string;
  readonly bornAt: number;
  /** When Serin found a newer token in force and the configuration without this one. Absent: not replaced yet. */
  readonly replacedAt?: number;
}

/** How long (ms) a token is the newest, and how long replicas and API servers need to follow a change. */
export interface TokenLives {
  readonly lifeMs: number;
  readonly settleMs: number;
}

/** The age (ms) of the newest token at which Serin adds another one; 30 days. */
export const tokenLifeMs = 30 * 24 * 3_600_000;

/** What a decision about tokens depends on. */
export interface TokenState {
  /** Oldest first. */
  readonly tokens: readonly Token[];
  /** The values that the configuration has now. */
  readonly configured: ReadonlySet<string>;
  /** ms since the epoch. */
  readonly now: number;
}

/**
 * The tokens that the Secret should hold. Adds `fresh` if there is no token or the newest is too old. Drops a token when it
 * has been replaced for the settle time, but never one that the configuration has. A clock that was ahead may have written
 * an instant of the future; it counts as now, or the token would never be replaced.
 */
export function tokensAfter(
  { tokens, configured, now }: TokenState,
  fresh: string,
  { lifeMs, settleMs }: TokenLives,
): readonly Token[] {
  const known = tokens.map((token) => ({ ...token, bornAt: Math.min(token.bornAt, now) }));
  const newest = known.at(-1);
  const isDue = newest === undefined || now >= newest.bornAt + lifeMs;
  const all: readonly Token[] = isDue ? [...known, { value: fresh, bornAt: now }] : known;
  const inForce = tokenInForce({ tokens: all, configured, now }, settleMs);
  const at = inForce === undefined ? 0 : all.indexOf(inForce);
  return all.flatMap((token, index): Token[] => {
    const { value, bornAt } = token;
    if (index >= at || configured.has(value)) return [{ value, bornAt }];
    const replacedAt = Math.min(token.replacedAt ?? now, now);
    return now < replacedAt + settleMs ? [{ value, bornAt, replacedAt }] : [];
  });
}

/**
 * The token that the configuration should have: the newest that every replica accepts already, because it has settled or
 * because the configuration has it. So two replicas whose clocks differ do not undo each other's writes. If no token has
 * settled, the oldest.
 */
export function tokenInForce({ tokens, configured, now }: TokenState, settleMs: number): Token | undefined {
  const isKnown = ({ value, bornAt }: Token) => now >= bornAt + settleMs || configured.has(value);
  return tokens.findLast(isKnown) ?? tokens[0];
}

/** When to decide again, in ms since the epoch, if nothing changes before. */
export function nextTokenDecisionAt(
  tokens: readonly Token[],
  now: number,
  { lifeMs, settleMs }: TokenLives,
): number {
  const instants = tokens.flatMap(({ bornAt, replacedAt }) => [
    bornAt + settleMs,
    bornAt + lifeMs,
    ...(replacedAt === undefined ? [] : [replacedAt + settleMs]),
  ]);
  return Math.min(...instants.filter((instant) => instant > now));
}
