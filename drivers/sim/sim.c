#include "drivers/sim/sim.h"
#include <assert.h>
#include <math.h>
#include <stdlib.h>

#include "drivers/setup.h"
#include "drivers/sim/fibre.h"
#include "drivers/sim/mouse.h"
#include "engine/base/kinds.h"
#include "engine/base/units.h"

enum {
    CHANNELS_MAX = 8,
    INPUTS_MAX = 8,
    OUTPUTS_MAX = 16,
    FIBRES_MAX = CHANNELS_MAX / FIBRE_WAVELENGTHS,
    EDGES_MAX = 256,  /* 8 s of licking: longer than any delay that leaves the core alive */
    BACKLOG_MIN = 64, /* samples: slow channels may wait for longer than a second */
};

#define STEP_NS            MS
#define BACKLOG_S          1.0  /* samples that wait: one second */
#define STANDARD_REWARD_UL 4.0  /* one unit of the mouse's value */
#define LASER_PER_MS       0.03 /* dopamine of 1 ms of light: ten pulses of 5 ms make 1.5 standard responses */

enum option {
    SEED,
    UL_PER_MS,
    BASELINE,
    AMPLITUDE,
    BLEACH,
    MOTION,
    NOISE,
    LICK_RATE,
    LEARNING_RATE,
    SPONTANEOUS,
    N_OPTIONS
};

static const struct driver_option options[N_OPTIONS] = {
    [SEED] = {"seed",          "",   7,        0,     4294967295.0, "another number is another mouse; joins the session's seed"              },
    [UL_PER_MS] = {"ul_per_ms",     "",   4.0 / 42, 0.001, 1,            "microlitres of water per ms of open valve"                              },
    [BASELINE] = {"baseline",      "",   2,        0.1,   6,            "volts of the signal wavelength at full light"                           },
    [AMPLITUDE] = {"amplitude",     "",   0.04,     0,     1,            "dF/F of the answer to 4 ul of unexpected water, as a fraction"          },
    [BLEACH] = {"bleach",        "",   0.25,     0,     0.9,          "share of the light that bleaches away: 60 % with 60 s, 40 % with 1800 s"},
    [MOTION] = {"motion",        "",   0.005,    0,     0.2,          "movement artefact in both wavelengths, sd as a fraction"                },
    [NOISE] = {"noise",         "",   0.004,    0,     0.2,          "shot noise of one sample, sd as a fraction at the baseline"             },
    [LICK_RATE] = {"lick_rate",     "hz", 7,        5,     10,           "licks a second inside a bout"                                           },
    [LEARNING_RATE] = {"learning_rate", "",   0.2,      0,     1,            "share of the error that the mouse corrects in a trial"                  },
    [SPONTANEOUS] = {"spontaneous",   "hz", 0,        0,     5,            "transients of dopamine a second that nothing explains"                  },
};

/* Sample k is taken at sample_ns(channel, k). Samples first .. next - 1 wait at counts[k % capacity]. */
struct channel {
    struct driver_channel config;
    struct rng rng;
    double period_ns;
    int led; /* line in the latch; -1: lit from outside */
    double full_level;
    int64_t first, next, capacity;
    int32_t *counts;
};

struct driver {
    struct latch *latch;
    struct driver_output outputs[OUTPUTS_MAX];
    struct channel channels[CHANNELS_MAX];
    uint32_t n_channels;
    uint32_t spout_input[MOUSE_SPOUTS]; /* the engine's index; UINT32_MAX: this lick sensor is not in the rig file */
    uint32_t device;
    bool started;
    double options[N_OPTIONS];
    uint64_t seed;

    /* the world since start; now_ns is the newest time that read or write spoke of */
    int64_t now_ns, step_ns, accounted_ns;
    struct mouse mouse;
    struct fibre fibres[FIBRES_MAX];
    int64_t on_ns[OUTPUTS_MAX];   /* valves: since opening; lasers: since the last step */
    double given_ul[OUTPUTS_MAX]; /* by each valve */
    int64_t n_lost;               /* samples, since the last report */
    uint32_t n_edges_lost, first_edge, n_edges;
    struct frame_edge edges[EDGES_MAX];
};

