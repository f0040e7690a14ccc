import { createParser } from "eventsource-parser";
import { signal } from "@preact/signals";

export interface Provision {
  address: string;
  law: string;
  version: string;
  article: number;
  suffix: number | null;
  number: string;
  chapter: string;
  text: string;
  effective_from: string;
  effective_to: string | null;
  effective_basis: string;
  kind: string;
  directions: string[];
  source: string;
}

export interface Hit extends Provision {
  score: number;
}

export interface Passage {
  id: string;
  title: string;
  text: string;
  score: number;
  source: string;
}

export interface SearchResult {
  as_of: string;
  provisions: Hit[];
  cases: Passage[];
  notes: Passage[];
}

export interface Version {
  label: string;
  promulgated_on: string | null;
  effective_from: string;
  effective_basis: string;
  effective_to: string | null;
  replaced_by: string | null;
  repealed: boolean;
  articles: number;
}

export interface Law {
  name: string;
  short_names: string[];
  kind: string;
  discipline: string;
  directions: string[];
  versions: Version[];
  notice: string;
}

export interface LawText {
  law: Law;
  as_of: string;
  version: string | null;
  provisions: Provision[];
}

export interface ProvisionInTime {
  provision: Provision;
  as_of: string;
  in_force: boolean;
  versions: Version[];
  continued_by: { address: string; score: number; provision: Provision | null }[];
}

export interface Comparison {
  law: string;
  old: Version;
  new: Version;
  rows: { old: Provision | null; new: Provision | null; score: number | null }[];
}

export interface Case {
  id: string;
  title: string;
  number: string;
  court: string;
  decided_on: string | null;
  cause: string;
  keywords: string[];
  facts: string;
  issues: string;
  holding: string;
  reasoning: string;
  result: string;
  authority: string;
  source: string;
  cited: string[];
}

export interface Citation {
  text: string;
  law: string;
  article: number;
  suffix: number | null;
  paragraph: number | null;
  item: number | null;
  status: string;
  effective_from: string | null;
  effective_to: string | null;
  replaced_by: string | null;
  quote: string;
  differing?: string[];
  address?: string | null;
  start: number;
  end: number;
  good: boolean;
  complaint: string;
}

export interface Status {
  version: string;
  today: string;
  model: string | null;
  waiting: number;
  laws: number;
  provisions: number;
  tasks: Record<string, string>;
  directions: Record<string, string>;
  kinds: Record<string, string>;
}

export interface ConversationSummary {
  id: string;
  title: string;
  task: string;
  created: string;
  updated: string;
  turns: number;
}

export interface StoredTurn {
  id: string;
  question: string;
  facts: string;
  as_of: string;
  state: string;
  text: string;
  answer: Record<string, unknown> | null;
}

export interface Conversation extends ConversationSummary {
  turns: never;
}

export interface Named {
  id: string;
  label: { zh: string; en: string };
}

export interface Column extends Named {
  kind: "text" | "date" | "money";
  required: boolean;
}

export interface Element extends Named {
  kind: "text" | "party" | "date" | "money" | "list" | "table" | "choice";
  required: boolean;
  basis: string[];
  hint: string;
  profile: string | null;
  columns: Column[];
  choices: Named[];
  many: boolean;
  when: string;
}

export interface Form {
  id: string;
  title: { zh: string; en: string };
  family: string;
  role: string;
  direction: string;
  sections: { title: string; elements: string[] }[];
  elements: Element[];
}

export interface PartyField extends Named {
  required: boolean;
}

export interface Forms {
  forms: Form[];
  parties: Record<string, Record<string, PartyField[]>>;
}

export interface Drafted {
  title: string;
  markdown: string;
  missing: { element: string; label: string; basis: string; why: string; path: string }[];
  deadlines: {
    title: string;
    due: string | null;
    rest: string;
    basis: { address: string; citation: string }[];
    notes: string[];
  }[];
  warnings: { text: string }[];
}

export interface RunSummary {
  name: string;
  status: string;
  created: string;
}

export interface RunDetail extends RunSummary {
  info: Record<string, unknown>;
  metrics: Record<string, unknown>[];
  evaluation: Record<string, number | string>[];
}

/** A refusal of the server, in its own words. */
export class Refused extends Error {
  constructor(
    message: string,
    readonly status: number,
  ) {
    super(message);
  }
}

// The token comes behind the #, which browsers never send; it is kept for this tab alone.
const fromAddress = /^#token=(.+)$/.exec(location.hash);
if (fromAddress?.[1]) {
  sessionStorage.setItem("token", decodeURIComponent(fromAddress[1]));
  history.replaceState(null, "", "#/");
}

/** Whether the server has refused us for want of a token. */
export const tokenWanted = signal(false);

export function setToken(token: string): void {
  sessionStorage.setItem("token", token);
  tokenWanted.value = false;
}

async function send(path: string, init: RequestInit = {}): Promise<Response> {
  const headers = new Headers(init.headers);
  const token = sessionStorage.getItem("token");
  if (token) headers.set("Authorization", `Bearer ${token}`);
  const response = await fetch(path, { ...init, headers });
  if (response.ok) return response;
  if (response.status === 401) tokenWanted.value = true;
  let words = `HTTP ${response.status}`;
  try {
    const body = (await response.json()) as { error?: { message?: string } };
    words = body.error?.message ?? words;
  } catch {
    // Not ours: the number must do.
  }
  throw new Refused(words, response.status);
}

function post(path: string, body: unknown, signal?: AbortSignal): Promise<Response> {
  return send(path, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
    signal: signal ?? null,
  });
}

type Query = Record<string, string | number | undefined>;

function query(path: string, values: Query): string {
  const given = Object.entries(values).filter(([, value]) => value !== undefined && value !== "");
  const search = new URLSearchParams(given.map(([name, value]) => [name, String(value)]));
  return given.length ? `${path}?${search}` : path;
}

export async function get<T>(path: string, values: Query = {}, signal?: AbortSignal): Promise<T> {
  const response = await send(query(path, values), { signal: signal ?? null });
  return (await response.json()) as T;
}

export async function postJson<T>(path: string, body: unknown, signal?: AbortSignal): Promise<T> {
  return (await (await post(path, body, signal)).json()) as T;
}

export async function remove(path: string): Promise<void> {
  await send(path, { method: "DELETE" });
}

export async function upload(
  file: File,
): Promise<{ name: string; characters: number; text: string }> {
  const response = await send(query("/api/upload", { name: file.name }), {
    method: "POST",
    headers: { "Content-Type": "application/octet-stream" },
    body: file,
  });
  return (await response.json()) as { name: string; characters: number; text: string };
}

export interface Event {
  kind: string;
  data: Record<string, unknown>;
}

/** The events of an answer, as they come. */
export async function* events(
  path: string,
  body: unknown,
  signal: AbortSignal,
): AsyncGenerator<Event> {
  const response = await post(path, body, signal);
  const came: Event[] = [];
  const parser = createParser({
    onEvent(message) {
      came.push({ kind: message.event ?? "message", data: JSON.parse(message.data) });
    },
  });
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  if (!reader) return;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    parser.feed(value);
    yield* came.splice(0);
  }
}

/** Saves what the server answers as a file. */
export async function download(path: string, name: string, body?: unknown): Promise<void> {
  const response = body === undefined ? await send(path) : await post(path, body);
  save(await response.blob(), name);
}

export function save(content: Blob, name: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(content);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
