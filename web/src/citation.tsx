import { signal } from "@preact/signals";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { type Citation, get, type Provision, type ProvisionInTime } from "./api";
import { named, t } from "./i18n";
import type { Place } from "./markdown";
import { link } from "./route";
import { asOf } from "./settings";

/** good only if every citation of the place is; of several faults the gravest gives the colour. */
function verdict(place: Place): "good" | "doubt" | "bad" {
  if (place.citations.every((citation) => citation.good)) return "good";
  const faults = place.citations.filter((citation) => !citation.good);
  const grave = ["no_such_article", "repealed", "superseded", "in_force"];
  return faults.some((citation) => grave.includes(citation.status)) ? "bad" : "doubt";
}

const SIGNS = { good: "✓", doubt: "?", bad: "✗" } as const;

function statusWords(citation: Citation): string {
  return citation.status === "in_force" && !citation.good
    ? t("misquoted")
    : named(citation.status);
}

interface Shown {
  place: Place;
  anchor: HTMLElement;
  pinned: boolean;
}

/** The one card that is open. */
const shown = signal<Shown | null>(null);
let timer = 0;

function open(place: Place, anchor: HTMLElement, pinned: boolean): void {
  clearTimeout(timer);
  shown.value = { place, anchor, pinned };
}

function closeSoon(): void {
  clearTimeout(timer);
  // Long enough to move the pointer from the chip into the card.
  timer = window.setTimeout(() => {
    if (!shown.value?.pinned) shown.value = null;
  }, 200);
}

export function closeCard(): void {
  const anchor = shown.value?.anchor;
  if (anchor && document.activeElement?.closest(".card")) anchor.focus();
  // After the focus, which by itself would open the card again.
  clearTimeout(timer);
  shown.value = null;
}

/** A citation in the text: its status as colour and sign; more on hover, focus or click. */
export function Chip({ place }: { place: Place }) {
  const ref = useRef<HTMLSpanElement>(null);
  const kind = verdict(place);
  const words = [...new Set(place.citations.map(statusWords))].join("、");
  const show = (pinned: boolean) => ref.current && open(place, ref.current, pinned);
  return (
    <span
      ref={ref}
      role="button"
      tabIndex={0}
      class={`chip ${kind}`}
      aria-label={`${place.label}：${words}`}
      aria-haspopup="dialog"
      aria-expanded={shown.value?.place === place}
      onMouseEnter={() => show(false)}
      onMouseLeave={closeSoon}
      onFocus={() => show(false)}
      onBlur={closeSoon}
      onClick={() => show(true)}
      onKeyDown={(event) => {
        if (event.key !== "Enter" && event.key !== " ") return;
        event.preventDefault();
        show(true);
        // The card stands at the end of the page; the keyboard gets there this way.
        requestAnimationFrame(() => document.querySelector<HTMLElement>(".card .close")?.focus());
      }}
    >
      <span class="sign" aria-hidden="true">
        {SIGNS[kind]}
      </span>
      {place.label}
    </span>
  );
}

