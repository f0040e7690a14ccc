"""What a subject may read with an item: the same for every subject."""

from datetime import date

from ecmiip.assistant.retrieve import retrieve as as_the_assistant
from ecmiip.evaluation.items import Item
from ecmiip.evaluation.setting import Setting
from ecmiip.evaluation.verdict import Retrieved
from ecmiip.mipld.database import Mipld

# The first day on which MIPLD holds the Patent, Copyright, Trademark and Anti-Unfair Competition
# Laws together. For an older day a search finds regulations only, so that an old question is read
# with the earliest law there is: mostly what it was asked about, and never later than needed.
_FIRST_WHOLE = date(2021, 6, 1)


def retrieve(item: Item, db: Mipld, setting: Setting) -> tuple[Retrieved, ...]:
    """The provisions found for ``item`` by the law of its day, best first.

    The query is the stem with all options, in one: on the half of MIPLD-Eval that settings are
    chosen on, it finds more of the provisions that the answers rest on than the stem alone, or
    than stem and options asked one by one with their ranks added.
    """
    if not setting.depth:
        return ()
    # An item that names its provisions was written from MIPLD and means its own day.
    day = item.as_of if item.provisions else max(item.as_of, _FIRST_WHOLE)
    if setting.retrieval == "assistant":
        found = as_the_assistant(db, item.text, day, setting.depth)
    else:
        hits = db.search(item.text, as_of=day, limit=setting.depth)
        found = [hit.provision for hit in hits]
    return tuple(Retrieved(provision.address, provision.quote()) for provision in found)
