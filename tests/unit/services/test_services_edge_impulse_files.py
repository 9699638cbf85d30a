"""Edge Impulse's acquisition files, JSON and CBOR: values, signatures, padding, hostile ones."""

import contextlib
import hashlib
import hmac
import io
import json
from pathlib import Path
from typing import Any

import cbor2
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from studio.errors import ProjectError
from studio.registry import find
from studio.types import Axis, Exported, Imported, ImportOptions, Span

KEY = "0123456789abcdef0123456789abcdef"


def read(path: Path, **options: Any) -> Imported:
    (one,) = find("importer", "edge_impulse").load().read(path, ImportOptions(**options))
    return one


def written(form: str, recording: Exported) -> bytes:
    file = io.BytesIO()
    find("exporter", form).load().write(file, recording)
    return file.getvalue()


def recording(values: np.ndarray, **changes: Any) -> Exported:
    units = "wav" if values.dtype == np.int16 else "m/s2"
    axes = tuple(Axis(f"a{n}", units) for n in range(values.shape[1]))
    fields = {"name": "r", "values": values, "axes": axes, "sample_rate_hz": 62.5, **changes}
    return Exported(**fields)


def by_hand(*, cbor: bool, alg: str = "HS256", key: str = KEY, padding: bytes = b"") -> bytes:
    """Return a signed file put together from the description, not by our exporter."""
    zeros = "0" * 64
    if cbor:
        payload = {"device_type": "D", "interval_ms": 10.0, "sensors": [{"name": "x"}]}
        data = b"\xa3" + cbor2.dumps("protected") + cbor2.dumps({"ver": "v1", "alg": alg})
        data += cbor2.dumps("signature") + cbor2.dumps(zeros)
        data += cbor2.dumps("payload") + b"\xa4"
        data += b"".join(cbor2.dumps(part) for pair in payload.items() for part in pair)
        data += cbor2.dumps("values") + b"\x9f" + cbor2.dumps(1.5) + b"\xf9\xc0\x00\xff"
    else:
        data = json.dumps(
            {
                "protected": {"ver": "v1", "alg": alg, "iat": 1700000000},
                "signature": zeros,
                "payload": {
                    "device_type": "D",
                    "interval_ms": 10,
                    "sensors": [{"name": "x", "units": "g"}],
                    "values": [1.50, -2.0],
                },
            },
            indent=3,
        ).encode()
    if key:
        digest = hmac.new(key.encode(), data, hashlib.sha256).hexdigest()
        data = data.replace(zeros.encode(), digest.encode())
    return data + padding


@pytest.mark.parametrize("cbor", [False, True])
def test_signatures_are_told_apart(tmp_path: Path, cbor: bool) -> None:
    path = tmp_path / ("a.cbor" if cbor else "a.json")

    def status(data: bytes, key: str = KEY) -> str:
        path.write_bytes(data)
        one = read(path, hmac_key=key)
        assert one.values[:, 0].tolist() == [1.5, -2]
        return one.signature

    good = by_hand(cbor=cbor)
    assert status(good) == "valid"
    assert status(good, key="") == "unverified"
    assert status(good, key="another key") == "invalid"
    assert status(by_hand(cbor=cbor, key="")) == "all-zero"
    assert status(by_hand(cbor=cbor, alg="none", key="")) == "unsigned"
    assert status(by_hand(cbor=cbor, alg="none")) == "unsigned"
    assert status(good.replace(b"\x61D", b"\x61E").replace(b'"D"', b'"E"')) == "invalid"
    assert status(by_hand(cbor=cbor, alg="HS512")) == "invalid"


@pytest.mark.parametrize("count", [1, 2, 3, 1000])
def test_padding_of_files_from_flash_is_no_part_of_them(tmp_path: Path, count: int) -> None:
    (tmp_path / "a.cbor").write_bytes(by_hand(cbor=True, padding=b"\xff" * count))
    assert read(tmp_path / "a.cbor", hmac_key=KEY).signature == "valid"


