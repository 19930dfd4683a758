#include "cli/doctor_checks.h"
#include "cli/doctor_files.h"
#include "engine/base/units.h"
#include "realtime/thread.h"
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CAP_IPC_LOCK_BIT = 14, CAP_SYS_NICE_BIT = 23 }; /* linux/capability.h */

static const double MIB = 1 << 20, GIB = 1 << 30;
static const uint64_t MEMLOCK_MIN = (uint64_t)512 << 20; /* ring, engine and code of a usual rig */
static const uint64_t DISK_MIN = (uint64_t)1 << 30;      /* a day of one fibre has about 0.5 GiB */

static void say(char found[DOCTOR_TEXT], const char *format, ...) PRINTF_LIKE(2, 3);
static void say(char found[DOCTOR_TEXT], const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(found, DOCTOR_TEXT, format, args);
    va_end(args);
}

static bool has_capability(const struct doctor_machine *machine, int bit)
{
    char text[32];
    return doctor_files_key(machine->root, "/proc/self/status", "CapEff:", text, sizeof text) &&
           (strtoull(text, NULL, 16) >> bit & 1) != 0;
}

static bool look_kernel(const struct doctor_machine *machine, char found[DOCTOR_TEXT])
{
    char text[64] = "";
    char *end;
    (void)doctor_files_line(machine->root, "/proc/sys/kernel/osrelease", text, sizeof text);
    const long major = strtol(text, &end, 10), minor = *end == '.' ? strtol(end + 1, NULL, 10) : 0;
    say(found, "Linux %s", text);
    return major > 5 || (major == 5 && minor >= 14);
}

static bool look_preemption(const struct doctor_machine *machine, char found[DOCTOR_TEXT])
{
    char realtime[8] = "", version[128] = "", mode[64] = "";
    (void)doctor_files_line(machine->root, "/sys/kernel/realtime", realtime, sizeof realtime);
    (void)doctor_files_line(machine->root, "/proc/sys/kernel/version", version, sizeof version);
    const bool rt = realtime[0] == '1' || strstr(version, "PREEMPT_RT") != NULL;
    if (!rt && doctor_files_line(machine->root, "/sys/kernel/debug/sched/preempt", mode, sizeof mode))
        say(found, "no PREEMPT_RT, preemption %s", mode);
    else
        say(found, rt ? "PREEMPT_RT" : strstr(version, "PREEMPT") != NULL ? "PREEMPT, not PREEMPT_RT" : "no PREEMPT");
    return rt;
}

static bool look_rtprio(const struct doctor_machine *machine, char found[DOCTOR_TEXT])
{
    const bool able = has_capability(machine, CAP_SYS_NICE_BIT);
    if (machine->rtprio_max == DOCTOR_UNLIMITED)
        say(found, "unlimited");
    else
        say(found, "%" PRIu64 "%s", machine->rtprio_max, able ? ", and the capability CAP_SYS_NICE" : "");
    return able || machine->rtprio_max >= THREAD_KEEPER_PRIORITY;
}

static bool look_memlock(const struct doctor_machine *machine, char found[DOCTOR_TEXT])
{
    const bool able = has_capability(machine, CAP_IPC_LOCK_BIT);
    if (machine->memlock_max_bytes == DOCTOR_UNLIMITED)
        say(found, "unlimited");
    else
        say(found, "%.0f MiB%s", (double)machine->memlock_max_bytes / MIB,
            able ? ", and the capability CAP_IPC_LOCK" : "");
    return able || machine->memlock_max_bytes >= MEMLOCK_MIN + machine->ring_bytes;
}

static bool look_rttime(const struct doctor_machine *machine, char found[DOCTOR_TEXT])
{
    if (machine->rttime_max_us == DOCTOR_UNLIMITED)
        say(found, "unlimited");
    else
        say(found, "%" PRIu64 " us", machine->rttime_max_us);
    return machine->rttime_max_us == DOCTOR_UNLIMITED;
}

