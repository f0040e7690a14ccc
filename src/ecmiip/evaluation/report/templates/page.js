"use strict";
// The items of a report. Whatever a model wrote enters the page as text, never as HTML.
(async () => {
  const place = document.getElementById("items");
  const status = document.getElementById("found");
  if (typeof DecompressionStream === "undefined") {
    status.textContent = "This browser is too old to unpack the items. 浏览器版本过旧，无法展开条目。";
    return;
  }
  const packed = Uint8Array.from(atob(document.getElementById("data").textContent.trim()), (c) => c.charCodeAt(0));
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
  const data = JSON.parse(await new Response(stream).text());
  const STEP = 20;
  const OUTCOMES = { right: ["✓", "good"], wrong: ["✗", "bad"], unparseable: ["?", "warn"], error: ["!", "warn"], open: ["·", ""] };
  const get = (name) => document.getElementById("filter-" + name);

  function element(tag, attributes, ...children) {
    const made = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes || {})) made.setAttribute(name, value);
    for (const child of children) made.append(child);
    return made;
  }
  // What is hidden is made when it is opened: thousands of prompts would slow the page down.
  function fold(title, fill) {
    const made = element("details", {}, element("summary", {}, ...[].concat(title)));
    made.addEventListener("toggle", () => { if (made.open && made.children.length === 1) made.append(...fill()); });
    return made;
  }
  const text = (words) => element("div", { class: "text" }, words || "（空）");

  function citations(answer) {
    if (!answer.citations.length) return [];
    return [element("ul", { class: "chips" }, ...answer.citations.map(([words, state, quote, now]) => {
      const good = state === "in_force" && quote !== "differs";
      const fault = state !== "in_force" ? state + (now ? " → " + now : "") : quote === "differs" ? "quote differs" : "";
      return element("li", { class: good ? "good" : "bad" }, (good ? "✓ " : "✗ ") + words + (fault ? " (" + fault + ")" : ""));
    }))];
  }
  function answerOf(item, answer) {
    const [sign, kind] = OUTCOMES[answer.outcome];
    const scores = Object.entries(answer.scores).filter(([name]) => ["points", "gold_recall", "rouge_l"].includes(name));
    const title = [
      element("span", { class: "mark " + kind }, sign),
      data.evaluations[answer.evaluation].name + " ",
      element("span", { class: "soft" }, item.kind === "open" ? scores.map(([n, v]) => n + " " + v).join(" · ") : answer.letters || answer.outcome),
    ];
    return fold(title, () => [
      ...(answer.error ? [element("p", { class: "bad" }, answer.error)] : []),
      element("p", { class: "caption" }, "raw output 原始输出" + (item.kind === "open" && answer.finish === "length" ? " (cut off at the token limit 被截断)" : "")),
      text(answer.raw),
      ...citations(answer),
      ...(answer.read.length ? [fold("provisions read 检索到的条文 (" + answer.read.length + ")", () => answer.read.map(([, quote]) => text(data.texts[quote])))] : []),
      fold("prompt 提示词", () => answer.prompt.map(([role, words]) => element("div", {}, element("p", { class: "caption" }, role), text(data.texts[words])))),
      element("p", { class: "soft" }, Object.entries(answer.scores).map(([name, value]) => name + " " + value).join(" · ")),
      element("p", { class: "soft" }, answer.tokens[0] + " + " + answer.tokens[1] + " tokens · " + answer.seconds + " s"),
    ]);
  }
  function card(item) {
    const facts = [item.task, item.direction, item.kind, item.as_of, "half " + item.half, ...item.tags].filter(Boolean);
    return element("article", {},
      element("header", {}, element("b", {}, item.id), ...facts.map((fact) => element("span", {}, fact)), ...(item.key ? [element("span", {}, "key 答案 " + item.key)] : [])),
      element("div", { class: "question" }, item.question),
      ...item.answers.map((answer) => answerOf(item, answer)));
  }

  function fill(name, values) {
    for (const [value, label] of values) get(name).append(element("option", { value }, label));
  }
  const unique = (values) => [...new Set(values)].filter(Boolean).sort();
  fill("suite", unique(data.items.map((item) => item.suite)).map((name) => [name, name]));
  fill("subject", data.evaluations.map((one, n) => [n, one.suite + ": " + one.name]));
  fill("task", unique(data.items.map((item) => item.task)).map((name) => [name, name]));
  fill("direction", unique(data.items.map((item) => item.direction)).map((name) => [name, name]));
  fill("tag", unique(data.items.flatMap((item) => item.tags)).map((name) => [name, name]));

  let shown = [];
  function more() {
    const from = place.children.length;
    place.append(...shown.slice(from, from + STEP).map(card));
    document.getElementById("more").hidden = place.children.length >= shown.length;
  }
  function apply() {
    const [suite, subject, outcome, task, direction, tag] = ["suite", "subject", "outcome", "task", "direction", "tag"].map((name) => get(name).value);
    const words = get("words").value.trim().toLowerCase();
    const holds = (answer) => (subject === "" || answer.evaluation === Number(subject)) && (outcome === "" || answer.outcome === outcome);
    shown = data.items.filter((item) =>
      (suite === "" || item.suite === suite) && (task === "" || item.task === task) &&
      (direction === "" || item.direction === direction) && (tag === "" || item.tags.includes(tag)) &&
      item.answers.some(holds) &&
      (words === "" || [item.id, item.question, ...item.answers.map((answer) => answer.raw)].some((part) => part.toLowerCase().includes(words))));
    status.textContent = shown.length + " of " + data.items.length + " items 条";
    place.replaceChildren();
    more();
  }
  let waiting = 0;
  for (const control of document.querySelectorAll(".filters select")) control.addEventListener("change", apply);
  get("words").addEventListener("input", () => { clearTimeout(waiting); waiting = setTimeout(apply, 200); });
  document.getElementById("more").addEventListener("click", more);
  apply();
})();
