"""What models were used for and cost: by the process that answers, and by the answers that left traces."""

from __future__ import annotations

from pathlib import Path

from nutgraf.model.gate import Target
from nutgraf.model.gateway import Gateway
from nutgraf.model.ledger import Attempt
from nutgraf.orchestration import Usage
from nutgraf.serve.cli_doctor import _usage
from nutgraf.serve.usage import usage_of
from nutgraf.settings import Settings
from tests.serve.fakes import AMARA, ITEM, Scripted, running, site_in


async def test_usage_is_told_to_the_host(tmp_path: Path) -> None:
    """Nothing before the first request; then what each model did, which the doctor reads from traces too."""
    with site_in(tmp_path, Scripted()) as site:
        async with running(site) as client:
            before = (await client.ask("GET", "/v1/usage")).json()
            await client.ask("POST", "/v1/takeaways", {"item": ITEM.id, "member": AMARA.id})
            call = await client.ask("GET", "/v1/usage")
    (model,) = call.json()["models"]

    assert (before, call.status) == ({"models": []}, 200)
    assert (model["name"], model["usd"], model["estimated"]) == ("scripted", 0.0, True)
    assert sum(model["results"].values()) >= 1
    assert AMARA.id not in call.body.decode()
    told = _usage(Settings(data_dir=tmp_path))
    assert f"about {model['input_tokens']} tokens in and {model['output_tokens']} out, $0.0000" in told
    assert _usage(Settings(data_dir=tmp_path / "new")).startswith("newest 0 traces: 0 requests to models, 0 tokens in")


def test_one_model_behind_two_doors_is_summed() -> None:
    """Attempts, tokens and money add up; what nobody read is told apart."""
    doors = [Gateway([Target(name="a", model=Scripted()), Target(name="idle", model=Scripted())]) for _ in range(2)]
    for door in doors:
        for result in ("done", "waste"):
            door.gates["a"].totals.add(
                Attempt(target="a", step="write", because="first", began=0.0, result=result,
                        usage=Usage(input_tokens=10, output_tokens=4, micro_usd=500_000, estimated=False))
            )  # fmt: skip
    (told,) = usage_of(doors).models

    assert (told.name, told.results) == ("a", {"done": 2, "waste": 2})
    assert (told.input_tokens, told.output_tokens, told.usd, told.wasted_usd) == (40, 16, 2.0, 1.0)
    assert not told.estimated