static bool look_fifo(const struct doctor_machine *machine, char found[DOCTOR_TEXT])
{
    const bool promised = machine->rtprio_max >= THREAD_CORE_PRIORITY || has_capability(machine, CAP_SYS_NICE_BIT);
    say(found, "%s%s", machine->fifo_errno == 0 ? "granted" : strerror(machine->fifo_errno),
        machine->fifo_errno != 0 && promised
            ? ", although the limit allows it: CONFIG_RT_GROUP_SCHED gives this control group no share"
            : "");
    return machine->fifo_errno == 0;
}

/* The loop sleeps in every tick, so the usual 95 % never stop it; much less would. */
static bool look_throttling(const struct doctor_machine *machine, char found[DOCTOR_TEXT])
{
    char runtime[32] = "", period[32] = "";
    if (!doctor_files_line(machine->root, "/proc/sys/kernel/sched_rt_runtime_us", runtime, sizeof runtime) ||
        !doctor_files_line(machine->root, "/proc/sys/kernel/sched_rt_period_us", period, sizeof period)) {
        say(found, "this kernel has none");
        return true;
    }
    const double share = strtod(runtime, NULL) / strtod(period, NULL);
    if (share < 0)
        say(found, "off");
    else
        say(found, "%s of %s us", runtime, period);
    return share < 0 || share >= 0.9;
}

static bool look_awake(const struct doctor_machine *machine, char found[DOCTOR_TEXT])
{
    say(found, "%s", machine->awake_errno == 0 ? "may be opened" : strerror(machine->awake_errno));
    return machine->awake_errno == 0;
}

static bool look_clock(const struct doctor_machine *machine, char found[DOCTOR_TEXT])
{
    static const char *const good[] = {"tsc", "arch_sys_counter", "kvm-clock", "hyperv_clocksource_tsc_page"};
    char text[64] = "unknown";
    (void)doctor_files_line(machine->root, "/sys/devices/system/clocksource/clocksource0/current_clocksource", text,
                            sizeof text);
    say(found, "%s", text);
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        if (strcmp(text, good[i]) == 0)
            return true;
    return false;
}

static bool look_resolution(const struct doctor_machine *machine, char found[DOCTOR_TEXT])
{
    say(found, "%" PRId64 " ns", machine->clock_step_ns);
    return machine->clock_step_ns <= US;
}

static bool look_governor(const struct doctor_machine *machine, char found[DOCTOR_TEXT])
{
    char path[128], text[32];
    int n = 0, n_other = 0;
    for (int cpu = 0; cpu < 1024; cpu++) {
        snprintf(path, sizeof path, "/sys/devices/system/cpu/cpu%d/cpufreq/scaling_governor", cpu);
        if (!doctor_files_line(machine->root, path, text, sizeof text))
            continue;
        n++;
        if (strcmp(text, "performance") == 0)
            continue;
        n_other++;
        say(found, "%s on processor %d", text, cpu);
    }
    if (n == 0)
        say(found, "none: the speed is not this system's to choose");
    else if (n_other == 0)
        say(found, "performance on all %d processors", n);
    return n_other == 0;
}

static bool look_processor(const struct doctor_machine *machine, char found[DOCTOR_TEXT])
{
    char online[64] = "", isolated[64] = "";
    (void)doctor_files_line(machine->root, "/sys/devices/system/cpu/online", online, sizeof online);
    (void)doctor_files_line(machine->root, "/sys/devices/system/cpu/isolated", isolated, sizeof isolated);
    if (machine->loop.pinned == 0) {
        say(found, "the rig names none; isolated: %s", isolated[0] != '\0' ? isolated : "none");
        return true;
    }
    const bool there = doctor_files_in_list(online, machine->loop.cpu);
    const bool alone = doctor_files_in_list(isolated, machine->loop.cpu);
    say(found, "the rig names %" PRIu32 ": %s", machine->loop.cpu,
        !there  ? "there is no such processor"
        : alone ? "isolated"
                : "not isolated");
    return there && alone;
}

