"""An archive with something to read in it: our own fictional stories, admitted, judged and stored by the real parts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from mirqab.addresses import host_of
from mirqab.archive import Archive, Place
from mirqab.declarations import load_topic_documents
from mirqab.fingerprints import fingerprint
from mirqab.settings import Settings
from mirqab.stories import place
from mirqab.topics import Judge, Topic, compile_topic, worth_keeping
from mirqab.types import (
    Article,
    Embed,
    FeedItem,
    FeedReading,
    FeedSnapshot,
    Placement,
    Reason,
    Relation,
    Validators,
    Worked,
    make_id,
)

NOW = datetime.now(UTC).replace(microsecond=0)
WEEK_S = 7 * 86400.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Told:
    """One page of an outlet."""

    outlet: str
    slug: str
    headline: str
    body: str = ""
    published: datetime | None = None
    authors: tuple[str, ...] = ()
    embeds: tuple[Embed, ...] = ()
    problem: Reason | None = None
    detail: str | None = None
    pending: bool = False
    agencies: tuple[str, ...] = ()
    copied: tuple[Relation, str, float] | None = None  # how it is tied to which headline's article, and how alike

    @property
    def url(self) -> str:
        return f"https://{self.outlet}.example/{self.slug}"


TALKS = Told(
    outlet="rasid",
    slug="talks",
    headline="بغداد: جولة محادثات جديدة حول انسحاب القوات الأجنبية من العراق",
    body=(
        "بدأت في بغداد اليوم جولة جديدة من المحادثات حول انسحاب القوات الأجنبية من العراق، "
        "وفق ما قاله متحدث باسم اللجنة العسكرية المشتركة (JMC) عند الساعة 14:05.\n"
        "وأضاف المتحدث أنّ الجانبين اتفقا على جدول زمني لانسحاب القوات من 3 قواعد، أولاها عين الأسد، خلال 120 يوماً.\n"
        "وتشمل المباحثات أيضاً وجود القوات الأجنبية في سوريا.\n"
        "يذكر أن الطقس اليوم معتدل في العاصمة، وأن درجة الحرارة بلغت 31.5 مئوية."
    ),
    published=NOW - timedelta(hours=3, minutes=20),
    authors=("سلمى النخيلي", "Sam Palm"),
    embeds=(
        Embed(
            handle="@jmc_rasid",
            text="انتهت الجلسة الأولى في بغداد.\nموعد الثانية بعد أسبوعين.",
            date_raw="January 26, 2024",
            url="https://x.com/jmc_rasid/status/1750",
        ),
        Embed(handle="@sadeem_live", text="", date_raw=None, url="https://t.me/sadeem_live/17"),
    ),
)
COPY = Told(
    outlet="sadeem",
    slug="2024/wire-17?id=9",
    headline=TALKS.headline,
    body=TALKS.body,
    published=NOW - timedelta(hours=2),
)
LIBYA = Told(
    outlet="sadeem",
    slug="libya",
    headline="اللجنة العسكرية 5+5 تطالب بخروج المرتزقة والقوات الأجنبية من ليبيا",
    body=(
        "طالبت اللجنة العسكرية المشتركة 5+5 بخروج جميع المرتزقة والقوات الأجنبية من ليبيا، "
        "وقالت إن المفاوضات حول جدول الانسحاب مستمرة."
    ),
    published=NOW - timedelta(days=2, hours=1),
)
HOSTILE = Told(
    outlet="rasid",
    slug="hostile",
    headline='<script>document.title="taken"</script> محادثات حول انسحاب القوات الأجنبية من العراق',
    body=(
        "قال مصدر <img src=x onerror=\"document.title='taken'\"> إن محادثات بدأت حول انسحاب القوات الأجنبية.\n"
        "<script>fetch('https://evil.example/')</script> \u202eمقلوب\u202c &amp; «نص» \x1b[31m أحمر"
    ),
    published=NOW - timedelta(days=1),
    embeds=(
        Embed(
            handle="<b>@evil</b>",
            text="منشور \u202eمقلوب\u202c \x1b[31m <script>taken</script>",
            date_raw="<i>أمس</i>",
            url="javascript:alert(1)",
        ),
    ),
)
SPORT = Told(
    outlet="rasid",
    slug="match",
    headline="فوز كبير لفريق الواحة في مباراة الأمس",
    body="فاز فريق الواحة على ضيفه بثلاثة أهداف، في مباراة حضرها جمهور كبير في ملعب المدينة.",
    published=NOW - timedelta(days=3),
)
OLD = Told(outlet="rasid", slug="old", headline="خبر قديم", published=NOW - timedelta(days=40))
PENDING = Told(outlet="rasid", slug="pending", headline="خبر ينتظر", published=NOW, pending=True)
ROBOTS = Told(
    outlet="rasid",
    slug="private",
    headline="خبر ممنوع",
    published=NOW,
    problem=Reason.REFUSED_BY_ROBOTS,
    detail="robots",
)
GONE = Told(
    outlet="rasid", slug="gone", headline="خبر محذوف", published=NOW, problem=Reason.GONE, detail="answered 410"
)
EMPTY = Told(outlet="rasid", slug="menu", headline="قائمة", published=NOW, problem=Reason.NO_ARTICLE)
STORIES: Sequence[Told] = (SPORT, LIBYA, HOSTILE, TALKS, COPY, OLD, PENDING, ROBOTS, GONE, EMPTY)


def topics(settings: Settings) -> list[Topic]:
    """Return the topics of the repository's own config/."""
    return [compile_topic(document) for document in load_topic_documents(settings)]