/** Where the open card stands: below its chip if there is room, above it if not. */
export function CitationCard() {
  const ref = useRef<HTMLDivElement>(null);
  const current = shown.value;
  useLayoutEffect(() => {
    const card = ref.current;
    if (!card || !current) return;
    const put = () => {
      const chip = current.anchor.getBoundingClientRect();
      const room = innerHeight - chip.bottom;
      const height = card.offsetHeight;
      const left = Math.max(8, Math.min(chip.left, innerWidth - card.offsetWidth - 8));
      const top = room > height + 12 || room > chip.top ? chip.bottom + 4 : chip.top - height - 4;
      card.style.left = `${left}px`;
      card.style.top = `${Math.max(8, top)}px`;
    };
    put();
    const observer = new ResizeObserver(put);
    observer.observe(card);
    addEventListener("scroll", put, true);
    return () => {
      observer.disconnect();
      removeEventListener("scroll", put, true);
    };
  }, [current]);
  useEffect(() => {
    if (!current) return;
    const key = (event: KeyboardEvent) => event.key === "Escape" && closeCard();
    const press = (event: PointerEvent) => {
      const target = event.target as Node;
      if (!ref.current?.contains(target) && !current.anchor.contains(target)) shown.value = null;
    };
    const leave = () => (shown.value = null);
    addEventListener("keydown", key);
    addEventListener("pointerdown", press);
    addEventListener("hashchange", leave);
    return () => {
      removeEventListener("keydown", key);
      removeEventListener("pointerdown", press);
      removeEventListener("hashchange", leave);
    };
  }, [current]);
  if (!current) return null;
  return (
    <div
      ref={ref}
      class="card"
      role="dialog"
      aria-label={current.place.label}
      onMouseEnter={() => clearTimeout(timer)}
      onMouseLeave={closeSoon}
      onFocusIn={() => clearTimeout(timer)}
    >
      <button type="button" class="close" aria-label={t("close")} onClick={closeCard}>
        ×
      </button>
      {current.place.citations.map((citation, index) => (
        <CardPart key={index} citation={citation} />
      ))}
    </div>
  );
}

function CardPart({ citation }: { citation: Citation }) {
  const address = citation.address;
  const [found, setFound] = useState<ProvisionInTime | null>(null);
  useEffect(() => {
    if (!address) return;
    const cancel = new AbortController();
    get<ProvisionInTime>("/api/provision", { address, as_of: asOf.value }, cancel.signal)
      .then(setFound)
      .catch(() => setFound(null));
    return () => cancel.abort();
  }, [address]);
  const kind = verdict({ label: "", citations: [citation] });
  return (
    <section class="card-part">
      <p class={`verdict ${kind}`}>
        <span aria-hidden="true">{SIGNS[kind]}</span> {statusWords(citation)}
        {citation.complaint && citation.status !== "in_force" ? `：${citation.complaint}` : ""}
      </p>
      {citation.differing?.length ? (
        <ul class="differing">
          {citation.differing.map((words, index) => (
            <li key={index}>{words}</li>
          ))}
        </ul>
      ) : null}
      {found ? <InTime found={found} /> : <p class="muted">{citation.text}</p>}
    </section>
  );
}

function InTime({ found }: { found: ProvisionInTime }) {
  const { provision } = found;
  return (
    <>
      <ProvisionText provision={provision} />
      {found.continued_by.map((next) =>
        next.provision ? (
          <details key={next.address} open={!found.in_force}>
            <summary>
              {t("replacedBy")}：{next.provision.law}（{next.provision.version}）
              {next.provision.number}
            </summary>
            <p class="muted">{period(next.provision)}</p>
            <p class="law-text">{next.provision.text}</p>
          </details>
        ) : null,
      )}
      <p class="muted">
        {t("versions")}：
        {found.versions.map((version) => `${version.label}（${period(version)}）`).join("；")}
      </p>
      <p>
        <a href={lawLink(provision)}>{t("openInLaws")}</a>
      </p>
    </>
  );
}

export function lawLink(provision: Provision): string {
  const article = provision.suffix
    ? `${provision.article}-${provision.suffix}`
    : String(provision.article);
  return link(["laws", provision.law], { version: provision.version, article });
}

export function ProvisionText({ provision }: { provision: Provision }) {
  return (
    <>
      <p class="law-head">
        <strong>
          《{provision.law}》{provision.article ? provision.number : ""}
        </strong>{" "}
        <span class="muted">
          {t("version")} {provision.version} · {period(provision)}
        </span>
      </p>
      <p class="law-text">{provision.text}</p>
    </>
  );
}

export function period(of: { effective_from: string; effective_to: string | null }): string {
  return of.effective_to ? `${of.effective_from} – ${of.effective_to}` : `${of.effective_from} –`;
}
