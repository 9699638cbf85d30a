/* Checksums of the serial packets and of feature vectors. Both may be computed in parts: give the
 * result of one part as `crc` of the next. */
#ifndef TML_CRC_H
#define TML_CRC_H

#include <stdint.h>

/* CRC-16/CCITT-FALSE: polynomial 0x1021, most significant bit first; start with 0xFFFF. */
uint16_t tml_crc16(uint16_t crc, const uint8_t *bytes, uint32_t count);

/* CRC-32 as zlib computes it; start with 0. */
uint32_t tml_crc32(uint32_t crc, const uint8_t *bytes, uint32_t count);

#endif