static int64_t sample_ns(const struct channel *channel, int64_t k)
{
    const double offset = channel->config.line % 2 == 0 ? 1.0 : 1.5; /* time-division */
    return llrint(((double)k + offset) * channel->period_ns);
}

static double light_at(const struct driver *driver, const struct channel *channel, int64_t t_ns)
{
    return channel->led < 0 ? 1 : fmax(latch_level(driver->latch, channel->led, t_ns) / channel->full_level, 0);
}

static void sample(struct driver *driver, struct channel *channel)
{
    const struct fibre *fibre = &driver->fibres[channel->config.line / FIBRE_WAVELENGTHS];
    const double volts = fibre_volts(fibre, channel->config.line % FIBRE_WAVELENGTHS,
                                     light_at(driver, channel, sample_ns(channel, channel->next)), &channel->rng);
    const double counts = rint((volts - channel->config.volts_at_zero) / channel->config.volts_per_count);
    if (channel->next - channel->first == channel->capacity) {
        channel->first++;
        driver->n_lost++;
    }
    channel->counts[channel->next++ % channel->capacity] = (int32_t)fmin(fmax(counts, 0), UINT16_MAX);
}

static void sample_until(struct driver *driver, int64_t t_ns)
{
    for (uint32_t i = 0; i < driver->n_channels; i++)
        while (sample_ns(&driver->channels[i], driver->channels[i].next) <= t_ns)
            sample(driver, &driver->channels[i]);
}

static void edge_push(struct driver *driver, uint32_t input, int64_t t_ns, bool rising)
{
    if (input == UINT32_MAX)
        return;
    if (driver->n_edges == EDGES_MAX) {
        driver->first_edge = (driver->first_edge + 1) % EDGES_MAX;
        driver->n_edges--;
        driver->n_edges_lost++;
    }
    driver->edges[(driver->first_edge + driver->n_edges++) % EDGES_MAX] =
        (struct frame_edge){.t_ns = t_ns, .raw_ns = t_ns, .input = input, .rising = rising};
}

/* Of two spouts the first one's valve is the one on the lower line. */
static uint32_t spout_of(const struct driver *driver, int i)
{
    if (driver->spout_input[1] == UINT32_MAX)
        return 0;
    for (uint32_t k = 0; k < driver->latch->n; k++)
        if (driver->outputs[k].kind == CONFIG_OUTPUT_VALVE && driver->outputs[k].line < driver->outputs[i].line)
            return 1;
    return 0;
}

/* The valve that was open is closed since t_ns: the water is there. */
static void closed(struct driver *driver, int i, int64_t t_ns)
{
    if (driver->outputs[i].kind != CONFIG_OUTPUT_VALVE || driver->on_ns[i] == 0)
        return;
    const double ul = (double)driver->on_ns[i] / (double)MS * driver->options[UL_PER_MS];
    driver->on_ns[i] = 0;
    driver->given_ul[i] += ul;
    mouse_reward(&driver->mouse, ul / STANDARD_REWARD_UL, spout_of(driver, i), t_ns);
}

/* Books what every output did up to t_ns. To be called before any change of an output. */
static void account(struct driver *driver, int64_t t_ns)
{
    for (int i = 0; i < (int)driver->latch->n; i++) {
        int64_t end_ns;
        driver->on_ns[i] += latch_on_ns(driver->latch, i, driver->accounted_ns, t_ns);
        if (latch_settle(driver->latch, i, t_ns, &end_ns))
            closed(driver, i, end_ns);
    }
    driver->accounted_ns = t_ns;
}

static double laser_dopamine(struct driver *driver)
{
    double dopamine = 0;
    for (uint32_t i = 0; i < driver->latch->n; i++)
        if (driver->outputs[i].kind == CONFIG_OUTPUT_LASER) {
            dopamine += (double)driver->on_ns[i] / (double)MS * LASER_PER_MS;
            driver->on_ns[i] = 0;
        }
    return dopamine;
}

