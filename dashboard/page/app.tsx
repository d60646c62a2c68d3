import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { bindKeys, keyHelp } from "./keyboard.ts";
import { useLive, useNow } from "./live.ts";
import { fragmentOf, type ListPlace, type PagePlace, pagePlaceOf, type RolloutPlace } from "./model/place.ts";
import { listSummary } from "./model/summary.ts";
import { EndedPage } from "./parts/ended-page.tsx";
import { Head } from "./parts/head.tsx";
import { ListPage } from "./parts/list-page.tsx";
import { RolloutPage } from "./parts/rollout-page.tsx";
import { chooseTheme, nextTheme, storedTheme, type Theme } from "./theme.ts";

const LIST: ListPlace = { kind: "list", tab: "in-flight", namespace: "", filter: "" };

/** The whole page. */
export function DashboardPage() {
  const [place, replacePlace] = usePlace();
  const [theme, setTheme] = useState<Theme>(storedTheme);
  const { listed, connection, announcement, error } = useLive();
  const now = useNow(listed?.at);
  const views = listed && [...listed.views.values()];
  const list = useRef(LIST);
  const opened = useRef<RolloutPlace | undefined>(undefined);
  if (place.kind === "list") list.current = place;
  else opened.current = place;
  const chooseNext = () => {
    const next = nextTheme(theme);
    chooseTheme(next);
    setTheme(next);
  };
  useKeys(place, list.current, replacePlace, chooseNext);
  useTitle(place, views);
  return (
    <>
      <Head
        {...{ place: list.current, theme, connection, listed, now }}
        isList={place.kind === "list"}
        onPlace={replacePlace}
        onTheme={chooseNext}
      />
      <main id="main">
        {place.kind === "rollout" ? (
          <RolloutPage
            key={`${place.namespace}/${place.name}`}
            {...{ place, now, back: fragmentOf(list.current) }}
            live={listed?.views.get(`${place.namespace}/${place.name}`)}
          />
        ) : place.tab === "ended" ? (
          <EndedPage place={place} />
        ) : (
          <ListPage {...{ place, views, now, error, opened: opened.current }} />
        )}
      </main>
      <footer class="keys">
        {keyHelp.map(([key, does]) => (
          <span key={key}>
            <kbd>{key}</kbd> {does}
          </span>
        ))}
        <span>all times are UTC</span>
      </footer>
      <div class="hidden" role="status" aria-live="polite">
        {announcement}
      </div>
    </>
  );
}

/** What the fragment names, and how to replace it without another entry in the browser's history. */
function usePlace(): [PagePlace, (place: PagePlace) => void] {
  const [place, setPlace] = useState(() => pagePlaceOf(location.hash));
  useEffect(() => {
    const read = () => setPlace(pagePlaceOf(location.hash));
    addEventListener("hashchange", read);
    return () => removeEventListener("hashchange", read);
  }, []);
  const replace = (next: PagePlace) => {
    history.replaceState(null, "", fragmentOf(next));
    setPlace(next);
  };
  return [place, replace];
}

function useKeys(
  place: PagePlace,
  list: ListPlace,
  replacePlace: (place: PagePlace) => void,
  theme: () => void,
): void {
  // Before the next key, which may come before the next frame.
  useLayoutEffect(() =>
    bindKeys({
      nextTheme: theme,
      toFilter: () => document.getElementById("filter")?.focus(),
      back: () => {
        if (place.kind === "rollout") location.hash = fragmentOf(list);
        else if (list.filter !== "") replacePlace({ ...list, filter: "" });
        if (document.activeElement instanceof HTMLElement) document.activeElement.blur();
      },
    }),
  );
}

/** The window's title names what is worst, because the page is one of many tabs. */
function useTitle(place: PagePlace, views: Parameters<typeof listSummary>[0] = []): void {
  const [worst] = listSummary(views);
  const subject = place.kind === "rollout" ? `${place.namespace}/${place.name}` : worst?.text;
  useEffect(() => {
    document.title = subject === undefined ? "Serin" : `${subject} · Serin`;
  }, [subject]);
}
