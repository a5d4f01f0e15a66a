"""The server's description of itself is whole, and nothing that it describes, however odd, makes the server fail."""

import os
import time
from collections import Counter

import httpx
import pytest
import requests as http
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from jsonschema_rs import meta
from requests.auth import AuthBase

from app.hq.described import MEDIA, REQUEST
from app.sync import own, requests
from tests.hq.conftest import fresh
from tests.sync.conftest import Office, World

#: Seconds of fuzzing; `dev.py campaign http` and whoever sets this take longer.
SECONDS = float(os.environ.get("FENGGE_FUZZ_SECONDS", "20"))


class Signed(AuthBase):
    """Signs whatever is about to be sent in the name of a site."""

    def __init__(self, site: Office, url: str) -> None:
        with site.store.read() as s:
            self.keys, self.site, self.hq = own.keys(s), own.line(s).site_id.hex, own.hq(s).site
        self.challenge = fresh(url)

    def __call__(self, request: http.PreparedRequest) -> http.PreparedRequest:
        body = request.body or b""
        data = body.encode() if isinstance(body, str) else body if isinstance(body, bytes) else b""
        heads = requests.headers(
            self.keys, self.site, self.hq, self.challenge, str(request.method), str(request.path_url), data
        )
        request.headers.update(heads)
        return request


def test_every_route_is_described_with_its_answers(url: str) -> None:
    document = httpx.get(f"{url}/v1/openapi.json", trust_env=False).json()
    assert document["openapi"].startswith("3.1")
    assert meta.is_valid({"$defs": document["components"]["schemas"]})
    names = set()
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            names.add(operation["operationId"])
            assert operation["summary"], path
            answers = operation["responses"]
            if path not in ("/v1/health", "/metrics", "/v1/enrolments"):
                assert {"401", "403", "422", "429", "500", "503"} <= set(answers), (method, path)
                assert operation["security"] == [{"device": []}]
            for code, answer in answers.items():
                assert answer["description"], (path, code)
                if int(code) >= 400 and path != "/v1/health":
                    shown = answer["content"]["application/json"]["schema"]["$ref"]
                    assert shown == "#/components/schemas/Refused", (method, path, code)
            if method in ("post", "put", "patch"):
                assert operation["requestBody"]["content"]
    assert len(names) == sum(len(operations) for operations in document["paths"].values()) == 15


@pytest.mark.filterwarnings("ignore")
def test_a_fuzzer_that_has_read_the_description_makes_no_server_error(world: World, url: str) -> None:
    schemathesis.serializer.alias([MEDIA, REQUEST], "application/octet-stream")
    schema = schemathesis.openapi.from_url(f"{url}/v1/openapi.json")
    operations = [found.ok() for found in schema.get_all_operations()]
    signed, until = Signed(world.site("A"), url), time.monotonic() + SECONDS
    seen: Counter[int] = Counter()

    for at, operation in enumerate(operations):
        share = time.monotonic() + max(0.5, (until - time.monotonic()) / (len(operations) - at))
        strategy = operation.as_strategy() | operation.as_strategy(generation_mode=schemathesis.GenerationMode.NEGATIVE)

        @settings(
            max_examples=100_000 if SECONDS > 60 else 15, deadline=None, database=None, phases=[Phase.generate],
            suppress_health_check=list(HealthCheck), derandomize=SECONDS <= 60,
        )  # fmt: skip
        @given(case=strategy, proven=st.booleans())
        def fuzz(case: schemathesis.Case, proven: bool) -> None:
            if time.monotonic() > share:  # noqa: B023 - called within this very round
                return
            answer = case.call(auth=signed) if proven else case.call()
            seen[answer.status_code] += 1
            assert answer.status_code < 500, (case.method, case.path, answer.text)
            if answer.status_code >= 400:
                assert set(answer.json()) == {"refused", "message"}

        fuzz()
    assert seen[401] and seen[422] and sum(seen.values()) > 20
    assert httpx.get(f"{url}/v1/health", trust_env=False).json()["status"] == "ok"
