"use strict";
// Ratings are kept in this browser at every change, and leave it as a CSV file only.
(() => {
  const form = document.querySelector("main").dataset.form;
  const place = "ecmiip-form-" + form;
  const sets = [...document.querySelectorAll("fieldset")];
  const rater = document.getElementById("rater");
  const progress = document.getElementById("progress");

  function rating(set) {
    const chosen = set.querySelector("input:checked");
    return { code: set.dataset.code, score: chosen ? chosen.value : "", comment: set.querySelector("textarea").value };
  }
  function note() {
    const ratings = sets.map(rating);
    sets.forEach((set, n) => set.classList.toggle("rated", ratings[n].score !== ""));
    progress.textContent = ratings.filter((one) => one.score).length + " / " + sets.length;
    return ratings;
  }
  function keep() {
    const ratings = note();
    // A browser may refuse to keep anything for a file; the CSV can still be saved.
    try { localStorage.setItem(place, JSON.stringify({ rater: rater.value, ratings })); } catch { return; }
  }
  try {
    const kept = JSON.parse(localStorage.getItem(place) || "null");
    if (kept) {
      rater.value = kept.rater;
      for (const one of kept.ratings) {
        const set = sets.find((candidate) => candidate.dataset.code === one.code);
        if (!set) continue;
        if (one.score) set.querySelector('input[value="' + Number(one.score) + '"]').checked = true;
        set.querySelector("textarea").value = one.comment;
      }
    }
  } catch { progress.textContent = ""; }

  let current = -1;
  function go(to) {
    current = Math.max(0, Math.min(sets.length - 1, to));
    const set = sets[current];
    (set.querySelector("input:checked") || set.querySelector("input")).focus({ preventScroll: true });
    set.scrollIntoView({ block: "center" });
  }
  document.addEventListener("focusin", (event) => {
    const set = event.target.closest("fieldset");
    if (set) current = sets.indexOf(set);
  });
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches("textarea, #rater")) return;
    if (event.key === "j") go(current + 1);
    else if (event.key === "k") go(current - 1);
    else if (/^[1-5]$/.test(event.key) && current >= 0) {
      sets[current].querySelector('input[value="' + event.key + '"]').checked = true;
      keep();
    } else return;
    event.preventDefault();
  });
  document.addEventListener("input", keep);

  const quoted = (words) => '"' + String(words).replaceAll('"', '""') + '"';
  document.getElementById("save").addEventListener("click", () => {
    const name = rater.value.trim();
    if (!name) {
      progress.textContent = "请先填写评分人 first tell who rates";
      rater.focus();
      return;
    }
    const rows = [["form", "rater", "answer", "score", "comment"], ...note().map((one) => [form, name, one.code, one.score, one.comment])];
    const csv = "\ufeff" + rows.map((row) => row.map(quoted).join(",")).join("\r\n") + "\r\n";
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([csv], { type: "text/csv" }));
    link.download = "ratings-" + form + "-" + name.replace(/[^\p{L}\p{N}_-]+/gu, "-") + ".csv";
    link.click();
    URL.revokeObjectURL(link.href);
  });
  note();
})();
