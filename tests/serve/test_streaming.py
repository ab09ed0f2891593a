"""Streams over the API: early words, leaving in every phase, stopping, resuming, slow readers, shutdown."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import anyio
import orjson
import pytest

from nutgraf.errors import StoreError
from nutgraf.serve.site import Site
from tests.serve.fakes import AMARA, ITEM, Call, Client, Scripted, running, site_in

BODY = orjson.dumps({"item": ITEM.id, "member": AMARA.id})
ASK = orjson.dumps(
    {
        "item": ITEM.id,
        "member": AMARA.id,
        "question": "Did the median wait at the front desk fall from 41 minutes to 29 minutes?",
    }
)
SSE = {"accept": "text/event-stream"}
SENTENCE = "Bluewater Health moved its triage board into the corridor in March 2026. [1]\n"


async def gone(site: Site, model: Scripted) -> None:
    """Wait until no stream runs, and see that the model was let go."""
    with anyio.fail_after(20):
        await site.streams.idle()
    await model.until(lambda: not model.open_now)


class Scene:
    """A site, its model and a client; `gone` waits until the model was let go and no stream runs."""

    def __init__(self, site: Site, model: Scripted, client: Client) -> None:
        self.site, self.model, self.client = site, model, client

    async def gone(self) -> None:
        """Wait until nothing is being produced."""
        await gone(self.site, self.model)

    async def asked(self) -> None:
        """Wait until the model has been asked."""
        await self.model.until(lambda: self.model.open_now > 0)


@pytest.fixture
async def scene(tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[Scene]:
    """A running site whose model hangs, or does what the test says; the knobs may be set too."""
    pieces, knobs = getattr(request, "param", ((None,), {}))
    model = Scripted(pieces)
    with site_in(tmp_path, model, **{"resume_grace_s": 0.0, **knobs}) as site:
        async with running(site) as client:
            yield Scene(site, model, client)


def having(*pieces: Any, **knobs: Any) -> Callable[[Any], Any]:
    """Let the scene's model say these pieces, under these settings."""
    return pytest.mark.parametrize("scene", [(pieces, knobs)], indirect=True, ids=["scene"])


def kinds(call: Call) -> list[str]:
    """The kinds of the events so far."""
    return [event["kind"] for event in call.events()] if call.sent else []


async def test_events_come_before_the_end(scene: Scene) -> None:
    """While the model is still silent, the reader already has what is known."""
    call = scene.client.begin("POST", "/v1/takeaways", BODY, SSE)
    await call.until(lambda: "block-start" in kinds(call))

    assert "used" in kinds(call)
    assert "closed" not in kinds(call)
    await call.leave()
    await scene.gone()


@pytest.mark.parametrize(("path", "body"), [("/v1/takeaways", BODY), ("/v1/ask", ASK)])
@pytest.mark.parametrize("headers", [SSE, {}], ids=["events", "document"])
async def test_leaving_before_the_first_word_stops_the_model(
    scene: Scene, path: str, body: bytes, headers: dict[str, str]
) -> None:
    """A reader who leaves while nothing is being said stops the work, with events and with a document."""
    call = scene.client.begin("POST", path, body, headers)
    await scene.asked()
    await call.leave()
    await scene.gone()
    await call.finished.wait()

    assert call.raised is None


@having(SENTENCE * 3, None)
async def test_leaving_in_mid_stream_stops_the_model(scene: Scene) -> None:
    """A reader who leaves between two sentences stops the work."""
    call = scene.client.begin("POST", "/v1/takeaways", BODY, SSE)
    await call.until(lambda: "sentence-committed" in kinds(call))
    await call.leave()
    await scene.gone()


async def test_leaving_while_the_body_is_sent_starts_nothing(scene: Scene) -> None:
    """A client that goes away in the middle of its request costs nothing."""
    call = scene.client.begin("POST", "/v1/takeaways", None, {**SSE, "content-type": "application/json"})
    await call.to_server.send({"type": "http.request", "body": BODY[:10], "more_body": True})
    await call.leave()
    await call.finished.wait()

    assert (scene.model.opened, call.sent, call.raised) == (0, [], None)


@having(None, resume_grace_s=0.5)
async def test_leaving_while_the_item_is_read_stops_the_work(scene: Scene) -> None:
    """A reader who leaves at once, before the model was asked, is noticed as well."""
    call = scene.client.begin("POST", "/v1/takeaways", BODY, SSE)
    await call.until(lambda: bool(call.sent))
    await call.leave()
    await scene.gone()
    await call.finished.wait()


@having(None, resume_grace_s=60.0)
async def test_stop_stops_now(scene: Scene) -> None:
    """The Stop route ends the stream at once, its reader sees the ending, and stopping again changes nothing."""
    call = scene.client.begin("POST", "/v1/takeaways", BODY, SSE)
    await scene.asked()
    stream = call.headers["nutgraf-stream"]
    assert (await scene.client.ask("DELETE", f"/v1/streams/{stream}?member=luis-herrera")).status == 404
    stop = await scene.client.ask("DELETE", f"/v1/streams/{stream}")
    await call.finished.wait()
    await scene.gone()

    assert (stop.status, call.events()[-1]["ending"]) == (204, "stopped")
    assert (await scene.client.ask("DELETE", f"/v1/streams/{stream}")).status == 204


