import { diffWords } from "diff";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import {
  type Case,
  type Comparison,
  get,
  type Law,
  type LawText,
  type Passage,
  type Provision,
  type SearchResult,
  type Version,
} from "../api";
import { lawLink, period } from "../citation";
import { language, t } from "../i18n";
import { DIRECTIONS_EN, Show, useLoad, useStatus } from "../parts";
import { go, link, route } from "../route";
import { asOf } from "../settings";

export function LawsView() {
  const { parts, query } = route.value;
  const identity = query.get("case");
  if (parts[1]) return <Reader key={parts[1]} name={parts[1]} query={query} />;
  if (identity) return <CaseReader identity={identity} />;
  return <Browser query={query} />;
}

// --- finding -----------------------------------------------------------------------------------

type Where = "provisions" | "cases" | "notes";

function Browser({ query }: { query: URLSearchParams }) {
  const status = useStatus();
  const q = query.get("q") ?? "";
  const direction = query.get("direction") ?? "";
  const where = (query.get("in") ?? "provisions") as Where;
  const search = (changes: Record<string, string>) => {
    const next = { q, direction, in: where, ...changes };
    go(["laws"], Object.fromEntries(Object.entries(next).filter(([, value]) => value)));
  };
  return (
    <div>
      <h1>{t("laws")}</h1>
      <form
        class="searchbar"
        role="search"
        onSubmit={(event) => {
          event.preventDefault();
          search({ q: String(new FormData(event.currentTarget).get("q") ?? "") });
        }}
      >
        <label class="field grow">
          <span>{t("searchLaws")}</span>
          <input key={q} name="q" type="search" defaultValue={q} placeholder={t("searchHint")} />
        </label>
        <label class="field">
          <span>{t("direction")}</span>
          <select
            value={direction}
            onChange={(event) => search({ direction: event.currentTarget.value })}
          >
            <option value="">{t("all")}</option>
            {Object.entries(status?.directions ?? {}).map(([id, zh]) => (
              <option key={id} value={id}>
                {language.value === "zh" ? zh : (DIRECTIONS_EN[id] ?? id)}
              </option>
            ))}
          </select>
        </label>
        <label class="field">
          <span>{t("lookIn")}</span>
          <select value={where} onChange={(event) => search({ in: event.currentTarget.value })}>
            <option value="provisions">{t("provisions")}</option>
            <option value="cases">{t("cases")}</option>
            <option value="notes">{t("notes")}</option>
          </select>
        </label>
        <button class="primary">{t("search")}</button>
      </form>
      {q ? <Found q={q} direction={direction} where={where} /> : <AllLaws direction={direction} />}
    </div>
  );
}

function Found({ q, direction, where }: { q: string; direction: string; where: Where }) {
  const day = asOf.value;
  const loaded = useLoad(
    (signal) =>
      get<SearchResult>(
        "/api/search",
        { q, direction, in: where, as_of: day, limit: 20 },
        signal,
      ),
    [q, direction, where, day],
  );
  return (
    <section aria-live="polite">
      <Show of={loaded}>
        {(result) => {
          const passages: Passage[] = [...result.cases, ...result.notes];
          if (!passages.length && !result.provisions.length) return <p>{t("nothing")}</p>;
          return (
            <ol class="results">
              {result.provisions.map((hit) => (
                <li key={hit.address}>
                  <p class="law-head">
                    <a href={lawLink(hit)}>
                      《{hit.law}》{hit.article ? hit.number : ""}
                    </a>{" "}
                    <span class="muted">
                      {hit.version} · {period(hit)}
                    </span>
                  </p>
                  <p class="law-text clamp">{hit.text}</p>
                </li>
              ))}
              {passages.map((passage) => (
                <li key={passage.id}>
                  <p class="law-head">
                    {passage.id.startsWith("case:") ? (
                      <a href={link(["laws"], { case: passage.id })}>{passage.title}</a>
                    ) : (
                      <strong>{passage.title}</strong>
                    )}
                  </p>
                  <p class="law-text clamp">{passage.text}</p>
                </li>
              ))}
            </ol>
          );
        }}
      </Show>
    </section>
  );
}

