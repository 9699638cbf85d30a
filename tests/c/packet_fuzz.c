/* Feeds damaged streams to the decoder; meant to be run under -fsanitize=address,undefined. */
#include <stdio.h>
#include <string.h>

#include "stream/packet.h"

static uint32_t next_random(uint32_t *state)
{
    *state = *state * 1664525u + 1013904223u;
    return *state >> 8;
}

int main(void)
{
    static tml_packet_decoder decoder;
    tml_packet packet;
    uint32_t seed = 1;
    unsigned long packets = 0;
    unsigned long sum = 0;

    tml_packet_decoder_init(&decoder);
    for (uint32_t round = 0; round < 200000; round++) {
        uint8_t frame[TML_PACKET_MAX_FRAME];
        uint32_t size = next_random(&seed) % (TML_PACKET_MAX_PAYLOAD + 1);
        uint32_t spread = next_random(&seed) % 2 ? 256 : 2;
        for (uint32_t i = 0; i < size; i++) {
            frame[TML_PACKET_PAYLOAD_OFFSET + i] = (uint8_t)(next_random(&seed) % spread);
        }
        uint32_t count = tml_packet_finish(frame, 2, (uint16_t)round, size);
        uint32_t faults = next_random(&seed) % 3;
        for (uint32_t i = 0; i < faults; i++) {
            frame[next_random(&seed) % count] ^= (uint8_t)(1u << next_random(&seed) % 8);
        }
        for (uint32_t i = 0; i < count; i++) {
            if (tml_packet_decoder_push(&decoder, frame[i], &packet) == 1) {
                packets++;
                for (uint32_t j = 0; j < packet.size; j++) {
                    sum += packet.payload[j];
                }
            }
        }
    }
    printf("%lu packets, sum %lu\n", packets, sum);
    return packets > 60000 ? 0 : 1;
}
