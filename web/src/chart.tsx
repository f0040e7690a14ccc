export interface Series {
  name: string;
  points: [number, number][];
}

const WIDTH = 680;
const HEIGHT = 260;
const MARGIN = { left: 46, right: 12, top: 12, bottom: 34 };

/** Lines over a common x axis, drawn as SVG so that they print, scale and follow the theme. */
export function Curves({ series, x, y }: { series: Series[]; x: string; y: string }) {
  const all = series.flatMap((line) => line.points);
  if (!all.length) return <p class="muted">–</p>;
  const xs = all.map(([at]) => at);
  const ys = all.map(([, value]) => value);
  const right = Math.max(...xs);
  const left = Math.min(...xs);
  const ticks = niceTicks(Math.min(...ys), Math.max(...ys));
  const low = ticks[0] ?? 0;
  const high = ticks.at(-1) ?? 1;
  const placeX = (at: number) =>
    MARGIN.left + ((at - left) / (right - left || 1)) * (WIDTH - MARGIN.left - MARGIN.right);
  const placeY = (value: number) =>
    MARGIN.top + ((high - value) / (high - low || 1)) * (HEIGHT - MARGIN.top - MARGIN.bottom);
  return (
    <figure class="chart">
      <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={`${y} / ${x}`}>
        {ticks.map((value) => (
          <g key={value}>
            <line
              class="grid"
              x1={MARGIN.left}
              x2={WIDTH - MARGIN.right}
              y1={placeY(value)}
              y2={placeY(value)}
            />
            <text x={MARGIN.left - 6} y={placeY(value) + 4} text-anchor="end">
              {value}
            </text>
          </g>
        ))}
        {[left, Math.round((left + right) / 2), right].map((at, index) => (
          <text
            key={index}
            x={placeX(at)}
            y={HEIGHT - 16}
            text-anchor={index === 0 ? "start" : index === 2 ? "end" : "middle"}
          >
            {at}
          </text>
        ))}
        <text x={(MARGIN.left + WIDTH) / 2} y={HEIGHT - 2} text-anchor="middle">
          {x}
        </text>
        {series.map((line, index) => (
          <polyline
            key={line.name}
            class={`line c${index % 5}`}
            points={line.points.map(([at, value]) => `${placeX(at)},${placeY(value)}`).join(" ")}
          />
        ))}
      </svg>
      <figcaption>
        {series.map((line, index) => (
          <span key={line.name} class={`key c${index % 5}`}>
            {line.name}
          </span>
        ))}
      </figcaption>
    </figure>
  );
}

/** Three to six round values that hold ``low`` and ``high`` between them. */
function niceTicks(low: number, high: number): number[] {
  const rough = (high - low || Math.abs(high) || 1) / 4;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 2.5, 5, 10].map((n) => n * power).find((n) => n >= rough) ?? rough;
  const first = Math.floor(low / step);
  const last = Math.ceil(high / step);
  return Array.from({ length: last - first + 1 }, (_, n) => Number(((first + n) * step).toPrecision(6)));
}
