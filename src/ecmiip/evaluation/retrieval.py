"""What a subject may read with an item: the same for every subject."""

from ecmiip.assistant.retrieve import retrieve as as_the_assistant
from ecmiip.evaluation.items import Item
from ecmiip.evaluation.setting import Setting
from ecmiip.evaluation.verdict import Retrieved
from ecmiip.mipld.database import Mipld


def retrieve(item: Item, db: Mipld, setting: Setting) -> tuple[Retrieved, ...]:
    """The provisions found for ``item`` by the law of its day, best first.

    The query is the stem with all options, in one: on the half of MIPLD-Eval that settings are
    chosen on, it finds more of the provisions that the answers rest on than the stem alone, or
    than stem and options asked one by one with their ranks added.
    """
    if not setting.depth:
        return ()
    if setting.retrieval == "assistant":
        found = as_the_assistant(db, item.text, item.as_of, setting.depth)
    else:
        hits = db.search(item.text, as_of=item.as_of, limit=setting.depth)
        found = [hit.provision for hit in hits]
    return tuple(Retrieved(provision.address, provision.quote()) for provision in found)
