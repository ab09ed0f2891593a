"""Web pages, feeds and schema.org statements."""

import json
from typing import Any

import pytest

from nutgraf.errors import InputError
from nutgraf.ingest.html import read_html
from nutgraf.ingest.jsonld import read_jsonld
from nutgraf.ingest.limits import Limits
from nutgraf.ingest.load import item_from_bytes, items_from_bytes
from nutgraf.ingest.markup import fragment_pieces
from nutgraf.types import Item

PROSE = "We moved the triage board into the corridor, and waiting times fell by a fifth within two weeks."
PAGE = f"""<!doctype html>
<html lang="en-GB"><head>
<title>Moving the board | Ward News</title>
<meta name="author" content="Ngozi Adeyemi">
<meta property="og:site_name" content="Ward News">
<meta property="article:published_time" content="2026-03-04T10:00:00Z">
<meta property="article:tag" content="nursing"><meta property="article:tag" content="patient flow">
<link rel="canonical" href="https://news.example/board">
</head><body>
<nav><ul><li><a href="/">Home</a></li><li><a href="/all">All news</a></li></ul></nav>
<article><h1>Moving the board</h1>
<p>{PROSE}</p>
<h2>What changed</h2>
<p>Nurses could read the board<br>while <b>walking</b>, which saved minutes in every hour of a busy shift.</p>
<ul><li>The board hangs near the entrance</li><li>Colours have three <i>levels</i></li></ul>
<blockquote><p>It is the cheapest change that we ever made, said the head nurse of the ward.</p></blockquote>
<table><tr><th>Week</th><th>Minutes</th></tr><tr><td>1</td><td>42</td></tr></table>
</article>
<footer>Copyright of the ward, all rights reserved, imprint, contact, cookies</footer>
</body></html>"""

JOB = {
    "@context": "https://schema.org",
    "@type": "JobPosting",
    "title": "Charge nurse",
    "description": "<p>We need a charge nurse.</p><ul><li>Lead a shift</li><li>Teach</li></ul>",
    "qualifications": "A nursing degree",
    "datePosted": "2026-03-04",
    "validThrough": "2026-04-30T00:00:00",
    "employmentType": ["FULL_TIME"],
    "hiringOrganization": {"@type": "Organization", "name": "Bluewater Health"},
    "jobLocation": {"address": {"addressLocality": "Houston", "addressRegion": "TX", "addressCountry": {"name": "US"}}},
    "baseSalary": {"currency": "USD", "value": {"minValue": 96000, "maxValue": 112000, "unitText": "YEAR"}},
    "experienceRequirements": {"monthsOfExperience": 24},
}


def seen(item: Item) -> list[tuple[str, int, str]]:
    """(kind, level, text) of every block."""
    return [(b.kind, b.level, item.text[b.start : b.end]) for b in item.blocks]


def stated(value: Any) -> Item:
    """The one item of a JSON-LD value."""
    return item_from_bytes(json.dumps(value).encode(), "stated.json")


def test_a_page_keeps_its_article() -> None:
    """The article with its headings, lists, quotes and tables; navigation and footer are gone."""
    item = item_from_bytes(PAGE.encode(), "board.html")

    assert seen(item) == [
        ("heading", 1, "Moving the board"),
        ("paragraph", 0, PROSE),
        ("heading", 2, "What changed"),
        (
            "paragraph",
            0,
            "Nurses could read the board while walking, which saved minutes in every hour of a busy shift.",
        ),
        ("item", 1, "The board hangs near the entrance"),
        ("item", 1, "Colours have three levels"),
        ("quote", 0, "It is the cheapest change that we ever made, said the head nurse of the ward."),
        ("table", 0, "Week Minutes"),
        ("table", 0, "1 42"),
    ]
    assert item.hidden == ()


def test_a_page_says_what_it_is() -> None:
    """Title without the site's name, author, site, date, address, language and topics."""
    item = item_from_bytes(PAGE.encode(), "board.html", url="https://news.example/board?from=mail")

    assert (item.title, item.author, item.organisation) == ("Moving the board", "Ngozi Adeyemi", "Ward News")
    assert (item.published, item.url) == ("2026-03-04", "https://news.example/board")
    assert (item.language, item.topics, item.ai) == ("en-GB", ("nursing", "patient flow"), True)


@pytest.mark.parametrize("name", ["robots", "ROBOTS", "googlebot"])
@pytest.mark.parametrize("content", ["noai", "index, NoAI, noimageai"])
def test_a_page_can_opt_out(name: str, content: str) -> None:
    """An author who writes noai for robots gets no takeaways."""
    page = PAGE.replace("<title>", f'<meta name="{name}" content="{content}"><title>')

    assert not item_from_bytes(page.encode(), "board.html").ai


