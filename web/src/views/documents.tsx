import type { ComponentChildren } from "preact";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import {
  download,
  type Drafted,
  type Element,
  type Form,
  type Forms,
  get,
  type PartyField,
  postJson,
  save,
} from "../api";
import { language, t } from "../i18n";
import { RichText } from "../markdown";
import { Show, Trouble, useLoad } from "../parts";
import { go, link, route } from "../route";
import { asOf } from "../settings";

type Cell = string;
type Row = Record<string, Cell>;
type Value = string | string[] | Row[];
type Facts = Record<string, Value>;

export function DocumentsView() {
  const loaded = useLoad((signal) => get<Forms>("/api/forms", {}, signal), []);
  const id = route.value.parts[1];
  return (
    <Show of={loaded}>
      {({ forms, parties }) => {
        const form = forms.find((each) => each.id === id);
        return form ? (
          <Wizard key={form.id} form={form} parties={parties} />
        ) : (
          <Choose forms={forms} />
        );
      }}
    </Show>
  );
}

function label(of: { zh: string; en: string }): string {
  return of[language.value];
}

// --- choosing ----------------------------------------------------------------------------------

const ROLES: Record<string, [string, string]> = {
  complaint: ["起诉状", "Complaints"],
  answer: ["答辩状", "Answers"],
  application: ["申请书", "Applications"],
  letter: ["函件", "Letters"],
  contract: ["合同", "Contracts"],
  annex: ["附件", "Annexes"],
};

function Choose({ forms }: { forms: Form[] }) {
  const [filter, setFilter] = useState("");
  const [trouble, setTrouble] = useState("");
  const wanted = filter.trim().toLowerCase();
  const found = forms.filter((form) =>
    [form.title.zh, form.title.en, form.id].some((name) => name.toLowerCase().includes(wanted)),
  );
  const roles = [...new Set([...Object.keys(ROLES), ...found.map((form) => form.role)])].filter(
    (role) => found.some((form) => form.role === role),
  );
  return (
    <div>
      <h1>{t("document")}</h1>
      <div class="row">
        <label class="field grow">
          <span>{t("filterForms")}</span>
          <input
            type="search"
            value={filter}
            onInput={(event) => setFilter(event.currentTarget.value)}
          />
        </label>
        <ImportFacts
          onFacts={(name, facts) => {
            keep(name, facts);
            go(["document", name]);
          }}
          onTrouble={setTrouble}
        />
      </div>
      {trouble ? <Trouble message={trouble} /> : null}
      {roles.map((role) => {
        const name = ROLES[role];
        return (
          <section key={role}>
            <h2>{name ? name[language.value === "zh" ? 0 : 1] : role}</h2>
            <ul class="forms">
              {found
                .filter((form) => form.role === role)
                .map((form) => (
                  <li key={form.id}>
                    <a href={link(["document", form.id])}>{label(form.title)}</a>
                  </li>
                ))}
            </ul>
          </section>
        );
      })}
    </div>
  );
}

// --- facts -------------------------------------------------------------------------------------

/** Facts being filled in stay in this tab until it is closed. */
function keep(form: string, facts: Facts): void {
  sessionStorage.setItem(`facts:${form}`, JSON.stringify(facts));
}

function kept(form: string): Facts {
  return JSON.parse(sessionStorage.getItem(`facts:${form}`) ?? "{}") as Facts;
}

/** Facts as the server reads them: without what is blank. */
function given(facts: Facts): Facts {
  const full = (value: Value): boolean =>
    typeof value === "string" ? value.trim() !== "" : value.length > 0;
  const cleaned: Facts = {};
  for (const [name, value] of Object.entries(facts)) {
    const kept = Array.isArray(value)
      ? (value as (string | Row)[]).filter((item) =>
          typeof item === "string"
            ? item.trim()
            : Object.entries(item).some(([key, cell]) => key !== "kind" && cell.trim()),
        )
      : value;
    if (full(kept as Value)) cleaned[name] = kept as Value;
  }
  return cleaned;
}

function ImportFacts({
  onFacts,
  onTrouble,
}: {
  onFacts: (form: string, facts: Facts) => void;
  onTrouble: (words: string) => void;
}) {
  return (
    <label class="button">
      {t("importFacts")}
      <input
        type="file"
        class="unseen"
        accept=".toml,.json"
        onChange={async (event) => {
          const file = event.currentTarget.files?.[0];
          event.currentTarget.value = "";
          if (!file) return;
          onTrouble("");
          try {
            const text = await file.text();
            const read = await postJson<{ form: string; facts: Facts }>("/api/facts", { text });
            onFacts(read.form, read.facts);
          } catch (error) {
            onTrouble((error as Error).message);
          }
        }}
      />
    </label>
  );
}

