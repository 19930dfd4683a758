#include "cli/day.h"
#include "cli/orphan.h"
#include "log.h"
#include "realtime/clock.h"
#include "session/animal.h"
#include "session/given.h"
#include "session/journal.h"
#include <stddef.h>
#include <stdio.h>

static bool has_day_limit(const struct config *config)
{
    for (uint32_t i = 0; i < config->n_outputs; i++)
        if (config->outputs[i].max_day_ul > 0 || config->outputs[i].max_day_n > 0)
            return true;
    return false;
}

static void today(char day[CONFIG_NAME])
{
    int64_t tai_s;
    animal_day(clock_realtime(&tai_s), day);
}

/* Counts a session that is over. */
static bool settle(struct given *given, uint32_t i, struct error *err)
{
    struct shared *shared;
    if (!orphan_attach(given->open[i].folder, &shared, err))
        return false;
    if (shared == NULL)
        return given_settle(given, i, err);
    shared_detach(shared);
    return error_set(err, ERROR_INPUT, given->open[i].folder, "what it gave", NULL,
                     "a session that is over: this one was killed, run `phasic recover` on it first");
}

static void warn(const char *folder, struct error *err)
{
    char line[512];
    log_event(LOG_WARN, "animal.not_counted", "session=\"%s\" error=\"%s\"", folder,
              error_line(err, line, sizeof line));
    *err = (struct error){0};
}

bool day_begin(struct config *config, const char *folder, struct error *err)
{
    static struct given given;
    char day[CONFIG_NAME];
    if (config->animal[0] == '\0')
        return true;
    const bool strict = has_day_limit(config);
    today(day);
    if (!given_read(&given, config->animal, day, err))
        return false;
    for (uint32_t i = 0; i < given.n_open;) {
        if (settle(&given, i, err))
            continue; /* it is struck off */
        if (strict)
            return false;
        warn(given.open[i++].folder, err);
    }
    given_apply(&given, config);
    if (given_enter(&given, folder, err) && given_write(&given, err))
        return true;
    if (strict)
        return false;
    warn(folder, err);
    return true;
}

void day_end(const struct config *config, const char *folder)
{
    static struct given given;
    char day[CONFIG_NAME];
    struct error err = {0};
    if (config->animal[0] == '\0')
        return;
    today(day);
    if (!given_read(&given, config->animal, day, &err)) {
        warn(folder, &err);
        return;
    }
    const uint32_t i = given_find(&given, folder);
    if (i != GIVEN_OPEN_MAX && (!settle(&given, i, &err) || !given_write(&given, &err)))
        warn(folder, &err);
}

void day_end_of(const char *folder)
{
    char path[FOLDER_PATH_MAX];
    struct journal_reader *reader;
    struct error err = {0};
    if (!folder_path(folder, FOLDER_JOURNAL, path, &err) || !journal_open(&reader, path, &err))
        return; /* it was read a moment ago */
    const struct config config = *journal_config(reader);
    journal_close(reader);
    day_end(&config, folder);
}
