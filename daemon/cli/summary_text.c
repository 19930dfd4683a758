#include "cli/summary_text.h"

static double us(int64_t ns)
{
    return (double)ns / 1e3;
}

static void print_latency(FILE *out, const char *name, const struct summary_latency *latency)
{
    if (latency->n == 0)
        fprintf(out, "  %-20s none\n", name);
    else
        fprintf(out, "  %-20s median %.1f us, p99 %.1f us, p99.9 %.1f us, worst %.1f us (n = %llu)\n", name,
                us(latency->p50_ns), us(latency->p99_ns), us(latency->p999_ns), us(latency->max_ns),
                (unsigned long long)latency->n);
}

static void print_limited(FILE *out, const struct summary *summary)
{
    uint64_t n = 0;
    for (size_t i = 0; i < SAFETY_VERDICTS; i++)
        n += summary->limited[i];
    if (n == 0)
        return;
    fprintf(out, "  %-20s %llu outputs refused or cut:", "safety", (unsigned long long)n);
    for (size_t i = 0; i < SAFETY_VERDICTS; i++)
        if (summary->limited[i] > 0)
            fprintf(out, " %s %llu", safety_words((enum safety_verdict)i), (unsigned long long)summary->limited[i]);
    fputc('\n', out);
}

void summary_text_print(FILE *out, const struct summary *summary)
{
    fprintf(out, "Session: %.1f s, ended by %s\n", summary->duration_s, summary->outcome);
    fprintf(out, "  %-20s %s\n", "how it ended", summary->why);
    fprintf(out, "  %-20s %llu\n", "trials", (unsigned long long)summary->trials);
    fprintf(out, "  %-20s %llu, %.4g ul of water\n", "rewards", (unsigned long long)summary->rewards,
            summary->reward_ul);
    fprintf(out, "  %-20s %llu\n", "licks", (unsigned long long)summary->licks);
    fprintf(out, "  %-20s %llu fired, %llu sham, %llu locked out\n", "triggers", (unsigned long long)summary->fired,
            (unsigned long long)summary->sham, (unsigned long long)summary->locked_out);
    fprintf(out, "  %-20s %lld, %lld skipped, %lld lost\n", "ticks", (long long)summary->ticks,
            (long long)summary->skipped_ticks, (long long)summary->lost_ticks);
    print_latency(out, "due to wake", &summary->late);
    print_latency(out, "input to decision", &summary->input_to_decision);
    print_latency(out, "decision to write", &summary->decision_to_write);
    print_limited(out, summary);
    for (uint32_t i = 0; i < summary->n_faults; i++)
        fprintf(out, "  %-20s %s\n", i == 0 ? "faults" : "", summary->faults[i]);
    if (summary->n_faults == 0)
        fprintf(out, "  %-20s none\n", "faults");
}