static void step(struct driver *driver, int64_t t_ns)
{
    bool licks;
    struct mouse_lick lick;
    double light[FIBRES_MAX][FIBRE_WAVELENGTHS] = {{0}};
    account(driver, t_ns);
    const double by_light = laser_dopamine(driver);
    if (by_light > 0)
        mouse_light(&driver->mouse, by_light, t_ns);
    const double dopamine = mouse_step(&driver->mouse, t_ns, STEP_NS, &licks, &lick) + by_light;
    if (licks) {
        edge_push(driver, driver->spout_input[lick.spout], lick.on_ns, true);
        edge_push(driver, driver->spout_input[lick.spout], lick.off_ns, false);
    }
    for (uint32_t i = 0; i < driver->n_channels; i++) {
        const uint32_t line = driver->channels[i].config.line;
        light[line / FIBRE_WAVELENGTHS][line % FIBRE_WAVELENGTHS] = light_at(driver, &driver->channels[i], t_ns);
    }
    for (uint32_t f = 0; f < FIBRES_MAX; f++)
        fibre_step(&driver->fibres[f], units_s(STEP_NS), dopamine, light[f]);
}

/* The world up to t_ns, itself included. What happens depends on t_ns alone, not on how many calls it took. */
static void advance(struct driver *driver, int64_t t_ns)
{
    for (; driver->step_ns + STEP_NS <= t_ns; driver->step_ns += STEP_NS) {
        sample_until(driver, driver->step_ns + STEP_NS);
        step(driver, driver->step_ns + STEP_NS);
    }
    sample_until(driver, t_ns);
    if (t_ns > driver->now_ns)
        driver->now_ns = t_ns;
}

static void begin_world(struct driver *driver)
{
    const double *o = driver->options;
    const struct mouse_config mouse = {.lick_hz = o[LICK_RATE],
                                       .learning_rate = o[LEARNING_RATE],
                                       .spontaneous_hz = o[SPONTANEOUS],
                                       .n_spouts = driver->spout_input[1] == UINT32_MAX ? 1 : MOUSE_SPOUTS};
    const struct fibre_config fibre = {.baseline_v = o[BASELINE],
                                       .amplitude = o[AMPLITUDE],
                                       .bleach = o[BLEACH],
                                       .motion = o[MOTION],
                                       .noise = o[NOISE]};
    static const char *const purposes[CHANNELS_MAX] = {"channel:0", "channel:1", "channel:2", "channel:3",
                                                       "channel:4", "channel:5", "channel:6", "channel:7"};
    mouse_init(&driver->mouse, &mouse, driver->seed);
    for (uint32_t f = 0; f < FIBRES_MAX; f++)
        fibre_init(&driver->fibres[f], &fibre, driver->seed, f);
    for (uint32_t i = 0; i < driver->n_channels; i++) {
        struct channel *channel = &driver->channels[i];
        rng_init(&channel->rng, driver->seed, purposes[channel->config.line]);
        channel->first = channel->next = 0;
    }
    for (uint32_t i = 0; i < OUTPUTS_MAX; i++) {
        driver->on_ns[i] = 0;
        driver->given_ul[i] = 0;
    }
    driver->now_ns = driver->step_ns = driver->accounted_ns = driver->n_lost = 0;
    driver->n_edges_lost = driver->first_edge = driver->n_edges = 0;
}

/* Lines of sounds don't matter: a sound goes out by the sound card, not by a line. */
static bool check_lines(const struct driver_setup *setup, struct error *err)
{
    for (uint32_t i = 0; i < setup->n_channels; i++)
        if (!setup_check_line(setup, "channel", setup->channels[i].line, CHANNELS_MAX, err))
            return false;
    for (uint32_t i = 0; i < setup->n_inputs; i++)
        if (!setup_check_line(setup, "input", setup->inputs[i].line, INPUTS_MAX, err))
            return false;
    for (uint32_t i = 0; i < setup->n_outputs; i++) {
        const struct driver_output *output = &setup->outputs[i];
        if (output->kind == CONFIG_OUTPUT_SOUND)
            continue;
        const bool led = output->kind == CONFIG_OUTPUT_LED;
        if (!setup_check_line(setup, led ? "led" : "output", output->line, led ? CHANNELS_MAX : OUTPUTS_MAX, err))
            return false;
    }
    return true;
}