function AllLaws({ direction }: { direction: string }) {
  const loaded = useLoad(
    (signal) => get<{ laws: Law[] }>("/api/laws", { direction }, signal),
    [direction],
  );
  const [filter, setFilter] = useState("");
  return (
    <section>
      <h2>{t("allLaws")}</h2>
      <label class="field narrow">
        <span>{t("filterLaws")}</span>
        <input
          type="search"
          value={filter}
          onInput={(event) => setFilter(event.currentTarget.value)}
        />
      </label>
      <Show of={loaded}>
        {({ laws }) => {
          const wanted = filter.trim();
          const found = laws.filter(
            (law) =>
              law.name.includes(wanted) || law.short_names.some((name) => name.includes(wanted)),
          );
          if (!found.length) return <p>{t("nothing")}</p>;
          return (
            <ul class="lawlist">
              {found.slice(0, 200).map((law) => (
                <li key={law.name}>
                  <a href={link(["laws", law.name])}>{law.name}</a>{" "}
                  <span class="muted">{law.versions.map((v) => v.label).join(" · ")}</span>
                </li>
              ))}
              {found.length > 200 ? <li class="muted">… {found.length}</li> : null}
            </ul>
          );
        }}
      </Show>
    </section>
  );
}

// --- reading -----------------------------------------------------------------------------------

const DAY = 86_400_000;
const toDay = (iso: string) => Math.round(Date.parse(`${iso}T00:00:00Z`) / DAY);
const toIso = (day: number) => new Date(day * DAY).toISOString().slice(0, 10);

function versionOn(law: Law, iso: string): Version | undefined {
  return law.versions.find(
    (version) =>
      version.effective_from <= iso &&
      (version.effective_to ? iso <= version.effective_to : !version.repealed),
  );
}

function Reader({ name, query }: { name: string; query: URLSearchParams }) {
  const loaded = useLoad((signal) => get<LawText>("/api/show", { law: name }, signal), [name]);
  return <Show of={loaded}>{(text) => <LawPage law={text.law} query={query} />}</Show>;
}

function LawPage({ law, query }: { law: Law; query: URLSearchParams }) {
  const asked = law.versions.find((version) => version.label === query.get("version"));
  // A link to a version opens a day on which that version was law.
  const first = asked && versionOn(law, asOf.value) !== asked ? asked.effective_from : asOf.value;
  const [day, setDay] = useState(first);
  useEffect(() => setDay(first), [first]);
  const comparing = query.get("view") === "compare";
  return (
    <div class="law">
      <p>
        <a href={link(["laws"])}>← {t("laws")}</a>
      </p>
      <h1>{law.name}</h1>
      {law.notice ? (
        <p class="note">
          <strong>{t("notice")}</strong> {law.notice}
        </p>
      ) : null}
      <div class="tabs" role="group" aria-label={law.name}>
        <a href={link(["laws", law.name])} aria-current={comparing ? undefined : "true"}>
          {t("read")}
        </a>
        {law.versions.length > 1 ? (
          <a
            href={link(["laws", law.name], { view: "compare" })}
            aria-current={comparing ? "true" : undefined}
          >
            {t("compare")}
          </a>
        ) : null}
      </div>
      {comparing ? (
        <Compare law={law} />
      ) : (
        <Read law={law} day={day} setDay={setDay} article={query.get("article") ?? ""} />
      )}
    </div>
  );
}

