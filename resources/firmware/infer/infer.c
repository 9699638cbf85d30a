/* One ring of exactly one window serves both ways: live readings go from the sensor straight into
 * it, and a replayed window is written over it. Nothing is taken from the sensor while the pipeline
 * computes, so the ring holds still; what the sensor must drop meanwhile is counted, and a window
 * never spans such a gap. */
#include "infer.h"

#include "post/decide.h"
#include "stream/crc.h"
#include "tml_link.h"
#include "tml_pipeline.h"

#define FIRMWARE "infer 2"

#if TML_PIPELINE_CLASSES > 127
#error "a decision names at most 127 classes"
#endif

enum {
    VALUE_BYTES = TML_PIPELINE_DTYPE == TML_INT16 ? 2 : 4,
    READING_BYTES = TML_PIPELINE_AXES * VALUE_BYTES,
    WINDOW_BYTES = TML_PIPELINE_WINDOW_READINGS * READING_BYTES,
    FEATURES_PER_PACKET = 56,
    BATCHES_PER_SECOND = 50,
    PLACE_BYTES = 4,
    READINGS_PER_PACKET = (TML_PACKET_MAX_PAYLOAD - PLACE_BYTES) / READING_BYTES
};

static union {
    uint8_t bytes[WINDOW_BYTES];
    int16_t int16[WINDOW_BYTES / 2];
    float float32[WINDOW_BYTES / 4 + 1];
} ring;
static float features[TML_PIPELINE_FEATURES];
static int8_t scores[TML_PIPELINE_CLASSES];
static int8_t history[TML_PIPELINE_SMOOTHING * TML_PIPELINE_CLASSES];
static int32_t sums[TML_PIPELINE_CLASSES];
static tml_decide_state decide = {
    .history = history,
    .sums = sums,
    .n_classes = TML_PIPELINE_CLASSES,
    .smoothing = TML_PIPELINE_SMOOTHING,
    .threshold = TML_PIPELINE_THRESHOLD,
};

static struct {
    tml_hal_sensor sensor;
    uint32_t generation;
    uint32_t batch;           /* readings worth waking up for */
    int fits;                 /* the sensor is what the pipeline was trained on */
    int running;
    int sending;              /* the readings go to the PC as well */
    int fresh;                /* no reading taken yet since START */
    uint32_t next_reading;    /* index in the stream of the next reading to come */
    uint32_t next_window;     /* index just after the next window's last reading */
    uint32_t ring_at;         /* where in the ring the next reading goes: also the oldest one */
    uint32_t hal_dropped;
    uint32_t dropped;         /* lost while running, since boot */
    uint32_t replayed;        /* bytes of a window that the PC has sent, in order */
    int replaying;
} state;

static struct {
    uint32_t dsp_cycles;
    uint32_t nn_cycles;
    int status;
} result;

static void say_info(void)
{
    tml_link_info(FIRMWARE, &state.sensor, state.dropped, state.running);
}

static void say(const char *text)
{
    uint8_t *start = tml_link_payload();
    uint8_t *at = tml_put_text(start, start + TML_PACKET_MAX_PAYLOAD, text);
    tml_link_send(TML_PACKET_TEXT, (uint32_t)(at - start));
}

static uint8_t *put_stream(uint8_t *at, const uint8_t *end, uint32_t n_axes, tml_dtype dtype,
                           float rate_hz)
{
    uint32_t hz = rate_hz < 4.0e9f ? (uint32_t)rate_hz : 4000000000u;
    uint32_t thousandths = rate_hz < 1.0e6f ? (uint32_t)((rate_hz - (float)hz) * 1000.0f) : 0;
    at = tml_put_decimal(at, end, n_axes);
    at = tml_put_text(at, end, n_axes == 1 ? " axis of " : " axes of ");
    at = tml_put_text(at, end, dtype == TML_INT16 ? "int16 at " : "float32 at ");
    at = tml_put_decimal(at, end, hz);
    at = tml_put_text(at, end, thousandths < 10 ? ".00" : thousandths < 100 ? ".0" : ".");
    at = tml_put_decimal(at, end, thousandths);
    return tml_put_text(at, end, " Hz");
}

