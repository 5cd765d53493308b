"""A story on which a person decided, and the copies that other outlets bring later."""

from __future__ import annotations

from mirqab.types import FlagState
from tests.crawl.conftest import Deployment, talks
from tests.crawl.pressweb import Press

HEADLINE, (FIRST, *REST) = talks(3)
MORE = [
    "وحضر الجلسة ممثلون عن وزارات الدفاع والخارجية والداخلية، إضافة إلى ضباط من قيادة العمليات المشتركة.",
    "وكانت اللجنة قد عقدت اجتماعاتها السابقة في مقر وزارة الدفاع، وناقشت فيها تسليم القواعد والمعدات.",
]
TEXT = [FIRST, *REST, *MORE]
NEW = "وأعلنت وزارة الدفاع أن انسحاب القوات الأجنبية من العراق يكتمل في 30 حزيران 2027."


def test_a_decision_holds_for_copies_until_one_tells_something_new(press: Press, deployment: Deployment) -> None:
    first, second, third = press.site(), press.site(), press.site()
    deployment.read("nahr", first.feed("/rss", [(first.article("/a", HEADLINE, TEXT), HEADLINE)]))
    assert deployment.crawl().code == 0
    with deployment.archive() as archive:
        (flag,) = archive.flagged()
    deployment.mirqab("mark", flag.story, "relevant", "--by", "سلمى")

    retold = [FIRST, *REST, *MORE[:1]]
    deployment.read("wadi", second.feed("/rss", [(second.article("/b", HEADLINE, retold), HEADLINE)]))
    again = deployment.crawl("wadi")
    assert again.pages() == {"stored": 1}
    with deployment.archive() as archive:
        (flag,) = archive.flagged()
        detail = archive.story(flag.story)
    assert detail is not None
    assert len(detail.articles) == 2, "it is a near copy in the same story"
    assert (flag.state, flag.development, again.end["flagged"]) == (FlagState.RELEVANT, (), {})

    deployment.read("sidra", third.feed("/rss", [(third.article("/c", HEADLINE, [*TEXT, NEW]), HEADLINE)]))
    last = deployment.crawl("sidra")
    with deployment.archive() as archive:
        (flag,) = archive.flagged()
    assert flag.state is FlagState.DEVELOPING
    assert ("date", "2027-06-30") in [(one.kind, one.value) for one in flag.development]
    assert all(one.sentence == NEW.rstrip(".") for one in flag.development)
    assert last.end["developing"] == {"troop-withdrawal-talks": 1}
    assert "told something new since then: new act" in deployment.mirqab("explain", flag.story)

    before = flag
    assert "1 kept" in deployment.mirqab("rematch", "--all")
    with deployment.archive() as archive:
        (flag,) = archive.flagged()
    assert (flag.state, flag.development) == (FlagState.DEVELOPING, before.development)