function Read(props: { law: Law; day: string; setDay: (day: string) => void; article: string }) {
  const { law, day, setDay } = props;
  const version = versionOn(law, day);
  const [start, end] = useMemo(() => {
    const days = law.versions.map((each) => toDay(each.effective_from));
    const now = toDay(asOf.value);
    return [Math.min(...days, now) - 30, Math.max(...days, now) + 180];
  }, [law]);
  return (
    <>
      <div class="timeline">
        <label class="field">
          <span>{t("readAt")}</span>
          <input
            type="date"
            value={day}
            onChange={(event) => event.currentTarget.value && setDay(event.currentTarget.value)}
          />
        </label>
        <input
          class="slider"
          type="range"
          aria-label={t("readAt")}
          aria-valuetext={day}
          min={start}
          max={end}
          value={toDay(day)}
          list="versions"
          onInput={(event) => setDay(toIso(Number(event.currentTarget.value)))}
        />
        <datalist id="versions">
          {law.versions.map((each) => (
            <option key={each.label} value={toDay(each.effective_from)} />
          ))}
        </datalist>
        <div class="versions" role="group" aria-label={t("versions")}>
          {law.versions.map((each) => (
            <button
              key={each.label}
              type="button"
              aria-pressed={each === version}
              onClick={() => setDay(inside(each, asOf.value))}
            >
              {each.label}
              <small>{period(each)}</small>
            </button>
          ))}
        </div>
      </div>
      {version ? (
        <Text law={law} version={version} article={props.article} />
      ) : (
        <p class="note" role="status">
          {t("noText")}
        </p>
      )}
    </>
  );
}

/** A day on which ``version`` is law: the reader's own if it is one. */
function inside(version: Version, own: string): string {
  const after = version.effective_from <= own;
  const before = !version.effective_to || own <= version.effective_to;
  return after && before ? own : version.effective_from;
}

function Text({ law, version, article }: { law: Law; version: Version; article: string }) {
  const loaded = useLoad(
    (signal) =>
      get<LawText>("/api/show", { law: law.name, as_of: version.effective_from }, signal),
    [law.name, version.label],
  );
  return (
    <section>
      <p class="muted" role="status">
        {t("version")} {version.label} · {period(version)} · {version.articles} {t("articles")} ·{" "}
        {version.effective_basis}
      </p>
      <Show of={loaded}>{(text) => <Articles provisions={text.provisions} article={article} />}</Show>
    </section>
  );
}

function articleId(provision: Provision): string {
  return provision.suffix ? `${provision.article}-${provision.suffix}` : `${provision.article}`;
}

function Articles({ provisions, article }: { provisions: Provision[]; article: string }) {
  const box = useRef<HTMLDivElement>(null);
  const [wanted, setWanted] = useState(article);
  useEffect(() => setWanted(article), [article]);
  useEffect(() => {
    if (wanted) {
      box.current
        ?.querySelector(`[data-article="${CSS.escape(wanted)}"]`)
        ?.scrollIntoView({ block: "center" });
    }
  }, [wanted, provisions]);
  let chapter = "";
  return (
    <div ref={box}>
      <form
        class="jump"
        onSubmit={(event) => {
          event.preventDefault();
          setWanted(String(new FormData(event.currentTarget).get("article") ?? "").trim());
        }}
      >
        <label class="inline">
          <span>{t("goArticle")}</span>
          <input name="article" inputMode="numeric" size={5} />
        </label>
      </form>
      {provisions.map((provision) => {
        const heading = provision.chapter !== chapter ? provision.chapter : "";
        chapter = provision.chapter;
        return (
          <>
            {heading ? <h2 class="chapter">{heading}</h2> : null}
            <div
              key={provision.address}
              class={articleId(provision) === wanted ? "provision wanted" : "provision"}
              data-article={articleId(provision)}
            >
              {provision.article ? <strong class="number">{provision.number}</strong> : null}
              <p class="law-text">{provision.text}</p>
            </div>
          </>
        );
      })}
    </div>
  );
}

// --- comparing ---------------------------------------------------------------------------------

