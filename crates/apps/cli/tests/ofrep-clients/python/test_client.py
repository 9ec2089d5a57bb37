"""The official OpenFeature client for Python against a running Dashly. Run by scripts/test-ofrep-clients."""

import os
import unittest

from openfeature import api
from openfeature.contrib.provider.ofrep import OFREPProvider
from openfeature.evaluation_context import EvaluationContext
from openfeature.exception import ErrorCode
from openfeature.flag_evaluation import Reason

URL = os.environ["DASHLY_URL"]
URL_WITH_TOKEN = os.environ["DASHLY_URL_WITH_TOKEN"]
TOKEN = os.environ["DASHLY_OFREP_TOKEN"]

# What each variant of each flag gives, as in tests.json.
VALUES = {
    "headline": {"A": "statement", "B": "question"},
    "new_checkout": {"off": False, "on": True},
    "page_size": {"small": 20, "large": 42},
    "discount": {"low": 1.0, "high": 42.0},
}


def visitor(name: str, **attributes: object) -> EvaluationContext:
    return EvaluationContext(targeting_key=name, attributes=attributes)


def client_of(domain: str, provider: OFREPProvider):
    api.set_provider(provider, domain)
    return api.get_client(domain)


class FlagsOfEveryKind(unittest.TestCase):
    def setUp(self) -> None:
        self.client = client_of("open", OFREPProvider(URL))

    def test_every_kind_of_value_is_the_one_of_the_variant(self) -> None:
        seen = set()
        for number in range(12):
            context = visitor(f"visitor-{number}", plan="pro")
            answers = {
                "headline": self.client.get_string_details("headline", "default", context),
                "new_checkout": self.client.get_boolean_details("new_checkout", False, context),
                "page_size": self.client.get_integer_details("page_size", -1, context),
                "discount": self.client.get_float_details("discount", -1.0, context),
            }
            for key, answer in answers.items():
                self.assertIsNone(answer.error_code, f"{key}: {answer.error_message}")
                self.assertEqual(answer.value, VALUES[key][answer.variant])
                self.assertIs(type(answer.value), type(next(iter(VALUES[key].values()))))
                self.assertEqual(answer.reason, Reason.SPLIT)
                self.assertEqual(answer.flag_metadata["experiment"], key)
                seen.add((key, answer.value))
        self.assertEqual(len(seen), 8, seen)

    def test_a_number_of_the_other_kind_is_a_type_mismatch(self) -> None:
        # This client tells 42 from 42.0, so a flag is of one kind: the file says which.
        for answer in (
            self.client.get_float_details("page_size", -1.0, visitor("visitor-1")),
            self.client.get_integer_details("discount", -1, visitor("visitor-1")),
        ):
            self.assertEqual(answer.error_code, ErrorCode.TYPE_MISMATCH)
            self.assertEqual(answer.value, -1)

    def test_unknown_flags_and_drafts_give_the_default(self) -> None:
        for key in ("unknown", "planned"):
            answer = self.client.get_string_details(key, "default", visitor("visitor-1"))
            self.assertEqual((answer.value, answer.error_code), ("default", ErrorCode.FLAG_NOT_FOUND))

    def test_a_stopped_flag_gives_the_control(self) -> None:
        answer = self.client.get_string_details("finished", "default", visitor("visitor-1"))
        self.assertEqual((answer.value, answer.reason), ("new", Reason.DISABLED))

    def test_a_missing_or_unfit_targeting_key_is_told_as_such(self) -> None:
        missing = self.client.get_string_details("headline", "default")
        self.assertEqual((missing.value, missing.error_code), ("default", ErrorCode.TARGETING_KEY_MISSING))
        unfit = self.client.get_string_details("headline", "default", visitor("ada@example.com"))
        self.assertEqual((unfit.value, unfit.error_code), ("default", ErrorCode.INVALID_CONTEXT))
        self.assertIn("1 to 64", unfit.error_message)

    def test_a_tracked_evaluation_says_that_the_exposure_is_stored(self) -> None:
        answer = self.client.get_string_details("tracked", "default", visitor("visitor-python"))
        self.assertIs(answer.flag_metadata["exposureLogged"], True)

    def test_tokens_are_sent_either_way_and_a_wrong_one_gives_the_default(self) -> None:
        for headers, error in (
            ({"Authorization": f"Bearer {TOKEN}"}, None),
            ({"X-API-Key": TOKEN}, None),
            ({"X-API-Key": f"{TOKEN}-wrong"}, ErrorCode.GENERAL),
            ({}, ErrorCode.GENERAL),
        ):
            client = client_of("token", OFREPProvider(URL_WITH_TOKEN, headers_factory=lambda: headers))
            answer = client.get_string_details("headline", "default", visitor("visitor-1"))
            self.assertEqual(answer.error_code, error, answer.error_message)


if __name__ == "__main__":
    unittest.main()