def test_declared_encodings_are_obeyed() -> None:
    """A page in the encoding it declares reads like one in UTF-8; a server's word counts more."""
    page = "<html><head><meta charset='windows-1252'></head><body><p>Café. " + PROSE + "</p></body></html>"

    assert "Café" in item_from_bytes(page.encode("cp1252"), "a.html").text
    assert "Café" in item_from_bytes(page.encode("utf-8"), "a.html", charset="utf-8").text
    assert "Café" in item_from_bytes(b"\xff\xfe" + page.encode("utf-16-le"), "a.html").text


def test_a_page_with_a_stated_job() -> None:
    """A page that states a job posting is that job, with the posting's text and details."""
    page = PAGE.replace("<title>", f'<script type="application/ld+json">{json.dumps(JOB)}</script><title>')
    item = item_from_bytes(page.replace(PROSE, "Apply!").encode(), "job.html")

    assert (item.kind, item.title, item.place) == ("job", "Charge nurse", "Houston, TX, US")
    assert ("item", 1, "Lead a shift") in seen(item) or "Nurses could read" in item.text
    assert dict(item.details)["salary"] == "USD 96,000 to 112,000 a year"


def test_a_page_with_a_stated_article() -> None:
    """The statement gives the fields, the page gives the text; a publisher alone is not the item."""
    graph = {"@graph": [
        {"@type": "Organization", "name": "Ward News", "description": "Of wards"},
        {"@type": "NewsArticle", "headline": "The board moved", "author": [{"name": "N. Adeyemi"}]},
    ]}  # fmt: skip
    page = PAGE.replace("<title>", f'<script type="application/ld+json">{json.dumps(graph)}</script><title>')
    item = item_from_bytes(page.encode(), "board.html")

    assert (item.kind, item.title, item.author) == ("article", "The board moved", "N. Adeyemi")
    assert PROSE in item.text


@pytest.mark.parametrize("kind", ["Organization", "ResearchOrganization", "https://schema.org/NGO"])
def test_a_page_with_a_stated_company(kind: str) -> None:
    """A page that states a company and nothing else is that company, with what the page says about it."""
    graph = {"@graph": [
        {"@type": "WebSite", "name": "Bluewater"},
        {"@type": kind, "name": "Bluewater Health", "description": "Care.", "foundingDate": "1988"},
    ]}  # fmt: skip
    page = (
        f"<html><head><title>About us</title><meta name='author' content='Bluewater Health'>"
        f"<script type='application/ld+json'>{json.dumps(graph)}</script></head><body><p>{PROSE}</p></body></html>"
    )
    item = item_from_bytes(page.encode(), "about.html")

    assert (item.kind, item.title, dict(item.details)) == ("company", "Bluewater Health", {"founded": "1988"})
    assert PROSE in item.text


@pytest.mark.parametrize(
    "head",
    [
        "<meta property='og:type' content='article'>",
        "<meta name='author' content='Ngozi Adeyemi'>",
        "<meta property='article:published_time' content='2026-03-04'>",
    ],
)
def test_a_publisher_is_not_the_item(head: str) -> None:
    """An article whose page states its publisher alone stays an article, with the publisher's name."""
    publisher = {"@type": "NewsMediaOrganization", "name": "Ward News", "description": "News of wards. " * 40}
    page = (
        f"<html><head><title>Moving the board</title>{head}"
        f"<script type='application/ld+json'>{json.dumps(publisher)}</script></head>"
        f"<body>{f'<p>{PROSE}</p>' * 40}</body></html>"
    )
    item = item_from_bytes(page.encode(), "board.html")

    assert (item.kind, item.title, item.organisation) == ("article", "Moving the board", "Ward News")


def test_a_stated_job() -> None:
    """Description as blocks, further fields as sections, and the rest as details and as sentences to quote."""
    item = stated(JOB)
    stated_last = (
        "The salary is USD 96,000 to 112,000 a year. The employment is full time. Applications close on 2026-04-30."
    )

    assert seen(item)[-2] == ("heading", 2, "Details")
    assert seen(item)[-1][2].startswith(stated_last)
    assert seen(item)[:-2] == [
        ("paragraph", 0, "We need a charge nurse."),
        ("item", 1, "Lead a shift"),
        ("item", 1, "Teach"),
        ("heading", 2, "Qualifications"),
        ("paragraph", 0, "A nursing degree"),
    ]
    assert (item.kind, item.organisation, item.published) == ("job", "Bluewater Health", "2026-03-04")
    assert item.details == (
        ("salary", "USD 96,000 to 112,000 a year"),
        ("employment", "full time"),
        ("closes", "2026-04-30"),
        ("experience", "24 months"),
    )


def test_a_stated_course() -> None:
    """Duration in words, level, provider and price; sections become items."""
    item = stated({
        "@type": "Course", "name": "Triage for all", "description": "How to triage.", "educationalLevel": "Beginner",
        "provider": {"name": "Larkfield Learning"}, "hasCourseInstance": [{"courseWorkload": "PT10H30M"}],
        "offers": {"price": 49, "priceCurrency": "USD"}, "syllabusSections": [{"name": "Colours"}, {"name": "Beds"}],
    })  # fmt: skip

    assert item.kind == "course"
    assert [text for _, _, text in seen(item)] == [
        "How to triage.", "Colours", "Beds", "Details",
        "The course takes 10 hours 30 minutes. The level is Beginner. The price is USD 49.",
    ]  # fmt: skip
    assert item.details == (
        ("duration", "10 hours 30 minutes"),
        ("level", "Beginner"),
        ("provider", "Larkfield Learning"),
        ("price", "USD 49"),
    )


