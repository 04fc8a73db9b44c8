"""What a failed call leaves where an answer should be is found; sentences that begin with its words pass."""

import pytest

from .table import score

ASKED = "How do I clean a kettle?"


@pytest.mark.parametrize(
    "answer",
    [
        "Error code: 429 - {'error': {'message': 'slow down'}}",
        "HTTP/1.1 404 Not Found",
        "litellm.RateLimitError: provider says no",
        "JSONDecodeError: Expecting value",
        "Traceback (most recent call last):\n  File …",
        '{"type":"error","error":{"type":"overloaded_error"}}',
        "<!DOCTYPE html>\n<html>\n<head><title>504 Gateway Time-out</title>",
        "context_length_exceeded",
    ],
)
def test_what_a_machine_wrote_is_found(answer):
    assert score("failed_answer", ASKED, answer) == 0.9


@pytest.mark.parametrize(
    "answer",
    [
        "I'm sorry, an error occurred while processing your request.",
        "Oops! Something went wrong, please try again.",
        "That model is currently overloaded with other requests.",
        "Too many requests in 1 hour. Try again later.",
        "[ERROR]",
        "出错了，请稍后再试",
    ],
)
def test_what_a_service_says_is_found(answer):
    assert score("failed_answer", ASKED, answer) == 0.6


@pytest.mark.parametrize(
    ("asked", "answer"),
    [
        (ASKED, "Errors in cleaning are corrected by rinsing."),
        (ASKED, "Something went wrong in 1929: banks lent too much."),
        (ASKED, "Too many requests come in on Mondays."),
        (ASKED, "404 people clean theirs with vinegar."),
        (ASKED, "The service is down the street."),
        ("My upload fails. What may it say?", "Something went wrong. Please try again."),
        ("Write code that raises.", "ValueError: no"),
    ],
)
def test_other_sentences_pass(asked, answer):
    assert score("failed_answer", asked, answer) == 0
