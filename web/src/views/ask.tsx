import { useEffect, useRef, useState } from "preact/hooks";
import { type Citation, upload } from "../api";
import { type Answer, ask, chats, isBusy, type Read, restart, stop, type Turn, type View } from "../chat";
import { language, named, t, type Word } from "../i18n";
import { RichText } from "../markdown";
import { DIRECTIONS_EN, Trouble, useStatus } from "../parts";
import { link } from "../route";
import { AnswerTable } from "./elements";

export function AskView({ view }: { view: View }) {
  const chat = chats[view].value;
  const busy = isBusy(chat);
  const status = useStatus();
  const last = chat.turns.at(-1);
  const disclaimer = chat.turns.map((turn) => turn.answer?.disclaimer).find(Boolean);
  return (
    <div class="ask">
      <div class="head">
        <div>
          <h1>{t(view)}</h1>
          <p class="muted">{t(`${view}Lead` as Word)}</p>
        </div>
        {chat.turns.length ? (
          <button type="button" onClick={() => restart(view)}>
            {t("newChat")}
          </button>
        ) : null}
      </div>
      {status && !status.model ? <p class="note">{t("noModel")}</p> : null}
      <div class="thread">
        {chat.turns.map((turn, index) => (
          <Exchange
            key={index}
            turn={turn}
            busy={busy}
            again={(options) => ask(view, turn.question, { facts: turn.facts, ...options })}
          />
        ))}
        {last?.answer ? (
          <p class="muted disclaimer">{disclaimer || t("disclaimer")}</p>
        ) : null}
      </div>
      <Composer key={chat.turns.length ? "follow" : "first"} view={view} busy={busy} />
      <Announcer turn={last} />
    </div>
  );
}

/** Tells those who cannot see the page what goes on, once for each change. */
function Announcer({ turn }: { turn: Turn | undefined }) {
  return (
    <div class="unseen" aria-live="polite" role="status">
      {turn ? progress(turn) : ""}
    </div>
  );
}

function progress(turn: Turn): string {
  switch (turn.state) {
    case "sent":
      return t("retrieving");
    case "queued":
      return `${t("queued")} ${turn.place}`;
    case "running":
      return turn.text ? t("writing") : t("retrieving");
    case "done":
      return `${t("answer")}：${summary(turn.answer?.citations ?? [])}`;
    case "failed":
      return `${t("failed")}：${turn.error}`;
    default:
      return t(turn.state);
  }
}

function summary(citations: Citation[]): string {
  if (!citations.length) return t("noCitations");
  const good = citations.filter((citation) => citation.good).length;
  const bad = citations.length - good;
  return `${t("checked")}：${good} ${t("good")}${bad ? `，${bad} ${t("notGood")}` : ""}`;
}

function Composer({ view, busy }: { view: View; busy: boolean }) {
  const chat = chats[view].value;
  const status = useStatus();
  const first = chat.turns.length === 0;
  const [question, setQuestion] = useState("");
  const [direction, setDirection] = useState("");
  const [facts, setFacts] = useState("");
  const field = useRef<HTMLTextAreaElement>(null);
  useEffect(() => {
    if (!busy) field.current?.focus({ preventScroll: true });
  }, [busy]);
  const send = (event?: Event) => {
    event?.preventDefault();
    const words = question.trim();
    if (!words || busy) return;
    setQuestion("");
    void ask(view, words, {
      // The view is a choice of task; the doctrine view alone leaves it to be detected.
      task: view === "doctrine" ? undefined : view,
      direction: direction || undefined,
      // What an earlier turn brought is part of the conversation.
      facts: facts || undefined,
    });
  };
  return (
    <form class="composer" onSubmit={send}>
      {view === "case" && first ? <Material text={facts} onChange={setFacts} /> : null}
      <label class="field">
        <span>{first ? t("question") : t("followUp")}</span>
        <textarea
          ref={field}
          rows={first ? 3 : 2}
          maxLength={20000}
          value={question}
          placeholder={first ? t(`${view}Ask` as Word) : ""}
          onInput={(event) => setQuestion(event.currentTarget.value)}
          onKeyDown={(event) => {
            if (event.key === "Enter" && !event.shiftKey && !event.isComposing) send(event);
          }}
        />
      </label>
      <div class="row">
        <label class="inline">
          <span>{t("direction")}</span>
          <select
            value={direction}
            onChange={(event) => setDirection(event.currentTarget.value)}
          >
            <option value="">{t("auto")}</option>
            {directions(status?.directions)}
          </select>
        </label>
        <span class="grow" />
        {busy ? (
          <button type="button" class="stop" onClick={() => void stop(view)}>
            {t("stop")}
          </button>
        ) : (
          <button class="primary" disabled={!question.trim()}>
            {t("ask")}
          </button>
        )}
      </div>
    </form>
  );
}

function directions(known: Record<string, string> | undefined) {
  return Object.entries(known ?? {}).map(([id, zh]) => (
    <option key={id} value={id}>
      {language.value === "zh" ? zh : (DIRECTIONS_EN[id] ?? id)}
    </option>
  ));
}