static bool look_interrupts(const struct doctor_machine *machine, char found[DOCTOR_TEXT])
{
    uint32_t n = 0, n_here = 0;
    if (machine->loop.pinned == 0) {
        say(found, "the rig names no processor to keep free");
        return true;
    }
    for (int irq = 0; irq < 1024; irq++) {
        char path[64], text[128];
        snprintf(path, sizeof path, "/proc/irq/%d/smp_affinity_list", irq);
        if (!doctor_files_line(machine->root, path, text, sizeof text))
            continue;
        n++;
        n_here += doctor_files_in_list(text, machine->loop.cpu);
    }
    say(found, "%" PRIu32 " of %" PRIu32 " may come on processor %" PRIu32, n_here, n, machine->loop.cpu);
    return n_here == 0;
}

/* Programs that move interrupts, or that write to serial boards. */
static bool look_programs(const struct doctor_machine *machine, char found[DOCTOR_TEXT])
{
    static const char *const bad[] = {"irqbalance", "ModemManager", "brltty"};
    size_t n = 0;
    found[0] = '\0';
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (doctor_files_runs(machine->root, bad[i]))
            n += (size_t)snprintf(found + n, DOCTOR_TEXT - n, "%s%s", n > 0 ? ", " : "", bad[i]);
    if (n == 0)
        say(found, "none of irqbalance, ModemManager, brltty runs");
    return n == 0;
}

static bool look_swap(const struct doctor_machine *machine, char found[DOCTOR_TEXT])
{
    char text[256];
    const bool any = doctor_files_nth(machine->root, "/proc/swaps", 1, text, sizeof text);
    if (any)
        text[strcspn(text, " \t")] = '\0';
    say(found, "%s", any ? text : "none");
    return !any;
}

static bool look_huge_pages(const struct doctor_machine *machine, char found[DOCTOR_TEXT])
{
    char text[64] = "";
    (void)doctor_files_line(machine->root, "/sys/kernel/mm/transparent_hugepage/enabled", text, sizeof text);
    say(found, "%s", text[0] != '\0' ? text : "this kernel has none");
    return strstr(text, "[always]") == NULL;
}

static bool look_shm(const struct doctor_machine *machine, char found[DOCTOR_TEXT])
{
    say(found, "%.0f MiB free in /dev/shm, the ring takes %.0f", (double)machine->shm_free_bytes / MIB,
        (double)machine->ring_bytes / MIB);
    return machine->shm_free_bytes > machine->ring_bytes + (machine->ring_bytes >> 3);
}

static bool look_disk(const struct doctor_machine *machine, char found[DOCTOR_TEXT])
{
    say(found, "%.1f GiB free for %.180s", (double)machine->disk_free_bytes / GIB, machine->disk);
    return machine->disk_free_bytes >= DISK_MIN;
}

static bool look_power(const struct doctor_machine *machine, char found[DOCTOR_TEXT])
{
    char path[64], text[32];
    for (int i = 0; i < 4; i++) {
        snprintf(path, sizeof path, "/sys/class/power_supply/BAT%d/status", i);
        if (doctor_files_line(machine->root, path, text, sizeof text) && strcmp(text, "Discharging") == 0) {
            say(found, "battery %d is discharging", i);
            return false;
        }
    }
    say(found, "no battery is discharging");
    return true;
}

static bool look_physical(const struct doctor_machine *machine, char found[DOCTOR_TEXT])
{
    const bool virtual_machine = doctor_files_word(machine->root, "/proc/cpuinfo", "hypervisor");
    say(found, virtual_machine ? "a virtual machine" : "a computer of its own");
    return !virtual_machine;
}

static bool look_usb(const struct doctor_machine *machine, char found[DOCTOR_TEXT])
{
    return doctor_files_usb(machine->root, found, DOCTOR_TEXT);
}

static bool look_comedi(const struct doctor_machine *machine, char found[DOCTOR_TEXT])
{
    return doctor_files_nodes(machine->root, "/dev", "comedi", "Comedi board", found, DOCTOR_TEXT);
}

static bool look_audio(const struct doctor_machine *machine, char found[DOCTOR_TEXT])
{
    return doctor_files_nodes(machine->root, "/dev/snd", "pcm", "sound device", found, DOCTOR_TEXT);
}

