#include "collect.h"

#include "tml_link.h"

#define FIRMWARE "collect 1"

enum { INDEX_BYTES = 4, BATCHES_PER_SECOND = 50 };

static struct {
    tml_hal_sensor sensor;
    uint32_t generation;
    uint32_t readings_per_packet;
    uint32_t batch;           /* readings worth waking up for */
    int streaming;
    int fresh;                /* no reading taken yet since START or since the sensor changed */
    uint32_t next_reading;
    uint32_t hal_dropped;     /* the sensor's count as of the last readings taken */
    uint32_t dropped;         /* lost while streaming, since boot */
} state;

static void say_info(void)
{
    tml_link_info(FIRMWARE, &state.sensor, state.dropped, state.streaming);
}

static void look_at_sensor(void)
{
    state.generation = tml_hal_sensor_generation();
    tml_hal_sensor_describe(&state.sensor);
    uint32_t value = state.sensor.dtype == TML_INT16 ? 2 : 4;
    uint32_t room = TML_PACKET_MAX_PAYLOAD - INDEX_BYTES;
    uint32_t n_axes = state.sensor.n_axes;
    state.readings_per_packet = n_axes == 0 ? 0 : room / (n_axes * value);
    uint32_t batch = (uint32_t)(state.sensor.sample_rate_hz / (float)BATCHES_PER_SECOND);
    batch = batch < state.readings_per_packet ? batch : state.readings_per_packet;
    state.batch = batch == 0 ? 1 : batch;
    state.streaming = 0;
}

static void start(void)
{
    if (tml_hal_sensor_generation() != state.generation) {
        look_at_sensor();
    }
    state.streaming = state.readings_per_packet != 0;
    state.fresh = 1;
    state.next_reading = 0;
}

static void obey(const tml_packet *command)
{
    uint8_t code = command->size == 0 ? TML_ACK_OK : TML_ACK_BAD_SIZE;
    switch (command->type) {
    case TML_PACKET_HELLO:
        break;
    case TML_PACKET_START:
        if (code == TML_ACK_OK) {
            start();
            code = state.streaming ? TML_ACK_OK : TML_ACK_SENSOR;
        }
        break;
    case TML_PACKET_STOP:
        state.streaming = code == TML_ACK_OK ? 0 : state.streaming;
        break;
    default:
        code = TML_ACK_UNKNOWN;
        break;
    }
    tml_link_ack(command->type, code);
    if (code == TML_ACK_OK) {
        say_info();
    }
}

/* Readings go from the sensor straight into the packet that carries them. Returns how many. */
static uint32_t send_readings(void)
{
    uint8_t *payload = tml_link_payload();
    uint32_t count = tml_hal_sensor_read(payload + INDEX_BYTES, state.readings_per_packet);
    if (count == 0) {
        return 0;
    }
    uint32_t hal_dropped = tml_hal_sensor_dropped();
    if (!state.fresh) {
        state.next_reading += hal_dropped - state.hal_dropped;
        state.dropped += hal_dropped - state.hal_dropped;
    }
    state.fresh = 0;
    state.hal_dropped = hal_dropped;
    tml_put_u32(payload, state.next_reading);
    state.next_reading += count;
    uint32_t value = state.sensor.dtype == TML_INT16 ? 2 : 4;
    tml_link_send(TML_PACKET_DATA, INDEX_BYTES + count * state.sensor.n_axes * value);
    return count;
}

void tml_collect_init(void)
{
    tml_hal_init();
    tml_link_init();
    state.dropped = 0;
    look_at_sensor();
    say_info();
}

void tml_collect_step(void)
{
    tml_packet command;

    if (tml_hal_sensor_generation() != state.generation) {
        look_at_sensor();
        say_info();
    }
    while (tml_link_receive(&command)) {
        obey(&command);
    }
    if (tml_link_info_due()) {
        say_info();
    }
    if (!state.streaming) {
        tml_hal_idle(0);
    } else if (send_readings() < state.readings_per_packet) {
        tml_hal_idle(state.batch);
    }
}