// --- the wizard --------------------------------------------------------------------------------

function Wizard({ form, parties }: { form: Form; parties: Forms["parties"] }) {
  const [facts, setFacts] = useState<Facts>(() => kept(form.id));
  const [drafted, setDrafted] = useState<Drafted | null>(null);
  const [trouble, setTrouble] = useState("");
  const day = asOf.value;
  useEffect(() => {
    keep(form.id, facts);
    const controller = new AbortController();
    const wait = setTimeout(() => {
      postJson<Drafted>(
        "/api/draft",
        { form: form.id, facts: given(facts), as_of: day },
        controller.signal,
      ).then(
        (value) => {
          setDrafted(value);
          setTrouble("");
        },
        (error: Error) => controller.signal.aborted || setTrouble(error.message),
      );
    }, 350);
    return () => {
      clearTimeout(wait);
      controller.abort();
    };
  }, [facts, day, form.id]);
  const change = (id: string, value: Value) => setFacts((old) => ({ ...old, [id]: value }));
  const take = async (format: "docx" | "markdown") => {
    const name = `${form.title.zh}.${format === "docx" ? "docx" : "md"}`;
    try {
      await download("/api/draft", name, {
        form: form.id,
        facts: given(facts),
        as_of: day,
        format,
      });
    } catch (error) {
      setTrouble((error as Error).message);
    }
  };
  const byId = useMemo(() => new Map(form.elements.map((each) => [each.id, each])), [form]);
  const lacking = new Set(drafted?.missing.map((each) => each.element));
  return (
    <div>
      <p>
        <a href={link(["document"])}>← {t("backToForms")}</a>
      </p>
      <h1>{label(form.title)}</h1>
      <div class="row">
        <button type="button" class="primary" onClick={() => void take("docx")}>
          {t("download")} .docx
        </button>
        <button type="button" onClick={() => void take("markdown")}>
          {t("download")} .md
        </button>
        {drafted?.missing.length ? (
          <button
            type="button"
            class="quiet"
            onClick={() => document.querySelector(".missing")?.scrollIntoView({ block: "center" })}
          >
            {t("stillMissing")}（{drafted.missing.length}）
          </button>
        ) : null}
        <span class="grow" />
        <ImportFacts
          onFacts={(name, read) => {
            if (name === form.id) setFacts(read);
            else {
              keep(name, read);
              go(["document", name]);
            }
          }}
          onTrouble={setTrouble}
        />
        <button
          type="button"
          onClick={() =>
            save(
              new Blob([JSON.stringify({ form: form.id, ...given(facts) }, null, 2)], {
                type: "application/json",
              }),
              `${form.id}.json`,
            )
          }
        >
          {t("exportFacts")}
        </button>
        <button type="button" class="quiet" onClick={() => setFacts({})}>
          {t("clear")}
        </button>
      </div>
      {trouble ? <Trouble message={trouble} /> : null}
      <div class="wizard">
        <form onSubmit={(event) => event.preventDefault()}>
          {form.sections.map((section) => (
            <fieldset key={section.title}>
              <legend>{section.title}</legend>
              {section.elements.map((id) => {
                const element = byId.get(id);
                return element && isAsked(element, facts) ? (
                  <ElementField
                    key={id}
                    element={element}
                    parties={parties}
                    value={facts[id]}
                    lacking={lacking.has(id)}
                    onChange={(value) => change(id, value)}
                  />
                ) : null;
              })}
            </fieldset>
          ))}
        </form>
        <aside>{drafted ? <Result drafted={drafted} /> : null}</aside>
      </div>
    </div>
  );
}

/** Whether the answers so far make the form ask for ``element`` (``method=a|b``). */
function isAsked(element: Element, facts: Facts): boolean {
  if (!element.when) return true;
  const [other = "", answers = ""] = element.when.split("=", 2);
  const chosen = facts[other];
  const all = Array.isArray(chosen) ? (chosen as string[]) : chosen ? [chosen] : [];
  return answers.split("|").some((answer) => all.includes(answer));
}