def test_a_stated_company() -> None:
    """An organisation by itself is a company item with size, year and sector."""
    item = stated({
        "@type": ["Corporation"], "name": "Sunbridge Solar", "description": "We install panels.",
        "foundingDate": "2011", "numberOfEmployees": {"minValue": 50, "maxValue": 90}, "industry": "Solar",
        "url": "https://sunbridge.example", "address": {"addressLocality": "Phoenix"},
    })  # fmt: skip

    assert (item.kind, item.title, item.place, item.url) == (
        "company", "Sunbridge Solar", "Phoenix", "https://sunbridge.example",
    )  # fmt: skip
    assert item.details == (("size", "50 to 90"), ("founded", "2011"), ("sector", "Solar"))


def test_a_list_of_statements_gives_several_items() -> None:
    """Several postings in one document are several items."""
    values = [{**JOB, "title": f"Nurse {n}"} for n in range(3)]

    assert [i.title for i in items_from_bytes(json.dumps(values).encode(), "jobs.json")] == [
        "Nurse 0",
        "Nurse 1",
        "Nurse 2",
    ]


def test_statements_without_words_are_refused() -> None:
    """Nothing to read is an error that says what is missing."""
    with pytest.raises(InputError, match="no JobPosting, Article, Course or Organization with a description"):
        read_jsonld({"@type": "JobPosting", "title": "Nurse"}, name="a.json")


RSS = """<?xml version="1.0" encoding="iso-8859-1"?>
<rss version="2.0"><channel><title>Ward News</title><language>en-us</language>
<item><title>The board &amp; the door</title><link>https://news.example/1</link><category>nursing</category>
<pubDate>Wed, 04 Mar 2026 10:00:00 GMT</pubDate>
<description>&lt;p&gt;We moved the board to caf\u00e9 hours.&lt;/p&gt;
&lt;ul&gt;&lt;li&gt;One&lt;/li&gt;&lt;/ul&gt;</description></item>
<item><title>Two</title><description>Plain words.</description></item>
<item><title>Nothing</title></item>
</channel></rss>"""
ATOM = """<feed xmlns="http://www.w3.org/2005/Atom"><title>Ward News</title>
<entry><title>The board</title><author><name>Ngozi Adeyemi</name></author><updated>2026-03-04T10:00:00Z</updated>
<link href="https://news.example/1"/>
<content type="html">&lt;h2&gt;Why&lt;/h2&gt;&lt;p&gt;It was hidden.&lt;/p&gt;</content></entry>
</feed>"""


def test_a_feed_gives_an_item_an_entry() -> None:
    """Entries with a text become items with link, date, topics and the feed's language; others are passed over."""
    one, two = items_from_bytes(RSS.encode("iso-8859-1"), "news.xml")

    assert (one.title, one.url, one.published) == ("The board & the door", "https://news.example/1", "2026-03-04")
    assert (one.organisation, one.language, one.topics) == ("Ward News", "en-us", ("nursing",))
    assert seen(one) == [("paragraph", 0, "We moved the board to café hours."), ("item", 1, "One")]
    assert two.text == "Plain words."


def test_an_atom_feed_without_an_ending() -> None:
    """The content tells that it is a feed, whatever the name."""
    item = item_from_bytes(ATOM.encode(), "download")

    assert (item.title, item.author, item.published) == ("The board", "Ngozi Adeyemi", "2026-03-04")
    assert seen(item) == [("heading", 2, "Why"), ("paragraph", 0, "It was hidden.")]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("plain &amp; simple", ["plain & simple"]),
        ("&lt;p&gt;once escaped&lt;/p&gt;", ["once escaped"]),
        ("a<br><br>b", ["a b"]),
        ("<p>one <!-- not this --> two<script>x</script> three</p>tail", ["one two three", "tail"]),
        ("<pre>x = 1\n  y</pre>", ["x = 1\n  y"]),
        ("a < b", ["a < b"]),
        ("", []),
    ],
)
def test_fragments(source: str, expected: list[str]) -> None:
    """Descriptions may be HTML, escaped HTML or plain words."""
    assert [text for _, text, _ in fragment_pieces(source)] == expected


def test_a_thin_page_gives_all_its_words() -> None:
    """Where there is no article to find, the words of the page are taken, without scripts and navigation."""
    [parts] = read_html(
        "<html><body><nav>Home</nav><div>Short note.</div><script>x</script></body></html>", name="a", limits=Limits()
    )

    assert parts.text == "Short note."
