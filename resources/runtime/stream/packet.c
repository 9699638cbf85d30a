#include "stream/packet.h"

#include "stream/crc.h"

enum { HEADER = 3, CRC = 2 };

uint32_t tml_packet_finish(uint8_t *frame, uint8_t type, uint16_t sequence, uint32_t size)
{
    if (size > TML_PACKET_MAX_PAYLOAD) {
        return 0;
    }
    uint32_t body = HEADER + size;
    uint8_t *raw = frame + 1;
    raw[0] = type;
    raw[1] = (uint8_t)sequence;
    raw[2] = (uint8_t)(sequence >> 8);
    uint16_t crc = tml_crc16(0xFFFF, raw, body);
    raw[body] = (uint8_t)crc;
    raw[body + 1] = (uint8_t)(crc >> 8);
    uint32_t end = 1 + body + CRC;
    frame[end] = 0;
    uint32_t code = 0;
    for (uint32_t i = 1; i <= end; i++) {
        if (frame[i] == 0) {
            frame[code] = (uint8_t)(i - code);
            code = i;
        }
    }
    frame[end] = 0;
    return end + 1;
}

void tml_packet_decoder_init(tml_packet_decoder *decoder)
{
    decoder->fill = 0;
    decoder->overflow = 0;
}

/* Undo COBS in place; the raw bytes then start at frame + 1. Returns whether the distances fit. */
static int uncobs(uint8_t *frame, uint32_t fill)
{
    uint32_t code = 0;
    while (code < fill) {
        uint32_t next = code + frame[code];
        frame[code] = 0;
        code = next;
    }
    return code == fill;
}

static int finish(tml_packet_decoder *decoder, tml_packet *packet)
{
    uint32_t fill = decoder->fill;
    uint8_t *raw = decoder->frame + 1;
    if (decoder->overflow != 0 || fill < 1 + HEADER + CRC || !uncobs(decoder->frame, fill)) {
        return -1;
    }
    uint32_t body = fill - 1 - CRC;
    uint16_t crc = tml_crc16(0xFFFF, raw, body);
    if (raw[body] != (uint8_t)crc || raw[body + 1] != (uint8_t)(crc >> 8)) {
        return -1;
    }
    packet->type = raw[0];
    packet->sequence = (uint16_t)(raw[1] | (raw[2] << 8));
    packet->size = body - HEADER;
    packet->payload = raw + HEADER;
    return 1;
}

int tml_packet_decoder_push(tml_packet_decoder *decoder, uint8_t byte, tml_packet *packet)
{
    if (byte != 0) {
        if (decoder->fill < sizeof decoder->frame) {
            decoder->frame[decoder->fill++] = byte;
        } else {
            decoder->overflow = 1;
        }
        return 0;
    }
    int result = decoder->fill == 0 ? 0 : finish(decoder, packet);
    tml_packet_decoder_init(decoder);
    return result;
}
