/* doctor_checks: on a /proc, /sys and /dev of the test's own. */
#include "cli/doctor_checks.h"
#include "cli/doctor_files.h"
#include "tests/test.h"
#include "tests/unit/scratch.h"
#include <errno.h>
#include <sys/stat.h>

static struct doctor_machine machine;

/* A new, empty machine, to which nothing is granted. */
static void start(const char *name)
{
    static char root[512];
    snprintf(root, sizeof root, "%s", scratch_path(name));
    machine = (struct doctor_machine){.root = root, .clock_step_ns = 1, .ring_bytes = 64 << 20};
    mkdir(root, 0700);
}

static void put(const char *path, const char *text)
{
    char whole[1024];
    snprintf(whole, sizeof whole, "%s%s", machine.root, path);
    for (char *slash = whole + strlen(machine.root) + 1; (slash = strchr(slash, '/')) != NULL; *slash++ = '/') {
        *slash = '\0';
        mkdir(whole, 0700);
    }
    scratch_write(whole, text, strlen(text));
}

/* Whether the check is content; what it found must be `words`. */
static bool content(const char *name, const char *words)
{
    for (size_t i = 0; doctor_checks_at(i) != NULL; i++) {
        const struct doctor_check *check = doctor_checks_at(i);
        char found[DOCTOR_TEXT] = "";
        if (strcmp(check->name, name) != 0)
            continue;
        const bool ok = check->look(&machine, found);
        assert_string_equal(found, words);
        return ok;
    }
    fail_msg("no check %s", name);
    return false;
}

static void every_check_has_all_its_words(void **state)
{
    (void)state;
    start("empty");
    size_t n = 0;
    for (const struct doctor_check *check; (check = doctor_checks_at(n)) != NULL; n++) {
        char found[DOCTOR_TEXT] = "";
        (void)check->look(&machine, found);
        assert_true(check->name[0] != '\0' && check->needed[0] != '\0' && check->fix[0] != '\0' && found[0] != '\0');
        for (size_t k = 0; k < n; k++)
            assert_string_not_equal(check->name, doctor_checks_at(k)->name);
    }
    assert_true(n >= 20);
}

static void a_kernel_is_judged_by_its_version_and_preemption(void **state)
{
    (void)state;
    start("kernel");
    put("/proc/sys/kernel/osrelease", "6.1.0-18-rt-amd64\n");
    put("/proc/sys/kernel/version", "#1 SMP PREEMPT_RT Debian 6.1.76-1 (2024-02-01)\n");
    assert_true(content("kernel", "Linux 6.1.0-18-rt-amd64"));
    assert_true(content("preemption", "PREEMPT_RT"));
    put("/proc/sys/kernel/osrelease", "5.10.0\n");
    put("/proc/sys/kernel/version", "#1 SMP PREEMPT_DYNAMIC Debian\n");
    assert_false(content("kernel", "Linux 5.10.0"));
    assert_false(content("preemption", "PREEMPT, not PREEMPT_RT"));
    put("/sys/kernel/realtime", "1\n");
    assert_true(content("preemption", "PREEMPT_RT"));
}

static void a_limit_or_a_capability_gives_the_right(void **state)
{
    (void)state;
    start("rights");
    machine.rtprio_max = 85;
    machine.memlock_max_bytes = DOCTOR_UNLIMITED;
    assert_true(content("rtprio", "85"));
    assert_true(content("memlock", "unlimited"));
    machine.rtprio_max = 84;
    machine.memlock_max_bytes = 8 << 20;
    assert_false(content("rtprio", "84"));
    assert_false(content("memlock", "8 MiB"));
    put("/proc/self/status", "Name:\tphasic\nCapEff:\t0000000000804000\n"); /* bits 23 and 14 */
    assert_true(content("rtprio", "84, and the capability CAP_SYS_NICE"));
    assert_true(content("memlock", "8 MiB, and the capability CAP_IPC_LOCK"));
}

static void a_refusal_in_spite_of_the_limit_is_explained(void **state)
{
    (void)state;
    start("fifo");
    machine.fifo_errno = EPERM;
    assert_false(content("sched_fifo", "Operation not permitted"));
    machine.rtprio_max = 90;
    assert_false(content("sched_fifo", "Operation not permitted, although the limit allows it: CONFIG_RT_GROUP_SCHED "
                                       "gives this control group no share"));
    machine.fifo_errno = 0;
    assert_true(content("sched_fifo", "granted"));
}

static void throttling_must_leave_nine_tenths(void **state)
{
    (void)state;
    start("throttling");
    assert_true(content("rt_throttling", "this kernel has none"));
    put("/proc/sys/kernel/sched_rt_period_us", "1000000\n");
    put("/proc/sys/kernel/sched_rt_runtime_us", "950000\n");
    assert_true(content("rt_throttling", "950000 of 1000000 us"));
    put("/proc/sys/kernel/sched_rt_runtime_us", "500000\n");
    assert_false(content("rt_throttling", "500000 of 1000000 us"));
    put("/proc/sys/kernel/sched_rt_runtime_us", "-1\n");
    assert_true(content("rt_throttling", "off"));
}