VALUES = st.one_of(
    arrays.arrays(np.int16, st.tuples(st.integers(1, 300), st.integers(1, 3))),
    arrays.arrays(
        np.float32,
        st.tuples(st.integers(1, 40), st.integers(1, 20)),
        elements=st.floats(width=32, allow_nan=False, allow_infinity=False),
    ),
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(VALUES, st.floats(0.001, 1e6), st.sampled_from(["", KEY]), st.booleans())
def test_every_value_comes_back(
    tmp_path_factory: pytest.TempPathFactory,
    values: np.ndarray,
    rate: float,
    key: str,
    labelled: bool,
) -> None:
    n = len(values)
    spans = (Span(0, 1, "a"), Span(1, n, "unlabeled")) if labelled and n > 1 else ()
    out = recording(values, sample_rate_hz=rate, hmac_key=key, spans=spans)
    folder = tmp_path_factory.mktemp("ei")
    for form in ("json", "cbor"):
        path = folder / f"r.{form}"
        path.write_bytes(written(form, out))
        one = read(path, hmac_key=KEY, dtype=str(values.dtype))
        assert one.values.dtype == values.dtype
        assert np.array_equal(one.values, values)
        assert one.sample_rate_hz == pytest.approx(rate, rel=1e-6)
        assert one.signature == ("valid" if key else "unsigned")
        assert one.spans == spans[:1]
        assert [axis.name for axis in one.axes] == [axis.name for axis in out.axes]


def test_the_document_is_as_described() -> None:
    out = recording(np.array([[1, 2], [3.5, -4]], np.float32), hmac_key=KEY)
    document = json.loads(written("json", out))
    assert list(document) == ["protected", "signature", "payload"]
    assert document["protected"] == {"ver": "v1", "alg": "HS256"}
    assert document["payload"]["values"] == [[1, 2], [3.5, -4]]
    assert document["payload"]["interval_ms"] == 16
    data = written("cbor", recording(np.array([[7], [-1]], np.int16)))
    at = data.index(b"\x66values") + 7
    assert data[at:] == b"\x9f\x07\x20\xff"  # RFC 8949: indefinite list, 7, -1, break
    assert cbor2.loads(data)["payload"]["values"] == [7, -1]
    assert cbor2.loads(data)["signature"] == "0" * 64


def test_long_recordings_are_written_in_pieces(tmp_path: Path) -> None:
    values = (np.arange(40_000 * 3) % 30_000).astype(np.int16).reshape(-1, 3)
    for form in ("json", "cbor"):
        (tmp_path / f"a.{form}").write_bytes(written(form, recording(values, hmac_key=KEY)))
        one = read(tmp_path / f"a.{form}", hmac_key=KEY)
        assert one.signature == "valid"
        assert np.array_equal(one.values, values)


CYCLE = b"\xa1\x67payload\xa3\x67sensors\x81\xa1\x64name\x61x\x6binterval_ms\x01\x66values"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x9b\xff\xff\xff\xff\xff\xff\xff\xff",
        b"\xbb\x00\x00\x00\xff\xff\xff\xff\xff",
        b"\x7b\x00\x00\x00\x0f\xff\xff\xff\xff",
        b"\x9f" * 100_000,
        b"\xd8\x23\x61(",
        CYCLE + b"\xd8\x1c\x81\xd8\x1d\x00",
        CYCLE + b"\x81\xf9\x7c\x00",
        CYCLE + b"\x82\x01\x81\x02",
        CYCLE + b"\x81\xc2\x58\x40" + b"\xff" * 64,
        CYCLE + b"\x80",
    ],
)
def test_hostile_cbor_is_refused_in_words(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.cbor").write_bytes(content)
    with pytest.raises(ProjectError, match=r"a\.cbor"):
        read(tmp_path / "a.cbor")


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.binary(max_size=300), st.integers(0, 200))
def test_any_bytes_are_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, junk: bytes, at: int
) -> None:
    folder = tmp_path_factory.mktemp("junk")
    good = by_hand(cbor=True)
    for name, data in (
        ("a.cbor", junk),
        ("b.cbor", good[:at] + junk + good[at:]),
        ("c.json", by_hand(cbor=False)[:at] + junk),
    ):
        (folder / name).write_bytes(data)
        with contextlib.suppress(ProjectError):
            read(folder / name, hmac_key=KEY)
