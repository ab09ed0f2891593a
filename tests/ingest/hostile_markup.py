"""Hostile and broken documents: XML, feeds, web pages and JSON-LD."""

import json

from tests.ingest.hostile import simple

WORDS = "We moved the triage board into the corridor, and waiting times fell by a fifth within two weeks. "


def _feed(inside: str, before: str = "", root: str = '<rss version="2.0">') -> str:
    return f'<?xml version="1.0"?>{before}{root}<channel><title>Wards</title>{inside}</channel></rss>'


def _entry(text: str) -> str:
    return f"<item><title>Board</title><description>{text}</description></item>"


def _page(body: str, head: str = "") -> str:
    return f"<!doctype html><html lang='en'><head><title>Board</title>{head}</head><body>{body}</body></html>"


LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))

simple("billion-laughs.xml", lambda: _feed(_entry("&l9;"), f'<!DOCTYPE rss [<!ENTITY l0 "lol">{LAUGHS}]>'), "items")
simple(
    "external-entity.xml",
    lambda: _feed(_entry("&x;"), '<!DOCTYPE rss [<!ENTITY x SYSTEM "file:///etc/passwd">]>'),
    "items",
)
simple(
    "remote-entity.xml",
    lambda: _feed(_entry("&x;"), '<!DOCTYPE rss [<!ENTITY x SYSTEM "http://192.0.2.1/x">]>'),
    "items",
)
simple(
    "parameter-entity.xml",
    lambda: _feed(_entry("a"), '<!DOCTYPE rss [<!ENTITY % p SYSTEM "http://192.0.2.1/p"> %p;]>'),
    "items",
)
simple(
    "quadratic.xml", lambda: _feed(_entry("&q;" * 20_000), f'<!DOCTYPE rss [<!ENTITY q "{"q" * 50_000}">]>'), "items"
)
simple("plain-dtd.xml", lambda: _feed(_entry(WORDS), '<!DOCTYPE rss SYSTEM "http://192.0.2.1/rss.dtd">'), "items")
simple(
    "dtd-after-comment.xml", lambda: _feed(_entry("&x;"), '<!-- a > b <c> --><!DOCTYPE rss [<!ENTITY x "y">]>'), "items"
)
simple(
    "dtd-in-utf16.xml",
    lambda: _feed(_entry("&x;"), '<!DOCTYPE rss [<!ENTITY x SYSTEM "file:///etc/passwd">]>').encode("utf-16"),
    "items",
)
simple("utf7.xml", lambda: b'<?xml version="1.0" encoding="utf-7"?><rss>' + _entry(WORDS).encode() + b"</rss>", "items")
simple("many-entries.xml", lambda: _feed(_entry("a") * 9_000), "items")
simple("no-entries.xml", lambda: _feed(""), "items")
simple("empty-entries.xml", lambda: _feed("<item><title>Board</title></item>" * 5), "items")
simple("cut-off.xml", '<?xml version="1.0"?><rss version="2.0"><channel><title>War', "items")
simple("no-feed.xml", '<?xml version="1.0"?><orders><order>7</order></orders>', "items")
simple("deep.xml", lambda: _feed(f"<item>{'<a>' * 100_000}{'</a>' * 100_000}</item>"), "items", "either")
simple(
    "attributes.xml", lambda: _feed("<item " + " ".join(f"a{n}='1'" for n in range(200_000)) + "/>"), "items", "either"
)
simple("escaped-html.xml", lambda: _feed(_entry("&lt;div&gt;" * 150_000)), "items", "either")
simple("too-large.xml", lambda: _feed(_entry(WORDS * 60_000)), "items")
simple("two-entries.xml", lambda: _feed(_entry("One board.") + _entry("Two boards.")), "item")
simple("feed-named-page.html", lambda: _feed(_entry(WORDS)))

