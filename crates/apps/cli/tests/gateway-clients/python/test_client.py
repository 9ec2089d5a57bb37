"""The official client for Python sees through the gateway what it sees without it."""

import json
import os
import pathlib
import re
import time
import unittest

import anthropic

DIRECT = os.environ["DASHLY_PROVIDER_URL"]
THROUGH = os.environ["DASHLY_GATEWAY_URL"]
SCENARIOS = json.loads(pathlib.Path(__file__).parent.parent.joinpath("scenarios.json").read_text())
MODEL = "claude-sonnet-5-5"
QUESTION = [{"role": "user", "content": "How was July?"}]
HEADERS = [
    "retry-after",
    "request-id",
    "anthropic-organization-id",
    "anthropic-ratelimit-requests-limit",
    "anthropic-ratelimit-requests-remaining",
    "anthropic-ratelimit-requests-reset",
    "x-dashly-fake-upstream",
]


def client(url, retries):
    return anthropic.Anthropic(base_url=url, api_key="dummy", max_retries=retries, timeout=3)


def without_numbers(value):
    """Ids count up, whoever asks."""
    return re.sub(r"(msg|req)_fake_\d+", r"\1_fake_N", json.dumps(value, sort_keys=True, default=str))


def described(case, url):
    """What the client gives for one call, and how long it took."""
    started = time.monotonic()
    extra = {"x-fake-scenario": case["scenario"]}
    try:
        seen = (streamed if case.get("stream") else created)(client(url, case.get("retries", 0)), extra)
    except anthropic.APIStatusError as error:
        headers = {name: error.response.headers.get(name) for name in HEADERS}
        seen = {
            "class": type(error).__name__,
            "status": error.status_code,
            "body": error.body,
            "request_id": error.request_id,
            "headers": headers,
        }
    except Exception as error:  # whichever class it is: that is what is compared
        seen = {"class": type(error).__name__}
    return without_numbers(seen), time.monotonic() - started


def created(api, extra):
    raw = api.messages.with_raw_response.create(
        model=MODEL, max_tokens=100, messages=QUESTION, extra_headers=extra
    )
    message = raw.parse()
    return {
        "message": message.to_dict(),
        "request_id": message._request_id,
        "headers": {name: raw.headers.get(name) for name in HEADERS},
    }


def streamed(api, extra):
    with api.messages.stream(model=MODEL, max_tokens=100, messages=QUESTION, extra_headers=extra) as stream:
        kinds = [event.type for event in stream]
        return {"events": kinds, "message": stream.get_final_message().to_dict(), "request_id": stream.request_id}


class ThroughTheGateway(unittest.TestCase):
    maxDiff = None

    def test_every_scenario_is_the_same(self):
        for case in SCENARIOS:
            with self.subTest(case["name"]):
                direct, direct_seconds = described(case, DIRECT)
                through, through_seconds = described(case, THROUGH)
                if case.get("may_end_earlier"):
                    self.assertIn('"class"', through)
                    self.assertLess(through_seconds, direct_seconds + 0.5)
                else:
                    self.assertEqual(through, direct)
                    # Retries wait as long: the provider's hint, or a backoff with the client's own jitter.
                    self.assertLess(abs(through_seconds - direct_seconds), 0.5)

    def test_tokens_and_models(self):
        for url in (DIRECT, THROUGH):
            api = client(url, 0)
            count = api.messages.count_tokens(model=MODEL, messages=QUESTION)
            self.assertGreater(count.input_tokens, 10)
            self.assertEqual(len(api.models.list().data), 3)

    def test_an_alias_is_answered_by_its_model(self):
        message = client(THROUGH, 0).messages.create(model="haiku", max_tokens=10, messages=QUESTION)
        self.assertEqual(message.model, "claude-haiku-5-5")

    def test_what_the_gateway_refuses_is_an_error_of_the_client(self):
        with self.assertRaises(anthropic.BadRequestError) as caught:
            client(THROUGH, 0).messages.create(
                model=MODEL, max_tokens=10, messages=QUESTION, extra_headers={"x-dashly-workspace": "no workspace"}
            )
        self.assertEqual(caught.exception.type, "invalid_request_error")
        self.assertEqual(caught.exception.response.headers["x-dashly-gateway-error"], "invalid-request")
        self.assertTrue(caught.exception.request_id)


if __name__ == "__main__":
    unittest.main()
