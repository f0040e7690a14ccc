"""Cleaning one text: what is normalised, what is cut, and why a text is dropped.

Pure functions, so that :mod:`ecmiip.mipld.dedup` can run them anywhere.
"""

import re
import unicodedata
from collections import Counter

from ecmiip.config import Config

_SPACES = re.compile(r"[ \t\u00a0\u2000-\u200b\u3000\ufeff]+")
_BETWEEN_CHINESE = re.compile(r"(?<=[\u3000-\u9fff\uff00-\uffef]) (?=[\u3000-\u9fff\uff00-\uffef])")
_BLANK_LINES = re.compile(r"\n{2,}")
_CHINESE = re.compile(r"[\u3400-\u9fff]")
_LETTER = re.compile(r"[^\W\d_]")
# Lines that say nothing about the matter: page numbers, download notices, links, signatures left
# blank. Each must be the whole line.
_BOILERPLATE = re.compile(
    r"第?\s*\d+\s*页(?:\s*[,，/]?\s*共\s*\d+\s*页)?|[-—－]\s*\d+\s*[-—－]|\d+\s*/\s*\d+"
    r"|(?:更多|下载|来源|转载|编辑|责任编辑|点击|扫码|关注|版权所有|免责声明|打印|字号|分享到)[^。]{0,60}"
    r"|（?本页无正文）?|https?://\S+|www\.\S+|[=＝\-_*·.]{3,}"
)


class CleaningConfig(Config):
    """Limits in characters of the cleaned text, and shares between 0 and 1."""

    shortest: int = 50
    longest: int = 500_000
    chinese_share: float = 0.5
    garbled_share: float = 0.01
    repeated_share: float = 0.3


DEFAULTS = CleaningConfig()


def normalise(text: str) -> str:
    """One form for what means the same: line ends, spaces, compatibility characters, controls.

    Full-width punctuation stays: it is how Chinese is written. Boilerplate lines and lines repeated
    on end are cut.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    text = "".join(
        unicodedata.normalize("NFKC", c) if "０" <= c <= "ｚ" and c.isalnum() else c
        for c in text
        if c in "\n\t" or unicodedata.category(c) not in ("Cc", "Cf", "Co", "Cs")
    )
    lines: list[str] = []
    for line in text.split("\n"):
        plain = _BETWEEN_CHINESE.sub("", _SPACES.sub(" ", line).strip())
        if _BOILERPLATE.fullmatch(plain) or (lines and plain and plain == lines[-1]):
            continue
        lines.append(plain)
    return _BLANK_LINES.sub("\n", "\n".join(lines)).strip()


def fault(text: str, config: CleaningConfig = DEFAULTS) -> str:
    """Why a normalised text is dropped, "" if it is not."""
    if len(text) < config.shortest:
        return f"shorter than {config.shortest} characters"
    if len(text) > config.longest:
        return f"longer than {config.longest} characters"
    if text.count("\ufffd") > config.garbled_share * len(text):
        return "garbled"
    letters = len(_LETTER.findall(text))
    if len(_CHINESE.findall(text)) < config.chinese_share * max(1, letters):
        return "not Chinese"
    if _repeated(text) > config.repeated_share:
        return "repeats itself"
    return ""


def _repeated(text: str) -> float:
    """The share of the text that its most frequent line or 10-character stretch makes up."""
    lines = [line for line in text.split("\n") if line]
    line, count = Counter(lines).most_common(1)[0]
    by_line = len(line) * count / len(text) if count > 1 else 0.0
    stretches = Counter(text[i : i + 10] for i in range(0, len(text) - 9, 10))
    stretch = stretches.most_common(1)[0][1] if stretches else 0
    by_stretch = 10 * stretch / len(text) if stretch > 2 else 0.0
    return max(by_line, by_stretch)


def clean(text: str, config: CleaningConfig = DEFAULTS) -> tuple[str, str]:
    """(normalised text, reason for dropping it or "")."""
    plain = normalise(text)
    return plain, fault(plain, config)


def spaced(text: str) -> str:
    """Every character its own word: Daft's minhash makes n-grams of words between ASCII spaces, so
    Chinese without spaces would be one word and no two texts alike."""
    return " ".join(c for c in text if c.isalnum())
