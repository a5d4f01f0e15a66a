"""Every kind of bad line once."""

import pytest

from tests.campaigns import http, http_slow

SEED = 2026


@pytest.mark.filterwarnings("ignore::ResourceWarning")
@pytest.mark.parametrize("number", range(len(http.KINDS)), ids=http.KINDS)
def test_over_a_bad_line_everything_arrives_once_and_hardly_anything_is_sent_twice(number: int) -> None:
    assert http.case(number, SEED).steps


@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_much_over_a_slow_line_that_breaks_a_hundred_times_arrives() -> None:
    here = http.bench()
    done = http_slow.play(here.world, here.url, http.chance(SEED, 0), megabytes=2, kbits=16_000)
    assert sum(done.faults.values()) > http_slow.CUTS / 2
