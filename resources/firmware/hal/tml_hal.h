/* What a firmware program needs from a board. One implementation per board family; the programs in
 * collect/ and infer/ call nothing else that knows hardware. Polled: no interrupt is needed. */
#ifndef TML_HAL_H
#define TML_HAL_H

#include <stddef.h>
#include <stdint.h>

#include "tml_base.h"

#define TML_HAL_MAX_AXES 12

typedef struct {
    float sample_rate_hz;
    tml_dtype dtype;
    uint32_t n_axes;
    char axis_names[TML_HAL_MAX_AXES][12];
    char axis_units[TML_HAL_MAX_AXES][8];
} tml_hal_sensor;

/* Bring up clock, serial port, cycle counter and sensor. Call first, once. */
void tml_hal_init(void);

/* The board's id, as in its board file. */
const char *tml_hal_board(void);

/* What the sensor delivers at the moment. It may change between two calls (the person plugged in
 * another sensor); `generation` of tml_hal_sensor_generation() then differs. */
void tml_hal_sensor_describe(tml_hal_sensor *sensor);
uint32_t tml_hal_sensor_generation(void);

/* Take up to max_readings waiting readings, oldest first, interleaved, in the sensor's dtype.
 * Returns how many were taken; never waits. */
uint32_t tml_hal_sensor_read(void *readings, uint32_t max_readings);

/* Readings lost so far because nobody took them in time, the oldest first; those lost before the
 * readings that the last tml_hal_sensor_read took. */
uint32_t tml_hal_sensor_dropped(void);

/* Take up to max received bytes; returns how many; never waits. */
size_t tml_hal_serial_read(uint8_t *bytes, size_t max);

/* Send all bytes; waits while the port is full. */
void tml_hal_serial_write(const uint8_t *bytes, size_t count);

/* Core cycles since start; wraps after 2^32. */
uint32_t tml_hal_cycles(void);
uint32_t tml_hal_clock_hz(void);

/* Sleep until a byte is received or, unless `readings` is 0, at least so many readings wait; at
 * most one second. */
void tml_hal_idle(uint32_t readings);

#endif
