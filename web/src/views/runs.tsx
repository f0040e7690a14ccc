import { get, type RunDetail, type RunSummary } from "../api";
import { Curves, type Series } from "../chart";
import { named, t } from "../i18n";
import { Show, useLoad } from "../parts";
import { link, route } from "../route";

export function RunsView() {
  const loaded = useLoad((signal) => get<{ runs: RunSummary[] }>("/api/runs", {}, signal), []);
  const chosen = route.value.parts[1];
  return (
    <div>
      <h1>{t("runs")}</h1>
      <Show of={loaded}>
        {({ runs }) => {
          if (!runs.length) return <p>{t("noRuns")}</p>;
          const name = chosen ?? runs[0]?.name ?? "";
          return (
            <>
              <table>
                <thead>
                  <tr>
                    <th>{t("runs")}</th>
                    <th>{t("status")}</th>
                    <th>{t("created")}</th>
                  </tr>
                </thead>
                <tbody>
                  {runs.map((run) => (
                    <tr key={run.name}>
                      <td>
                        <a
                          href={link(["runs", run.name])}
                          aria-current={run.name === name ? "true" : undefined}
                        >
                          {run.name}
                        </a>
                      </td>
                      <td>{named(run.status)}</td>
                      <td>{new Date(run.created).toLocaleString()}</td>
                    </tr>
                  ))}
                </tbody>
              </table>
              <Detail key={name} name={name} />
            </>
          );
        }}
      </Show>
    </div>
  );
}

function Detail({ name }: { name: string }) {
  const loaded = useLoad(
    (signal) => get<RunDetail>(`/api/runs/${encodeURIComponent(name)}`, {}, signal),
    [name],
  );
  return (
    <section>
      <h2>{name}</h2>
      <Show of={loaded}>
        {(run) => (
          <>
            <h3>{t("loss")}</h3>
            <Curves series={curves(run)} x={t("step")} y={t("loss")} />
            <Heldout run={run} />
            <Evaluation rows={run.evaluation} />
          </>
        )}
      </Show>
    </section>
  );
}

/** The training loss, one line a stage, over the steps of all stages. */
function curves(run: RunDetail): Series[] {
  const found = new Map<string, Series>();
  let step = 0;
  for (const row of run.metrics) {
    if (row.event !== "step" || typeof row.loss !== "number") continue;
    const name = String(row.stage);
    const series = found.get(name) ?? { name, points: [] };
    step += 1;
    series.points.push([step, row.loss]);
    found.set(name, series);
  }
  return [...found.values()];
}

type Losses = Record<string, number>;

function Heldout({ run }: { run: RunDetail }) {
  const rows = run.metrics.filter((row) => row.event === "heldout");
  const sets = [...new Set(rows.flatMap((row) => Object.keys(row.loss as Losses)))];
  if (!rows.length) return null;
  return (
    <>
      <h3>{t("heldout")}</h3>
      <div class="scroll">
        <table class="numbers">
          <thead>
            <tr>
              <th>{t("stage")}</th>
              <th>{""}</th>
              {sets.map((name) => (
                <th key={name}>{name}</th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map((row, index) => (
              <tr key={index}>
                <td>{String(row.stage)}</td>
                <td>{row.when === "before" ? t("before") : row.when === "after" ? t("after") : `${t("step")} ${row.step ?? ""}`}</td>
                {sets.map((name) => (
                  <td key={name}>{(row.loss as Losses)[name]?.toFixed(3) ?? "–"}</td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
}

function Evaluation({ rows }: { rows: RunDetail["evaluation"] }) {
  const share = (part: unknown, of: unknown) =>
    Number(of) ? `${((100 * Number(part)) / Number(of)).toFixed(0)} %（${part}/${of}）` : "–";
  return (
    <>
      <h3>{t("evaluation")}</h3>
      {rows.length ? (
        <div class="scroll">
          <table class="numbers">
            <thead>
              <tr>
                <th>{t("subject")}</th>
                <th>{t("choiceRight")}</th>
                <th>{t("goldCited")}</th>
                <th>{t("goodCited")}</th>
              </tr>
            </thead>
            <tbody>
              {rows.map((row) => (
                <tr key={row.subject}>
                  <td>{row.subject}</td>
                  <td>{share(row.right, row.choices)}</td>
                  <td>{share(row.gold, row.opens)}</td>
                  <td>{share(row.good, row.cited)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      ) : (
        <p class="muted">{t("noEvaluation")}</p>
      )}
    </>
  );
}
