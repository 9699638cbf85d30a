/* Register map of the virtual board: 32-bit registers at 0x40000000, all accesses are words.
 *
 * The peripherals copy memory themselves (as a DMA controller would): the program writes an address,
 * then a count; the copy is complete when the store of the count has retired. Time is virtual: the
 * core's instructions and SLEEP move it, nothing else does. */
#ifndef TML_VIRTUAL_H
#define TML_VIRTUAL_H

#include <stdint.h>

#define TML_VIRTUAL_BASE 0x40000000u
#define TML_VIRTUAL_REGISTER(offset) (*(volatile uint32_t *)(TML_VIRTUAL_BASE + (offset)))

/* Serial port. */
#define TML_SERIAL_TX_ADDRESS TML_VIRTUAL_REGISTER(0x000) /* W: where the bytes to send lie */
#define TML_SERIAL_TX_SEND TML_VIRTUAL_REGISTER(0x004)    /* W: send this many; stalls while full */
#define TML_SERIAL_RX_ADDRESS TML_VIRTUAL_REGISTER(0x008) /* W: where received bytes shall go */
#define TML_SERIAL_RX_TAKE TML_VIRTUAL_REGISTER(0x00C)    /* W: take at most this many */
#define TML_SERIAL_RX_COUNT TML_VIRTUAL_REGISTER(0x010)   /* R: how many the last take copied */
#define TML_SERIAL_RX_WAITING TML_VIRTUAL_REGISTER(0x014) /* R: received bytes not yet taken */

/* Sensor FIFO. It starts to fill with the first FIFO_TAKE after a sensor was connected. When it is
 * full the oldest reading is lost. A new sensor takes effect when GENERATION is read or DESCRIBE is
 * written; until then the FIFO gives nothing, so readings never change their size unnoticed. */
#define TML_SENSOR_DESCRIBE TML_VIRTUAL_REGISTER(0x100)   /* W: address of a tml_virtual_sensor */
#define TML_SENSOR_GENERATION TML_VIRTUAL_REGISTER(0x104) /* R: changes with the sensor */
#define TML_SENSOR_FIFO_ADDRESS TML_VIRTUAL_REGISTER(0x108) /* W: where readings shall go */
#define TML_SENSOR_FIFO_TAKE TML_VIRTUAL_REGISTER(0x10C)    /* W: take at most this many readings */
#define TML_SENSOR_FIFO_COUNT TML_VIRTUAL_REGISTER(0x110)   /* R: how many the last take copied */
#define TML_SENSOR_FIFO_LEVEL TML_VIRTUAL_REGISTER(0x114)   /* R: readings waiting */
#define TML_SENSOR_DROPPED TML_VIRTUAL_REGISTER(0x118) /* R: lost before the last take's readings */

/* System. */
#define TML_SYSTEM_CYCLES TML_VIRTUAL_REGISTER(0x200)      /* R: virtual time in cycles, low word */
#define TML_SYSTEM_CYCLES_HIGH TML_VIRTUAL_REGISTER(0x204) /* R: high word as of the low word's read */
#define TML_SYSTEM_CLOCK_HZ TML_VIRTUAL_REGISTER(0x208)    /* R */
#define TML_SYSTEM_SLEEP TML_VIRTUAL_REGISTER(0x20C) /* W: until a byte waits or, unless 0, this many readings; at most 1 s */
#define TML_SYSTEM_MARK TML_VIRTUAL_REGISTER(0x210)  /* W: note instructions and cycles under this number */
#define TML_SYSTEM_FAULT TML_VIRTUAL_REGISTER(0x214) /* W: stop the core and report a fault with this code */

#define TML_VIRTUAL_MAX_AXES 12

typedef struct {
    float sample_rate_hz;
    uint32_t dtype; /* 0: int16, 1: float32 */
    uint32_t n_axes;
    char axis_names[TML_VIRTUAL_MAX_AXES][12];
    char axis_units[TML_VIRTUAL_MAX_AXES][8];
} tml_virtual_sensor;

/* The peripherals read and write memory behind the compiler's back. */
static inline void tml_virtual_barrier(void)
{
    __asm__ volatile("" ::: "memory");
}

#endif
