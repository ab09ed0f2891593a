"""The table of what a provider's refusal means."""

from typing import Any

import pytest

from nutgraf.errors import ModelBusy, ModelCut, ModelDenied, ModelError, ModelRefused, ModelSilent
from nutgraf.model.provider_errors import error_kind, error_text, finish_kind, status_kind

STATUS: dict[int, type[ModelError]] = {
    301: ModelRefused, 302: ModelRefused, 307: ModelRefused, 400: ModelRefused, 401: ModelDenied, 402: ModelDenied,
    403: ModelDenied, 404: ModelDenied, 405: ModelRefused, 406: ModelRefused, 408: ModelSilent, 409: ModelBusy,
    410: ModelDenied, 411: ModelRefused, 413: ModelRefused, 415: ModelRefused, 421: ModelBusy, 422: ModelRefused,
    423: ModelBusy, 424: ModelRefused, 425: ModelBusy, 426: ModelRefused, 429: ModelBusy, 431: ModelRefused,
    451: ModelRefused, 498: ModelRefused, 500: ModelBusy, 501: ModelRefused, 502: ModelBusy, 503: ModelBusy,
    504: ModelSilent, 505: ModelRefused, 507: ModelBusy, 511: ModelRefused, 520: ModelBusy, 521: ModelBusy,
    522: ModelSilent, 523: ModelBusy, 524: ModelSilent, 529: ModelBusy, 530: ModelBusy,
}  # fmt: skip

ERRORS: list[tuple[Any, int, type[ModelError]]] = [
    ({"type": "rate_limit_error"}, 200, ModelBusy),
    ({"code": "rate_limit_exceeded"}, 429, ModelBusy),
    ({"type": "tokens", "code": "rateLimitExceeded"}, 403, ModelBusy),
    ({"code": "insufficient_quota"}, 429, ModelDenied),
    ({"code": "billing_hard_limit_reached"}, 429, ModelDenied),
    ({"type": "overloaded_error"}, 200, ModelBusy),
    ({"type": "overloaded_error"}, 529, ModelBusy),
    ({"status": "RESOURCE_EXHAUSTED"}, 200, ModelBusy),
    ({"code": "engine_overloaded"}, 200, ModelBusy),
    ({"type": "server_error"}, 200, ModelBusy),
    ({"type": "api_error"}, 200, ModelBusy),
    ({"code": "internal_error"}, 500, ModelBusy),
    ({"status": "UNAVAILABLE"}, 503, ModelBusy),
    ({"type": "invalid_request_error"}, 200, ModelRefused),
    ({"type": "invalid_request_error", "code": "context_length_exceeded"}, 400, ModelRefused),
    ({"type": "exceed_context_size_error"}, 400, ModelRefused),
    ({"type": "invalid_request_error", "code": "invalid_api_key"}, 401, ModelDenied),
    ({"type": "authentication_error"}, 200, ModelDenied),
    ({"type": "permission_error"}, 200, ModelDenied),
    ({"code": "model_not_found"}, 404, ModelDenied),
    ({"type": "not_found_error"}, 200, ModelDenied),
    ({"code": "content_filter"}, 400, ModelRefused),
    ({"code": "content_policy_violation"}, 200, ModelRefused),
    ({"code": "request_too_large"}, 413, ModelRefused),
    ({"code": "timeout"}, 200, ModelSilent),
    ({"status": "DEADLINE_EXCEEDED"}, 200, ModelSilent),
    ({"code": 429}, 200, ModelBusy),
    ({"code": "503"}, 200, ModelBusy),
    ({"code": 400}, 200, ModelRefused),
    ({"code": 504}, 200, ModelSilent),
    ({"code": 7}, 429, ModelBusy),
    ({"code": None, "type": None}, 400, ModelRefused),
    ({"message": "no"}, 200, ModelBusy),
    ({"message": "no"}, 404, ModelDenied),
    ({}, 500, ModelBusy),
    ("model is loading", 503, ModelBusy),
    ("no such model", 404, ModelDenied),
    (["odd"], 200, ModelBusy),
]

FINISH: dict[str, type[ModelError] | None] = {
    "stop": None, "length": None, "eos": None, "end_turn": None, "max_tokens": None, "tool_calls": None,
    "content_filter": ModelRefused, "SAFETY": ModelRefused, "refusal": ModelRefused, "error": ModelCut,
    "abort": ModelCut, "incomplete": ModelCut,
}  # fmt: skip


@pytest.mark.parametrize(("status", "kind"), STATUS.items())
def test_status(status: int, kind: type[ModelError]) -> None:
    """Each status has its class, and what can never succeed is never worth another try."""
    assert status_kind(status) is kind
    assert not (status in (400, 401, 403, 404, 413, 422) and kind.retryable)


@pytest.mark.parametrize(("error", "status", "kind"), ERRORS)
def test_error_object(error: Any, status: int, kind: type[ModelError]) -> None:
    """The provider's own words say more than the status they came with."""
    assert error_kind(error, status) is kind


@pytest.mark.parametrize(("reason", "kind"), FINISH.items())
def test_finish_reason(reason: str, kind: type[ModelError] | None) -> None:
    """A length limit is an ordinary end, a filter a refusal, an abort a cut."""
    assert finish_kind(reason) is kind


def test_the_words_of_an_error_are_one_short_line_without_secrets() -> None:
    """Control characters, length and keys of a provider's message do not reach our logs, not even the cut-off part."""
    text = error_text(
        {"message": "bad\x1b[2J\nkey " + "x" * 180 + " k-123456789"}, lambda line: line.replace("k-123456789", "[key]")
    )

    assert text.isprintable()
    assert len(text) <= 201
    assert "k-1" not in text