static bool open_channel(struct driver *driver, const struct driver_setup *setup, uint32_t i)
{
    struct channel *channel = &driver->channels[i];
    channel->config = setup->channels[i];
    channel->period_ns = (double)S / channel->config.rate_hz;
    channel->capacity = (int64_t)fmax(ceil(channel->config.rate_hz * BACKLOG_S), BACKLOG_MIN);
    channel->led = -1;
    for (uint32_t k = 0; k < setup->n_outputs; k++)
        if (setup->outputs[k].kind == CONFIG_OUTPUT_LED && setup->outputs[k].line == channel->config.line) {
            channel->led = (int)k;
            channel->full_level = setup->outputs[k].on_level > 0 ? setup->outputs[k].on_level : 1;
        }
    channel->counts = calloc((size_t)channel->capacity, sizeof *channel->counts);
    return channel->counts != NULL;
}

static void sim_close(struct driver *driver)
{
    if (driver == NULL)
        return;
    latch_close(driver->latch, driver->now_ns, LATCH_CORE);
    for (uint32_t i = 0; i < driver->n_channels; i++)
        free(driver->channels[i].counts);
    free(driver);
}

static bool sim_open(struct driver **opened, const struct driver_setup *setup, struct error *err)
{
    *opened = NULL;
    if (!setup_check(setup, &sim_driver.about, err) || !check_lines(setup, err))
        return false;
    struct driver *driver = calloc(1, sizeof *driver);
    if (driver == NULL)
        return error_set(err, ERROR_SYSTEM, setup->name, "memory", NULL, "enough for the simulated rig");
    driver->device = setup->device;
    for (uint32_t k = 0; k < MOUSE_SPOUTS; k++)
        driver->spout_input[k] = UINT32_MAX;
    for (int i = 0; i < N_OPTIONS; i++)
        driver->options[i] = setup->options[i];
    /* an odd constant (2^64 over the golden ratio) spreads neighbouring seeds before they meet */
    driver->seed = setup->seed * 0x9e3779b97f4a7c15 + (uint64_t)setup->options[SEED];
    for (uint32_t i = 0; i < setup->n_inputs; i++)
        if (setup->inputs[i].line == 0 || (setup->inputs[i].line < MOUSE_SPOUTS && setup->inputs[i].is_lick != 0))
            driver->spout_input[setup->inputs[i].line] = setup->inputs[i].index;
    for (uint32_t i = 0; i < setup->n_outputs; i++)
        driver->outputs[i] = setup->outputs[i];
    for (; driver->n_channels < setup->n_channels; driver->n_channels++)
        if (!open_channel(driver, setup, driver->n_channels)) {
            error_set(err, ERROR_SYSTEM, setup->name, "memory", NULL, "enough for a second of samples");
            goto fail;
        }
    driver->latch = latch_open(setup, err);
    if (driver->latch == NULL)
        goto fail;
    *opened = driver;
    return true;
fail:
    sim_close(driver);
    return false;
}

static bool sim_start(struct driver *driver, struct error *err)
{
    if (driver->started)
        return error_set(err, ERROR_DEVICE, NULL, "simulated rig", "started", "a stop before the next start");
    begin_world(driver);
    driver->started = true;
    return true;
}

static void read_channel(struct channel *channel, int64_t wake_ns, struct frame_samples *samples)
{
    int64_t n = 0;
    while (n < FRAME_SAMPLES_MAX && channel->first + n < channel->next &&
           sample_ns(channel, channel->first + n) <= wake_ns)
        n++;
    for (int64_t k = 0; k < n; k++)
        samples->counts[k] = channel->counts[(channel->first + k) % channel->capacity];
    samples->first_ns = n > 0 ? sample_ns(channel, channel->first) : 0;
    samples->period_ns = n > 1 ? llrint(channel->period_ns) : 0;
    samples->n = (uint32_t)n;
    channel->first += n;
}

static void sim_read(struct driver *driver, struct frame_in *in)
{
    if (!driver->started)
        return;
    advance(driver, in->wake_ns);
    for (uint32_t i = 0; i < driver->n_channels; i++)
        read_channel(&driver->channels[i], in->wake_ns, &in->samples[driver->channels[i].config.index]);
    while (driver->n_edges > 0 && in->n_edges < FRAME_EDGES_MAX &&
           driver->edges[driver->first_edge].t_ns <= in->wake_ns) {
        frame_edge_add(in, &driver->edges[driver->first_edge]);
        driver->first_edge = (driver->first_edge + 1) % EDGES_MAX;
        driver->n_edges--;
    }
    in->n_dropped += driver->n_edges_lost;
    driver->n_edges_lost = 0;
    if (driver->n_lost > 0 && in->n_status < FRAME_STATUS_MAX) {
        in->status[in->n_status++] = (struct frame_status){
            .t_ns = in->wake_ns, .value = driver->n_lost, .device = driver->device, .kind = FRAME_SAMPLES_LOST};
        driver->n_lost = 0;
    }
}

