import { clock } from "../../../rollout/view/words.ts";
import type { KnownRollouts } from "../model/listed.ts";
import { fragmentOf, type ListPlace, type Tab, tabs } from "../model/place.ts";
import { listSummary } from "../model/summary.ts";
import type { StreamState } from "../stream.ts";
import type { Theme } from "../theme.ts";

interface HeadProps {
  readonly place: ListPlace;
  readonly isList: boolean;
  readonly theme: Theme;
  readonly connection: StreamState;
  /** Absent until the server has answered. */
  readonly listed: KnownRollouts | undefined;
  readonly now: number;
  readonly onPlace: (place: ListPlace) => void;
  readonly onTheme: () => void;
}

/** What every place has: the tabs, the choice of rows, the theme, and whether the page is live. */
export function Head(props: HeadProps) {
  const { place, isList, theme, connection, listed, now, onTheme } = props;
  const summary = listed && listSummary(listed.views.values());
  return (
    <header>
      <div class="bar">
        <h1>
          <a href="#/">Serin</a>
          {listed?.cluster === undefined ? null : <span class="cluster">cluster {listed.cluster}</span>}
        </h1>
        <nav aria-label="Lists">
          {(Object.keys(tabs) as Tab[]).map((tab) => (
            <a
              key={tab}
              href={fragmentOf({ ...place, tab })}
              aria-current={isList && tab === place.tab ? "page" : undefined}
            >
              {tabs[tab]}
            </a>
          ))}
        </nav>
        {isList ? <Choice {...props} /> : null}
        <button type="button" class="theme" onClick={onTheme}>
          ◐ theme: {theme}
        </button>
        <Liveness connection={connection} now={now} />
      </div>
      <div class="bar summary">
        {summary?.map(({ look, text }) => (
          <span key={look} class={look}>
            {text}
          </span>
        ))}
        {summary?.length === 0 ? <span>no rollout is in flight</span> : null}
        {listed === undefined ? null : <span class="numbers-of">numbers of {clock(listed.at)}</span>}
      </div>
    </header>
  );
}

/** The filter and the namespace; both are part of the address, so that a link keeps them. */
function Choice({ place, listed, onPlace }: HeadProps) {
  const known = new Set([...(listed?.views.values() ?? [])].map(({ metadata }) => metadata.namespace));
  if (place.namespace !== "") known.add(place.namespace);
  const choose = (choice: Partial<ListPlace>) => onPlace({ ...place, ...choice });
  return (
    <form class="choice" onSubmit={(event) => event.preventDefault()}>
      <label>
        filter{" "}
        <input
          id="filter"
          type="search"
          autocomplete="off"
          spellcheck={false}
          value={place.filter}
          onInput={({ currentTarget }) => choose({ filter: currentTarget.value })}
        />
      </label>
      <label>
        namespace{" "}
        <select
          value={place.namespace}
          onChange={({ currentTarget }) => choose({ namespace: currentTarget.value })}
        >
          <option value="">all</option>
          {[...known].sort().map((namespace) => (
            <option key={namespace} value={namespace}>
              {namespace}
            </option>
          ))}
        </select>
      </label>
    </form>
  );
}

function Liveness({ connection, now }: Pick<HeadProps, "connection" | "now">) {
  switch (connection.kind) {
    case "connecting":
      return <span class="liveness">○ connecting</span>;
    case "live":
      return <span class="liveness live">● live</span>;
    case "reconnecting": {
      // By the server's clock, like all other times.
      const since = new Date(now - (Date.now() - connection.since)).toISOString();
      return (
        <span class="liveness broken">
          ○ reconnecting since {clock(since)}: {connection.why}
        </span>
      );
    }
    default:
      return connection satisfies never;
  }
}
