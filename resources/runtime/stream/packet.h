/* Packets between board and PC.
 *
 *   COBS( type u8 | sequence u16 LE | payload 0..240 B | crc16 LE ) 0x00
 *
 * COBS leaves no zero byte inside, so a zero always ends a packet and a receiver that joins late or
 * saw noise is in step again after one. The CRC runs over type, sequence and payload.
 *
 * Because a packet is shorter than 254 bytes, its COBS form is the same bytes one place later, with
 * each zero replaced by the distance to the next: encoding and decoding happen in place. */
#ifndef TML_PACKET_H
#define TML_PACKET_H

#include <stdint.h>

enum {
    TML_PACKET_MAX_PAYLOAD = 240,
    TML_PACKET_MAX_FRAME = 247,      /* COBS code, type, sequence, payload, crc, end */
    TML_PACKET_PAYLOAD_OFFSET = 4    /* where a frame's payload lies */
};

/* Board to PC */
enum {
    TML_PACKET_INFO = 0x01,
    TML_PACKET_DATA = 0x02,
    TML_PACKET_TEXT = 0x03,
    TML_PACKET_DECISION = 0x04,
    TML_PACKET_FEATURES = 0x05,
    TML_PACKET_SCORES = 0x06,
    TML_PACKET_MODEL = 0x07,
    TML_PACKET_ACK = 0x08
};

/* PC to board */
enum {
    TML_PACKET_HELLO = 0x81,
    TML_PACKET_START = 0x82,
    TML_PACKET_STOP = 0x83,
    TML_PACKET_REPLAY_BEGIN = 0x84,
    TML_PACKET_REPLAY_DATA = 0x85,
    TML_PACKET_REPLAY_RUN = 0x86
};

/* START has no payload, or for a board that decides one byte of these. */
enum {
    TML_START_READINGS = 1           /* send the readings too, not only the decisions */
};

/* Second byte of an ACK; the first is the command it answers. */
enum {
    TML_ACK_OK = 0,
    TML_ACK_UNKNOWN = 1,
    TML_ACK_BAD_SIZE = 2,
    TML_ACK_BUSY = 3,
    TML_ACK_SENSOR = 4               /* the sensor does not fit the model */
};

typedef struct {
    uint8_t type;
    uint16_t sequence;
    uint32_t size;
    const uint8_t *payload;          /* inside the decoder; valid until its next byte */
} tml_packet;

typedef struct {
    uint8_t frame[246];              /* TML_PACKET_MAX_FRAME without the end */
    uint32_t fill;
    uint32_t overflow;               /* more bytes came than any packet has: skip to the next zero */
} tml_packet_decoder;

/* Make a frame whose payload of `size` bytes already lies at frame + TML_PACKET_PAYLOAD_OFFSET.
 * `frame` has room for TML_PACKET_MAX_FRAME bytes. Returns the bytes to send, 0 if size is too
 * large. */
uint32_t tml_packet_finish(uint8_t *frame, uint8_t type, uint16_t sequence, uint32_t size);

void tml_packet_decoder_init(tml_packet_decoder *decoder);

/* Give one received byte. Returns 1 when it completed a packet, -1 when it ended a damaged one,
 * else 0. */
int tml_packet_decoder_push(tml_packet_decoder *decoder, uint8_t byte, tml_packet *packet);

#endif
