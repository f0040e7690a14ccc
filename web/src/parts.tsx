import type { ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";
import { t } from "./i18n";
import { type Status, get } from "./api";

/** What a page loads: not there yet, there, or why not. */
export type Loaded<T> = { state: "loading" } | { state: "there"; value: T } | Failed;
interface Failed {
  state: "failed";
  message: string;
  retry: () => void;
}

/** Loads again whenever ``keys`` change; an older answer never overtakes a newer one. */
export function useLoad<T>(load: (signal: AbortSignal) => Promise<T>, keys: unknown[]): Loaded<T> {
  const [loaded, setLoaded] = useState<Loaded<T>>({ state: "loading" });
  const [tries, setTries] = useState(0);
  useEffect(() => {
    const controller = new AbortController();
    load(controller.signal).then(
      (value) => controller.signal.aborted || setLoaded({ state: "there", value }),
      (error: Error) =>
        controller.signal.aborted ||
        setLoaded({
          state: "failed",
          message: error.message,
          retry: () => setTries((count) => count + 1),
        }),
    );
    return () => controller.abort();
  }, [...keys, tries]);
  return loaded;
}

export function Show<T>({
  of,
  children,
}: {
  of: Loaded<T>;
  children: (value: T) => ComponentChildren;
}) {
  if (of.state === "loading") return <p class="muted">…</p>;
  if (of.state === "failed") return <Trouble message={of.message} retry={of.retry} />;
  return <>{children(of.value)}</>;
}

export function Trouble({ message, retry }: { message: string; retry?: () => void }) {
  return (
    <div class="trouble" role="alert">
      <p>
        <strong>{t("error")}</strong> {message}
      </p>
      {retry ? (
        <button type="button" onClick={retry}>
          {t("retry")}
        </button>
      ) : null}
    </div>
  );
}

let asked: Promise<Status> | null = null;

/** What the server is; asked once. */
export function useStatus(): Status | null {
  const [status, setStatus] = useState<Status | null>(null);
  useEffect(() => {
    asked ??= get<Status>("/api/status");
    asked.then(setStatus, () => {
      asked = null;
    });
  }, []);
  return status;
}

/** The name of a branch of law in the reader's language. */
export const DIRECTIONS_EN: Record<string, string> = {
  patent: "Patents",
  trademark: "Trade marks",
  copyright: "Copyright",
  trade_secret: "Trade secrets",
  unfair_competition: "Unfair competition",
  plant_variety: "Plant varieties",
  ic_layout: "IC layouts",
  geographical_indication: "Geographical indications",
  domain_online: "Domains and online",
  technology_contract: "Technology contracts",
  ip_crime: "IP crime",
  ip_procedure: "IP procedure",
};