static void say_if_unfit(void)
{
    if (state.fits) {
        return;
    }
    uint8_t *start = tml_link_payload();
    const uint8_t *end = start + TML_PACKET_MAX_PAYLOAD;
    uint8_t *at = tml_put_text(start, end, "The model needs ");
    at = put_stream(at, end, TML_PIPELINE_AXES, TML_PIPELINE_DTYPE, TML_PIPELINE_RATE_HZ);
    at = tml_put_text(at, end, "; the sensor gives ");
    at = put_stream(at, end, state.sensor.n_axes, state.sensor.dtype, state.sensor.sample_rate_hz);
    at = tml_put_text(at, end, ".");
    tml_link_send(TML_PACKET_TEXT, (uint32_t)(at - start));
}

static void look_at_sensor(void)
{
    state.generation = tml_hal_sensor_generation();
    tml_hal_sensor_describe(&state.sensor);
    float rate = state.sensor.sample_rate_hz;
    /* a crystal's error and a rounded rate are no other sensor */
    float off = rate > TML_PIPELINE_RATE_HZ ? rate - TML_PIPELINE_RATE_HZ
                                            : TML_PIPELINE_RATE_HZ - rate;
    state.fits = state.sensor.n_axes == TML_PIPELINE_AXES &&
                 state.sensor.dtype == TML_PIPELINE_DTYPE && off <= 0.01f * TML_PIPELINE_RATE_HZ;
    uint32_t batch = (uint32_t)(TML_PIPELINE_RATE_HZ / (float)BATCHES_PER_SECOND);
    state.batch = batch == 0 ? 1 : batch;
    state.running = 0;
}

/* Begin a window at the reading that comes next. */
static void begin_windows(void)
{
    state.ring_at = 0;
    state.next_window = state.next_reading + TML_PIPELINE_WINDOW_READINGS;
    tml_decide_init(&decide);
    tml_pipeline_init();
}

static uint8_t start(uint32_t options)
{
    if (tml_hal_sensor_generation() != state.generation) {
        look_at_sensor();
    }
    state.running = state.fits;
    state.sending = (options & TML_START_READINGS) != 0 && READINGS_PER_PACKET != 0;
    state.replaying = 0;
    state.fresh = 1;
    state.next_reading = 0;
    begin_windows();
    return state.fits ? TML_ACK_OK : TML_ACK_SENSOR;
}

static void compute(uint32_t ring_start)
{
    tml_window window = {
        .data = &ring,
        .dtype = TML_PIPELINE_DTYPE,
        .n_axes = TML_PIPELINE_AXES,
        .n_readings = TML_PIPELINE_WINDOW_READINGS,
        .start = ring_start,
        .capacity = TML_PIPELINE_WINDOW_READINGS,
    };
    uint32_t begin = tml_hal_cycles();
    result.status = tml_pipeline_features(&window, features);
    uint32_t middle = tml_hal_cycles();
    if (result.status == TML_OK) {
        result.status = tml_pipeline_classify(features, scores);
    }
    result.dsp_cycles = middle - begin;
    result.nn_cycles = tml_hal_cycles() - middle;
}

static uint8_t *put_scores(uint8_t *at, uint32_t count)
{
    at = tml_put_u8(at, count);
    for (uint32_t i = 0; i < count; i++) {
        at = tml_put_u8(at, (uint8_t)scores[i]);
    }
    return at;
}

static void judge_window(void)
{
    compute(state.ring_at);
    if (result.status != TML_OK) {
        state.running = 0;
        say("The pipeline failed on this window; stopped.");
        say_info();
        return;
    }
    int label = tml_decide_step(&decide, scores);
    uint8_t *payload = tml_link_payload();
    uint8_t *at = tml_put_u32(payload, state.next_window - TML_PIPELINE_WINDOW_READINGS);
    at = tml_put_u32(at, tml_crc32(0, (const uint8_t *)features, sizeof features));
    at = tml_put_u32(at, result.dsp_cycles);
    at = tml_put_u32(at, result.nn_cycles);
    at = tml_put_u8(at, (uint8_t)label);
    at = put_scores(at, TML_PIPELINE_CLASSES);
    tml_link_send(TML_PACKET_DECISION, (uint32_t)(at - payload));
    state.next_window += TML_PIPELINE_STRIDE_READINGS;
}

