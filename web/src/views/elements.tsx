import { named, t, type Word } from "../i18n";
import { link } from "../route";
import { addressQuery } from "./ask";

interface Rule {
  address: string;
  law: string;
  number: string;
  text: string;
}

interface ConductTable {
  kind: "conduct";
  name: string;
  rows: { element: string; name: string; fact: string; met: string; provisions: Rule[] }[];
}

interface Point {
  text: string;
  source?: string;
}

interface CaseTable {
  kind: "case";
  parties: { role: string; name: string }[];
  issues: Point[];
  rule: Point[];
  application: Point[];
  conclusion: Point[];
  similar: { id: string; title: string; number: string; court: string; holding: string }[];
}

/** The table of an answer: elements of an act, or the parts of a case. */
export function AnswerTable({ view }: { view: unknown }) {
  const table = view as ConductTable | CaseTable | null | undefined;
  if (table?.kind === "conduct") return <Elements table={table} />;
  if (table?.kind === "case") return <Analysis table={table} />;
  return null;
}

const MET: Record<string, [Word, string]> = {
  met: ["yes", "✓"],
  not_met: ["no", "✗"],
  unknown: ["unknown", "?"],
};

function Elements({ table }: { table: ConductTable }) {
  return (
    <section class="elements">
      <h3>{table.name}</h3>
      <table class="stack">
        <thead>
          <tr>
            <th>{t("element")}</th>
            <th>{t("fact")}</th>
            <th>{t("met")}</th>
            <th>{t("provision")}</th>
          </tr>
        </thead>
        <tbody>
          {table.rows.map((row) => {
            const [word, sign] = MET[row.met] ?? ["unknown", "?"];
            return (
              <tr key={row.element}>
                <th scope="row" data-label={t("element")}>
                  {row.name}
                </th>
                <td data-label={t("fact")}>{row.fact || "–"}</td>
                <td data-label={t("met")} class={`met ${row.met}`}>
                  <span aria-hidden="true">{sign}</span> {t(word)}
                </td>
                <td data-label={t("provision")}>
                  {row.provisions.map((rule) => (
                    <a
                      key={rule.address}
                      class="rule"
                      title={rule.text}
                      href={link(["laws", rule.law], addressQuery(rule.address))}
                    >
                      《{rule.law}》{rule.number}
                    </a>
                  ))}
                </td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </section>
  );
}

function Analysis({ table }: { table: CaseTable }) {
  return (
    <section class="analysis">
      {table.parties.length ? (
        <>
          <h3>{t("parties")}</h3>
          <ul>
            {table.parties.map((party, index) => (
              <li key={index}>
                {party.role}：{party.name}
              </li>
            ))}
          </ul>
        </>
      ) : null}
      {(["issues", "rule", "application", "conclusion"] as const).map((part) =>
        table[part].length ? (
          <div key={part}>
            <h3>{named(part)}</h3>
            <ul>
              {table[part].map((point, index) => (
                <li key={index}>
                  {point.text}
                  {point.source && point.source !== point.text ? (
                    <blockquote>{point.source}</blockquote>
                  ) : null}
                </li>
              ))}
            </ul>
          </div>
        ) : null,
      )}
      {table.similar.length ? (
        <>
          <h3>{t("similarCases")}</h3>
          <ul>
            {table.similar.map((one) => (
              <li key={one.id}>
                <a href={link(["laws"], { case: one.id })}>{one.title}</a>{" "}
                <span class="muted">
                  {one.number} {one.court}
                </span>
              </li>
            ))}
          </ul>
        </>
      ) : null}
    </section>
  );
}
