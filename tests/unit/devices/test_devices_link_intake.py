"""Bytes come off a port completely, soon and cheaply, whatever the program does meanwhile."""

import os
import sys
import threading
import time

import pytest

if sys.platform == "win32":
    pytest.skip("pseudo terminals are POSIX", allow_module_level=True)

from peers.uart import Uart

from studio.devices import intake
from studio.devices.link import open_link
from studio.errors import DeviceError


@pytest.fixture
def uart():
    far = Uart()
    yield far
    far.unplug()


def pattern(size):
    return bytes(i * 7 % 251 for i in range(4096)) * (size // 4096 + 1)


def paced(uart, rate, seconds):
    """Send as a UART of so many bytes per second does; what is not taken in time is lost."""
    data = pattern(1 << 16)
    begun, sent = time.monotonic(), 0
    while (now := time.monotonic()) - begun < seconds:
        due = int((now - begun) * rate)
        while sent < due:
            count = min(240, due - sent)
            uart.send(data[sent % 4096 : sent % 4096 + count])
            sent += count
        time.sleep(0.0005)


def test_nothing_is_lost_while_the_program_is_busy_for_long(uart):
    with open_link(uart.url) as link:
        sender = threading.Thread(target=paced, args=(uart, 300_000, 1.2))
        sender.start()
        got = b""
        while sender.is_alive():
            time.sleep(0.3)  # a slow disk: at this rate 90 kB come meanwhile
            got += link.read()
        sender.join()
        time.sleep(0.05)
        got += link.read()
    # the test's own thread may be late, but then it loses bytes as a late UART would not
    assert uart.discarded_bytes < 0.02 * uart.sent_bytes
    assert len(got) == uart.sent_bytes > 200_000


def test_bytes_are_collected_and_few_reads_suffice(uart):
    with open_link(uart.url) as link:
        sender = threading.Thread(target=paced, args=(uart, 100_000, 1.0))
        sender.start()
        used, reads, got = time.thread_time(), 0, 0
        while sender.is_alive():
            data = link.read(0.004)
            got += len(data)
            reads += bool(data)
        used = time.thread_time() - used
        sender.join()
    assert reads < 260
    assert got > 50_000
    assert used < 0.2


def test_who_does_not_read_is_not_served_without_end(uart, monkeypatch):
    monkeypatch.setattr(intake, "MOST_WAITING", 100_000)
    with open_link(uart.url) as link:
        data = pattern(1_000_000)[:1_000_000]
        sender = threading.Thread(target=uart.send_patiently, args=(data,))
        sender.start()
        time.sleep(0.3)
        assert link._intake._bytes <= 100_000 + intake.CHUNK
        got = b""
        while len(got) < len(data):
            part = link.read()
            assert part
            got += part
        sender.join()
    assert got == data


def test_what_was_looked_at_can_be_put_back(uart):
    with open_link(uart.url) as link:
        uart.send(b"beginning")
        time.sleep(0.05)
        assert link.waiting
        link.put_back(link.read())
        uart.send(b", end")
        assert link.waiting
        assert link.read() == b"beginning"
        assert link.read() == b", end"
        assert not link.waiting


def test_an_answer_comes_at_once(uart):
    with open_link(uart.url) as link:
        waits = []
        for _ in range(50):
            begun = time.monotonic()
            uart.send(b"answer")
            assert link.read() == b"answer"
            waits.append(time.monotonic() - begun)
    assert sorted(waits)[25] < 0.01


def test_another_speed_drops_what_came_at_the_old_one(uart):
    with open_link(uart.url) as link:
        uart.send(b"noise")
        time.sleep(0.05)
        link.set_baud(460800)
        assert link.baud == 460800
        assert link.read() == b""


def test_the_thread_ends_with_the_link(uart):
    before = threading.active_count()
    handles = len(os.listdir("/proc/self/fd")) if sys.platform == "linux" else 0
    for _ in range(20):
        with open_link(uart.url) as link:
            assert threading.active_count() == before + 1
            link.read()
    assert threading.active_count() == before
    if handles:
        assert len(os.listdir("/proc/self/fd")) == handles


def test_where_ports_are_no_files_it_works_too(uart, monkeypatch):
    monkeypatch.setattr(intake.sys, "platform", "win32")
    with open_link(uart.url) as link:
        monkeypatch.undo()
        uart.send(b"x" * 3000)
        got = b""
        while len(got) < 3000:
            got += link.read(0.004)
        assert got == b"x" * 3000
        assert link.read() == b""
        uart.unplug()
        with pytest.raises(DeviceError, match="ended"):
            link.read()
        uart.plug()
