/* What both firmware programs say over the serial port: packets out, commands in, and what the
 * board tells about itself. One link per board, so its state is here. */
#ifndef TML_LINK_H
#define TML_LINK_H

#include <stdint.h>

#include "stream/packet.h"
#include "tml_hal.h"

void tml_link_init(void);

/* Where the payload of the next packet goes (240 bytes, aligned to 4). Valid until the next send. */
uint8_t *tml_link_payload(void);

/* Send the packet whose payload of `size` bytes lies at tml_link_payload(). */
void tml_link_send(uint8_t type, uint32_t size);

/* Take the next whole command if one has come; 1 if so. Its payload is valid until the next call. */
int tml_link_receive(tml_packet *command);

void tml_link_ack(uint8_t command, uint8_t code);

/* Session information. `firmware` is the program's name and version. */
void tml_link_info(const char *firmware, const tml_hal_sensor *sensor, uint32_t dropped,
                   int streaming);

/* Every two seconds of board time once: 1 if the information is due again. */
int tml_link_info_due(void);

/* Little-endian fields at `at`; each returns the place after it. A string is a length byte and at
 * most `max` of its bytes. */
uint8_t *tml_put_u8(uint8_t *at, uint32_t value);
uint8_t *tml_put_u32(uint8_t *at, uint32_t value);
uint8_t *tml_put_f32(uint8_t *at, float value);
uint8_t *tml_put_string(uint8_t *at, const char *text, uint32_t max);
uint32_t tml_get_u32(const uint8_t *at);

/* Words for people without stdio; nothing is written at or beyond `end`. */
uint8_t *tml_put_text(uint8_t *at, const uint8_t *end, const char *text);
uint8_t *tml_put_decimal(uint8_t *at, const uint8_t *end, uint32_t value);

#endif