function Compare({ law }: { law: Law }) {
  const labels = law.versions.map((version) => version.label);
  const [old, setOld] = useState(labels.at(-2) ?? "");
  const [young, setYoung] = useState(labels.at(-1) ?? "");
  const [onlyChanges, setOnlyChanges] = useState(true);
  const loaded = useLoad(
    (signal) => get<Comparison>("/api/compare", { law: law.name, old, new: young }, signal),
    [law.name, old, young],
  );
  const options = law.versions.map((version) => (
    <option key={version.label} value={version.label}>
      {version.label}（{period(version)}）
    </option>
  ));
  return (
    <>
      <div class="row">
        <label class="field">
          <span>{t("older")}</span>
          <select value={old} onChange={(event) => setOld(event.currentTarget.value)}>
            {options}
          </select>
        </label>
        <label class="field">
          <span>{t("newer")}</span>
          <select value={young} onChange={(event) => setYoung(event.currentTarget.value)}>
            {options}
          </select>
        </label>
        <label class="check">
          <input
            type="checkbox"
            checked={onlyChanges}
            onChange={(event) => setOnlyChanges(event.currentTarget.checked)}
          />
          {t("onlyChanges")}
        </label>
      </div>
      <Show of={loaded}>
        {(compared) => {
          const rows = compared.rows.filter((row) => !onlyChanges || row.old?.text !== row.new?.text);
          return (
            <>
              <p class="muted" role="status">
                {compared.rows.filter((row) => row.old?.text !== row.new?.text).length} {t("changed")}
              </p>
              <table class="compare">
                <thead>
                  <tr>
                    <th>{compared.old.label}</th>
                    <th>{compared.new.label}</th>
                  </tr>
                </thead>
                <tbody>
                  {rows.map((row, index) => (
                    <ComparedRow key={index} before={row.old} after={row.new} />
                  ))}
                </tbody>
              </table>
            </>
          );
        }}
      </Show>
    </>
  );
}

// Chinese has no spaces between words; by single characters a diff is true but unreadable.
const WORDS = new Intl.Segmenter("zh", { granularity: "word" });

function ComparedRow({ before, after }: { before: Provision | null; after: Provision | null }) {
  const parts = useMemo(
    () => (before && after ? diffWords(before.text, after.text, { intlSegmenter: WORDS }) : []),
    [before, after],
  );
  const side = (provision: Provision | null, other: Provision | null, added: boolean) => (
    <td>
      {provision ? (
        <>
          <strong class="number">{provision.number}</strong>
          <p class="law-text">
            {other
              ? parts.map((part, index) => {
                  if (part.added) return added ? <ins key={index}>{part.value}</ins> : null;
                  if (part.removed) return added ? null : <del key={index}>{part.value}</del>;
                  return part.value;
                })
              : added
                ? <ins>{provision.text}</ins>
                : <del>{provision.text}</del>}
          </p>
        </>
      ) : (
        <span class="muted">{added ? t("dropped") : t("added")}</span>
      )}
    </td>
  );
  return (
    <tr>
      {side(before, after, false)}
      {side(after, before, true)}
    </tr>
  );
}

// --- cases -------------------------------------------------------------------------------------

function CaseReader({ identity }: { identity: string }) {
  const loaded = useLoad(
    (signal) => get<Case>(`/api/cases/${encodeURIComponent(identity)}`, {}, signal),
    [identity],
  );
  return (
    <div class="law">
      <p>
        <a href={link(["laws"])}>← {t("laws")}</a>
      </p>
      <Show of={loaded}>
        {(found) => (
          <>
            <h1>{found.title}</h1>
            <p class="muted">
              {[found.number, found.court, found.decided_on, found.cause, found.authority]
                .filter(Boolean)
                .join(" · ")}
            </p>
            {(["holding", "facts", "issues", "reasoning", "result"] as const).map((part) =>
              found[part] ? (
                <section key={part}>
                  <h2>{t(part)}</h2>
                  <p class="law-text">{found[part]}</p>
                </section>
              ) : null,
            )}
          </>
        )}
      </Show>
    </div>
  );
}
