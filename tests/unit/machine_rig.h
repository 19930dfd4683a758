/* machine_rig: a machine with everything that it acts on, for its tests: outputs do at once what they are told. */
#pragma once
#include "engine/task/machine.h"

enum { VALVE, TONE, LASER, BUZZER };
enum { CUE_TONE, CUE_BUZZER, CUE_BARE }; /* the last one has no output */
enum { LICK, PORT };                     /* inputs */
#define NEVER INT64_MAX

struct machine_rig {
    struct config config;
    struct safety safety;
    struct train trains[CONFIG_TRAINS_MAX];
    double reward_ul[FRAME_OUTPUTS_MAX];
    struct machine machine;
    struct trial trial; /* that is being put together */
    struct frame_out out;
};
extern struct machine_rig machine_rig;

extern const struct trial_action machine_rig_nothing, machine_rig_water;

/* Everything new; the trial is number 1 and has no state. A cmocka set-up function. */
int machine_rig_fresh(void **state);

/* Puts a state into the trial; returns its index. */
uint32_t machine_rig_add(const char *name, int64_t after_ns, uint32_t after_to);

/* Puts an action or a reaction into a state. */
void machine_rig_enter(uint32_t state, struct trial_action action);
void machine_rig_on(uint32_t state, enum trial_event_kind event, uint32_t id, uint32_t to, struct trial_action action);
struct trial_action machine_rig_cs(uint32_t cue);

/* The next trial is the one that has been put together; fails the test if it is not legal. */
void machine_rig_plan(void);

/* One tick. */
void machine_rig_tick(int64_t now_ns);

/* Fails the test unless the last tick decided exactly this: kind, id, t_ns, value. */
struct machine_rig_expected {
    uint32_t kind, id;
    int64_t t_ns;
    double value;
};
void machine_rig_expect(const struct machine_rig_expected *expected, uint32_t n);
#define EXPECT(...)                                                                                                    \
    do {                                                                                                               \
        const struct machine_rig_expected expected[] = {__VA_ARGS__};                                                  \
        machine_rig_expect(expected, sizeof expected / sizeof *expected);                                              \
    } while (0)

/* Fails the test unless the machine is in this state, since then. */
void machine_rig_expect_in(const char *state, int64_t since_ns);
