"""The one segmenter: indexing and querying cut Chinese text the same way."""

import unicodedata

import rjieba

# Function words carry no subject matter; left in, they make long queries slow and vague.
_STOP = frozenset(
    """
    的 了 和 与 或 及 是 在 被 把 对 向 从 为 以 于 由 就 都 而 并 且 之 其 该 等 也 还 又 这 那
    吗 呢 吧 啊 么 我 你 他 她 它 我们 你们 他们 什么 怎么 怎样 如何 哪些 哪个 是否 能否 可以
    可不可以 有 没有 不 会 要 一个 这个 那个 应当 应该 第 条 款 项
    a an the of to in is for and or
    """.split()  # noqa: SIM905 - a list literal would be fifty lines
)


def segment(text: str) -> list[str]:
    """Cut text into search terms, in order, with repeats.

    Search mode: a long word also gives the shorter words inside it (专利权 → 专利, 专利权), which a
    one-way cut would miss. Width and case are folded; punctuation and function words are dropped.
    """
    folded = unicodedata.normalize("NFKC", text).lower()
    return [word for word in rjieba.cut_for_search(folded) if word.isalnum() and word not in _STOP]
