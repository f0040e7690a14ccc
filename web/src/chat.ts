import { signal, type Signal } from "@preact/signals";
import { type Citation, type Conversation, events, get, postJson, type StoredTurn } from "./api";
import { asOf } from "./settings";

export type View = "doctrine" | "conduct" | "case";

export interface Detected {
  task?: string;
  direction?: string | null;
  as_of?: string;
  date_note?: unknown;
  missing?: string[];
  omitted?: string[];
}

export interface Read {
  address: string;
  quote: string;
  law?: string;
  article?: number;
  effective_from?: string;
  effective_to?: string | null;
}

export interface Answer {
  text: string;
  citations: Citation[];
  disclaimer?: string;
  view?: unknown;
  stopped?: boolean;
  seconds?: number;
  first_token_seconds?: number;
  [more: string]: unknown;
}

export interface Turn {
  id: string | null;
  question: string;
  facts: string;
  asOf: string;
  state: "sent" | "queued" | "running" | "done" | "stopped" | "failed" | "interrupted";
  place: number;
  detected: Detected;
  read: Read[];
  text: string;
  answer: Answer | null;
  error: string;
}

export interface Chat {
  conversation: string | null;
  turns: Turn[];
}

export interface Options {
  task?: string | undefined;
  direction?: string | undefined;
  facts?: string | undefined;
}

/** One conversation a view; it goes on while the reader looks at something else. */
export const chats: Record<View, Signal<Chat>> = {
  doctrine: signal({ conversation: null, turns: [] }),
  conduct: signal({ conversation: null, turns: [] }),
  case: signal({ conversation: null, turns: [] }),
};

const leaving = new Map<View, AbortController>();

export function isBusy(chat: Chat): boolean {
  const last = chat.turns.at(-1);
  return last !== undefined && ["sent", "queued", "running"].includes(last.state);
}

export function restart(view: View): void {
  leaving.get(view)?.abort();
  chats[view].value = { conversation: null, turns: [] };
}

/** Asks; the view's conversation shows the answer as it comes. */
export async function ask(view: View, question: string, options: Options): Promise<void> {
  const chat = chats[view];
  const controller = new AbortController();
  leaving.set(view, controller);
  const turn: Turn = {
    id: null,
    question,
    facts: options.facts ?? "",
    asOf: asOf.value,
    state: "sent",
    place: 0,
    detected: {},
    read: [],
    text: "",
    answer: null,
    error: "",
  };
  const position = chat.value.turns.length;
  chat.value = { ...chat.value, turns: [...chat.value.turns, turn] };
  const change = (changes: Partial<Turn>, conversation = chat.value.conversation) => {
    if (controller.signal.aborted) return;
    const turns = chat.value.turns.map((old, n) => (n === position ? { ...old, ...changes } : old));
    chat.value = { conversation, turns };
  };
  const now = () => chat.value.turns[position] ?? turn;
  const body = {
    question,
    as_of: turn.asOf,
    ...(options.task ? { task: options.task } : {}),
    ...(options.direction ? { direction: options.direction } : {}),
    ...(options.facts ? { facts_text: options.facts } : {}),
    ...(chat.value.conversation ? { conversation: chat.value.conversation } : {}),
  };
  try {
    for await (const { kind, data } of events("/api/ask", body, controller.signal)) {
      if (kind === "started") change({ id: data.turn as string }, data.conversation as string);
      else if (kind === "queued") change({ state: "queued", place: data.place as number });
      else if (kind === "detected") change({ state: "running", detected: data as Detected });
      else if (kind === "retrieved") change({ state: "running", read: readOf(data) });
      else if (kind === "text")
        change({ state: "running", text: now().text + (data.piece as string) });
      else if (kind === "mended") change({ text: data.text as string });
      else if (kind === "done") change(finished(data));
      else if (kind === "error") change({ state: "failed", error: data.message as string });
    }
    if (isBusy(chat.value)) change({ state: "interrupted" });
  } catch (error) {
    change({ state: "failed", error: (error as Error).message });
  }
}

function readOf(data: unknown): Read[] {
  return Array.isArray(data) ? (data as Read[]) : [];
}

function finished(data: Record<string, unknown>): Partial<Turn> {
  const answer = data as Answer;
  return { state: answer.stopped ? "stopped" : "done", text: answer.text, answer };
}

/** Ends the answer with what there is of it. */
export async function stop(view: View): Promise<void> {
  const turn = chats[view].value.turns.at(-1);
  if (!turn) return;
  if (turn.state === "running" && turn.id) {
    await postJson("/api/stop", { turn: turn.id });
    return;
  }
  leaving.get(view)?.abort();
  const turns = chats[view].value.turns.map((old) =>
    old === turn ? { ...old, state: "stopped" as const } : old,
  );
  chats[view].value = { ...chats[view].value, turns };
}

/** Opens a kept conversation in its view. */
export async function reopen(identity: string): Promise<View> {
  const kept = await get<Omit<Conversation, "turns"> & { turns: StoredTurn[] }>(
    `/api/history/${identity}`,
  );
  const view: View = kept.task === "conduct" || kept.task === "case" ? kept.task : "doctrine";
  leaving.get(view)?.abort();
  chats[view].value = {
    conversation: kept.id,
    turns: kept.turns.map((turn) => ({
      id: turn.id,
      question: turn.question,
      facts: turn.facts,
      asOf: turn.as_of,
      state: turn.state as Turn["state"],
      place: 0,
      // An answer holds what was detected for it.
      detected: (turn.answer as Detected | null) ?? {},
      read: readOf(turn.answer?.read),
      text: turn.text,
      answer: turn.answer as Answer | null,
      error: "",
    })),
  };
  return view;
}