/* Send what the sensor has just given, in packets as full as may be. */
static void send_readings(const uint8_t *from, uint32_t first, uint32_t count)
{
    while (count != 0) {
        uint32_t part = count < READINGS_PER_PACKET ? count : READINGS_PER_PACKET;
        uint8_t *payload = tml_link_payload();
        uint8_t *at = tml_put_u32(payload, first);
        for (uint32_t i = 0; i < part * READING_BYTES; i++) {
            at[i] = from[i];
        }
        tml_link_send(TML_PACKET_DATA, PLACE_BYTES + part * READING_BYTES);
        from += part * READING_BYTES;
        first += part;
        count -= part;
    }
}

/* Returns how many readings were taken. */
static uint32_t take_readings(void)
{
    uint32_t room = TML_PIPELINE_WINDOW_READINGS - state.ring_at;
    uint32_t wanted = state.next_window - state.next_reading;
    uint8_t *place = ring.bytes + state.ring_at * READING_BYTES;
    uint32_t count = tml_hal_sensor_read(place, wanted < room ? wanted : room);
    if (count == 0) {
        return 0;
    }
    uint32_t hal_dropped = tml_hal_sensor_dropped();
    uint32_t lost = state.fresh ? 0 : hal_dropped - state.hal_dropped;
    state.fresh = 0;
    state.hal_dropped = hal_dropped;
    if (lost != 0) {
        state.dropped += lost;
        state.next_reading += lost;
        state.next_window = state.next_reading + TML_PIPELINE_WINDOW_READINGS;
        tml_decide_init(&decide);
        tml_pipeline_init();
    }
    if (state.sending) {
        send_readings(place, state.next_reading, count);
    }
    state.next_reading += count;
    state.ring_at += count;
    if (state.ring_at == TML_PIPELINE_WINDOW_READINGS) {
        state.ring_at = 0;
    }
    if (state.next_reading == state.next_window) {
        judge_window();
    }
    return count;
}

static void say_model(void)
{
    for (uint32_t i = 0; i < TML_PIPELINE_CLASSES; i++) {
        uint8_t *payload = tml_link_payload();
        uint8_t *at = tml_put_string(payload, TML_PIPELINE_ID, 16);
        at = tml_put_u32(at, TML_PIPELINE_WINDOW_READINGS);
        at = tml_put_u32(at, TML_PIPELINE_STRIDE_READINGS);
        at = tml_put_u32(at, TML_PIPELINE_FEATURES);
        at = tml_put_u8(at, i);
        at = tml_put_u8(at, TML_PIPELINE_CLASSES);
        at = tml_put_string(at, tml_pipeline_labels[i], 190);
        at = tml_put_u32(at, TML_PIPELINE_SMOOTHING);
        at = tml_put_u32(at, (uint32_t)(int32_t)TML_PIPELINE_THRESHOLD);
        tml_link_send(TML_PACKET_MODEL, (uint32_t)(at - payload));
    }
}

static uint8_t replay_begin(const tml_packet *command)
{
    if (command->size != 4 || tml_get_u32(command->payload) != WINDOW_BYTES) {
        return TML_ACK_BAD_SIZE;
    }
    if (state.running) {
        return TML_ACK_BUSY;
    }
    state.replaying = 1;
    state.replayed = 0;
    return TML_ACK_OK;
}

static uint8_t replay_data(const tml_packet *command)
{
    if (!state.replaying) {
        return TML_ACK_BUSY;
    }
    if (command->size < PLACE_BYTES) {
        return TML_ACK_BAD_SIZE;
    }
    uint32_t count = command->size - PLACE_BYTES;
    /* a packet that got lost leaves a hole: refuse what follows, so that the PC begins anew */
    if (tml_get_u32(command->payload) != state.replayed || count > WINDOW_BYTES - state.replayed) {
        return TML_ACK_BAD_SIZE;
    }
    for (uint32_t i = 0; i < count; i++) {
        ring.bytes[state.replayed + i] = command->payload[PLACE_BYTES + i];
    }
    state.replayed += count;
    return TML_ACK_OK;
}

/* The class of one window by itself, by the code that decides live. Borrows the live decision's
 * memory: nothing is running during a replay, and START begins that anew. */