function Result({ drafted }: { drafted: Drafted }) {
  return (
    <>
      <section class={drafted.missing.length ? "missing" : "missing none"} aria-live="polite">
        <h2>
          {t("stillMissing")}（{drafted.missing.length}）
        </h2>
        {drafted.missing.length ? (
          <ul>
            {drafted.missing.map((each, index) => (
              <li key={index}>
                <a
                  href={`#field-${each.element}`}
                  onClick={(event) => {
                    event.preventDefault();
                    const field = document.getElementById(`field-${each.element}`);
                    field?.scrollIntoView({ block: "center" });
                    field?.querySelector<HTMLElement>("input, textarea, select, button")?.focus();
                  }}
                >
                  {each.label}
                </a>{" "}
                <span class="muted">
                  {each.why}
                  {each.basis ? `（${each.basis}）` : ""}
                </span>
              </li>
            ))}
          </ul>
        ) : (
          <p class="verdict good">✓ {t("nothingMissing")}</p>
        )}
      </section>
      {drafted.warnings.length ? (
        <section class="note">
          <h2>{t("warnings")}</h2>
          <ul>
            {drafted.warnings.map((warning, index) => (
              <li key={index}>{warning.text}</li>
            ))}
          </ul>
        </section>
      ) : null}
      {drafted.deadlines.length ? (
        <section class="deadlines">
          <h2>{t("deadlines")}</h2>
          <ul>
            {drafted.deadlines.map((deadline, index) => (
              <li key={index}>
                <strong>{deadline.title}</strong> {deadline.due ?? ""}
                {deadline.rest ? `（${deadline.rest}）` : ""}{" "}
                <span class="muted">
                  {deadline.basis.map((each) => each.citation).join("、")}
                  {deadline.notes.length ? ` ${deadline.notes.join(" ")}` : ""}
                </span>
              </li>
            ))}
          </ul>
        </section>
      ) : null}
      <section class="preview">
        <h2>{t("preview")}</h2>
        <div class="paper">
          <RichText text={drafted.markdown} />
        </div>
      </section>
    </>
  );
}

// --- fields ------------------------------------------------------------------------------------

interface FieldProps {
  element: Element;
  parties: Forms["parties"];
  value: Value | undefined;
  lacking: boolean;
  onChange: (value: Value) => void;
}

function ElementField(props: FieldProps) {
  const { element, lacking } = props;
  return (
    <div id={`field-${element.id}`} class={lacking ? "element lacking" : "element"}>
      <FieldOf {...props} />
      {element.hint ? <p class="hint">{element.hint}</p> : null}
      {element.basis.length ? (
        <p class="hint">
          {t("basis")}：{element.basis.map(written).join("、")}
        </p>
      ) : null}
    </div>
  );
}

