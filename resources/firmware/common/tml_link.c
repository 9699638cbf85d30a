#include "tml_link.h"

enum { PROTOCOL = 1, INFO_SECONDS = 2, RECEIVE_BYTES = 64, NAME_BYTES = 32 };

/* words for the alignment of the payload: readings are taken from the sensor straight into it */
static union {
    uint32_t align[(TML_PACKET_MAX_FRAME + 3) / 4];
    uint8_t bytes[TML_PACKET_MAX_FRAME];
} out;
static uint16_t sequence;
static tml_packet_decoder decoder;
static uint8_t received[RECEIVE_BYTES];
static uint32_t received_count;
static uint32_t received_next;
static uint32_t info_cycles;

void tml_link_init(void)
{
    static const uint8_t boundary[1] = {0};

    sequence = 0;
    received_count = 0;
    received_next = 0;
    tml_packet_decoder_init(&decoder);
    /* ends what a reset may have left half sent */
    tml_hal_serial_write(boundary, 1);
}

uint8_t *tml_link_payload(void)
{
    return out.bytes + TML_PACKET_PAYLOAD_OFFSET;
}

void tml_link_send(uint8_t type, uint32_t size)
{
    uint32_t count = tml_packet_finish(out.bytes, type, sequence, size);
    if (count != 0) {
        sequence++;
        tml_hal_serial_write(out.bytes, count);
    }
}

int tml_link_receive(tml_packet *command)
{
    for (;;) {
        if (received_next == received_count) {
            received_next = 0;
            received_count = (uint32_t)tml_hal_serial_read(received, RECEIVE_BYTES);
            if (received_count == 0) {
                return 0;
            }
        }
        if (tml_packet_decoder_push(&decoder, received[received_next++], command) == 1) {
            return 1;
        }
    }
}

void tml_link_ack(uint8_t command, uint8_t code)
{
    uint8_t *at = tml_link_payload();
    tml_put_u8(tml_put_u8(at, command), code);
    tml_link_send(TML_PACKET_ACK, 2);
}

void tml_link_info(const char *firmware, const tml_hal_sensor *sensor, uint32_t dropped,
                   int streaming)
{
    uint8_t *start = tml_link_payload();
    uint8_t *at = tml_put_u8(start, PROTOCOL);
    /* names are cut so that twelve axes always fit */
    at = tml_put_string(at, tml_hal_board(), NAME_BYTES);
    at = tml_put_string(at, firmware, NAME_BYTES / 2);
    at = tml_put_f32(at, sensor->sample_rate_hz);
    at = tml_put_u8(at, (uint32_t)sensor->dtype);
    at = tml_put_u32(at, dropped);
    at = tml_put_u8(at, streaming ? 1 : 0);
    at = tml_put_u8(at, sensor->n_axes);
    uint32_t room = TML_PACKET_MAX_PAYLOAD - (uint32_t)(at - start);
    uint32_t each = sensor->n_axes == 0 ? 0 : room / sensor->n_axes - 2;
    for (uint32_t axis = 0; axis < sensor->n_axes; axis++) {
        uint8_t *name = at;
        at = tml_put_string(at, sensor->axis_names[axis], each < 12 ? each : 12);
        uint32_t left = each - (uint32_t)(at - name - 1);
        at = tml_put_string(at, sensor->axis_units[axis], left < 8 ? left : 8);
    }
    info_cycles = tml_hal_cycles();
    tml_link_send(TML_PACKET_INFO, (uint32_t)(at - start));
}

int tml_link_info_due(void)
{
    return tml_hal_cycles() - info_cycles >= INFO_SECONDS * tml_hal_clock_hz();
}

uint8_t *tml_put_u8(uint8_t *at, uint32_t value)
{
    *at = (uint8_t)value;
    return at + 1;
}

uint8_t *tml_put_u32(uint8_t *at, uint32_t value)
{
    for (int i = 0; i < 4; i++) {
        at[i] = (uint8_t)(value >> (8 * i));
    }
    return at + 4;
}

uint8_t *tml_put_f32(uint8_t *at, float value)
{
    union {
        float number;
        uint32_t bits;
    } both;
    both.number = value;
    return tml_put_u32(at, both.bits);
}

uint8_t *tml_put_string(uint8_t *at, const char *text, uint32_t max)
{
    uint32_t n = 0;
    while (n < max && text[n] != 0) {
        n++;
    }
    /* never cut inside a UTF-8 character */
    if (n == max) {
        uint32_t whole = n;
        while (whole > 0 && ((uint8_t)text[whole - 1] & 0xC0) == 0x80) {
            whole--;
        }
        uint32_t tail = n - whole;
        uint8_t lead = whole > 0 ? (uint8_t)text[whole - 1] : 0;
        uint32_t wanted = lead >= 0xF0 ? 3 : lead >= 0xE0 ? 2 : lead >= 0xC0 ? 1 : 0;
        if (wanted > tail) {
            n = whole - 1;
        }
    }
    at = tml_put_u8(at, n);
    for (uint32_t i = 0; i < n; i++) {
        at[i] = (uint8_t)text[i];
    }
    return at + n;
}

uint32_t tml_get_u32(const uint8_t *at)
{
    return at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

uint8_t *tml_put_text(uint8_t *at, const uint8_t *end, const char *text)
{
    while (*text != 0 && at < end) {
        *at++ = (uint8_t)*text++;
    }
    return at;
}

uint8_t *tml_put_decimal(uint8_t *at, const uint8_t *end, uint32_t value)
{
    char digits[11];
    char *first = digits + 10;
    *first = 0;
    do {
        *--first = (char)('0' + value % 10);
        value /= 10;
    } while (value != 0);
    return tml_put_text(at, end, first);
}
