#include "cli/orphan.h"
#include "log.h"
#include "session/folder.h"
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

/* A killed process whose parent has not asked for it yet still has its number, but does nothing any more. */
static bool is_zombie(int32_t pid)
{
    char path[32], text[512] = "";
    snprintf(path, sizeof path, "/proc/%" PRId32 "/stat", pid);
    FILE *file = fopen(path, "r");
    if (file == NULL)
        return false;
    const size_t n = fread(text, 1, sizeof text - 1, file);
    fclose(file);
    text[n] = '\0';
    const char *state = strrchr(text, ')'); /* behind the name, which may hold anything */
    return state != NULL && (strncmp(state, ") Z", 3) == 0 || strncmp(state, ") X", 3) == 0);
}

static bool alive(int32_t pid)
{
    return pid > 0 && (kill(pid, 0) == 0 || errno != ESRCH) && !is_zombie(pid);
}

bool orphan_attach(const char *folder, struct shared **shared, struct error *err)
{
    struct folder_session session;
    struct error why;
    char pid[24];
    *shared = NULL;
    if (!folder_read_session_json(folder, &session, &why) || session.shm[0] == '\0')
        return true; /* the journal stands for itself */
    if (!shared_attach(shared, session.shm, &why)) {
        if (why.kind == ERROR_INPUT)
            log_event(LOG_WARN, "recover.ring_foreign", "name=%s expected=\"%s\"", session.shm, why.expected);
        return true;
    }
    const int32_t core = atomic_load(&(*shared)->core_pid), host = atomic_load(&(*shared)->host_pid);
    if (!alive(core) && !alive(host))
        return true;
    snprintf(pid, sizeof pid, "%" PRId32, alive(core) ? core : host);
    shared_detach(*shared);
    *shared = NULL;
    return error_set(err, ERROR_DEVICE, folder, "process", pid, "a session that is over: this one is running");
}