def fill(settings: Settings, told: Sequence[Told] = STORIES) -> None:
    """Admit and store these pages in this home's archive, in one run; a page that comes twice has changed."""
    judging = topics(settings)
    archive = Archive.open(settings.archive_url, raw_folder=settings.raw_folder)
    try:
        run = archive.start_run("crawl", topics=[(topic.id, topic.version) for topic in judging])
        for outlet in dict.fromkeys(one.outlet for one in told):
            archive.admit(run, _snapshot(outlet, told), first_poll_max_age_s=WEEK_S)
        due = {
            entry.url: entry.id
            for outlet in {one.outlet for one in told}
            for entry in archive.due(outlet, now=NOW + timedelta(hours=1))
        }
        for one in told:
            if one.url not in due or one.pending:
                continue
            if one.problem is not None:
                archive.fail(run, due[one.url], reason=one.problem, detail=one.detail, next_try_at=None)
            else:
                archive.store(run, _worked(one, due[one.url], judging), place=_placing(one, told, due))
        archive.end_run(run, exit_code=3, finish="finished")
    finally:
        archive.close()


def _placing(one: Told, told: Sequence[Told], entries: dict[str, str]) -> Place:
    """Return what puts a page into the story of the page that it copies; any other where pages always go."""
    if one.copied is None:
        return place
    relation, headline, similarity = one.copied
    nearest = next(other for other in told if other.headline == headline)
    first = nearest
    while first.copied is not None:
        first = next(other for other in told if first.copied and other.headline == first.copied[1])
    placement = Placement(
        story=make_id("s", make_id("a", entries[first.url])),
        relation=relation,
        nearest=make_id("a", entries[nearest.url]),
        similarity=similarity,
    )
    return lambda page, known: placement if known is None else place(page, known)


def _snapshot(outlet: str, told: Sequence[Told]) -> FeedSnapshot:
    items = tuple(
        FeedItem(
            guid=None,
            url=one.url,
            title=one.headline,
            summary="",
            content=None,
            published=one.published,
        )
        for one in told
        if one.outlet == outlet
    )
    return FeedSnapshot(
        outlet=outlet,
        url=f"https://{outlet}.example/rss.xml",
        fetched_at=NOW,
        status=200,
        validators=Validators(),
        reading=FeedReading(version="rss20", encoding="utf-8", title=outlet, items=items),
    )


def _worked(one: Told, entry: str, judging: Sequence[Topic]) -> Worked:
    article = Article(
        id=make_id("a", entry),
        entry=entry,
        outlet=one.outlet,
        url=one.url,
        headline=one.headline,
        body=one.body,
        authors=one.authors,
        published=one.published,
        published_raw=None,
        updated=None,
        updated_raw=None,
        language="ar",
        extractor="test",
        quality=0.9,
        fetched_at=NOW - timedelta(minutes=7),
        embeds=one.embeds,
        agencies=one.agencies,
        fingerprint=fingerprint(one.headline, one.body),
    )
    verdicts = Judge(judging).judge(title=one.headline, text=one.body, published=one.published)
    assert host_of(one.url) == f"{one.outlet}.example"
    return Worked(
        page_url=one.url,
        final_url=one.url,
        entry=entry,
        outlet=one.outlet,
        fetched_at=article.fetched_at,
        status=200,
        article=article,
        verdicts=tuple(verdict for verdict in verdicts if worth_keeping(verdict)),
        judged=tuple((topic.id, topic.version) for topic in judging),
    )