/** The text of a case: uploaded, or pasted. */
function Material({ text, onChange }: { text: string; onChange: (text: string) => void }) {
  const [name, setName] = useState("");
  const [state, setState] = useState<"idle" | "reading">("idle");
  const [trouble, setTrouble] = useState("");
  const take = async (file: File | undefined) => {
    if (!file) return;
    setState("reading");
    setTrouble("");
    try {
      const read = await upload(file);
      setName(read.name);
      onChange(read.text);
    } catch (error) {
      setTrouble((error as Error).message);
    }
    setState("idle");
  };
  return (
    <fieldset class="material">
      <legend>{t("material")}</legend>
      <div class="row">
        <label class="button">
          {state === "reading" ? t("uploading") : t("upload")}
          <input
            type="file"
            class="unseen"
            accept=".docx,.pdf,.txt,.md"
            onChange={(event) => {
              void take(event.currentTarget.files?.[0]);
              event.currentTarget.value = "";
            }}
          />
        </label>
        {text ? (
          <span class="muted" role="status">
            {name} {text.length.toLocaleString()} {t("characters")}
          </span>
        ) : null}
        {text ? (
          <button
            type="button"
            class="quiet"
            onClick={() => {
              setName("");
              onChange("");
            }}
          >
            {t("remove")}
          </button>
        ) : null}
      </div>
      {trouble ? <Trouble message={trouble} /> : null}
      <textarea
        aria-label={t("material")}
        rows={6}
        value={text}
        placeholder={t("pasteMaterial")}
        onInput={(event) => onChange(event.currentTarget.value)}
      />
    </fieldset>
  );
}

function Exchange({
  turn,
  busy,
  again,
}: {
  turn: Turn;
  busy: boolean;
  again: (options: { task?: string; direction?: string }) => void;
}) {
  const running = ["sent", "queued", "running"].includes(turn.state);
  const citations = turn.answer?.citations ?? [];
  return (
    <article class="exchange" aria-busy={running}>
      <div class="asked">
        <h2>{turn.question}</h2>
        {turn.facts ? (
          <details>
            <summary>
              {t("material")}（{turn.facts.length.toLocaleString()} {t("characters")}）
            </summary>
            <p class="pre">{turn.facts}</p>
          </details>
        ) : null}
      </div>
      <Understood turn={turn} busy={busy} again={again} />
      <Notes turn={turn} />
      {running && !turn.text ? <p class="progress">{progress(turn)}</p> : null}
      {turn.text ? (
        <div class={running ? "answer writing" : "answer"}>
          <RichText text={turn.text} citations={citations} />
        </div>
      ) : null}
      {turn.state === "failed" ? <Trouble message={turn.error} /> : null}
      {turn.state === "stopped" || turn.state === "interrupted" ? (
        <p class="note">{t(turn.state)}</p>
      ) : null}
      {turn.answer ? (
        <>
          <AnswerTable view={turn.answer.view} />
          <p class={`verdict ${citations.length && citations.every((c) => c.good) ? "good" : "doubt"}`}>
            {summary(citations)}
            {seconds(turn.answer)}
          </p>
        </>
      ) : null}
      {turn.read.length ? <Sources read={turn.read} /> : null}
    </article>
  );
}

function seconds(answer: Answer): string {
  return answer.seconds ? ` · ${answer.seconds.toFixed(0)} ${t("seconds")}` : "";
}

/** What the question was taken for; another choice asks again. */
function Understood({
  turn,
  busy,
  again,
}: {
  turn: Turn;
  busy: boolean;
  again: (options: { task?: string; direction?: string }) => void;
}) {
  const status = useStatus();
  const { task, direction } = turn.detected;
  if (!task) return null;
  return (
    <p class="understood">
      <label class="inline">
        <span>{t("task")}</span>
        <select
          value={task}
          disabled={busy}
          onChange={(event) =>
            again({ task: event.currentTarget.value, ...(direction ? { direction } : {}) })
          }
        >
          {["doctrine", "conduct", "case", "document"].map((name) => (
            <option key={name} value={name}>
              {named(name)}
            </option>
          ))}
        </select>
      </label>
      <label class="inline">
        <span>{t("direction")}</span>
        <select
          value={direction ?? ""}
          disabled={busy}
          onChange={(event) => again({ task, direction: event.currentTarget.value })}
        >
          {direction ? null : <option value="">–</option>}
          {directions(status?.directions)}
        </select>
      </label>
      <span>
        {t("asOf")} {turn.detected.as_of ?? turn.asOf}
      </span>
      {task === "document" ? <a href={link(["document"])}>{t("draftHere")}</a> : null}
    </p>
  );
}

function Notes({ turn }: { turn: Turn }) {
  const note = words(turn.detected.date_note);
  const missing = turn.detected.missing ?? [];
  return (
    <>
      {note ? (
        <p class="note">
          <strong>{t("dateNote")}</strong> {note}
        </p>
      ) : null}
      {turn.detected.omitted?.length ? (
        <p class="note">
          <strong>{t("omitted")}</strong> {turn.detected.omitted.join(" ")}
        </p>
      ) : null}
      {missing.length ? (
        <div class="note">
          <strong>{t("missing")}</strong>
          <ul>
            {missing.map((fact, index) => (
              <li key={index}>{words(fact)}</li>
            ))}
          </ul>
        </div>
      ) : null}
    </>
  );
}

function words(value: unknown): string {
  if (typeof value === "string") return value;
  if (value && typeof value === "object" && "text" in value) return String(value.text);
  return "";
}

function Sources({ read }: { read: Read[] }) {
  return (
    <details class="sources">
      <summary>
        {t("sources")}（{read.length}）
      </summary>
      <ol>
        {read.map((provision) => (
          <li key={provision.address}>
            <p class="law-text">{provision.quote}</p>
            <a href={link(["laws", provision.address.split("@")[0] ?? ""], addressQuery(provision.address))}>
              {provision.address}
            </a>
          </li>
        ))}
      </ol>
    </details>
  );
}

export function addressQuery(address: string): Record<string, string> {
  const [, version = "", article = ""] = /@([^#]+)#([\d-]+)/.exec(address) ?? [];
  return { version, article };
}
