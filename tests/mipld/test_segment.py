from ecmiip.mipld.segment import segment


def test_a_word_inside_a_longer_one_is_found() -> None:
    assert {"专利", "专利权"} <= set(segment("侵犯专利权"))


def test_width_case_punctuation_and_function_words_do_not_matter() -> None:
    assert segment("ＡＢＣ，的《商标》") == segment("abc 商标")
    assert segment("，。？！") == []
