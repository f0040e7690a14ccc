from ecmiip.mipld.citation import Names
from ecmiip.mipld.curated import table
from ecmiip.mipld.names import aliases, short_names

COURT = "最高人民法院关于适用《中华人民共和国示例法》若干问题的解释"


def test_names_in_use() -> None:
    names = Names(aliases(["示例法", COURT, "反不正当竞争法"]))
    for name in (
        COURT,
        "最高人民法院关于适用〈示例法〉若干问题的解释",
        "关于适用《中华人民共和国示例法》若干问题的解释",
        "示例法司法解释",
        "示例法解释",
    ):
        assert names.find(name) == COURT, name
    assert names.find("《中华人民共和国示例法》") == "示例法"
    assert names.find("反法") == "反不正当竞争法"


def test_a_name_that_would_mean_two_laws_means_neither() -> None:
    both = [f"{court}关于示例的规定" for court in ("最高人民法院", "最高人民检察院")]
    names = Names(aliases(both))
    assert names.find("关于示例的规定") is None
    assert names.find(both[0]) == both[0]


def test_short_names_shortest_first() -> None:
    known = aliases(["反不正当竞争法"])
    assert short_names("反不正当竞争法", known)[0] == "反法"


def test_curated_names_are_given_once() -> None:
    given = [name for entry in table().alias for name in entry.names]
    assert len(given) == len(set(given))
