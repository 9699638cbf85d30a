"""A Cortex-M4F board in a process of its own: core, serial port, sensor FIFO, virtual time.

Owns: the engine (Unicorn), the peripherals, the image in flash, two loopback ports. Imports
Unicorn, Capstone and the standard library, nothing of the studio; the studio starts this program
and talks to it over TCP only.

One thread runs the core; peripherals are Python callbacks on register accesses in that thread, so
their state needs a lock only where the other threads (serial port, control requests) touch it.
The time of a program is its instructions' cycles plus what it slept; nothing else moves it.
"""
