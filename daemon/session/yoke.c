#include "session/yoke.h"
#include "session/folder.h"
#include "session/journal.h"
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static bool is_yoked(const struct config_trigger *trigger)
{
    return trigger->source.kind == CONFIG_SOURCE_YOKE;
}

static bool open_session(struct journal_reader **reader, const char *session, struct error *err)
{
    char path[FOLDER_PATH_MAX];
    struct stat st;
    if (stat(session, &st) != 0 || S_ISDIR(st.st_mode)) {
        if (!folder_path(session, FOLDER_JOURNAL, path, err))
            return false;
    } else if (snprintf(path, sizeof path, "%s", session) >= FOLDER_PATH_MAX)
        return error_set(err, ERROR_USAGE, NULL, "--yoke", session, "at most %d bytes", FOLDER_PATH_MAX - 1);
    return journal_open(reader, path, err);
}

/* The index of the trigger's train in the earlier session. */
static bool find_train(const struct config *earlier, const struct config_trigger *trigger, const char *session,
                       uint32_t *train, struct error *err)
{
    char names[128] = "";
    for (*train = 0; *train < earlier->n_trains; (*train)++) {
        if (strcmp(earlier->trains[*train].name, trigger->yoke_train) == 0)
            return true;
        const size_t n = strlen(names);
        snprintf(names + n, sizeof names - n, "%s%s", n > 0 ? ", " : "", earlier->trains[*train].name);
    }
    return error_set(err, ERROR_INPUT, session, "yoke", trigger->yoke_train, "a train of that session: %s",
                     names[0] != '\0' ? names : "it has none");
}

/* Appends the starts of one train to config->yoke. */
static bool read_starts(struct journal_reader *reader, uint32_t train, struct config *config, const char *session,
                        const char *name, struct error *err)
{
    enum journal_event event;
    for (;;) {
        if (!journal_next(reader, &event, err))
            return false;
        if (event == JOURNAL_END)
            return true;
        const struct frame_out *out = journal_frame_out(reader);
        for (uint32_t i = 0; event == JOURNAL_TICK && i < out->n_decisions; i++) {
            const struct frame_decision *decision = &out->decisions[i];
            if (decision->kind != FRAME_TRAIN || decision->id != train || !(decision->value > 0))
                continue;
            if (config->n_yoke == CONFIG_YOKE_MAX)
                return error_set(err, ERROR_INPUT, session, "yoke", name, "at most %d times for all triggers",
                                 CONFIG_YOKE_MAX);
            config->yoke[config->n_yoke++].t_ns = decision->t_ns;
        }
    }
}

static bool fill(struct config *config, struct config_trigger *trigger, const char *session, struct error *err)
{
    struct journal_reader *reader = NULL;
    uint32_t train;
    bool ok = open_session(&reader, session, err);
    trigger->yoke_first = config->n_yoke;
    ok = ok && find_train(journal_config(reader), trigger, session, &train, err) &&
         read_starts(reader, train, config, session, trigger->yoke_train, err);
    journal_close(reader);
    trigger->n_yoke = config->n_yoke - trigger->yoke_first;
    if (ok && trigger->n_yoke == 0)
        return error_set(err, ERROR_INPUT, session, "yoke", trigger->yoke_train, "a train that ran in that session");
    return ok;
}

bool yoke_fill(struct config *config, const char *session, struct error *err)
{
    bool any = false;
    config->n_yoke = 0;
    for (uint32_t i = 0; i < config->n_triggers; i++) {
        struct config_trigger *trigger = &config->triggers[i];
        if (!is_yoked(trigger))
            continue;
        any = true;
        if (session == NULL)
            return error_set(err, ERROR_USAGE, NULL, "--yoke", NULL,
                             "an earlier session, whose train %.31s the trigger %.31s is yoked to", trigger->yoke_train,
                             trigger->name);
        if (!fill(config, trigger, session, err))
            return false;
    }
    return any || session == NULL ||
           error_set(err, ERROR_USAGE, NULL, "--yoke", session, "a task with a trigger on yoke(\"train\")");
}

bool yoke_write(const char *folder, const struct config *config, const char *session, struct error *err)
{
    json_t *triggers = json_array();
    for (uint32_t i = 0; i < config->n_triggers; i++) {
        const struct config_trigger *trigger = &config->triggers[i];
        if (!is_yoked(trigger))
            continue;
        json_t *times = json_array();
        for (uint32_t k = 0; k < trigger->n_yoke; k++)
            json_array_append_new(times, json_integer(config->yoke[trigger->yoke_first + k].t_ns));
        json_array_append_new(triggers, json_pack("{s:s, s:s, s:o}", "trigger", trigger->name, "train",
                                                  trigger->yoke_train, "times_ns", times));
    }
    if (json_array_size(triggers) == 0) {
        json_decref(triggers);
        return true;
    }
    json_t *root = json_pack("{s:s, s:o}", "session", session, "triggers", triggers);
    char *text = json_dumps(root, JSON_INDENT(1));
    json_decref(root);
    if (text == NULL)
        return error_system(err, folder, YOKE_FILE, ENOMEM);
    const bool ok = folder_write(folder, YOKE_FILE, text, strlen(text), err);
    free(text);
    return ok;
}
