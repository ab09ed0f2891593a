"""Models of the three wire forms on a scripted provider."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from nutgraf.model.http_model import Endpoint, HttpModel, Limits
from nutgraf.model.messages_http import MessagesModel
from nutgraf.model.openai_http import ChatModel
from nutgraf.model.responses_http import ResponsesModel
from nutgraf.model.secret import Secret
from nutgraf.testing import FakeProvider
from nutgraf.testing.wires import WIRES

FORMS: dict[str, type[HttpModel]] = {"chat": ChatModel, "responses": ResponsesModel, "messages": MessagesModel}
WIRE = {form: WIRES[cls.path.rpartition("/")[2]] for form, cls in FORMS.items()}
KEY = "key-4711-do-not-show"


@asynccontextmanager
async def opened(
    form: str, provider: FakeProvider, limits: Limits | None = None, **more: Any
) -> AsyncIterator[HttpModel]:
    """A model of this form on this provider, closed afterwards."""
    endpoint = Endpoint(base_url=provider.base_url, model="m", key=Secret(KEY), **more)
    model = FORMS[form]("local", endpoint, limits)
    try:
        yield model
    finally:
        await model.aclose()