static void processors_interrupts_and_governors_are_looked_at(void **state)
{
    (void)state;
    start("processors");
    put("/sys/devices/system/cpu/online", "0-3\n");
    put("/sys/devices/system/cpu/isolated", "2-3\n");
    put("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor", "performance\n");
    put("/proc/irq/1/smp_affinity_list", "0-3\n");
    put("/proc/irq/2/smp_affinity_list", "0-1\n");
    assert_true(content("processor", "the rig names none; isolated: 2-3"));
    assert_true(content("governor", "performance on all 1 processors"));
    machine.loop = (struct config_loop){.pinned = 1, .cpu = 3};
    assert_true(content("processor", "the rig names 3: isolated"));
    assert_false(content("interrupts", "1 of 2 may come on processor 3"));
    put("/proc/irq/1/smp_affinity_list", "0\n");
    assert_true(content("interrupts", "0 of 2 may come on processor 3"));
    machine.loop.cpu = 1;
    assert_false(content("processor", "the rig names 1: not isolated"));
    machine.loop.cpu = 4;
    assert_false(content("processor", "the rig names 4: there is no such processor"));
    put("/sys/devices/system/cpu/cpu1/cpufreq/scaling_governor", "powersave\n");
    assert_false(content("governor", "powersave on processor 1"));
}

static void memory_and_disk_are_looked_at(void **state)
{
    (void)state;
    start("memory");
    put("/proc/swaps", "Filename\tType\tSize\tUsed\tPriority\n");
    assert_true(content("swap", "none"));
    put("/proc/swaps", "Filename\tType\tSize\tUsed\tPriority\n/dev/sda2   partition\t1\t0\t-2\n");
    assert_false(content("swap", "/dev/sda2"));
    put("/sys/kernel/mm/transparent_hugepage/enabled", "[always] madvise never\n");
    assert_false(content("huge_pages", "[always] madvise never"));
    put("/sys/kernel/mm/transparent_hugepage/enabled", "always [madvise] never\n");
    assert_true(content("huge_pages", "always [madvise] never"));
    machine.shm_free_bytes = 65 << 20;
    assert_false(content("shared_memory", "65 MiB free in /dev/shm, the ring takes 64"));
    machine.shm_free_bytes = 80 << 20;
    assert_true(content("shared_memory", "80 MiB free in /dev/shm, the ring takes 64"));
    snprintf(machine.disk, sizeof machine.disk, "/data");
    machine.disk_free_bytes = 1 << 29;
    assert_false(content("disk", "0.5 GiB free for /data"));
    machine.disk_free_bytes = 1 << 30;
    assert_true(content("disk", "1.0 GiB free for /data"));
}

static void other_programs_clocks_and_power_are_looked_at(void **state)
{
    (void)state;
    start("others");
    put("/proc/12/comm", "bash\n");
    put("/sys/devices/system/clocksource/clocksource0/current_clocksource", "tsc\n");
    assert_true(content("programs", "none of irqbalance, ModemManager, brltty runs"));
    assert_true(content("clocksource", "tsc"));
    assert_true(content("power", "no battery is discharging"));
    put("/proc/cpuinfo", "flags\t: fpu hypervisors tsc\n");
    assert_true(content("machine", "a computer of its own"));
    put("/proc/13/comm", "ModemManager\n");
    put("/proc/14/comm", "irqbalance\n");
    put("/sys/devices/system/clocksource/clocksource0/current_clocksource", "hpet\n");
    put("/sys/class/power_supply/BAT0/status", "Discharging\n");
    put("/proc/cpuinfo", "flags\t: fpu hypervisor tsc\n");
    assert_false(content("programs", "irqbalance, ModemManager"));
    assert_false(content("clocksource", "hpet"));
    assert_false(content("power", "battery 0 is discharging"));
    assert_false(content("machine", "a virtual machine"));
    machine.clock_step_ns = 4000000;
    assert_false(content("timer_resolution", "4000000 ns"));
}

static void boards_are_counted_and_their_permissions_tried(void **state)
{
    (void)state;
    start("boards");
    assert_true(content("comedi", "no Comedi board"));
    put("/dev/comedi0", "");
    put("/dev/snd/pcmC0D0p", "");
    put("/dev/snd/timer", "");
    assert_true(content("comedi", "1 Comedi board"));
    assert_true(content("audio", "1 sound device"));
    put("/sys/bus/usb/devices/1-1/idVendor", "0cd5\n");
    put("/sys/bus/usb/devices/1-1/idProduct", "0006\n");
    put("/sys/bus/usb/devices/1-1/busnum", "1\n");
    put("/sys/bus/usb/devices/1-1/devnum", "7\n");
    put("/sys/bus/usb/devices/1-2/idVendor", "1d6b\n");
    put("/sys/bus/usb/devices/1-2/idProduct", "0002\n");
    assert_false(content("usb", "1 known board, no write access to 1: LabJack U6"));
    put("/dev/bus/usb/001/007", "");
    assert_true(content("usb", "1 known board"));
}

static void a_list_of_processors_is_read_like_the_kernel_writes_it(void **state)
{
    (void)state;
    assert_true(doctor_files_in_list("0-2,5", 2));
    assert_true(doctor_files_in_list("0-2,5", 5));
    assert_false(doctor_files_in_list("0-2,5", 3));
    assert_false(doctor_files_in_list("", 0));
    assert_false(doctor_files_in_list("x", 0));
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(every_check_has_all_its_words),
    cmocka_unit_test(a_kernel_is_judged_by_its_version_and_preemption),
    cmocka_unit_test(a_limit_or_a_capability_gives_the_right),
    cmocka_unit_test(a_refusal_in_spite_of_the_limit_is_explained),
    cmocka_unit_test(throttling_must_leave_nine_tenths),
    cmocka_unit_test(processors_interrupts_and_governors_are_looked_at),
    cmocka_unit_test(memory_and_disk_are_looked_at),
    cmocka_unit_test(other_programs_clocks_and_power_are_looked_at),
    cmocka_unit_test(boards_are_counted_and_their_permissions_tried),
    cmocka_unit_test(a_list_of_processors_is_read_like_the_kernel_writes_it),
};
TEST_MAIN(tests)
