"""Case 26 over real HTTPS: certificates that are not right are refused in plain words, unless an outlet says not to."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

from crawler.tls import unverified_hosts
from mirqab.types import Feed, Outlet, OutletKind, Reason
from tests.crawl.conftest import Deployment, Ended, deployed, news, publish
from tests.crawl.hostile import NO_ROBOTS, RESOLVER, names
from tests.crawl.pressweb import Answer, Press, Site, rss

TODAY = datetime.now(UTC)
YEAR, DAY = timedelta(days=365), timedelta(days=1)


Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


@dataclass(frozen=True)
class Issued:
    """A certificate with its key."""

    certificate: x509.Certificate
    key: Key

    def context(self, folder: Path) -> ssl.SSLContext:
        """Return what a server needs to show it."""
        file = folder / f"{self.certificate.serial_number}.pem"
        private = self.key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        file.write_bytes(private + self.certificate.public_bytes(serialization.Encoding.PEM))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.set_ciphers("DEFAULT:@SECLEVEL=0")
        context.load_cert_chain(file)
        return context


def issue(
    name: str,
    by: Issued | None,
    *,
    since: datetime = TODAY - DAY,
    until: datetime = TODAY + YEAR,
    key: Key | None = None,
    authority: bool = False,
) -> Issued:
    """Issue a certificate for a name; by itself when nobody else does."""
    key = key or ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(by.certificate.subject if by else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(since)
        .not_valid_after(until)
        .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
    )
    if not authority:
        builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
    return Issued(builder.sign(by.key if by else key, hashes.SHA256()), key)


REFUSED = {
    "expired": "the certificate has expired",
    "early": "the certificate is not valid yet",
    "misnamed": "the certificate is for another name",
    "alone": "the certificate is signed by itself",
    "stranger": "the certificate is signed by an authority that is not known",
    "weak": "the certificate has too weak a key",
    "plain": "no TLS connection: wrong version number",
}


@dataclass
class Crawled:
    """A crawl over sites with all kinds of certificates."""

    ended: Ended
    sites: dict[str, Site]
    deployment: Deployment

    def problems(self, outlet: str) -> dict[str, Reason | None]:
        """Return feed → problem."""
        return {event["url"]: event["problem"] for event in self.ended.events if event.get("outlet") == outlet
                and event["event"] == "feed"}  # fmt: skip


@pytest.fixture(scope="module")
def crawled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Crawled]:
    folder = tmp_path_factory.mktemp("certificates")
    ours, theirs = (issue(f"{whose} authority", None, authority=True) for whose in ("our", "their"))
    shown = {
        "good": issue("good.example", ours),
        "expired": issue("expired.example", ours, since=TODAY - YEAR, until=TODAY - DAY),
        "early": issue("early.example", ours, since=TODAY + DAY),
        "misnamed": issue("other.example", ours),
        "alone": issue("alone.example", None),
        "stranger": issue("stranger.example", theirs),
        "weak": issue("weak.example", ours, key=rsa.generate_private_key(65537, 1024)),
        "lenient": issue("elsewhere.example", theirs, since=TODAY - YEAR, until=TODAY - DAY),
    }
    trusted = folder / "authority.pem"
    trusted.write_bytes(ours.certificate.public_bytes(serialization.Encoding.PEM))
    with Press() as press, deployed(folder) as deployment:
        sites = {}
        for name, issued in shown.items():
            sites[name] = press.site(tls=issued.context(folder))
        sites["plain"] = press.site()
        at = {name: site.named(f"{name}.example").replace("http://", "https://") for name, site in sites.items()}
        for name, site in sites.items():
            site.answers["/page"] = Answer(body=b"x")
            publish(site, 0)
            deployment.read(
                name, f"{at[name]}/rss", home=f"{at[name]}/", **({"verify_tls": False} if name == "lenient" else {})
            )
        # the outlet that asks for no verification: its page, a page elsewhere, a redirect elsewhere
        sites["lenient"].article("/1", *news(1))
        sites["lenient"].answers["/away"] = Answer(status=302, headers=(("Location", at["expired"] + "/page"),))
        items = [(f"{at['lenient']}/1", "أ"), (f"{at['alone']}/page", "ب"), (f"{at['lenient']}/away", "ج")]
        sites["lenient"].answers["/rss"] = Answer(body=rss(items), content_type="application/rss+xml")
        answers = {f"{name}.example": [[site.host]] for name, site in sites.items()}
        ended = deployment.crawl(
            *("feeds", *RESOLVER, *NO_ROBOTS),
            **names(answers),
            SSL_CERT_FILE=str(trusted),
            SSL_CERT_DIR=str(folder),
            MIRQAB_CRAWL_ALLOW_HOSTS=",".join(["127.0.0.0/8", *answers]),
        )
        yield Crawled(ended, sites, deployment)


def test_case_26_a_certificate_that_is_right_is_accepted(crawled: Crawled) -> None:
    assert list(crawled.problems("good").values()) == [None], crawled.ended.log
    assert crawled.sites["good"].times("/rss") == 1


@pytest.mark.parametrize("name", REFUSED)
def test_case_26_a_certificate_that_is_not_right_is_refused_in_plain_words(crawled: Crawled, name: str) -> None:
    assert list(crawled.problems(name).values()) == [Reason.TLS]
    assert crawled.sites[name].asked == []
    (line,) = [line for line in crawled.ended.log.splitlines() if f"feed outlet={name} " in line]
    assert REFUSED[name] in line


def test_case_26_an_outlet_may_opt_out_for_its_own_hosts_alone(crawled: Crawled) -> None:
    assert list(crawled.problems("lenient").values()) == [None], crawled.ended.log
    at = crawled.sites["lenient"].named("lenient.example")
    elsewhere = crawled.sites["alone"].named("alone.example")
    with crawled.deployment.archive() as archive:
        stored, away, redirected = (archive.by_url(url) for url in (f"{at}/1", f"{elsewhere}/page", f"{at}/away"))
    assert stored is not None
    assert stored.entry.article is not None
    assert away is not None
    assert away.entry.reason is Reason.TLS
    assert redirected is not None
    assert redirected.entry.reason is Reason.TLS
    assert crawled.sites["expired"].asked == []


def test_an_outlet_opts_out_for_every_host_that_it_declares() -> None:
    feeds = [Feed(url=f"https://{name}.example:8443/rss") for name in ("one", "TWO")]
    outlet = Outlet(
        id="nahr",
        name="نهر",
        name_en="Nahr",
        country="iq",
        kind=OutletKind.NEWSPAPER,
        timezone="UTC",
        home="https://www.example/",
        feeds=tuple(feeds),
        backfill=(Feed(url="https://maps.example/sitemap.xml"),),
        verify_tls=False,
    )
    assert unverified_hosts([outlet]) == {"one.example", "two.example", "www.example", "maps.example"}
