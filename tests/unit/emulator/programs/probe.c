/* What the tests run on the virtual board: one command byte, little-endian arguments, an answer. */
#include "tml_hal.h"
#include "tml_virtual.h"

static uint8_t buffer[32768];

static void take(void *into, size_t count)
{
    uint8_t *bytes = into;
    while (count > 0) {
        size_t got = tml_hal_serial_read(bytes, count);
        if (got == 0) {
            tml_hal_idle(0);
        }
        bytes += got;
        count -= got;
    }
}

static uint32_t number(void)
{
    uint32_t value;
    take(&value, sizeof value);
    return value;
}

static void give(uint32_t value)
{
    tml_hal_serial_write((const uint8_t *)&value, sizeof value);
}

static void spin(uint32_t loops)
{
    while (loops-- > 0) {
        __asm__ volatile("nop");
    }
}

/* Batches of (lost so far, readings, bytes) until `total` readings were given. */
static void stream(uint32_t total, uint32_t batch, uint32_t loops)
{
    tml_hal_sensor sensor;
    tml_hal_sensor_describe(&sensor);
    uint32_t size = sensor.n_axes * (sensor.dtype == TML_INT16 ? 2u : 4u);
    while (total > 0) {
        uint32_t want = total < sizeof buffer / size ? total : (uint32_t)(sizeof buffer / size);
        uint32_t got = tml_hal_sensor_read(buffer, want);
        if (got > 0) {
            give(tml_hal_sensor_dropped());
            give(got);
            tml_hal_serial_write(buffer, got * size);
            total -= got;
        }
        spin(loops);
        tml_hal_idle(batch);
    }
}

static void send_pattern(uint32_t total)
{
    uint32_t next = 0;
    while (next < total) {
        uint32_t count = 0;
        for (; count < 1000 && next < total; ++count, ++next) {
            buffer[count] = (uint8_t)(next * 7u + (next >> 8));
        }
        tml_hal_serial_write(buffer, count);
    }
}

static void describe(void)
{
    static tml_hal_sensor sensor;
    tml_hal_sensor_describe(&sensor);
    tml_hal_serial_write((const uint8_t *)&sensor.sample_rate_hz, 4);
    give((uint32_t)sensor.dtype);
    give(sensor.n_axes);
    for (uint32_t axis = 0; axis < sensor.n_axes; ++axis) {
        tml_hal_serial_write((const uint8_t *)sensor.axis_names[axis], 12);
        tml_hal_serial_write((const uint8_t *)sensor.axis_units[axis], 8);
    }
}

/* Between the marks: mark's return, 1 + 1000 * (1 add, 1 subs, 1 bne) and the way back. */
__attribute__((noinline)) static void mark(uint32_t value)
{
    TML_SYSTEM_MARK = value;
}

__attribute__((noinline)) static void known_loop(void)
{
    __asm__ volatile("mov r2, #1000\n"
                     "1:\n\t"
                     "add r3, r3, #1\n\t"
                     "subs r2, r2, #1\n\t"
                     "bne 1b\n" ::: "r2", "r3", "cc");
}

__attribute__((noinline)) static void no_loop(void)
{
    __asm__ volatile("mov r2, #1000\n" ::: "r2", "r3", "cc");
}

static void counted(void)
{
    mark(1);
    known_loop();
    mark(2);
    no_loop();
    mark(3);
}

__attribute__((noinline)) static uint32_t read_nowhere(const volatile uint32_t *address)
{
    return *address;
}

__attribute__((noinline)) static void undefined_instruction(void)
{
    __asm__ volatile("udf #0");
}

__attribute__((noinline)) static uint32_t endless_recursion(uint32_t depth)
{
    volatile uint8_t frame[512];
    frame[depth & 511u] = (uint8_t)depth;
    uint32_t below = endless_recursion(depth + 1);
    return below + frame[(depth * 3u) & 511u];
}

__attribute__((noinline)) static void use_stack(uint32_t count)
{
    volatile uint8_t frame[count];
    for (uint32_t i = 0; i < count; ++i) {
        frame[i] = (uint8_t)i;
    }
}

static void misbehave(uint32_t kind)
{
    if (kind == 0) {
        give(read_nowhere((const volatile uint32_t *)0x60000000u));
    } else if (kind == 1) {
        undefined_instruction();
    } else if (kind == 2) {
        give(endless_recursion(0));
    } else if (kind == 3) {
        *(volatile uint32_t *)16 = 1; /* flash, as through a null pointer */
    } else if (kind == 4) {
        tml_hal_serial_write((const uint8_t *)0x30000000u, 4);
    } else {
        for (;;) {
        }
    }
}

int main(void)
{
    tml_hal_init();
    for (;;) {
        uint8_t command;
        take(&command, 1);
        if (command == 'h') {
            tml_hal_serial_write((const uint8_t *)"hello\n", 6);
        } else if (command == 's') {
            uint32_t total = number();
            uint32_t batch = number();
            stream(total, batch, number());
        } else if (command == 'p') {
            send_pattern(number());
        } else if (command == 'd') {
            describe();
        } else if (command == 'c') {
            counted();
            give(0);
        } else if (command == 'k') {
            use_stack(number());
            give(0);
        } else if (command == 't') {
            give(tml_hal_cycles());
            tml_hal_idle(0);
            give(tml_hal_cycles());
        } else if (command == 'x') {
            misbehave(number());
        }
    }
}
