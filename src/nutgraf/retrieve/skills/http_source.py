"""The simplest adapter: a JSON endpoint that is asked with GET and lists what it found."""

from __future__ import annotations

from collections.abc import Mapping

from nutgraf.errors import InputError
from nutgraf.orchestration import Partition, Passage, Query
from nutgraf.retrieve.skills.as_source import value_of
from nutgraf.retrieve.skills.http import Service
from nutgraf.retrieve.skills.passages import passages_of
from nutgraf.types import Deadline

ASKED_WITH = {"question": "question", "item": "item_id"}


class HttpSource:
    """Asks `GET url?question=…&item=…` and reads `{"passages": [{"id", "text", "title"?, "url"?, "score"?}]}`.

    With the partition `member` the member's id goes along as `member`; without, nothing of the member leaves.
    """

    idempotent = True

    def __init__(
        self, name: str, url: str, *, partition: Partition = "public", params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None, service: Service | None = None,
    ) -> None:  # fmt: skip
        """`params` maps parameters of the endpoint to values of the query; see `as_source.VALUES`."""
        if "?" in url or "#" in url:
            raise InputError(f"source {name}: url may carry no query; name what to send with params")
        self.name, self.partition = name, partition
        self.service = service or Service(f"source {name}", url, headers=headers)
        self._params = ASKED_WITH if params is None else params

    async def fetch(self, query: Query, deadline: Deadline) -> tuple[Passage, ...]:
        """What it lists, `query.limit` passages at most. Raises SourceError."""
        asked = {key: value for key, name in self._params.items() if (value := value_of(query, name)) is not None}
        if self.partition == "member" and query.scope.member is not None:
            asked["member"] = query.scope.member
        answer = await self.service.ask("GET", "", deadline, params=asked)
        return passages_of(answer.value, self.name, self.partition)[: query.limit]

    async def aclose(self) -> None:
        """Let its connections go."""
        await self.service.aclose()
