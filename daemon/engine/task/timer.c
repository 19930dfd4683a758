#include "engine/task/timer.h"
#include <assert.h>

static void dark(struct timer *timer, const struct trial_timer *plan, int64_t t_ns, int64_t now_ns,
                 struct safety *safety, struct frame_out *out)
{
    if (timer->lit)
        safety_off(safety, plan->output, now_ns, t_ns, out);
    timer->lit = false;
}

void timer_start(struct timer *timer, const struct trial_timer *plan, int64_t t_ns, int64_t now_ns,
                 struct safety *safety, struct frame_out *out)
{
    dark(timer, plan, t_ns, now_ns, safety, out);
    *timer = (struct timer){.running = true, .next_ns = t_ns + plan->delay_ns, .n_skipped = timer->n_skipped};
}

void timer_stop(struct timer *timer, const struct trial_timer *plan, int64_t t_ns, int64_t now_ns,
                struct safety *safety, struct frame_out *out)
{
    dark(timer, plan, t_ns, now_ns, safety, out);
    timer->running = timer->on = false;
}

int64_t timer_next_ns(const struct timer *timer)
{
    return timer->running ? timer->next_ns : INT64_MAX;
}

/* Leaves out the loops that have passed as a whole; never the last one of a counted number. */
static void skip(struct timer *timer, const struct trial_timer *plan, int64_t now_ns)
{
    const int64_t period_ns = plan->on_ns + plan->off_ns;
    int64_t n = (now_ns - timer->next_ns) / period_ns;
    if (plan->loops > 0 && n > (int64_t)plan->loops - timer->n_loops - 1)
        n = (int64_t)plan->loops - timer->n_loops - 1;
    timer->next_ns += n * period_ns;
    timer->n_loops += (uint32_t)n;
    timer->n_skipped += (uint32_t)n;
}

enum timer_edge timer_step(struct timer *timer, const struct trial_timer *plan, int64_t now_ns, struct safety *safety,
                           struct frame_out *out, int64_t *t_ns)
{
    assert(timer->running && timer->next_ns <= now_ns);
    if (!timer->on) {
        skip(timer, plan, now_ns);
        *t_ns = timer->next_ns;
        timer->n_loops++;
        timer->on = true;
        timer->next_ns += plan->on_ns;
        timer->lit = plan->output != UINT32_MAX && timer->next_ns > now_ns &&
                     safety_on(safety, plan->output, plan->on_ns, 0.0, now_ns, *t_ns, out) == SAFETY_GRANTED;
        return TIMER_ON;
    }
    *t_ns = timer->next_ns;
    timer->on = false;
    timer->next_ns += plan->off_ns;
    dark(timer, plan, *t_ns, now_ns, safety, out);
    if (plan->loops == 0 || timer->n_loops < plan->loops)
        return TIMER_OFF;
    timer->running = false;
    return TIMER_OVER;
}