#define INSTALL_LIMITS                                                                                                 \
    "sudo install -D -m 644 udev/90-phasic-limits.conf -t /etc/security/limits.d; join the group phasic; log in again"
#define INSTALL_RULES                                                                                                  \
    "sudo install -D -m 644 udev/60-phasic.rules -t /etc/udev/rules.d && sudo udevadm control --reload && sudo "       \
    "udevadm trigger; join the group phasic"

static const struct doctor_check checks[] = {
    {"kernel",           "Linux 5.14 or later",                                      "install a later kernel",                                                            true,  look_kernel    },
    {"preemption",       "PREEMPT_RT: without it nothing bounds how late a tick is",
     "sudo apt-get install linux-image-rt-amd64, or preempt=full on the kernel's command line",                                                                           false, look_preemption},
    {"rtprio",           "85, the keeper's priority",                                INSTALL_LIMITS,                                                                      true,  look_rtprio    },
    {"memlock",          "unlimited, or 512 MiB and the ring",                       INSTALL_LIMITS,                                                                      true,  look_memlock   },
    {"rttime",           "unlimited",                                                "remove the limit rttime from /etc/security/limits.d and LimitRTTIME from the unit", true,
     look_rttime                                                                                                                                                                                },
    {"sched_fifo",       "granted at priority 78",                                   "see rtprio; in a control group: write a share into its cpu.rt_runtime_us",
     true,                                                                                                                                                                       look_fifo      },
    {"rt_throttling",    "at least 90 % for real-time threads, or off",              "sudo sysctl kernel.sched_rt_runtime_us=950000",
     true,                                                                                                                                                                       look_throttling},
    {"clocksource",      "tsc, or a virtual machine's clock",
     "read dmesg | grep -i tsc; then tsc=reliable on the kernel's command line",                                                                                          false, look_clock     },
    {"timer_resolution", "1 us or finer",                                            "a kernel with CONFIG_HIGH_RES_TIMERS",                                              true,  look_resolution},
    {"cpu_dma_latency",  "may be opened, so that the processors stay awake",         INSTALL_RULES,                                                                       false, look_awake     },
    {"governor",         "performance",                                              "sudo cpupower frequency-set --governor performance",                                false, look_governor  },
    {"processor",        "one that is isolated, if the rig names one",
     "isolcpus=managed_irq,domain,N on the kernel's command line",                                                                                                        false, look_processor },
    {"interrupts",       "none on the core's processor",                             "irqaffinity=OTHERS on the kernel's command line",                                   false,
     look_interrupts                                                                                                                                                                            },
    {"programs",         "no irqbalance, ModemManager, brltty",                      "sudo systemctl disable --now NAME",                                                 false, look_programs  },
    {"swap",             "none",                                                     "sudo swapoff --all, and remove it from /etc/fstab",                                 false, look_swap      },
    {"huge_pages",       "madvise or never",                                         "echo madvise | sudo tee /sys/kernel/mm/transparent_hugepage/enabled",               false,
     look_huge_pages                                                                                                                                                                            },
    {"shared_memory",    "room for 60 s of ticks",                                   "sudo mount -o remount,size=1G /dev/shm",                                            true,  look_shm       },
    {"disk",             "1 GiB free",                                               "make room, or set PHASIC_DATA to another disk",                                     true,  look_disk      },
    {"power",            "mains",                                                    "plug it in",                                                                        false, look_power     },
    {"machine",          "no virtual machine: its host may stop it at any time",     "use a computer of its own",                                                         false,
     look_physical                                                                                                                                                                              },
    {"usb",              "write access to each known board",                         INSTALL_RULES,                                                                       false, look_usb       },
    {"comedi",           "write access to each board",                               INSTALL_RULES,                                                                       false, look_comedi    },
    {"audio",            "write access to each sound device",                        "sudo usermod --append --groups audio $USER; log in again",                          false,
     look_audio                                                                                                                                                                                 },
};

const struct doctor_check *doctor_checks_at(size_t i)
{
    return i < sizeof checks / sizeof *checks ? &checks[i] : NULL;
}
