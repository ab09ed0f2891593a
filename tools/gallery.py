"""Write docs/gallery.md: twelve panels of the sample network. `python tools/gallery.py [--model embedded] [--check]`.

Items and members of different trades, chosen so that the same item appears for readers who should see different things.
With `--check` nothing is written and the exit code says whether the page is the one this command writes.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path
from typing import Any

import anyio
from anyio.to_thread import run_sync

from nutgraf.ingest.load import load_item, load_member
from nutgraf.local import Local, open_local
from nutgraf.pipeline.parts import prepare_item
from nutgraf.pipeline.writing import warm_up
from nutgraf.serve.sample import network
from nutgraf.settings import Settings
from nutgraf.store.embedded import EmbeddedStore

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "gallery.md"
PANELS = [
    ("article-shift-handover", "amara-okafor"),
    ("article-shift-handover", "jonas-becker"),
    ("article-county-solar-roofs", "luis-herrera"),
    ("article-county-solar-roofs", "derek-walsh"),
    ("job-regional-operations-director-harbor-loop", "george-papadakis"),
    ("article-bakery-wholesale-contract", "fatima-el-amin"),
    ("article-writing-in-public", "mei-tanaka"),
    ("article-first-campaign-figures", "sofia-marchetti"),
    ("article-titration-online", "hannah-lindqvist"),
    ("article-month-end-python", "priya-raman"),
    ("course-informatics-for-nurses", "amara-okafor"),
    ("post-permit-counter-nine-days", "derek-walsh"),
]
HEAD = """# Gallery

Twelve panels of the sample network, written by `python tools/gallery.py` with the embedded 135M model. A sentence
in quotation marks is quoted from its item; the others were written by the model and passed every check.
Which sentences the model gets right may differ between machines.
"""


def panel(document: dict[str, Any], headline: str | None) -> str:
    """One panel as Markdown."""
    item, member = document["item"], document["member"]
    lines = [f"## {item['title']}", "", f"*{item['kind']}* for **{member['name']}**, {headline}", ""]
    for takeaway in document["takeaways"]:
        for sentence in takeaway["sentences"]:
            text = sentence["text"]
            lines.append(f"- {f'“{text}”' if sentence['verdict'] == 'quoted' else text}")
        if takeaway["because"]:
            lines.append(f"  <br>{takeaway['because']['text']}")
        if action := takeaway["action"]:
            asked = f": {action['question']}" if action["question"] else ""
            lines.append(f"  <br>→ *{action['kind']}* **{action['label']}**{asked}. {action['because']}".rstrip())
    if document["starters"]:
        lines += ["", "Ask: " + " · ".join(document["starters"])]
    return "\n".join(lines)


async def fill(store: EmbeddedStore, local: Local) -> None:
    """Keep the sample network with its digests."""
    items = [load_item(file) for file in sorted((network() / "items").glob("*.md"))]
    await run_sync(store.put_items, items)
    for item in items:
        await run_sync(prepare_item, item, local.rooms)


async def page(model: str) -> str:
    """The whole page."""
    members = {member.id: member for member in map(load_member, (network() / "members").glob("*.json"))}
    with tempfile.TemporaryDirectory() as folder, EmbeddedStore.open(Path(folder)) as store:
        async with open_local(Settings(model=model, deadline_s=20.0, first_words_within_s=6.0), store) as local:
            await fill(store, local)
            await warm_up(local.rooms)
            parts = [HEAD]
            for item, member in PANELS:
                document = await local.takeaways(store.item(item), members[member])
                parts.append(panel(document, members[member].headline))
    return "\n\n".join(part.strip() for part in parts) + "\n"


def main() -> int:
    """Write the page, or compare it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", default="embedded")
    parser.add_argument("--check", action="store_true")
    given = parser.parse_args()
    text = anyio.run(page, given.model)
    if given.check:
        return 0 if PAGE.read_text("utf-8") == text else 1
    PAGE.write_text(text, "utf-8")
    print(f"{len(PANELS)} panels → {PAGE.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