static void write_output(struct driver *driver, int i, const struct frame_write *write, int64_t now_ns)
{
    const struct driver_output *output = &driver->outputs[i];
    const bool was_on = latch_level(driver->latch, i, now_ns) != output->safe_level;
    const bool on = write->level != output->safe_level;
    latch_write(driver->latch, i, write->level, write->pulse_ns, now_ns, LATCH_CORE);
    if (on && !was_on && output->kind == CONFIG_OUTPUT_SOUND)
        mouse_cue(&driver->mouse, i, now_ns);
    if (!on)
        closed(driver, i, now_ns);
}

static void sim_write(struct driver *driver, const struct frame_write *writes, uint32_t n, int64_t now_ns,
                      struct frame_in *confirmed)
{
    if (!driver->started)
        return;
    advance(driver, now_ns);
    account(driver, now_ns);
    for (uint32_t k = 0; k < n; k++) {
        const int i = latch_find(driver->latch, writes[k].output);
        if (i < 0)
            continue;
        write_output(driver, i, &writes[k], now_ns);
        frame_applied_add(confirmed, writes[k].output, latch_level(driver->latch, i, now_ns), now_ns);
    }
}

static void sim_request_safe(struct driver *driver, int64_t now_ns)
{
    if (driver->started) {
        advance(driver, now_ns);
        account(driver, now_ns);
    }
    latch_safe(driver->latch, now_ns, LATCH_CORE);
    for (int i = 0; i < (int)driver->latch->n; i++)
        closed(driver, i, now_ns);
}

/* Touches the shared memory only: the rest of *driver is the keeper's copy from before the fork. */
static bool sim_force_safe(struct driver *driver, int64_t now_ns)
{
    latch_safe(driver->latch, now_ns, LATCH_KEEPER);
    return true;
}

static double sim_level(struct driver *driver, uint32_t index, int64_t now_ns)
{
    const int i = latch_find(driver->latch, index);
    assert(i >= 0);
    return latch_level(driver->latch, i, now_ns);
}

/* Water, of 1 mg a ul; a pulse that runs counts when it has ended. */
static double sim_weigh(struct driver *driver, uint32_t index)
{
    const int i = latch_find(driver->latch, index);
    assert(i >= 0);
    return driver->given_ul[i];
}

static void sim_stop(struct driver *driver)
{
    if (driver == NULL)
        return;
    latch_safe(driver->latch, driver->now_ns, LATCH_CORE);
    driver->started = false;
}

const struct latch *sim_latch(const struct driver *driver)
{
    return driver->latch;
}

const struct driver_ops sim_driver = {
    .name = "sim",
    .about = {.help = "a simulated rig with a mouse that learns; lick sensor on input 0, fibres on channels 0..7",
              .channels_max = CHANNELS_MAX,
              .inputs_max = INPUTS_MAX,
              .outputs_max = OUTPUTS_MAX,
              .rate_hz_min = 10,
              .rate_hz_max = 10000,
              .volts_per_count = 0.0001,
              .volts_at_zero = 0,
              .worst_case_write_ns = US,
              .late_max_ns = 0,
              .shapes = (1u << CONFIG_SHAPES) - 1, /* of a wave it shows the level only */
              .device_timed = true,
              .device_watchdog = false,
              .simulated = true,
              .lit_by_leds = true},
    .options = options,
    .n_options = N_OPTIONS,
    .open = sim_open,
    .start = sim_start,
    .read = sim_read,
    .write = sim_write,
    .request_safe = sim_request_safe,
    .force_safe = sim_force_safe,
    .level = sim_level,
    .weigh = sim_weigh,
    .stop = sim_stop,
    .close = sim_close,
};
