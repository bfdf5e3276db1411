"""/api/v1/export: every match as a file."""

import io
import zipfile
from collections.abc import Callable

import httpx
import pyarrow.parquet as pq
import pytest

Store = Callable[..., None]
FRAMES = [f"<38>1 - h a - - - number {number}".encode() for number in range(25)]


@pytest.mark.parametrize(
    ("how", "kind", "lines"),
    [("csv", "text/csv", 26), ("json", "application/x-ndjson", 25), ("raw", "application/octet-stream", 25)],
)
def test_every_match_is_in_the_file(
    client: httpx.Client, store: Store, how: str, kind: str, lines: int
) -> None:
    """All matches are given, more than any page has, in the format asked for."""
    store(FRAMES)
    answer = client.get("/api/v1/export", params={"q": "number", "format": how})
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith(kind)
    assert answer.content.count(b"\n") == lines


def test_parquet_and_zip(client: httpx.Client, store: Store) -> None:
    """Parquet reads as a table; the zip has the file, a manifest and its sums."""
    store(FRAMES)
    answer = client.get("/api/v1/export", params={"format": "parquet"})
    assert pq.read_table(io.BytesIO(answer.content)).num_rows == 25
    answer = client.get("/api/v1/export", params={"format": "csv", "zip": "true"})
    assert answer.headers["content-type"] == "application/zip"
    names = [name.rpartition("/")[2] for name in zipfile.ZipFile(io.BytesIO(answer.content)).namelist()]
    assert "SHA256SUMS" in names
    assert any(name.startswith("manifest") for name in names)


@pytest.mark.parametrize(
    ("given", "status"),
    [
        ({}, 400),
        ({"format": "xml"}, 400),
        ({"format": "csv", "zip": "yes"}, 400),
        ({"format": "csv", "q": "severity:awful"}, 422),
        ({"format": "csv", "tenant": "never"}, 404),
    ],
    ids=str,
)
def test_what_cannot_be_exported(
    client: httpx.Client, store: Store, given: dict[str, str], status: int
) -> None:
    """The refusal is a problem, before anything is sent."""
    store(FRAMES)
    answer = client.get("/api/v1/export", params=given)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