simple("deep.html", lambda: _page("<div>" * 100_000 + WORDS + "</div>" * 100_000), expects="either")
simple("deep-inline.html", lambda: _page("<b>" * 200_000 + WORDS), expects="either")
simple("deep-lists.html", lambda: _page("<ul><li>" * 50_000 + WORDS), expects="either")
simple("deep-tables.html", lambda: _page("<table><tr><td>" * 30_000 + WORDS), expects="either")
simple("many-tags.html", lambda: _page("<a>" * 1_500_000))
simple("many-paragraphs.html", lambda: _page("<p>a" * 120_000), expects="either")
simple("many-links.html", lambda: _page(f"<p>{WORDS}</p>" + "<a href=/x>y</a> " * 60_000), expects="either")
simple(
    "many-attributes.html",
    lambda: _page("<p " + " ".join(f"a{n}=1" for n in range(300_000)) + f">{WORDS}</p>"),
    expects="either",
)
simple("long-attribute.html", lambda: _page(f"<p title='{'a' * 4_000_000}'>{WORDS}</p>"), expects="either")
simple("many-entities.html", lambda: _page("<p>" + "&amp;&nbsp;&#x41;" * 200_000), expects="either")
simple("long-text.html", lambda: _page(f"<p>{WORDS * 45_000}</p>"))
simple("no-spaces.html", lambda: _page(f"<p>{'a' * 300_000}</p>"), expects="either")
simple("script-only.html", lambda: _page("<script>" + "x=1;" * 200_000 + "</script>"))
simple("open-comment.html", lambda: _page("<!-- " + WORDS * 1_000))
simple("open-tag.html", lambda: "<html><body><p " + "a" * 400_000, expects="either")
simple("open-script.html", lambda: _page(WORDS + "<script>" + "<" * 500_000), expects="either")
simple("no-words.html", lambda: _page(""))
simple("too-large.html", lambda: _page(WORDS * 120_000))
simple("unknown-charset.html", lambda: b"<html><head><meta charset='x-banana'></head><body>" + WORDS.encode())
simple("utf7.html", lambda: b"<html><head><meta charset=utf-7></head><body>+ADw-script+AD4- " + WORDS.encode())
simple("wrong-charset.html", lambda: b"<html><head><meta charset=utf-8></head><body>caf\xe9 " + WORDS.encode())
simple("zlib-charset.html", lambda: b"<html><head><meta charset=zlib_codec></head><body>" + WORDS.encode())
simple(
    "entity-page.html",
    lambda: f'<!DOCTYPE html [<!ENTITY x SYSTEM "file:///etc/passwd">]><html><body><p>&x; {WORDS}',
    expects="either",
)
simple("text-named-page.html", "We moved the board.")
simple(
    "frames.html",
    lambda: _page(f"<iframe src=http://192.0.2.1/></iframe><img src=//192.0.2.1/><p>{WORDS * 3}</p>"),
    expects="read",
)
simple(
    "deep-statement.html",
    lambda: _page(f"<p>{WORDS * 4}</p>", f"<script type=application/ld+json>{'[' * 90_000}</script>"),
    expects="read",
)
simple(
    "many-statements.html",
    lambda: _page(f"<p>{WORDS * 4}</p>", "<script type=application/ld+json>{}</script>" * 20_000),
    expects="either",
)

simple("no-description.json", lambda: json.dumps({"@type": "JobPosting", "title": "Nurse"}))
simple("nothing-known.json", lambda: json.dumps({"@context": "https://schema.org", "@type": "Recipe", "name": "Soup"}))
simple(
    "deep-description.json",
    lambda: json.dumps({"@type": "JobPosting", "title": "Nurse", "description": "<div>" * 200_000}),
)
simple("deep-graph.json", lambda: '{"@context": "x", "@graph": [' * 500 + "{}" + "]}" * 500)
simple("wide-graph.json", lambda: json.dumps({"@graph": [{"@type": "Person"}] * 90_000}))
ODD = {
    "@type": ["JobPosting", 7, None], "title": {"@value": ["Nurse"]}, "description": [WORDS, {}, 3],
    "baseSalary": {"value": {"minValue": "x", "maxValue": [1]}}, "jobLocation": [[], {"address": "Houston"}],
    "datePosted": {"a": 1}, "keywords": {"b": 2}, "employmentType": {"c": 3}, "hiringOrganization": [[[]]],
}  # fmt: skip
simple("odd-types.json", json.dumps(ODD), expects="read")