@having(SENTENCE, 0.05, resume_grace_s=60.0)
async def test_a_lost_reader_goes_on_where_it_was(scene: Scene) -> None:
    """Cut off anywhere, a reader resumes by the last id, and the bytes together are those of the whole stream."""
    call = scene.client.begin("POST", "/v1/takeaways", BODY, SSE)
    await call.until(lambda: len(kinds(call)) >= 3)
    await call.leave()
    await call.finished.wait()
    stream = call.headers["nutgraf-stream"]
    had = [line[4:] for line in call.body.decode().split("\n") if line.startswith("id: ")]
    more = await scene.client.ask("GET", f"/v1/streams/{stream}", headers={"last-event-id": had[-1]})
    whole = await scene.client.ask("GET", f"/v1/streams/{stream}")

    assert call.body + more.body == whole.body
    assert whole.events()[-1]["ending"] == "done"
    assert (await scene.client.ask("GET", f"/v1/streams/{stream}?after={had[-1]}")).body == more.body


async def test_a_stream_belongs_to_its_member(tmp_path: Path) -> None:
    """Whoever reads as another member, or as nobody, finds no such stream; its member finds it."""
    with site_in(tmp_path, Scripted()) as site:
        async with running(site) as client:
            stream = (await client.ask("POST", "/v1/takeaways", orjson.loads(BODY))).json()["stream"]
            found = {who: (await client.ask("GET", f"/v1/streams/{stream}?member={who}")).status for who in WHO}

    assert found == {"amara-okafor": 200, "luis-herrera": 404, "none": 404}


WHO = ("amara-okafor", "luis-herrera", "none")


async def test_an_ended_stream_survives_a_restart(tmp_path: Path) -> None:
    """After a restart the stream is read from the store, with the same bytes, by its member."""
    with site_in(tmp_path, Scripted()) as site:
        async with running(site) as client:
            first = await client.ask("POST", "/v1/takeaways", orjson.loads(BODY), SSE)
    stream = first.headers["nutgraf-stream"]
    with site_in(tmp_path, Scripted()) as site:
        async with running(site) as client:
            again = await client.ask("GET", f"/v1/streams/{stream}?member=amara-okafor")
            last = again.body.decode().rsplit("id: ", 1)[1].split("\n")[0]
            nothing = await client.ask("GET", f"/v1/streams/{stream}?member=amara-okafor&after={last}")

    assert again.body == first.body
    assert (nothing.status, nothing.body) == (204, b"")


@having(None, heartbeat_every_s=0.02)
async def test_silence_is_broken_by_a_comment(scene: Scene) -> None:
    """A silent stream says now and then that it lives."""
    call = scene.client.begin("POST", "/v1/takeaways", BODY, SSE)
    await call.until(lambda: call.body.count(b": still here\n\n") >= 3)

    assert len(call.events()) == len(kinds(call))
    await call.leave()
    await scene.gone()


@having(None, write_within_s=0.05, resume_grace_s=0.1)
async def test_a_reader_that_takes_nothing_is_dropped(scene: Scene) -> None:
    """A connection that does not accept what is written is given up, and the work behind it ends."""
    scene.client.takes = anyio.Event()
    call = scene.client.begin("POST", "/v1/takeaways", BODY, SSE)
    with anyio.fail_after(20):
        await call.finished.wait()
    scene.client.takes.set()
    await scene.gone()

    assert (call.sent, call.raised) == ([], None)


@having(StoreError("secret of amara"))
async def test_after_the_first_byte_an_error_is_an_event(scene: Scene, caplog: pytest.LogCaptureFixture) -> None:
    """A fault in mid-stream is the ending `failed`, with a ticket that is in the log, and nothing of its text."""
    call = scene.client.begin("POST", "/v1/takeaways", BODY, SSE)
    await call.finished.wait()
    last = call.events()[-1]

    assert (call.status, last["ending"]) == (200, "failed")
    assert last["ticket"] in caplog.text
    assert b"secret" not in call.body


async def test_shutdown_ends_streams_for_their_readers(tmp_path: Path) -> None:
    """When the application ends, its streams end as stopped and their readers see it."""
    model = Scripted((None,))
    with site_in(tmp_path, model) as site:
        async with running(site) as client:
            call = client.begin("POST", "/v1/takeaways", BODY, SSE)
            await model.until(lambda: model.open_now > 0)
            site.streams.stop_all()
            await call.finished.wait()
            late = await client.ask("POST", "/v1/takeaways", orjson.loads(BODY))

    assert call.events()[-1]["ending"] == "stopped"
    assert (late.status, int(late.headers["retry-after"]) > 0) == (503, True)


async def test_many_aborts_leak_nothing(tmp_path: Path) -> None:
    """After 200 readers left at all moments nothing runs, and the next ones are answered."""
    model = Scripted((SENTENCE, 0.002))
    with site_in(tmp_path, model, resume_grace_s=0.0) as site:
        async with running(site) as client:
            for number in range(200):
                call = client.begin("POST", "/v1/takeaways", BODY, SSE if number % 2 else {})
                for _ in range(number % 23):
                    await anyio.lowlevel.checkpoint()
                if not call.finished.is_set():
                    await call.leave()
                await call.finished.wait()
                assert call.raised is None
            await gone(site, model)
            for _ in range(5):
                assert (await client.ask("POST", "/v1/takeaways", orjson.loads(BODY))).json()["ending"] == "done"
