import { signal } from "@preact/signals";

/** Every word of the page, in both languages: [Chinese, English]. */
const words = {
  title: ["知识产权法助手", "IP law assistant"],
  skip: ["跳到正文", "Skip to content"],
  menu: ["导航", "Navigation"],
  doctrine: ["学理问答", "Doctrine"],
  conduct: ["行为分析", "Conduct"],
  case: ["案例解析", "Case"],
  document: ["文书撰写", "Documents"],
  laws: ["法规库", "Laws"],
  history: ["记录", "History"],
  runs: ["训练", "Runs"],
  asOf: ["法律日期", "Law as of"],
  today: ["今天", "today"],
  language: ["English", "中文"],
  themeDark: ["深色", "Dark"],
  themeLight: ["浅色", "Light"],
  doctrineLead: ["问一个法律问题，答案逐条核对引用。", "Ask a point of law; every citation in the answer is checked."],
  conductLead: ["说明一种行为，逐项对照构成要件。", "Describe an act; it is held against the elements one by one."],
  caseLead: ["上传或粘贴案件材料，整理争点、规则与结论。", "Upload or paste a case: issues, rule, application, conclusion."],
  doctrineAsk: ["例如：外观设计专利权的保护期限是多久？", "For example: how long does a design patent last?"],
  conductAsk: ["例如：网店销售假冒注册商标的运动鞋，不知道是假货，要赔偿吗？", "For example: a shop sells counterfeit shoes unknowingly; is it liable?"],
  caseAsk: ["例如：本案的争议焦点是什么？被告是否构成侵权？", "For example: what are the issues? Does the defendant infringe?"],
  question: ["问题", "Question"],
  ask: ["提问", "Ask"],
  stop: ["停止", "Stop"],
  followUp: ["追问", "Follow up"],
  newChat: ["新的问题", "New question"],
  material: ["案件材料", "Case material"],
  pasteMaterial: ["在此粘贴案情或文书全文", "Paste the facts or the whole document here"],
  upload: ["上传 docx / pdf / txt", "Upload docx / pdf / txt"],
  uploading: ["正在读取…", "Reading…"],
  characters: ["字", "characters"],
  remove: ["移除", "Remove"],
  auto: ["自动识别", "Detect"],
  task: ["任务", "Task"],
  direction: ["方向", "Branch"],
  retrieving: ["正在检索法条…", "Searching the law…"],
  writing: ["正在撰写…", "Writing…"],
  queued: ["排队中，前面还有", "Waiting; ahead of you:"],
  checked: ["引用核对", "Citations checked"],
  good: ["有效", "good"],
  notGood: ["有问题", "not good"],
  noCitations: ["未引用任何法条，请勿依赖。", "Nothing is cited: do not rely on it."],
  stopped: ["已停止", "Stopped"],
  interrupted: ["因程序中断而未完成", "Interrupted before it was whole"],
  failed: ["未能作答", "Failed"],
  missing: ["尚缺事实", "Facts still missing"],
  sources: ["所依法条", "Provisions read"],
  dateNote: ["适用法律提示", "Which law applies"],
  omitted: ["材料中对模型的指示，未予执行：", "Orders to the model in the material, not followed:"],
  element: ["要件", "Element"],
  fact: ["事实", "Fact"],
  met: ["是否满足", "Met"],
  provision: ["依据", "Provision"],
  in_force: ["现行有效", "In force"],
  not_yet_in_force: ["尚未施行", "Not yet in force"],
  superseded: ["已被修改", "Superseded"],
  repealed: ["已废止", "Repealed"],
  no_such_article: ["查无此条", "No such article"],
  unverified: ["未能核实", "Unverified"],
  misquoted: ["引文与原文不符", "Misquoted"],
  inForceFrom: ["施行", "in force from"],
  until: ["至", "until"],
  version: ["版本", "Version"],
  versions: ["版本", "Versions"],
  replacedBy: ["接续条文", "Continued by"],
  openInLaws: ["在法规库中阅读", "Read in Laws"],
  close: ["关闭", "Close"],
  yes: ["满足", "Met"],
  no: ["不满足", "Not met"],
  unknown: ["不明", "Unknown"],
  searchLaws: ["检索法条", "Search provisions"],
  searchHint: ["关键词、问题，或“商标法第五十七条”", "Words, a question, or 商标法第五十七条"],
  search: ["检索", "Search"],
  lookIn: ["范围", "In"],
  provisions: ["法条", "Provisions"],
  cases: ["案例", "Cases"],
  notes: ["自有资料", "Own documents"],
  all: ["全部", "All"],
  allLaws: ["法规目录", "All laws"],
  filterLaws: ["按名称筛选", "Filter by name"],
  nothing: ["没有结果。", "Nothing found."],
  articles: ["条", "articles"],
  readAt: ["阅读日期", "Reading as of"],
  noText: ["该日没有有效文本。", "No stored text was in force on that day."],
  compare: ["版本对照", "Compare versions"],
  read: ["阅读", "Read"],
  older: ["旧版本", "Older"],
  newer: ["新版本", "Newer"],
  onlyChanges: ["只看变动", "Changes only"],
  added: ["新增", "New"],
  dropped: ["删除", "Dropped"],
  same: ["未改动", "Unchanged"],
  changed: ["处变动", "changed"],
  goArticle: ["跳到第几条", "Go to article"],
  notice: ["提示", "Notice"],
  chooseForm: ["选择文书", "Choose a document"],
  filterForms: ["按名称筛选", "Filter by name"],
  backToForms: ["所有文书", "All documents"],
  required: ["必填", "required"],
  stillMissing: ["待补充", "Still missing"],
  nothingMissing: ["要素齐备。", "Nothing is missing."],
  preview: ["预览", "Preview"],
  download: ["下载", "Download"],
  deadlines: ["期限", "Deadlines"],
  warnings: ["注意", "Warnings"],
  importFacts: ["导入事实（TOML / JSON）", "Import facts (TOML / JSON)"],
  exportFacts: ["导出事实", "Export facts"],
  clear: ["清空", "Clear"],
  addRow: ["增加一行", "Add a row"],
  addParty: ["增加", "Add"],
  removeRow: ["删除此行", "Remove"],
  oneEach: ["每行一项", "One a line"],
  choose: ["请选择", "Choose"],
  basis: ["法律依据", "Basis"],
  partyKind: ["类型", "Kind"],
  noHistory: ["还没有记录。", "No history yet."],
  historyLead: ["记录只存在本机。", "History is kept on this machine only."],
  exportJson: ["导出 JSON", "Export JSON"],
  exportMarkdown: ["导出 Markdown", "Export Markdown"],
  delete: ["删除", "Delete"],
  deleteAll: ["全部删除", "Delete all"],
  deleteAsk: ["删除后无法恢复。确定删除吗？", "Deleting cannot be undone. Delete?"],
  cancel: ["取消", "Cancel"],
  open: ["打开", "Open"],
  turns: ["轮", "turns"],
  noRuns: ["还没有训练记录。运行 ecmiip train 后在此查看。", "No runs yet: after `ecmiip train` they appear here."],
  status: ["状态", "Status"],
  new: ["未开始", "new"],
  running: ["进行中", "running"],
  finished: ["已完成", "finished"],
  diverged: ["已发散", "diverged"],
  created: ["创建", "Created"],
  step: ["步", "Step"],
  loss: ["训练损失", "Training loss"],
  heldout: ["留出集损失", "Held-out loss"],
  stage: ["阶段", "Stage"],
  before: ["训练前", "Before"],
  after: ["训练后", "After"],
  evaluation: ["评测", "Evaluation"],
  subject: ["模型", "Model"],
  choiceRight: ["选择题正确", "Choice right"],
  goldCited: ["引用到应引法条", "Cites a gold provision"],
  goodCited: ["引用有效", "Citations good"],
  noEvaluation: ["没有评测结果。", "No evaluation."],
  model: ["模型", "Model"],
  noModel: ["未加载模型：可检索与起草，不能提问。", "No model is loaded: search and drafting work, asking does not."],
  token: ["访问令牌", "Access token"],
  tokenAsk: ["此服务需要令牌，启动时已打印。", "This server asks for the token that it printed at its start."],
  enter: ["进入", "Enter"],
  error: ["出错", "Error"],
  retry: ["重试", "Retry"],
  parties: ["当事人", "Parties"],
  issues: ["争议焦点", "Issues"],
  rule: ["规则", "Rule"],
  application: ["适用", "Application"],
  conclusion: ["结论", "Conclusion"],
  similarCases: ["类似案例", "Similar cases"],
  court: ["法院", "Court"],
  facts: ["基本案情", "Facts"],
  holding: ["裁判要点", "Holding"],
  reasoning: ["裁判理由", "Reasoning"],
  result: ["裁判结果", "Result"],
  you: ["问", "Q"],
  answer: ["答", "A"],
  seconds: ["秒", "s"],
  draftHere: ["到文书撰写中起草", "Draft it in Documents"],
  disclaimer: ["以上由模型生成，引用已与数据库逐条核对，仍不能代替律师意见。", "Written by a model; citations are checked against the database. Not a substitute for a lawyer."],
} as const satisfies Record<string, readonly [string, string]>;

export type Word = keyof typeof words;
export type Language = "zh" | "en";

function stored(): Language {
  try {
    const kept = localStorage.getItem("language");
    if (kept === "zh" || kept === "en") return kept;
  } catch {
    // Storage may be switched off.
  }
  return navigator.language.startsWith("zh") ? "zh" : "en";
}

export const language = signal<Language>(stored());

export function setLanguage(value: Language): void {
  language.value = value;
  document.documentElement.lang = value === "zh" ? "zh-CN" : "en";
  try {
    localStorage.setItem("language", value);
  } catch {
    // It is forgotten then.
  }
}

/** The word in the reader's language. */
export function t(word: Word): string {
  return words[word][language.value === "zh" ? 0 : 1];
}

export function isWord(name: string): name is Word {
  return name in words;
}

/** A word by a name that comes from the server; the name itself where it is not known. */
export function named(name: string): string {
  return isWord(name) ? t(name) : name;
}