static int decide_alone(void)
{
    tml_decide_state alone = {
        .history = history,
        .sums = sums,
        .n_classes = TML_PIPELINE_CLASSES,
        .smoothing = 1,
        .threshold = INT8_MIN,
    };
    tml_decide_init(&alone);
    return tml_decide_step(&alone, scores);
}

static void answer_replay(void)
{
    int label = TML_DECIDE_NONE;
    tml_pipeline_init();
    compute(0);
    if (result.status == TML_OK) {
        label = decide_alone();
        for (uint32_t first = 0; first < TML_PIPELINE_FEATURES; first += FEATURES_PER_PACKET) {
            uint8_t *payload = tml_link_payload();
            uint8_t *at = tml_put_u32(payload, first);
            uint32_t end = first + FEATURES_PER_PACKET;
            end = end < TML_PIPELINE_FEATURES ? end : TML_PIPELINE_FEATURES;
            for (uint32_t i = first; i < end; i++) {
                at = tml_put_f32(at, features[i]);
            }
            tml_link_send(TML_PACKET_FEATURES, (uint32_t)(at - payload));
        }
    } else {
        say("The pipeline failed on this window.");
    }
    uint8_t *payload = tml_link_payload();
    uint8_t *at = tml_put_u32(payload, result.dsp_cycles);
    at = tml_put_u32(at, result.nn_cycles);
    at = tml_put_u8(at, (uint8_t)label);
    at = put_scores(at, result.status == TML_OK ? TML_PIPELINE_CLASSES : 0);
    tml_link_send(TML_PACKET_SCORES, (uint32_t)(at - payload));
}

static uint8_t carry_out(const tml_packet *command)
{
    switch (command->type) {
    case TML_PACKET_REPLAY_BEGIN:
        return replay_begin(command);
    case TML_PACKET_REPLAY_DATA:
        return replay_data(command);
    case TML_PACKET_HELLO:
    case TML_PACKET_START:
    case TML_PACKET_STOP:
    case TML_PACKET_REPLAY_RUN:
        break;
    default:
        return TML_ACK_UNKNOWN;
    }
    uint32_t options = 0;
    if (command->type == TML_PACKET_START && command->size == 1) {
        options = command->payload[0];
    }
    if (command->size > 1 || (command->size == 1 && options != TML_START_READINGS)) {
        return TML_ACK_BAD_SIZE;
    }
    if (command->type == TML_PACKET_START) {
        return start(options);
    }
    if (command->type == TML_PACKET_STOP) {
        state.running = 0;
    }
    if (command->type == TML_PACKET_REPLAY_RUN) {
        if (!state.replaying) {
            return TML_ACK_BUSY;
        }
        return state.replayed == WINDOW_BYTES ? TML_ACK_OK : TML_ACK_BAD_SIZE;
    }
    return TML_ACK_OK;
}

static void obey(const tml_packet *command)
{
    uint8_t type = command->type;
    uint8_t code = carry_out(command);
    tml_link_ack(type, code);
    if (type == TML_PACKET_START && code == TML_ACK_SENSOR) {
        say_if_unfit();
        say_info();
    }
    if (code != TML_ACK_OK) {
        return;
    }
    if (type == TML_PACKET_REPLAY_RUN) {
        state.replaying = 0;
        answer_replay();
    } else if (type == TML_PACKET_HELLO) {
        say_info();
        say_if_unfit();
        say_model();
    } else if (type == TML_PACKET_START || type == TML_PACKET_STOP) {
        say_info();
    }
}

void tml_infer_init(void)
{
    tml_hal_init();
    tml_link_init();
    state.dropped = 0;
    state.replaying = 0;
    look_at_sensor();
    say_info();
    say_if_unfit();
}

void tml_infer_step(void)
{
    tml_packet command;

    if (tml_hal_sensor_generation() != state.generation) {
        look_at_sensor();
        say_info();
        say_if_unfit();
    }
    while (tml_link_receive(&command)) {
        obey(&command);
    }
    if (tml_link_info_due()) {
        say_info();
    }
    if (!state.running) {
        tml_hal_idle(0);
    } else if (take_readings() == 0) {
        uint32_t wanted = state.next_window - state.next_reading;
        tml_hal_idle(wanted < state.batch ? wanted : state.batch);
    }
}
