import { computed, signal } from "@preact/signals";

function kept(name: string): string {
  try {
    return localStorage.getItem(name) ?? "";
  } catch {
    return "";
  }
}

function keep(name: string, value: string): void {
  try {
    localStorage.setItem(name, value);
  } catch {
    // It is forgotten when the page is closed.
  }
}

/** The day in the reader's own time zone, as YYYY-MM-DD. */
export function today(): string {
  const now = new Date();
  const two = (n: number) => String(n).padStart(2, "0");
  return `${now.getFullYear()}-${two(now.getMonth() + 1)}-${two(now.getDate())}`;
}

/** The day whose law counts; "" is today. Not kept: a forgotten old date would mislead. */
export const chosenDay = signal("");
export const asOf = computed(() => chosenDay.value || today());

export type Theme = "light" | "dark";
const system = matchMedia("(prefers-color-scheme: dark)");
const systemTheme = signal<Theme>(system.matches ? "dark" : "light");
system.addEventListener("change", (event) => {
  systemTheme.value = event.matches ? "dark" : "light";
});
const chosenTheme = signal(kept("theme"));
export const theme = computed<Theme>(() =>
  chosenTheme.value === "light" || chosenTheme.value === "dark"
    ? chosenTheme.value
    : systemTheme.value,
);

export function setTheme(value: Theme): void {
  // Back to the system's own theme is back to following it.
  chosenTheme.value = value === systemTheme.value ? "" : value;
  keep("theme", chosenTheme.value);
  if (chosenTheme.value) document.documentElement.dataset.theme = chosenTheme.value;
  else delete document.documentElement.dataset.theme;
}
