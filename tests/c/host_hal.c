/* The hardware layer of a board that is a struct in memory: the tests put bytes and readings in,
 * run the firmware step by step and take its bytes out. */
#include <string.h>

#include "tml_hal.h"

enum { FIFO_BYTES = 1 << 20, SERIAL_BYTES = 1 << 20 };

static struct {
    tml_hal_sensor sensor;
    uint32_t generation;
    uint8_t fifo[FIFO_BYTES];
    uint32_t fifo_bytes;
    uint32_t dropped;
    uint8_t in[SERIAL_BYTES];
    uint32_t in_count;
    uint8_t out[SERIAL_BYTES];
    uint32_t out_count;
    uint32_t cycles;
    uint32_t idled;
} board;

static uint32_t reading_bytes(void)
{
    return board.sensor.n_axes * (board.sensor.dtype == TML_INT16 ? 2u : 4u);
}

void host_reset(void)
{
    memset(&board, 0, sizeof board);
}

void host_sensor(float rate, int dtype, uint32_t n_axes, const char *names)
{
    memset(&board.sensor, 0, sizeof board.sensor);
    board.sensor.sample_rate_hz = rate;
    board.sensor.dtype = (tml_dtype)dtype;
    board.sensor.n_axes = n_axes;
    for (uint32_t axis = 0; axis < n_axes; axis++) {
        memcpy(board.sensor.axis_names[axis], names + 20 * axis, 12);
        memcpy(board.sensor.axis_units[axis], names + 20 * axis + 12, 8);
    }
    board.generation++;
    board.fifo_bytes = 0;
}

void host_readings(const void *readings, uint32_t bytes)
{
    memcpy(board.fifo + board.fifo_bytes, readings, bytes);
    board.fifo_bytes += bytes;
}

/* As when a FIFO overflows: the oldest waiting readings are gone. */
void host_drop(uint32_t readings)
{
    uint32_t bytes = readings * reading_bytes();
    board.fifo_bytes -= bytes;
    memmove(board.fifo, board.fifo + bytes, board.fifo_bytes);
    board.dropped += readings;
}

void host_send(const uint8_t *bytes, uint32_t count)
{
    memcpy(board.in + board.in_count, bytes, count);
    board.in_count += count;
}

uint32_t host_take(uint8_t *bytes)
{
    uint32_t count = board.out_count;
    memcpy(bytes, board.out, count);
    board.out_count = 0;
    return count;
}

void host_advance(uint32_t cycles)
{
    board.cycles += cycles;
}

uint32_t host_idled(void)
{
    return board.idled;
}

uint32_t host_waiting(void)
{
    return board.fifo_bytes / (reading_bytes() ? reading_bytes() : 1);
}

void tml_hal_init(void)
{
}

const char *tml_hal_board(void)
{
    return "host";
}

void tml_hal_sensor_describe(tml_hal_sensor *sensor)
{
    *sensor = board.sensor;
}

uint32_t tml_hal_sensor_generation(void)
{
    return board.generation;
}

uint32_t tml_hal_sensor_read(void *readings, uint32_t max_readings)
{
    uint32_t count = reading_bytes() ? board.fifo_bytes / reading_bytes() : 0;
    count = count < max_readings ? count : max_readings;
    uint32_t bytes = count * reading_bytes();
    memcpy(readings, board.fifo, bytes);
    board.fifo_bytes -= bytes;
    memmove(board.fifo, board.fifo + bytes, board.fifo_bytes);
    return count;
}

uint32_t tml_hal_sensor_dropped(void)
{
    return board.dropped;
}

size_t tml_hal_serial_read(uint8_t *bytes, size_t max)
{
    size_t count = board.in_count < max ? board.in_count : max;
    memcpy(bytes, board.in, count);
    board.in_count -= (uint32_t)count;
    memmove(board.in, board.in + count, board.in_count);
    return count;
}

void tml_hal_serial_write(const uint8_t *bytes, size_t count)
{
    if (board.out_count + count <= SERIAL_BYTES) {
        memcpy(board.out + board.out_count, bytes, count);
        board.out_count += (uint32_t)count;
    }
}

uint32_t tml_hal_cycles(void)
{
    return board.cycles;
}

uint32_t tml_hal_clock_hz(void)
{
    return 1000000u;
}

void tml_hal_idle(uint32_t readings)
{
    (void)readings;
    board.idled++;
}
