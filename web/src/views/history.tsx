import { useRef, useState } from "preact/hooks";
import { type ConversationSummary, download, get, remove } from "../api";
import { reopen } from "../chat";
import { named, t } from "../i18n";
import { Show, Trouble, useLoad } from "../parts";
import { go } from "../route";

export function HistoryView() {
  const [changes, setChanges] = useState(0);
  const [trouble, setTrouble] = useState("");
  const loaded = useLoad(
    (signal) => get<{ conversations: ConversationSummary[] }>("/api/history", {}, signal),
    [changes],
  );
  const dialog = useRef<HTMLDialogElement>(null);
  const [doomed, setDoomed] = useState<ConversationSummary | null>(null);
  const act = async (work: Promise<unknown>) => {
    setTrouble("");
    try {
      await work;
    } catch (error) {
      setTrouble((error as Error).message);
    }
    setChanges((count) => count + 1);
  };
  const askDelete = (conversation: ConversationSummary | null) => {
    setDoomed(conversation);
    dialog.current?.showModal();
  };
  return (
    <div>
      <h1>{t("history")}</h1>
      <p class="muted">{t("historyLead")}</p>
      {trouble ? <Trouble message={trouble} /> : null}
      <Show of={loaded}>
        {({ conversations }) =>
          conversations.length ? (
            <>
              <div class="row">
                <button
                  type="button"
                  onClick={() => void act(download("/api/export?format=json", "ecmiip-history.json"))}
                >
                  {t("exportJson")}
                </button>
                <button
                  type="button"
                  onClick={() =>
                    void act(download("/api/export?format=markdown", "ecmiip-history.md"))
                  }
                >
                  {t("exportMarkdown")}
                </button>
                <span class="grow" />
                <button type="button" class="danger" onClick={() => askDelete(null)}>
                  {t("deleteAll")}
                </button>
              </div>
              <ul class="history">
                {conversations.map((conversation) => (
                  <li key={conversation.id}>
                    <div class="grow">
                      <button
                        type="button"
                        class="linklike"
                        onClick={() =>
                          void act(reopen(conversation.id).then((view) => go([view])))
                        }
                      >
                        {conversation.title}
                      </button>
                      <p class="muted">
                        {[
                          conversation.task ? named(conversation.task) : t("doctrine"),
                          new Date(conversation.updated).toLocaleString(),
                          `${conversation.turns} ${t("turns")}`,
                        ].join(" · ")}
                      </p>
                    </div>
                    <button
                      type="button"
                      onClick={() =>
                        void act(
                          download(
                            `/api/export?format=markdown&conversation=${conversation.id}`,
                            "ecmiip-conversation.md",
                          ),
                        )
                      }
                    >
                      {t("exportMarkdown")}
                    </button>
                    <button
                      type="button"
                      class="danger"
                      aria-label={`${t("delete")}：${conversation.title}`}
                      onClick={() => askDelete(conversation)}
                    >
                      {t("delete")}
                    </button>
                  </li>
                ))}
              </ul>
            </>
          ) : (
            <p>{t("noHistory")}</p>
          )
        }
      </Show>
      <dialog ref={dialog} aria-labelledby="delete-title">
        <h2 id="delete-title">{doomed ? doomed.title : t("deleteAll")}</h2>
        <p>{t("deleteAsk")}</p>
        <div class="row">
          <span class="grow" />
          <button type="button" onClick={() => dialog.current?.close()}>
            {t("cancel")}
          </button>
          <button
            type="button"
            class="danger"
            onClick={() => {
              dialog.current?.close();
              void act(remove(doomed ? `/api/history/${doomed.id}` : "/api/history"));
            }}
          >
            {t("delete")}
          </button>
        </div>
      </dialog>
    </div>
  );
}
