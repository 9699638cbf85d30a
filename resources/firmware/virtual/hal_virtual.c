/* The hardware layer of the virtual board: each call is one or two register accesses. */
#include "tml_hal.h"
#include "tml_virtual.h"

#ifndef TML_BOARD_ID
#define TML_BOARD_ID "virtual-cortex-m4"
#endif

void tml_hal_init(void)
{
    /* the board comes up with everything running */
}

const char *tml_hal_board(void)
{
    return TML_BOARD_ID;
}

void tml_hal_sensor_describe(tml_hal_sensor *sensor)
{
    static tml_virtual_sensor raw;

    TML_SENSOR_DESCRIBE = (uint32_t)(uintptr_t)&raw;
    tml_virtual_barrier();
    sensor->sample_rate_hz = raw.sample_rate_hz;
    sensor->dtype = raw.dtype == 0u ? TML_INT16 : TML_FLOAT32;
    sensor->n_axes = raw.n_axes;
    for (uint32_t axis = 0; axis < TML_HAL_MAX_AXES; ++axis) {
        for (uint32_t i = 0; i < sizeof raw.axis_names[0]; ++i) {
            sensor->axis_names[axis][i] = raw.axis_names[axis][i];
        }
        for (uint32_t i = 0; i < sizeof raw.axis_units[0]; ++i) {
            sensor->axis_units[axis][i] = raw.axis_units[axis][i];
        }
    }
}

uint32_t tml_hal_sensor_generation(void)
{
    return TML_SENSOR_GENERATION;
}

uint32_t tml_hal_sensor_read(void *readings, uint32_t max_readings)
{
    tml_virtual_barrier();
    TML_SENSOR_FIFO_ADDRESS = (uint32_t)(uintptr_t)readings;
    TML_SENSOR_FIFO_TAKE = max_readings;
    tml_virtual_barrier();
    return TML_SENSOR_FIFO_COUNT;
}

uint32_t tml_hal_sensor_dropped(void)
{
    return TML_SENSOR_DROPPED;
}

size_t tml_hal_serial_read(uint8_t *bytes, size_t max)
{
    tml_virtual_barrier();
    TML_SERIAL_RX_ADDRESS = (uint32_t)(uintptr_t)bytes;
    TML_SERIAL_RX_TAKE = (uint32_t)max;
    tml_virtual_barrier();
    return TML_SERIAL_RX_COUNT;
}

void tml_hal_serial_write(const uint8_t *bytes, size_t count)
{
    tml_virtual_barrier();
    TML_SERIAL_TX_ADDRESS = (uint32_t)(uintptr_t)bytes;
    TML_SERIAL_TX_SEND = (uint32_t)count;
    tml_virtual_barrier();
}

uint32_t tml_hal_cycles(void)
{
    return TML_SYSTEM_CYCLES;
}

uint32_t tml_hal_clock_hz(void)
{
    return TML_SYSTEM_CLOCK_HZ;
}

void tml_hal_idle(uint32_t readings)
{
    TML_SYSTEM_SLEEP = readings;
}
