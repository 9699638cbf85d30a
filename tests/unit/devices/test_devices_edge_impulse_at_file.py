import contextlib
import json

import cbor2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from peers.edge_impulse_at import acquisition

from studio.devices.edge_impulse_acquisition import read_acquisition
from studio.devices.edge_impulse_config import read_config
from studio.devices.edge_impulse_dialog import _decoded
from studio.devices.protocols.edge_impulse_at import EdgeImpulseAt
from studio.errors import DeviceError


def document(**changed):
    payload = {
        "device_type": "X",
        "interval_ms": 10,
        "sensors": [{"name": "a", "units": "g"}],
        "values": [1.5, 2.5],
    }
    return {"protected": {"ver": "v1"}, "signature": "00", "payload": {**payload, **changed}}


@settings(max_examples=100, deadline=None)
@given(st.data(), st.integers(1, 5), st.booleans(), st.integers(0, 9))
def test_what_was_encoded_is_decoded(data, n_axes, audio, padding):
    one = st.integers(-32768, 32767) if audio else st.floats(allow_nan=False, width=32)
    rows = st.lists(st.lists(one, min_size=n_axes, max_size=n_axes), min_size=1, max_size=30)
    values = data.draw(rows)
    axes = [(f"a{i}", "wav" if audio else "g") for i in range(n_axes)]
    stream, found = read_acquisition(acquisition(values, 0.0625, axes, padding=padding))
    assert stream.sample_rate_hz == 16_000
    assert stream.dtype == found.dtype.name == ("int16" if audio else "float32")
    assert np.array_equal(found, np.array(values, found.dtype))


def test_json_and_cbor_of_others_are_the_same():
    whole = document(sensors=[{"name": "x", "units": "N/A"}, {"name": "y"}], values=[[1, 2]] * 4)
    for data in (json.dumps(whole).encode(), cbor2.dumps(whole)):
        stream, values = read_acquisition(data)
        assert [(axis.name, axis.units) for axis in stream.axes] == [("x", ""), ("y", "")]
        assert values.tolist() == [[1.0, 2.0]] * 4


def test_real_recordings_are_read_as_an_independent_reader_does(shared_data):
    for path in sorted((shared_data / "formats" / "edge_impulse_cbor").glob("*.cbor")):
        payload = cbor2.loads(path.read_bytes())["payload"]
        stream, values = read_acquisition(path.read_bytes())
        assert np.array_equal(values, np.array(payload["values"]).astype(np.float32))
        assert [axis.name for axis in stream.axes] == [row["name"] for row in payload["sensors"]]
        assert stream.sample_rate_hz == pytest.approx(1000 / payload["interval_ms"])


@pytest.mark.parametrize(
    "changed",
    [
        {"interval_ms": 0},
        {"interval_ms": "fast"},
        {"sensors": []},
        {"sensors": [3]},
        {"values": []},
        {"values": "none"},
        {"values": [[1, 2], [3]]},
        {"values": [[1, 2]]},
        {"values": [None]},
        {"sensors": [{"name": "a", "units": "wav"}], "values": [40000]},
    ],
)
def test_recordings_that_cannot_be_are_told(changed):
    for data in (json.dumps(document(**changed)).encode(), cbor2.dumps(document(**changed))):
        with pytest.raises(DeviceError, match="no recording that can be read"):
            read_acquisition(data)


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=200), st.integers(0, 400), st.integers(0, 400))
def test_arbitrary_bytes_raise_nothing_but_device_errors(noise, start, stop):
    whole = acquisition([[1.0, 2.0]] * 5, 10, [("a", "g"), ("b", "g")])
    for data in (noise, whole[:start] + noise + whole[stop:], b"{" + noise):
        with contextlib.suppress(DeviceError):
            read_acquisition(data)
        with contextlib.suppress(DeviceError):
            _decoded(data, "AT+READBUFFER=0,1", 1, hexadecimal=bool(len(noise) % 2))
        read_config(data.decode("latin-1"))
        EdgeImpulseAt.recognise(data)


def test_recognised_by_its_prompt():
    assert EdgeImpulseAt.recognise(b"b\r\n> ") >= 0.9
    assert EdgeImpulseAt.recognise(b"\r\nType AT+HELP to see a list of comm") == 0.7
    assert EdgeImpulseAt.recognise(b"12,3,4\r\n13,3,4\r\n") == 0.0
    assert EdgeImpulseAt.recognise(b">>> ") == 0.0
