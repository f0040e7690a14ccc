import { useEffect } from "preact/hooks";
import { setToken, tokenWanted } from "./api";
import { CitationCard } from "./citation";
import { language, setLanguage, t, type Word } from "./i18n";
import { link, route } from "./route";
import { chosenDay, setTheme, theme, today } from "./settings";
import { AskView } from "./views/ask";
import { DocumentsView } from "./views/documents";
import { HistoryView } from "./views/history";
import { LawsView } from "./views/laws";
import { RunsView } from "./views/runs";

const PAGES: Word[] = ["doctrine", "conduct", "case", "document", "laws", "history", "runs"];

export function App() {
  const page = (route.value.parts[0] ?? "doctrine") as Word;
  useEffect(() => {
    document.title = `${PAGES.includes(page) ? t(page) : ""} · EC-MIIP`;
    // On a phone the pages stand in one row that scrolls.
    document
      .querySelector(".side [aria-current]")
      ?.scrollIntoView({ block: "nearest", inline: "center" });
  }, [page, language.value]);
  return (
    <>
      <a class="skip" href="#main" onClick={skip}>
        {t("skip")}
      </a>
      <header class="top">
        <a class="brand" href={link(["doctrine"])}>
          <strong>EC-MIIP</strong> <span>{t("title")}</span>
        </a>
        <Day />
        <div class="switches">
          <button type="button" class="quiet" onClick={switchLanguage}>
            {t("language")}
          </button>
          <button
            type="button"
            class="quiet"
            onClick={() => setTheme(theme.value === "dark" ? "light" : "dark")}
          >
            {theme.value === "dark" ? t("themeLight") : t("themeDark")}
          </button>
        </div>
      </header>
      <nav class="side" aria-label={t("menu")}>
        <ul>
          {PAGES.map((name) => (
            <li key={name} class={name === "document" || name === "laws" ? "group" : ""}>
              <a href={link([name])} aria-current={name === page ? "page" : undefined}>
                {t(name)}
              </a>
            </li>
          ))}
        </ul>
      </nav>
      <main id="main" tabIndex={-1}>
        {tokenWanted.value ? <TokenForm /> : <Page name={page} />}
      </main>
      <CitationCard />
    </>
  );
}

function Page({ name }: { name: string }) {
  switch (name) {
    case "conduct":
    case "case":
      return <AskView key={name} view={name} />;
    case "document":
      return <DocumentsView />;
    case "laws":
      return <LawsView />;
    case "history":
      return <HistoryView />;
    case "runs":
      return <RunsView />;
    default:
      return <AskView key="doctrine" view="doctrine" />;
  }
}

function skip(event: Event): void {
  // The address names the page, not a place in it.
  event.preventDefault();
  document.getElementById("main")?.focus();
}

function switchLanguage(): void {
  setLanguage(language.value === "zh" ? "en" : "zh");
}

/** The day whose law counts, for everything on the page. */
function Day() {
  return (
    <label class="day">
      <span>{t("asOf")}</span>
      <input
        type="date"
        value={chosenDay.value || today()}
        onChange={(event) => {
          const value = event.currentTarget.value;
          chosenDay.value = value === today() ? "" : value;
        }}
      />
      {chosenDay.value ? (
        <button type="button" class="quiet" onClick={() => (chosenDay.value = "")}>
          {t("today")}
        </button>
      ) : null}
    </label>
  );
}

function TokenForm() {
  return (
    <form
      class="sheet narrow"
      onSubmit={(event) => {
        event.preventDefault();
        setToken(new FormData(event.currentTarget).get("token") as string);
      }}
    >
      <h1>{t("token")}</h1>
      <p>{t("tokenAsk")}</p>
      <label class="field">
        <span>{t("token")}</span>
        <input name="token" type="password" autocomplete="off" required />
      </label>
      <button class="primary">{t("enter")}</button>
    </form>
  );
}
