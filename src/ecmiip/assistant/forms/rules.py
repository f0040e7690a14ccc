"""The rules of deadlines and limitation periods: which article, which words, how long.

Each was looked up in the text it names; a test does so again for both sides of 2027-01-01.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from ecmiip.periods import Unit


@dataclass(frozen=True)
class Period:
    """So long, as the ``words`` at ``address`` have it."""

    address: str
    words: str
    amount: int
    unit: Unit


@dataclass(frozen=True)
class Rule:
    """How one deadline is computed.

    ``periods`` holds one entry for each version of the law that the rule knows. ``counting`` are
    the provisions on how to count. A rule without periods ties something to an event, not a day.
    ``sense`` is "latest" for a last day, "earliest" for a first one, "before" for a stretch that
    ends on the day given.
    """

    title: str
    start: str
    periods: tuple[Period, ...] = ()
    basis: tuple[str, ...] = ()
    counting: tuple[str, ...] = ()
    sense: Literal["latest", "earliest", "before"] = "latest"
    notes: tuple[str, ...] = ()


_CODE = ("民法典@2020#201.1", "民法典@2020#202", "民法典@2020#203.1")
_PROCEDURE = ("民事诉讼法@2023#85",)
_RECONSIDERATION = ("行政复议法@2023#88.1", "民事诉讼法@2023#85")
_ADMINISTRATIVE = ("行政诉讼法解释@2018#48",)
_TRADEMARK = ("商标法实施条例@2014#12.1",)
_PATENT = ("专利法实施细则@2023#5",)

_INTERRUPTED = "时效有中止、中断情形的另行计算（填写时效中断日的，自该日重新起算）"
_INTERRUPTION = ("民法典@2020#194", "民法典@2020#195")
_CONTINUING = "超过三年起诉而侵权仍在持续的，赔偿数额自起诉之日起向前推算三年计算"
_TO_SUE = "向人民法院起诉"
_REFUSAL = "商标法@2019#34/商标法@2026#37"
_REVOCATION = "商标法@2019#54/商标法@2026#58"

RULES: Mapping[str, Rule] = {
    # --- limitation ---
    "limitation": Rule(
        "诉讼时效期间",
        "知道或者应当知道权利受到损害以及义务人之日",
        (Period("民法典@2020#188.1", "三年", 3, "year"),),
        ("民法典@2020#188.2", *_INTERRUPTION),
        _CODE,
        notes=(_INTERRUPTED,),
    ),
    "limitation_longest": Rule(
        "最长权利保护期间",
        "权利受到损害之日",
        (Period("民法典@2020#188.2", "二十年", 20, "year"),),
        (),
        _CODE,
        notes=("有特殊情况的，人民法院可以根据权利人的申请决定延长",),
    ),
    "limitation_patent": Rule(
        "侵犯专利权的诉讼时效期间",
        "知道或者应当知道侵权行为以及侵权人之日",
        (Period("专利法@2020#74.1", "诉讼时效为三年", 3, "year"),),
        _INTERRUPTION,
        _CODE,
        notes=(_INTERRUPTED,),
    ),
    "limitation_patent_fee": Rule(
        "要求支付发明专利临时保护期使用费的诉讼时效期间",
        "知道或者应当知道他人使用其发明之日（授权前已知道的为授权之日）",
        (Period("专利法@2020#74.2", "诉讼时效为三年", 3, "year"),),
        _INTERRUPTION,
        _CODE,
        notes=(_INTERRUPTED,),
    ),
    "limitation_trademark": Rule(
        "侵犯注册商标专用权的诉讼时效期间",
        "知道或者应当知道权利受到损害以及义务人之日",
        (Period("商标民事解释@2020#18", "诉讼时效为三年", 3, "year"),),
        ("民法典@2020#188.1", *_INTERRUPTION),
        _CODE,
        notes=(_INTERRUPTED, _CONTINUING),
    ),
    "limitation_copyright": Rule(
        "侵害著作权的诉讼时效期间",
        "知道或者应当知道权利受到损害以及义务人之日",
        (Period("著作权民事解释@2020#27", "诉讼时效为三年", 3, "year"),),
        ("民法典@2020#188.1", *_INTERRUPTION),
        _CODE,
        notes=(_INTERRUPTED, _CONTINUING),
    ),
    "limitation_monopoly": Rule(
        "垄断行为损害赔偿请求权的诉讼时效期间",
        "知道或者应当知道权益受到损害以及义务人之日",
        (Period("民法典@2020#188.1", "三年", 3, "year"),),
        ("垄断民事解释@2024#49", *_INTERRUPTION),
        _CODE,
        notes=("向反垄断执法机构举报的，自举报之日起中断", _INTERRUPTED),
    ),
    # --- litigation ---
    "answer_civil": Rule(
        "提出答辩状的期限",
        "收到起诉状副本之日",
        (Period("民事诉讼法@2023#128", "收到之日起十五日内", 15, "day"),),
        (),
        _PROCEDURE,
        notes=("在国内没有住所的被告为三十日，另见涉外期限",),
    ),
    "answer_civil_abroad": Rule(
        "提出答辩状的期限（在国内没有住所的被告）",
        "收到起诉状副本之日",
        (Period("民事诉讼法@2023#285", "收到起诉状副本后三十日内", 30, "day"),),
        (),
        _PROCEDURE,
        notes=("申请延期的，是否准许由人民法院决定",),
    ),
    "appeal_judgment": Rule(
        "对第一审判决提起上诉的期限",
        "判决书送达之日",
        (Period("民事诉讼法@2023#171.1", "送达之日起十五日内", 15, "day"),),
        (),
        _PROCEDURE,
    ),
    "appeal_ruling": Rule(
        "对第一审裁定提起上诉的期限",
        "裁定书送达之日",
        (Period("民事诉讼法@2023#171.2", "送达之日起十日内", 10, "day"),),
        (),
        _PROCEDURE,
    ),
    "appeal_abroad": Rule(
        "提起上诉的期限（在国内没有住所的当事人）",
        "判决书、裁定书送达之日",
        (Period("民事诉讼法@2023#286", "送达之日起三十日内", 30, "day"),),
        (),
        _PROCEDURE,
    ),
    "appeal_administrative_judgment": Rule(
        "对第一审行政判决提起上诉的期限",
        "判决书送达之日",
        (Period("行政诉讼法@2017#85", "判决书送达之日起十五日内", 15, "day"),),
        (),
        _ADMINISTRATIVE,
    ),
    "appeal_administrative_ruling": Rule(
        "对第一审行政裁定提起上诉的期限",
        "裁定书送达之日",
        (Period("行政诉讼法@2017#85", "裁定书送达之日起十日内", 10, "day"),),
        (),
        _ADMINISTRATIVE,
    ),
    "answer_administrative": Rule(
        "被告提交证据、依据并提出答辩状的期限",
        "收到起诉状副本之日",
        (Period("行政诉讼法@2017#67.1", "收到起诉状副本之日起十五日内", 15, "day"),),
        ("行政诉讼法@2017#34",),
        _ADMINISTRATIVE,
        notes=("逾期提供证据且无正当理由的，视为没有相应证据",),
    ),
    "suit_administrative": Rule(
        "直接起诉行政行为的期限",
        "知道或者应当知道作出行政行为之日",
        (Period("行政诉讼法@2017#46.1", "之日起六个月内", 6, "month"),),
        ("行政诉讼法@2017#48",),
        _ADMINISTRATIVE,
    ),
    "suit_administrative_longest": Rule(
        "起诉行政行为的最长期限（不动产案件除外）",
        "行政行为作出之日",
        (Period("行政诉讼法@2017#46.2", "之日起超过五年", 5, "year"),),
        (),
        _ADMINISTRATIVE,
    ),
    "suit_after_reconsideration": Rule(
        "不服行政复议决定的起诉期限",
        "收到复议决定书之日",
        (Period("行政诉讼法@2017#45", "收到复议决定书之日起十五日内", 15, "day"),),
        (),
        _ADMINISTRATIVE,
    ),
    "reconsideration": Rule(
        "申请行政复议的期限",
        "知道或者应当知道行政行为之日",
        (Period("行政复议法@2023#20.1", "之日起六十日内", 60, "day"),),
        ("反垄断法@2022#65",),
        _RECONSIDERATION,
    ),
    # 行政诉讼法解释@2018#66 gives six months for a direct suit; it is no rule here, for since 2024
    # whoever holds that a duty was not performed must first apply for reconsideration.
    "reconsideration_inaction": Rule(
        "对行政机关不履行法定职责申请行政复议的期限",
        "履行期限届满之日（没有履行期限规定的，为行政机关收到申请满六十日之日）",
        (Period("行政复议法@2023#20.1", "之日起六十日内", 60, "day"),),
        ("行政复议法@2023#23.1(3)", "行政复议法@2023#11(11)", "行政复议法实施条例@2007#16.1"),
        _RECONSIDERATION,
        notes=(
            "自2024年1月1日起，应当先申请行政复议，对复议决定不服的再提起行政诉讼",
            "行政复议法实施条例所引行政复议法条号为旧条号",
        ),
    ),
    "punitive_claim": Rule(
        "增加惩罚性赔偿请求的时点：起诉时明确，至迟在一审法庭辩论终结前增加",
        "",
        (),
        ("惩罚性赔偿解释@2021#2",),
    ),
    "secret_content": Rule(
        "明确商业秘密具体内容的时点：至迟在一审法庭辩论结束前",
        "",
        (),
        ("商业秘密规定@2020#27.1",),
    ),
    "claims_change": Rule(
        "变更所主张的权利要求的时点：至迟在一审法庭辩论终结前",
        "",
        (),
        ("专利侵权解释@2009#1.1",),
    ),
    # --- preservation ---
    "sue_after_preservation": Rule(
        "采取诉前保全措施后起诉或者申请仲裁的期限",
        "人民法院采取保全措施之日",
        (Period("民事诉讼法@2023#104.3", "采取保全措施后三十日内", 30, "day"),),
        ("行为保全规定@2018#16",),
        _PROCEDURE,
        notes=("逾期不起诉或者申请仲裁的，人民法院应当解除保全，并可能构成申请有错误",),
    ),
    "sue_after_evidence_preservation": Rule(
        "采取诉前证据保全措施后起诉或者申请仲裁的期限",
        "人民法院采取保全措施之日",
        (Period("民事诉讼法@2023#104.3", "采取保全措施后三十日内", 30, "day"),),
        ("民事诉讼法@2023#84.3",),
        _PROCEDURE,
        notes=("证据保全的其他程序参照适用保全的规定，三十日系参照计算",),
    ),
    "preservation_renewal": Rule(
        "请求续行保全措施的期间（期限届满前七日内）",
        "保全措施期限届满之日",
        (Period("行为保全规定@2018#13.3", "期限届满前七日内", 7, "day"),),
        (),
        _PROCEDURE,
        sense="before",
    ),
    # --- trade marks ---
    "trademark_opposition": Rule(
        "提出商标异议的期限",
        "初步审定公告之日",
        (
            Period("商标法@2019#33", "自公告之日起三个月内", 3, "month"),
            Period("商标法@2026#36", "自公告之日起二个月内", 2, "month"),
        ),
        (),
        _TRADEMARK,
    ),
    "trademark_opposition_evidence": Rule(
        "补充异议证据的期限（已在申请书中声明的）",
        "提交异议申请书之日",
        (Period("商标法实施条例@2014#27.2", "之日起3个月内提交", 3, "month"),),
        (),
        _TRADEMARK,
    ),
    "trademark_refusal_review": Rule(
        "对驳回商标注册申请决定申请复审的期限",
        "收到驳回通知之日",
        (
            Period("商标法@2019#34", "收到通知之日起十五日内", 15, "day"),
            Period("商标法@2026#37", "收到通知之日起十五日内", 15, "day"),
        ),
        (),
        _TRADEMARK,
    ),
    "trademark_refusal_suit": Rule(
        "对商标驳回复审决定起诉的期限",
        "收到复审决定通知之日",
        (
            Period("商标法@2019#34", "收到通知之日起三十日内" + _TO_SUE, 30, "day"),
            Period("商标法@2026#37", "收到通知之日起三十日内" + _TO_SUE, 30, "day"),
        ),
        (),
        _TRADEMARK,
    ),
    "trademark_non_registration_review": Rule(
        "对不予注册决定申请复审的期限",
        "收到决定通知之日",
        (
            Period("商标法@2019#35.3", "收到通知之日起十五日内", 15, "day"),
            Period("商标法@2026#38.3", "收到通知之日起十五日内", 15, "day"),
        ),
        (),
        _TRADEMARK,
    ),
    "trademark_non_registration_suit": Rule(
        "对不予注册复审决定起诉的期限",
        "收到复审决定通知之日",
        (
            Period("商标法@2019#35.3", "收到通知之日起三十日内" + _TO_SUE, 30, "day"),
            Period("商标法@2026#38.3", "收到通知之日起三十日内" + _TO_SUE, 30, "day"),
        ),
        (),
        _TRADEMARK,
    ),
    "trademark_invalidity_review": Rule(
        "对依职权宣告无效决定申请复审的期限",
        "收到决定通知之日",
        (
            Period("商标法@2019#44.2", "收到通知之日起十五日内", 15, "day"),
            Period("商标法@2026#50.2", "收到通知之日起十五日内", 15, "day"),
        ),
        (),
        _TRADEMARK,
    ),
    "trademark_opposition_answer": Rule(
        "对商标异议答辩的期限",
        "收到异议材料副本之日",
        (Period("商标法实施条例@2014#27.1", "之日起30日内答辩", 30, "day"),),
        (),
        _TRADEMARK,
    ),
    "trademark_review_answer": Rule(
        "对商标评审申请答辩的期限",
        "收到申请书副本之日",
        (Period("商标法实施条例@2014#58", "之日起30日内答辩", 30, "day"),),
        (),
        _TRADEMARK,
    ),
    "trademark_revocation_review": Rule(
        "对撤销或者不予撤销注册商标决定申请复审的期限",
        "收到决定通知之日",
        (
            Period("商标法@2019#54", "收到通知之日起十五日内", 15, "day"),
            Period("商标法@2026#58", "收到通知之日起十五日内", 15, "day"),
        ),
        (),
        _TRADEMARK,
    ),
    "trademark_revocation_suit": Rule(
        "对商标撤销复审决定起诉的期限",
        "收到复审决定通知之日",
        (
            Period("商标法@2019#54", "收到通知之日起三十日内" + _TO_SUE, 30, "day"),
            Period("商标法@2026#58", "收到通知之日起三十日内" + _TO_SUE, 30, "day"),
        ),
        (),
        _TRADEMARK,
    ),
    "trademark_absolute_suit": Rule(
        "对商标无效宣告裁定起诉的期限（绝对理由）",
        "收到裁定通知之日",
        (
            Period("商标法@2019#44.3", "收到通知之日起三十日内" + _TO_SUE, 30, "day"),
            Period("商标法@2026#50.3", "收到通知之日起三十日内" + _TO_SUE, 30, "day"),
        ),
        (),
        _TRADEMARK,
    ),
    "trademark_relative_suit": Rule(
        "对商标无效宣告裁定起诉的期限（相对理由）",
        "收到裁定通知之日",
        (
            Period("商标法@2019#45.2", "收到通知之日起三十日内" + _TO_SUE, 30, "day"),
            Period("商标法@2026#51.2", "收到通知之日起三十日内" + _TO_SUE, 30, "day"),
        ),
        (),
        _TRADEMARK,
    ),
    "trademark_relative_request": Rule(
        "以相对理由请求宣告注册商标无效的期限",
        "商标注册之日",
        (
            Period("商标法@2019#45.1", "自商标注册之日起五年内", 5, "year"),
            Period("商标法@2026#51.1", "自商标注册之日起五年内", 5, "year"),
        ),
        (),
        _TRADEMARK,
        notes=("对恶意注册的，驰名商标所有人（持有人）不受五年的时间限制",),
    ),
    "trademark_non_use": Rule(
        "可以连续三年不使用为由申请撤销的起始日",
        "注册公告之日",
        (Period("商标法实施条例@2014#66.3", "之日起满3年后", 3, "year"),),
        ("商标法@2019#49.2/商标法@2026#57.2",),
        _TRADEMARK,
        sense="earliest",
    ),
    "trademark_review_evidence": Rule(
        "补充评审证据的期限（已在申请书中声明的）",
        "提交评审申请书之日",
        (Period("商标法实施条例@2014#59", "之日起3个月内提交", 3, "month"),),
        (),
        _TRADEMARK,
    ),
    # --- patents ---
    "patent_reexamination": Rule(
        "对驳回专利申请决定请求复审的期限",
        "收到驳回通知之日",
        (Period("专利法@2020#41.1", "收到通知之日起三个月内", 3, "month"),),
        (),
        _PATENT,
    ),
    "patent_reexamination_suit": Rule(
        "对专利复审决定起诉的期限",
        "收到复审决定通知之日",
        (Period("专利法@2020#41.2", "收到通知之日起三个月内" + _TO_SUE, 3, "month"),),
        (),
        _PATENT,
        notes=("邮寄文件自发出之日起满15日推定收到，能证明实际收到日的除外",),
    ),
    "patent_invalidity_suit": Rule(
        "对专利无效宣告请求审查决定起诉的期限",
        "收到决定通知之日",
        (Period("专利法@2020#46.2", "收到通知之日起三个月内" + _TO_SUE, 3, "month"),),
        (),
        _PATENT,
        notes=("邮寄文件自发出之日起满15日推定收到，能证明实际收到日的除外",),
    ),
    "patent_invalidity_grounds": Rule(
        "增加无效理由或者补充证据的期限",
        "提出无效宣告请求之日",
        (Period("专利法实施细则@2023#71", "之日起1个月内", 1, "month"),),
        (),
        _PATENT,
    ),
    "patent_licence_record": Rule(
        "专利实施许可合同备案的期限",
        "合同生效之日",
        (Period("专利法实施细则@2023#15.2", "合同生效之日起3个月内", 3, "month"),),
        ("民法典@2020#502.1", "民法典@2020#490.1"),
        _PATENT,
        notes=("合同自当事人均签名、盖章时成立并生效；另有生效约定的，自约定的生效之日起算",),
    ),
    # --- warnings ---
    "warning_received": Rule(
        "权利人收到书面催告后撤回警告或者起诉的期限",
        "权利人收到书面催告之日",
        (Period("专利侵权解释@2009#18", "收到该书面催告之日起一个月内", 1, "month"),),
        ("知识产权证据规定@2020#5",),
        _CODE,
        notes=("届满仍不撤回警告也不起诉的，被警告人可以提起确认不侵权之诉",),
    ),
    "warning_sent": Rule(
        "书面催告发出后权利人撤回警告或者起诉的期限",
        "书面催告发出之日",
        (Period("专利侵权解释@2009#18", "书面催告发出之日起二个月内", 2, "month"),),
        ("知识产权证据规定@2020#5",),
        _CODE,
    ),
}

# The periods that a demand, an acknowledgement or a suit starts anew (Civil Code, art. 195).
INTERRUPTIBLE = frozenset(name for name, rule in RULES.items() if _INTERRUPTION[1] in rule.basis)