/** 商标法@2019#57 or 商标法#57 for people: 商标法57. */
function written(address: string): string {
  return address.replace(/@[^#]*/g, "").replace("#", " ");
}

function Caption({ element }: { element: Element }) {
  return (
    <>
      {label(element.label)}
      {element.required ? <em class="req">{t("required")}</em> : null}
    </>
  );
}

function FieldOf({ element, parties, value, onChange }: FieldProps) {
  switch (element.kind) {
    case "text":
      return (
        <label class="field">
          <span>
            <Caption element={element} />
          </span>
          <textarea
            rows={2}
            value={asText(value)}
            onInput={(event) => onChange(event.currentTarget.value)}
          />
        </label>
      );
    case "date":
      return (
        <label class="field narrow">
          <span>
            <Caption element={element} />
          </span>
          <input
            type="date"
            value={asText(value)}
            onChange={(event) => onChange(event.currentTarget.value)}
          />
        </label>
      );
    case "money":
      return (
        <label class="field narrow">
          <span>
            <Caption element={element} />（元）
          </span>
          <input
            inputMode="decimal"
            value={asText(value)}
            onInput={(event) => onChange(event.currentTarget.value)}
          />
        </label>
      );
    case "list":
      return (
        <label class="field">
          <span>
            <Caption element={element} />
          </span>
          <textarea
            rows={3}
            placeholder={t("oneEach")}
            value={Array.isArray(value) ? (value as string[]).join("\n") : asText(value)}
            onInput={(event) => onChange(event.currentTarget.value.split("\n"))}
          />
        </label>
      );
    case "choice":
      return <ChoiceField element={element} value={value} onChange={onChange} />;
    case "party":
      return <PartyRows element={element} parties={parties} value={value} onChange={onChange} />;
    case "table":
      return <TableRows element={element} value={value} onChange={onChange} />;
  }
}

function asText(value: Value | undefined): string {
  if (value === undefined || value === null) return "";
  return Array.isArray(value) ? value.map(String).join("\n") : String(value);
}

function Input({
  kind,
  value,
  onChange,
}: {
  kind: "text" | "date" | "money";
  value: string | undefined;
  onChange: (value: string) => void;
}) {
  const shown = value ?? "";
  if (kind === "date") {
    return (
      <input type="date" value={shown} onChange={(event) => onChange(event.currentTarget.value)} />
    );
  }
  return (
    <input
      inputMode={kind === "money" ? "decimal" : "text"}
      value={shown}
      onInput={(event) => onChange(event.currentTarget.value)}
    />
  );
}

type InputProps = Pick<FieldProps, "element" | "value" | "onChange">;

function ChoiceField({ element, value, onChange }: InputProps) {
  const chosen = Array.isArray(value) ? (value as string[]) : value ? [String(value)] : [];
  if (!element.many) {
    return (
      <label class="field narrow">
        <span>
          <Caption element={element} />
        </span>
        <select
          value={chosen[0] ?? ""}
          onChange={(event) => onChange(event.currentTarget.value)}
        >
          <option value="">{t("choose")}</option>
          {element.choices.map((choice) => (
            <option key={choice.id} value={choice.id}>
              {label(choice.label)}
            </option>
          ))}
        </select>
      </label>
    );
  }
  return (
    <div role="group" aria-label={label(element.label)} class="choices">
      <p class="caption">
        <Caption element={element} />
      </p>
      {element.choices.map((choice) => (
        <label key={choice.id} class="check">
          <input
            type="checkbox"
            checked={chosen.includes(choice.id)}
            onChange={(event) =>
              onChange(
                event.currentTarget.checked
                  ? [...chosen, choice.id]
                  : chosen.filter((id) => id !== choice.id),
              )
            }
          />
          {label(choice.label)}
        </label>
      ))}
    </div>
  );
}

function rowsOf(value: Value | undefined): Row[] {
  if (!Array.isArray(value)) return value && typeof value === "object" ? [value as Row] : [];
  return value as Row[];
}

function Rows({
  element,
  value,
  onChange,
  blank,
  add,
  children,
}: InputProps & {
  blank: Row;
  add: string;
  children: (row: Row, set: (changes: Row) => void) => ComponentChildren;
}) {
  const rows = rowsOf(value);
  const shown = rows.length ? rows : [blank];
  const set = (index: number, changes: Row) =>
    onChange(shown.map((row, n) => (n === index ? { ...row, ...changes } : row)));
  const box = useRef<HTMLDivElement>(null);
  return (
    <div role="group" aria-label={label(element.label)} ref={box}>
      <p class="caption">
        <Caption element={element} />
      </p>
      {shown.map((row, index) => (
        <div key={index} class="rowbox">
          {children(row, (changes) => set(index, changes))}
          {rows.length > 1 ? (
            <button
              type="button"
              class="quiet"
              onClick={() => onChange(rows.filter((_, n) => n !== index))}
            >
              {t("removeRow")}
            </button>
          ) : null}
        </div>
      ))}
      <button type="button" class="quiet" onClick={() => onChange([...shown, { ...blank }])}>
        + {add}
      </button>
    </div>
  );
}

const KINDS: Record<string, [string, string]> = {
  company: ["法人或者非法人组织", "Organisation"],
  person: ["自然人", "Natural person"],
};

function PartyRows({
  element,
  parties,
  value,
  onChange,
}: InputProps & { parties: Forms["parties"] }) {
  const kinds = parties[element.profile ?? "claimant"] ?? {};
  const names = Object.keys(kinds);
  const first = element.profile === "agent" ? "person" : "company";
  return (
    <Rows
      element={element}
      value={value}
      onChange={onChange}
      blank={{ kind: first }}
      add={t("addParty")}
    >
      {(row, set) => {
        const kind = row.kind ?? first;
        const fields: PartyField[] = kinds[kind] ?? [];
        return (
          <div class="grid">
            {names.length > 1 ? (
              <label class="field">
                <span>{t("partyKind")}</span>
                <select value={kind} onChange={(event) => set({ kind: event.currentTarget.value })}>
                  {names.map((name) => (
                    <option key={name} value={name}>
                      {KINDS[name]?.[language.value === "zh" ? 0 : 1] ?? name}
                    </option>
                  ))}
                </select>
              </label>
            ) : null}
            {fields.map((field) => (
              <label key={field.id} class="field">
                <span>
                  {label(field.label)}
                  {field.required ? <em class="req">{t("required")}</em> : null}
                </span>
                <Input
                  kind={field.id === "birth_date" ? "date" : "text"}
                  value={row[field.id]}
                  onChange={(value) => set({ [field.id]: value })}
                />
              </label>
            ))}
          </div>
        );
      }}
    </Rows>
  );
}

function TableRows({ element, value, onChange }: InputProps) {
  return (
    <Rows element={element} value={value} onChange={onChange} blank={{}} add={t("addRow")}>
      {(row, set) => (
        <div class="grid">
          {element.columns.map((column) => (
            <label key={column.id} class="field">
              <span>
                {label(column.label)}
                {column.kind === "money" ? "（元）" : ""}
                {column.required ? <em class="req">{t("required")}</em> : null}
              </span>
              <Input
                kind={column.kind}
                value={row[column.id]}
                onChange={(value) => set({ [column.id]: value })}
              />
            </label>
          ))}
        </div>
      )}
    </Rows>
  );
}
